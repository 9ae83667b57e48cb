"""The curator's desk over HTTP: who gets in, what is taught there, and what it shows."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import io
import zipfile
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from bot.channels.answering import Answering, Channel
from bot.channels.cheatsheet import SheetError, Table
from bot.channels.noting import CODE, OUTCOME, TIME
from bot.channels.teaching import Teaching
from bot.channels.web.desk_charts import by_day, most_asked, shares, times
from bot.channels.web.desk_gate import NO_DESK, SESSION_SECONDS, WRONG
from bot.channels.web.desk_import import LOST, NO_FILE, pack, unpack
from bot.channels.web.desk_review import due
from bot.channels.web.failing import AWAY
from bot.channels.web.web import TRIES, Web
from bot.core.models import Intent, Question
from bot.core.redaction import Redactor
from bot.store.memory import Vote
from bot.store.tallies import Tally
from tests.conftest import TODAY
from tests.fakes import site
from tests.fakes.stores import running
from tests.test_web import OWN, Clock, client, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.store.store import Store

PASSWORD = "a password for the desk alone"
NOWHERE: dict[str, str] = {"kind": "alias", "phrase": "", "code": "", "miss": ""}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with a few misses."""
    async with running(f"sqlite+aiosqlite:///{tmp_path}/posbot.db") as store:
        for asked, count in (
            ("skilled bed at ___ villa", 3),
            ("bed skilled at a ___ villa", 1),
            ("parking validation form", 2),
        ):
            for _ in range(count):
                store.misses.note(asked, "decline", TODAY)
        yield store


@pytest.fixture(scope="module")
def redactor(engine: Engine) -> Redactor:
    """The redactor over what the engine knows."""
    return Redactor(engine.knowledge)


@pytest.fixture
async def web(store: Store, engine: Engine, base: Path, redactor: Redactor) -> Web:
    """A site with a desk."""
    answering = Answering(engine, lambda: TODAY)
    teaching = Teaching(answering, store, [base])
    teaching.noting.redactor = redactor
    settings: dict[str, Any] = {"teaching": teaching, "desk_password": PASSWORD, "clock": Clock()}
    return Web(answering, store.chats, site.SECRET, is_loopback=True, **settings)


