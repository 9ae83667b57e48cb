"""What `posbot doctor` finds, and says to do about it."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.service.doctor import examine
from bot.service.findings import FAILS, OFF, OK
from tests.fakes.botapi import BOT, TOKEN, BotApi

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a .env file, and nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_BASE", "POSBOT_KNOWLEDGE", "POSBOT_ALLOWED_CHATS"):
        monkeypatch.delenv(name, raising=False)


async def found() -> dict[str, tuple[str, str]]:
    """State and words of each part."""
    return {finding.part: (finding.state, finding.told) for finding in await examine()}


async def test_no_token_is_off_and_no_failure() -> None:
    parts = await found()
    assert {part: state for part, (state, _) in parts.items()} == {"settings": OK, "knowledge": OK, "token": OFF}


async def test_settings_that_cannot_be_read_are_told_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSBOT_ALLOWED_CHATS", "@team")
    parts = await found()
    assert list(parts) == ["settings"]
    assert "POSBOT_ALLOWED_CHATS should be Telegram ids" in parts["settings"][1]


async def test_faulty_knowledge_fails_with_its_first_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "11.toml").write_text('code = "11"\ncolour = "red"\n', "utf-8")
    monkeypatch.setenv("POSBOT_KNOWLEDGE", str(tmp_path))
    state, told = (await found())["knowledge"]
    assert state == FAILS
    assert "codes/11.toml:colour: unknown key" in told


@pytest.mark.parametrize(("hears_all", "told"), [(False, "/setprivacy"), (True, "shown everything")])
async def test_group_privacy_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, hears_all: bool, told: str
) -> None:
    async with BotApi(hears_all=hears_all) as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_API_BASE", api.base_url)
        parts = await found()
    assert parts["token"] == (OK, f"belongs to @{BOT['username']}")
    assert told in parts["group privacy"][1]


async def test_a_refused_token_fails_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    async with BotApi() as api:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:wrong")
        monkeypatch.setenv("TELEGRAM_API_BASE", api.base_url)
        state, told = (await found())["token"]
    assert (state, "1:wrong" in told) == (FAILS, False)
    assert "@BotFather" in told


async def test_a_telegram_that_is_away_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_API_BASE", "http://127.0.0.1:9/bot")
    assert (await found())["token"][0] == FAILS
