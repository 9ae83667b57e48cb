"""The curator's desk in a real browser: from a question without an answer to its answer, and for everybody."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import socket
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, expect
from starlette.applications import Starlette

from bot.channels.answering import Answering
from bot.channels.noting import CODE, OUTCOME, TIME
from bot.channels.teaching import Teaching
from bot.channels.web.routes import routes
from bot.channels.web.web import TRIES, Web
from bot.core.models import Intent
from bot.store.memory import Vote
from bot.store.store import Store
from tests import browsers
from tests.conftest import TODAY
from tests.fakes import site
from tests.test_web_browser import DESKTOP, SERIOUS, SMALL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from bot.core.engine import Engine

pytestmark = pytest.mark.skipif(browsers.installed() is None, reason=browsers.MISSING)

PASSWORD = "a password for the desk alone"
PAGES = ("/desk", "/desk/taught", "/desk/review", "/desk/numbers", "/desk/import")
QUESTION = "hammock recliner form at fernwood"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with browsers.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(engine: Engine, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a site with a desk is served, its store beside it."""
    folder = tmp_path_factory.mktemp("desk")
    store = Store(f"sqlite+aiosqlite:///{folder}/posbot.db")
    answering = Answering(engine, lambda: TODAY)
    teaching = Teaching(answering, store, [base])
    web = Web(answering, store.chats, site.SECRET, is_loopback=True, teaching=teaching, desk_password=PASSWORD)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await store.start()
        await teaching.start()
        for kind, key in ((OUTCOME, "answer"), (OUTCOME, "clarify"), (OUTCOME, "decline"), (CODE, "10"), (TIME, "1")):
            store.tallies.count(TODAY, kind, key, 3)
        await store.chats.vote(1, 2, 3, Vote(is_up=False, reason="Out of date", codes=("10",), intent=Intent.CODE))
        yield
        await store.close()

    with _served(Starlette(routes=routes(web), lifespan=lifespan)) as served:
        yield served


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@contextmanager
def at_desk(browser: Browser, address: str, **settings: object) -> Iterator[Page]:
    """A curator who has signed in."""
    context = browser.new_context(**({"viewport": DESKTOP} | settings))  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(address) else faults.append(sent.url))
    page.goto(f"{address}/desk")
    page.get_by_label("Password of the desk").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk")
    yield page
    context.close()
    assert [fault for fault in faults if "status of 422" not in fault] == []


def ask(page: Page, address: str, question: str) -> str:
    """Ask in the chat, and give back what the answer says."""
    page.goto(f"{address}/?{urlencode({'q': question})}")
    answer = page.locator(".turn").last
    expect(answer).to_be_visible()
    return answer.inner_text()


@pytest.mark.parametrize("scripted", [True, False], ids=["with a script", "without one"])
def test_a_question_without_an_answer_is_taught_and_then_answered_and_undone(
    browser: Browser,
    address: str,
    scripted: bool,
) -> None:
    with at_desk(browser, address, java_script_enabled=scripted) as page:
        assert "Assisted Living" not in ask(page, address, QUESTION)
        page.goto(f"{address}/desk")
        miss = page.locator(".miss").filter(has_text="hammock recliner form at")
        expect(miss).to_be_visible()
        assert "fernwood" not in page.content()
        miss.get_by_label("Words that name it").fill("snf")
        miss.get_by_label("POS code").fill("13")
        miss.get_by_role("button", name="Means this code").click()
        expect(page.get_by_role("alert")).to_contain_text('"snf" already means POS 31 or 32')
        expect(miss.get_by_label("Words that name it")).to_have_value("snf")
        miss.get_by_label("Words that name it").fill("Fernwood recliner")
        miss.get_by_role("button", name="Means this code").click()
        expect(page.get_by_role("status").first).to_contain_text("fernwood recliner")
        expect(miss).to_have_count(0)
        assert "Assisted Living" in ask(page, address, QUESTION)
        page.goto(f"{address}/desk/taught")
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_role("status").first).to_contain_text("no longer in force")
        assert "Assisted Living" not in ask(page, address, QUESTION)
        page.goto(f"{address}/desk")
        miss.get_by_role("button", name="Drop").click()
        expect(miss).to_have_count(0)


def test_a_sheet_is_looked_at_and_taken(browser: Browser, address: str) -> None:
    with at_desk(browser, address) as page:
        page.goto(f"{address}/desk/import")
        sheet = FilePayload(name="sheet.csv", mimeType="text/csv", buffer=b"POS,Phrase\n14,Tall Oaks Tower\n")
        page.get_by_label("File").set_input_files(files=[sheet])
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Take all 1").click()
        expect(page.get_by_role("status").first).to_contain_text("1 taught from your sheet")
        with page.expect_download() as download:
            page.goto(f"{address}/desk/taught")
            page.get_by_role("link", name="Download as TOML").click()
        assert download.value.suggested_filename == "posbot-taught.zip"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everybody_and_on_a_small_phone(
    browser: Browser,
    address: str,
    scheme: str,
) -> None:
    with at_desk(browser, address, viewport=SMALL, color_scheme=scheme, reduced_motion="reduce") as page:
        for path in PAGES:
            page.goto(f"{address}{path}")
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert [each["id"] for each in found if each["impact"] in SERIOUS] == [], path


def test_guessing_the_password_is_throttled(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/desk")
    for _ in range(TRIES + 1):
        page.get_by_label("Password of the desk").fill("guess")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main")).to_contain_text("Too many wrong passwords")
    context.close()
