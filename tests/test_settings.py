"""Settings: where they come from, and one line about everything wrong with them."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.service.environment import SettingsError, knowledge_folders
from bot.service.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "4242:AA-made_up"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing set from outside."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_settings_telegram_is_off_and_logs_are_at_info() -> None:
    settings = load_settings(None)
    assert settings.telegram_bot_token is None
    assert settings.telegram_api_base is None
    assert settings.posbot_knowledge is None
    assert (settings.posbot_log_level, settings.posbot_log_format) == ("info", None)


def test_the_environment_outweighs_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\nPOSBOT_LOG_LEVEL=debug\nSOMEBODY_ELSES=1\n", "utf-8")
    monkeypatch.setenv("POSBOT_LOG_LEVEL", "Warning")
    settings = load_settings(file)
    assert settings.telegram_bot_token is not None
    assert settings.telegram_bot_token.get_secret_value() == TOKEN
    assert settings.posbot_log_level == "warning"


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    assert load_settings(None).telegram_bot_token is None


def test_a_token_is_taken_without_the_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", f" {TOKEN}\n")
    token = load_settings(None).telegram_bot_token
    assert token is not None
    assert token.get_secret_value() == TOKEN


def test_the_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    assert TOKEN not in repr(load_settings(None))


def test_everything_wrong_is_named_at_once_in_one_line_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "secret/../token")
    monkeypatch.setenv("TELEGRAM_API_BASE", "ftp://secret")
    monkeypatch.setenv("POSBOT_LOG_LEVEL", "secret")
    monkeypatch.setenv("POSBOT_LOG_FORMAT", "secret")
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    line = str(caught.value)
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_BASE", "POSBOT_LOG_LEVEL", "POSBOT_LOG_FORMAT"):
        assert name in line
    assert "'console' or 'json'" in line
    assert "\n" not in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("written", "environment"),
    [
        pytest.param("", {}, id="nowhere"),
        pytest.param("POSBOT_KNOWLEDGE=/file\n", {}, id="file"),
        pytest.param("POSBOT_KNOWLEDGE=/file\n", {"POSBOT_KNOWLEDGE": "/environment"}, id="both"),
        pytest.param("POSBOT_KNOWLEDGE=/file\n", {"POSBOT_KNOWLEDGE": ""}, id="empty in the environment"),
        pytest.param("posbot_knowledge = '/a b:/c'  # ours\n", {}, id="small letters and quotes"),
        pytest.param("POSBOT_KNOWLEDGE=/file\n", {"posbot_knowledge": "/small"}, id="small letters outside"),
        pytest.param("POSBOT_KNOWLEDGE=\n", {}, id="empty in the file"),
        pytest.param("POSBOT_KNOWLEDGE\n", {}, id="name alone"),
        pytest.param("BASE=/base\nPOSBOT_KNOWLEDGE=${BASE}/ours\n", {}, id="made of another"),
    ],
)
def test_the_knowledge_folders_read_alone_are_those_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, environment: dict[str, str]
) -> None:
    file = tmp_path / ".env"
    file.write_text(written, "utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert knowledge_folders(file) == load_settings(file).posbot_knowledge


def test_without_a_file_the_knowledge_folders_are_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSBOT_KNOWLEDGE", "/ours")
    assert knowledge_folders(None) == knowledge_folders(tmp_path / "no such file") == "/ours"


@pytest.mark.parametrize("read", [load_settings, knowledge_folders])
def test_a_file_that_is_not_text_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"POSBOT_LOG_LEVEL=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env cannot be read as UTF-8 text"):
        read(file)


def test_ids_are_read_with_commas_and_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSBOT_ALLOWED_CHATS", "-1001234567890, 7001")
    assert load_settings(None).posbot_allowed_chats == {-1001234567890, 7001}


@pytest.mark.parametrize("value", [",", "@team", "7001;7002", "seven"])
def test_an_allow_list_that_holds_no_ids_is_a_fault_and_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("POSBOT_ALLOWED_CHATS", value)
    with pytest.raises(SettingsError, match="POSBOT_ALLOWED_CHATS should be Telegram ids"):
        load_settings(None)
