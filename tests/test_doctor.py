"""What `posbot doctor` finds, and says to do about it."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.service import doctor
from bot.service.findings import FAILS, OFF, OK, Finding
from bot.service.probe import asked, probe
from bot.service.settings import described, load_settings
from bot.store.store import Store
from tests.fakes.botapi import BOT, TOKEN, BotApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a .env file, and nothing set."""
    monkeypatch.chdir(tmp_path)
    for name, _, _ in described():
        monkeypatch.delenv(name, raising=False)


def by_part(*findings: Finding) -> dict[str, tuple[str, str]]:
    """State and words of each part."""
    return {finding.part: (finding.state, finding.told) for finding in findings}


async def of_telegram() -> dict[str, tuple[str, str]]:
    """What is found of Telegram."""
    return by_part(*await doctor.telegram(load_settings()))


async def of_database() -> tuple[str, str]:
    """What is found of the database."""
    return by_part(await doctor.database(load_settings()))["database"]


async def test_no_token_is_off_and_no_failure() -> None:
    parts = by_part(*await doctor.examine())
    assert {part: state for part, (state, _) in parts.items()} == {
        "settings": OK,
        "knowledge": OK,
        "database": OK,
        "token": OFF,
    }


async def test_settings_that_cannot_be_read_are_told_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSBOT_ALLOWED_CHATS", "@team")
    parts = by_part(*await doctor.examine())
    assert list(parts) == ["settings"]
    assert "POSBOT_ALLOWED_CHATS should be Telegram ids" in parts["settings"][1]


async def test_faulty_knowledge_fails_with_its_first_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "11.toml").write_text('code = "11"\ncolour = "red"\n', "utf-8")
    monkeypatch.setenv("POSBOT_KNOWLEDGE", str(tmp_path))
    state, told = by_part(doctor.knowledge(load_settings()))["knowledge"]
    assert state == FAILS
    assert "codes/11.toml:colour: unknown key" in told


@pytest.mark.parametrize(("hears_all", "told"), [(False, "/setprivacy"), (True, "shown everything")])
async def test_group_privacy_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, hears_all: bool, told: str
) -> None:
    async with BotApi(hears_all=hears_all) as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_API_BASE", api.base_url)
        parts = await of_telegram()
    assert parts["token"] == (OK, f"belongs to @{BOT['username']}")
    assert told in parts["group privacy"][1]
    assert parts["webhook"] == (OFF, "Telegram is polled")


async def test_a_refused_token_fails_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    async with BotApi() as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:wrong")
        monkeypatch.setenv("TELEGRAM_API_BASE", api.base_url)
        state, told = (await of_telegram())["token"]
    assert (state, "1:wrong" in told) == (FAILS, False)
    assert "@BotFather" in told


async def test_a_telegram_that_is_away_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_API_BASE", "http://127.0.0.1:9/bot")
    assert (await of_telegram())["token"][0] == FAILS


async def test_a_database_that_is_not_there_yet_is_named_and_not_made(tmp_path: Path) -> None:
    assert await of_database() == (OK, "posbot.db, which posbot serve makes")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - an empty folder


async def test_a_database_in_use_is_told_to_be_up_to_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    await store.start()
    await store.close()
    assert await of_database() == (OK, f"{tmp_path}/x.db, up to date")


async def test_a_file_that_is_no_database_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database, " * 100, "utf-8")
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    state, told = await of_database()
    assert (state, "no sound SQLite database" in told) == (FAILS, True)


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////no/such/folder/x.db", "postgresql+psycopg://u:s3cret@127.0.0.1:9/x"]
)
async def test_a_database_that_cannot_be_had_fails_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    state, told = await of_database()
    assert (state, "s3cret" in told) == (FAILS, False)
    assert "DATABASE_URL" in told


URL = "https://pos.example.org/telegram"


@pytest.mark.parametrize(
    ("url", "registered", "state", "told"),
    [
        (None, "https://elsewhere.example.org/x", OFF, "posbot serve removes it"),
        (URL, "", OK, "not registered yet"),
        (URL, URL, OK, "registered, 0 updates wait"),
    ],
)
async def test_the_webhook_is_told_as_telegram_has_it(
    monkeypatch: pytest.MonkeyPatch, url: str | None, registered: str, state: str, told: str
) -> None:
    async with BotApi(webhook_url=registered) as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_API_BASE", api.base_url)
        if url:
            monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", url)
            monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", "made-up")
        webhook = (await of_telegram())["webhook"]
    assert webhook[0] == state
    assert told in webhook[1]


# The probe


@asynccontextmanager
async def answering(body: bytes, status: str = "200 OK") -> AsyncIterator[int]:
    """Something that answers every request the same; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("state", "fails"), [("ok", False), ("off", False), ("degraded", False), ("fails", True)])
async def test_the_probe_tells_each_part_and_fails_only_where_one_fails(state: str, fails: bool) -> None:
    body = {"status": state, "updates": state, "told": {"updates": "standing by"}}
    async with answering(json.dumps(body).encode(), "503 Service Unavailable" if fails else "200 OK") as port:
        findings = await asyncio.to_thread(asked, "127.0.0.1", port)
    assert [(each.part, each.told) for each in findings] == [("service", ""), ("updates", "standing by")]
    assert [each.fails for each in findings] == [fails, fails]


@pytest.mark.parametrize("body", [b"<html>hello", b"[1]", b"{}", b'"x"', b"\xff"])
async def test_something_else_at_that_port_fails_the_probe(body: bytes) -> None:
    async with answering(body) as port:
        (only,) = await asyncio.to_thread(asked, "127.0.0.1", port)
    assert only.fails
    assert f"nothing that is posbot answers at 127.0.0.1:{port}" in only.told


async def test_the_probe_asks_where_the_service_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(b'{"status": "ok"}') as port:
        monkeypatch.setenv("POSBOT_HOST", "0.0.0.0")  # noqa: S104 - as the image sets it
        monkeypatch.setenv("POSBOT_PORT", str(port))
        assert await asyncio.to_thread(probe) == [Finding("service", "ok", "")]


def test_the_probe_says_so_where_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSBOT_PORT", "9")
    (only,) = probe()
    assert (only.fails, "127.0.0.1:9" in only.told) == (True, True)
    monkeypatch.setenv("POSBOT_PORT", "many")
    assert probe() == [Finding("settings", FAILS, "POSBOT_PORT should be a whole number")]