@asynccontextmanager
async def curator(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is signed in."""
    async with client(web) as browser:
        answer = await browser.post("/desk/sign-in", data={"password": PASSWORD}, headers=OWN)
        assert answer.headers["location"] == "/desk"
        yield browser


async def taught(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    """Send the form that teaches."""
    return await browser.post("/desk/teach", data=NOWHERE | fields, headers=OWN)


def said_of(web: Web, asked: str) -> tuple[str, ...]:
    """The codes the site answers with."""
    return web.answering.ask(Question(asked, TODAY), Channel.WEB).codes


class TestGettingIn:
    """A password of its own."""

    @pytest.mark.parametrize("path", ["/desk", "/desk/sign-in", "/desk/taught", "/desk/taught.zip", "/desk/numbers"])
    async def test_without_a_password_set_there_is_no_desk_and_it_says_what_opens_one(
        self, engine: Engine, web: Web, path: str
    ) -> None:
        for closed in (
            site.web(engine),
            Web(web.answering, web.memory, site.SECRET, is_loopback=True, teaching=web.teaching),
        ):
            async with client(closed) as browser:
                answer = await browser.get(path)
                assert answer.status_code in {403, 404}
                if answer.status_code == 404:
                    answer = await browser.get("/desk")
                assert NO_DESK in words(answer)

    @pytest.mark.parametrize(
        "path", ["/desk", "/desk/taught", "/desk/taught.zip", "/desk/review", "/desk/numbers", "/desk/import"]
    )
    async def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(self, web: Web, path: str) -> None:
        async with client(web) as browser:
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")

    async def test_nothing_is_taught_by_who_is_not_signed_in(self, web: Web) -> None:
        async with client(web) as browser:
            assert (await taught(browser, phrase="brookdale villa", code="13")).headers["location"] == "/desk/sign-in"
            assert web.teaching is not None
            assert web.teaching.lessons == ()

    async def test_a_wrong_password_is_told_and_too_many_are_throttled_even_with_the_right_one(self, web: Web) -> None:
        async with client(web) as browser:
            for _ in range(TRIES):
                answer = await browser.post("/desk/sign-in", data={"password": "guess"}, headers=OWN)
                assert (answer.status_code, WRONG in words(answer)) == (401, True)
            answer = await browser.post("/desk/sign-in", data={"password": PASSWORD}, headers=OWN)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
            assert "set-cookie" not in answer.headers
        async with client(web, "192.0.2.7") as elsewhere:
            answer = await elsewhere.post("/desk/sign-in", data={"password": PASSWORD}, headers=OWN)
            assert answer.status_code == 303

    async def test_the_session_is_the_desks_own_and_ends(self, web: Web) -> None:
        async with curator(web) as browser:
            (cookie,) = browser.cookies.jar
            assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == ("/desk", True)
            assert (await browser.get("/desk")).status_code == 200
            assert isinstance(web.clock, Clock)
            web.clock.now += SESSION_SECONDS + 1
            assert (await browser.get("/desk")).status_code == 303

    async def test_signing_out_ends_it_and_another_password_too(self, web: Web) -> None:
        async with curator(web) as browser:
            web.desk_password = "another one"
            async with client(web) as other:
                other.cookies = browser.cookies
                assert (await other.get("/desk")).status_code == 303
            web.desk_password = PASSWORD
            await browser.post("/desk/sign-out", headers=OWN)
            assert (await browser.get("/desk")).status_code == 303

    @pytest.mark.parametrize("path", ["/desk/teach", "/desk/undo", "/desk/drop", "/desk/import/take", "/desk/sign-in"])
    async def test_what_another_site_sends_does_nothing(self, web: Web, path: str) -> None:
        async with curator(web) as browser:
            answer = await browser.post(path, data=NOWHERE, headers={"sec-fetch-site": "cross-site"})
            assert answer.status_code == 403


class TestTeaching:
    """Misses become answers."""

    async def test_misses_are_shown_alike_together_with_their_counts(self, web: Web) -> None:
        async with curator(web) as browser:
            shown = words(await browser.get("/desk"))
            assert "skilled bed at blank villa Asked 4 times, last on 11/23/2026" in shown
            assert "1 more worded much the same" in shown
            assert shown.index("skilled bed") < shown.index("parking validation form Asked 2 times")

    async def test_a_filled_in_miss_is_answered_at_once_and_off_the_list_until_it_is_undone(self, web: Web) -> None:
        async with curator(web) as browser:
            page = await browser.get("/desk")
            key = page.text.split('id="miss-', 1)[1][:12]
            answer = await taught(browser, phrase="skilled bed at Brookdale Villa", code="31", miss=key)
            assert answer.status_code == 303
            shown = words(await browser.get(answer.headers["location"]))
            assert "Taught: skilled bed at brookdale villa means POS 31" in shown
            assert "4 times" not in shown
            assert said_of(web, "brookdale villa skilled bed") == ("31",)
            assert web.teaching is not None
            (lesson,) = web.teaching.lessons
            assert len(lesson.by) == 32
            undone = await browser.post("/desk/undo", data={"id": str(lesson.id)}, headers=OWN)
            assert "no longer in force" in words(await browser.get(undone.headers["location"]))
            assert web.teaching.lessons == ()

    async def test_a_refusal_is_told_and_what_was_typed_stays(self, web: Web) -> None:
        async with curator(web) as browser:
            answer = await taught(browser, phrase="snf", code="31", source_title="Binder")
            assert answer.status_code == 422
            assert 'Not taught. "snf" already means POS 31 or 32' in words(answer)
            assert 'value="snf"' in answer.text
            assert (await taught(browser, kind="nonsense")).status_code == 422
            for code in ("", "xx", "2\u00b2", "99999"):
                assert (await taught(browser, phrase="brookdale villa", code=code)).status_code in {303, 422}

    async def test_a_note_and_out_of_scope_are_taught_too(self, web: Web) -> None:
        async with curator(web) as browser:
            text_ = "They want the room in box 19."
            note = {
                "kind": "note",
                "code": "10",
                "text": text_,
                "payer": "aetna",
                "source_url": "https://team.example/x",
            }
            assert (await taught(browser, **note)).status_code == 303
            assert (await taught(browser, kind="out_of_scope", phrase="parking validation")).status_code == 303
            shown = words(await browser.get("/desk/taught"))
            assert f"Note on POS 10 for aetna: {text_}" in shown
            assert "parking validation is out of scope" in shown
            assert web.answering.ask(Question("parking validation", TODAY), Channel.WEB).intent is Intent.OUT_OF_SCOPE

    async def test_a_dropped_miss_is_gone_with_those_alike(self, web: Web) -> None:
        async with curator(web) as browser:
            key = (await browser.get("/desk")).text.split('id="miss-', 1)[1][:12]
            await browser.post("/desk/drop", data={"miss": key}, headers=OWN)
            shown = words(await browser.get("/desk"))
            assert "skilled" not in shown
            assert "parking validation form" in shown

    async def test_nothing_written_there_becomes_markup(self, web: Web) -> None:
        async with curator(web) as browser:
            answer = await taught(browser, phrase='"><script>alert(1)</script>', code="13", text="<b>x</b>")
            assert "<script>alert" not in answer.text
            assert "<b>x</b>" not in answer.text

    async def test_the_export_is_a_folder_of_toml(self, web: Web) -> None:
        async with curator(web) as browser:
            await taught(browser, phrase="brookdale villa", code="13")
            answer = await browser.get("/desk/taught.zip")
            with zipfile.ZipFile(io.BytesIO(answer.content)) as folder:
                assert set(folder.namelist()) == {"README.md", "codes/13.toml"}
                assert b'aliases = ["brookdale villa"]' in folder.read("codes/13.toml")
            assert 'aliases = ["brookdale villa"]' in words(await browser.get("/desk/taught"))

    async def test_a_store_that_is_away_is_told_in_a_sentence(self, web: Web, store: Store) -> None:
        async with curator(web) as browser:
            for table in ("taught", "misses", "votes", "tallies"):
                await store.database.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
            for path in ("/desk", "/desk/taught", "/desk/review", "/desk/numbers"):
                answer = await browser.get(path)
                assert (answer.status_code, AWAY in words(answer)) == (503, True)
            assert (await taught(browser, phrase="brookdale villa", code="13")).status_code == 503


class TestReview:
    """What wants looking at."""

    async def test_thumbs_down_are_shown_with_codes_and_reason(self, web: Web, store: Store) -> None:
        await store.chats.vote(
            1, 2, 3, Vote(is_up=False, reason="Out of date", codes=("10",), intent=Intent.TELEHEALTH)
        )
        async with curator(web) as browser:
            shown = words(await browser.get("/desk/review"))
            assert "0 up, 1 down" in shown
            assert "POS 10 telehealth Out of date" in shown

    async def test_notes_due_are_shown_the_most_overdue_first(self, web: Web, knowledge: Knowledge) -> None:
        late = TODAY + timedelta(days=400)
        assert web.teaching is not None
        web.answering.today = lambda: late
        async with curator(web) as browser:
            page = words(await browser.get("/desk/review"))
        found = list(due(knowledge, late))
        first = min(found, key=lambda each: (each.review, each.file))
        assert page.index(first.text[:40]) == min(page.index(each.text[:40]) for each in found)
        assert "Due since 12/31/2026" in page


class TestNumbers:
    """Charts."""

    async def test_what_was_asked_is_drawn(self, web: Web, store: Store) -> None:
        for kind, key, amount in (
            (OUTCOME, "answer", 8),
            (OUTCOME, "decline", 2),
            (CODE, "10", 5),
            (CODE, "31", 3),
            (TIME, "1", 9),
            (TIME, "5", 1),
        ):
            store.tallies.count(TODAY, kind, key, amount)
        async with curator(web) as browser:
            shown = words(await browser.get("/desk/numbers"))
            assert "answered 80.0 % (8)" in shown
            assert "declined 20.0 % (2)" in shown
            assert "10 Telehealth Provided in Patient's Home 5" in shown
            assert "up to 2 ms 0" in shown
            assert "Nobody asked anything" not in words(await browser.get("/desk/numbers?days=7"))
            assert (await browser.get("/desk/numbers?days=<x>")).status_code == 200

    async def test_without_a_question_it_says_so(self, web: Web) -> None:
        async with curator(web) as browser:
            assert "Nobody asked anything in the last 30 days." in words(await browser.get("/desk/numbers"))

    def test_bars_are_as_high_as_their_counts(self) -> None:
        day, before = date(2026, 11, 23), date(2026, 11, 22)
        tallies = [
            Tally(day, "answer", 3),
            Tally(day, "decline", 1),
            Tally(before, "answer", 2),
            Tally(date(2026, 1, 1), "answer", 99),
        ]
        days, highest = by_day(tallies, day, 3)
        assert (highest, [each.total for each in days]) == (4, [0, 2, 4])
        assert [(piece.kind, piece.y, piece.height) for piece in days[2].pieces] == [
            ("answer", 25, 75),
            ("decline", 0, 25),
        ]
        assert [(share.kind, share.percent, share.x) for share in shares(days)] == [
            ("answer", 83.3, 0),
            ("clarify", 0, 83.33),
            ("decline", 16.7, 83.33),
        ]
        assert shares([])[0].percent == 0
        assert [(each.key, each.percent) for each in most_asked([Tally(day, "10", 4), Tally(day, "11", 1)])] == [
            ("10", 100),
            ("11", 25),
        ]
        assert [each.key for each in times([Tally(day, "slower", 1), Tally(day, "100", 1)])] == ["100", "250", "slower"]
        assert times([]) == []


class TestImport:
    """A team's cheat sheet."""

    async def test_a_sheet_is_looked_at_and_then_taken(self, web: Web) -> None:
        async with curator(web) as browser:
            file = {"file": ("sheet.csv", b"POS,Phrase\n13,Brookdale Villa\n11,office\n", "text/csv")}
            looked = await browser.post("/desk/import", files=file, headers=OWN)
            shown = words(looked)
            assert "1 new brookdale villa means POS 13" in shown
            assert '1 known already row 3: "office" is known already.' in shown
            assert web.teaching is not None
            assert web.teaching.lessons == ()
            sheet = looked.text.split('name="sheet" value="', 1)[1].split('"', 1)[0]
            answer = await browser.post(
                "/desk/import/take", data={"sheet": sheet, "code": "0", "phrase": "1"}, headers=OWN
            )
            assert "1 taught from your sheet" in words(await browser.get(answer.headers["location"]))
            assert said_of(web, "brookdale villa") == ("13",)

    async def test_faults_are_told_row_by_row_and_nothing_is_taken(self, web: Web) -> None:
        async with curator(web) as browser:
            table = Table(("x", "y"), ((2, ("13", "brookdale villa")), (3, ("98", "dome")), (4, ("", "dome"))))
            data = {"sheet": pack(table), "code": "0", "phrase": "1"}
            for path in ("/desk/import", "/desk/import/take"):
                answer = await browser.post(path, data=data, headers=OWN)
                assert answer.status_code == 422
                assert "row 4: the POS code is missing. row 3: There is no assigned POS code 98." in words(answer)
            assert web.teaching is not None
            assert web.teaching.lessons == ()

    @pytest.mark.parametrize(
        ("data", "why"), [({}, NO_FILE), ({"sheet": "x"}, LOST), ({"sheet": "eJw="}, LOST), ({"sheet": "\u00e9"}, LOST)]
    )
    async def test_what_is_no_sheet_is_told_in_a_sentence(self, web: Web, data: dict[str, str], why: str) -> None:
        async with curator(web) as browser:
            answer = await browser.post("/desk/import", data=data, headers=OWN)
            assert (answer.status_code, why in words(answer)) == (422, True)

    async def test_columns_that_are_not_found_are_asked_for(self, web: Web) -> None:
        async with curator(web) as browser:
            file = {"file": ("sheet.csv", b"a,b\n13,Brookdale Villa\n", "text/csv")}
            answer = await browser.post("/desk/import", files=file, headers=OWN)
            assert "Choose the column that holds the POS code." in words(answer)

    def test_a_sheet_survives_its_way_through_the_form(self) -> None:
        table = Table(("POS", "\u00e9"), ((2, ("13", 'a "b" <c>')),))
        assert unpack(pack(table)) == table
        for broken in ("", "AAAA", pack(table)[:-8] + "AAAAAAA=", "WzFd"):
            with pytest.raises(SheetError):
                unpack(broken)
