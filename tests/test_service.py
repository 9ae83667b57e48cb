"""Parts of the hosted service: where it listens, what it says at the start, what it keeps, and how it stops early."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from bot.cli import posbot
from bot.service.errors import StartError
from bot.service.health import FINE, Health
from bot.service.http import build_app, own_routes
from bot.service.later import Later
from bot.service.listening import address_of, listen, opening
from bot.service.metrics import Metrics
from bot.service.service import Service
from bot.service.settings import Settings, described
from bot.service.values import OUR_PATHS, Secret
from tests.fakes.served import PATIENCE, environment, start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from bot.core.engine import Engine


# Where it listens


@pytest.mark.parametrize(
    ("host", "opened"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],  # noqa: S104
)
def test_the_address_told_can_be_opened_on_this_machine(host: str, opened: str) -> None:
    settings = Settings(posbot_host=host, posbot_port=0)
    with listen(settings) as listener:
        address = address_of(settings, listener)
        port = listener.getsockname()[1]
        assert address == f"http://{opened}:{port}/"
        with socket.create_connection((opened.strip("[]"), port), timeout=PATIENCE):
            pass


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_told_in_one_sentence(host: str) -> None:
    with pytest.raises(StartError, match=f"port 0 of {host} cannot be served on: set POSBOT_HOST"):
        listen(Settings(posbot_host=host, posbot_port=0))


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (Settings(telegram_bot_token=Secret("1:x")), []),
        (Settings(), ["TELEGRAM_BOT_TOKEN"]),
        (Settings(posbot_host="0.0.0.0", telegram_bot_token=Secret("1:x")), ["POSBOT_WEB_PASSWORD"]),  # noqa: S104
        (Settings(posbot_host="0.0.0.0"), ["TELEGRAM_BOT_TOKEN", "POSBOT_WEB_PASSWORD"]),  # noqa: S104
        (Settings(posbot_host="0.0.0.0", posbot_web_password=Secret("x")), ["TELEGRAM_BOT_TOKEN"]),  # noqa: S104
    ],
)
def test_what_is_not_set_is_told_in_one_line_before_the_address(settings: Settings, wanted: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        *before, last = opening(settings, listener).splitlines()
    assert last.startswith("posbot is at http://127.0.0.1:")
    assert len(before) == bool(wanted)
    assert [name for name in ("TELEGRAM_BOT_TOKEN", "POSBOT_WEB_PASSWORD") if name in "".join(before)] == wanted


# Pages that are made later


async def test_pages_are_made_once_and_not_before_somebody_asks() -> None:
    made: list[str] = []

    async def page(_: Request) -> Response:
        return PlainTextResponse("a page")

    def make() -> list[BaseRoute]:
        made.append("once")
        return [Route("/page", page)]

    async def fine() -> object:
        return FINE

    app = build_app(Health({}), Metrics(), [Mount("", Later(make))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://posbot.test") as http:
        assert (await http.get("/healthz")).status_code == 200
        assert made == []
        answers = await asyncio.gather(*(http.get("/page") for _ in range(3)))
        assert [answer.text for answer in answers] == ["a page"] * 3
        assert (await http.get("/nowhere")).status_code == 404
    assert made == ["once"]


def paths(routes: Iterable[BaseRoute], below: str = "") -> set[str]:
    """Every path that is served."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= paths(route.routes, below + route.path) or {below + route.path}
        elif isinstance(route, Route):
            found.add(below + route.path)
    return found


def test_no_webhook_may_stand_where_something_of_ours_does(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(
        database_url=Secret(f"sqlite+aiosqlite:///{tmp_path}/x.db"),
        posbot_secret_key=Secret("made up"),
        posbot_desk_password=Secret("made up too"),
    )
    service = Service(settings, engine)
    served_at = paths([*own_routes(Health({}), service.metrics), *service._pages()])
    assert {"/healthz", "/codes/{code}", "/api/ask"} <= served_at
    firsts = {path.split("/")[1] for path in served_at} - {""}
    assert firsts - OUR_PATHS == set()


# Commands


def test_the_help_of_serve_lists_every_setting() -> None:
    shown = "".join(CliRunner().invoke(posbot, ["serve", "--help"]).output.split())
    for name, default, meaning in described():
        assert "".join(f"{name}{meaning}(default:{default})".split()) in shown


def test_the_store_is_made_backed_up_and_put_back_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in described():
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()
    assert runner.invoke(posbot, ["migrate"]).output == "the database is up to date\n"
    done = runner.invoke(posbot, ["backup", "copy.db"])
    assert (done.exit_code, (tmp_path / "copy.db").is_file()) == (0, True)
    (tmp_path / "posbot.db").unlink()
    assert runner.invoke(posbot, ["restore", "copy.db"]).output == "restored from copy.db\n"
    assert (tmp_path / "posbot.db").is_file()


def test_what_cannot_be_kept_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.db").write_text("no database", "utf-8")
    monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite:///posbot.db")
    for arguments, told in ((["backup", "copy.db"], "there is no database"), (["restore", "no.db"], "no sound backup")):
        done = CliRunner().invoke(posbot, arguments)
        assert (done.exit_code, done.stdout) == (2, "")
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1


# Stopping before it has started


async def test_a_signal_ends_it_while_it_still_waits_for_its_database(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        process = await start(tmp_path, tmp_path / "log", DATABASE_URL=f"postgresql+psycopg://u@127.0.0.1:{port}/x")
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    assert process.returncode == 0


def test_a_service_loads_nothing_big_that_it_has_no_use_for(tmp_path: Path) -> None:
    before = "import sys; from bot.service.run import leave_out; leave_out()"
    imports = "import bot.service.service, bot.service.telegram, sqlalchemy.dialects.sqlite.aiosqlite"
    script = f"{before}; {imports}; print(*(name for name in sys.modules if sys.modules[name]))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "sqlalchemy.ext.asyncio" in loaded
    assert loaded & {"alembic", "jinja2", "openpyxl", "pygments", "rich", "sqlalchemy.orm"} == set()
    assert loaded & {"sqlalchemy.dialects.postgresql", "psycopg", "bot.channels.web"} == set()
