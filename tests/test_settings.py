"""Settings: where they come from, and one line about everything wrong with them."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from bot.service.environment import SettingsError, knowledge_folders, one_setting
from bot.service.settings import Settings, described, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "4242:AA-made_up"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing set from outside."""
    for name, _, _ in described():
        monkeypatch.delenv(name, raising=False)


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
    assert settings.telegram_bot_token.text == TOKEN
    assert settings.posbot_log_level == "warning"


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    assert load_settings(None).telegram_bot_token is None


def test_a_token_is_taken_without_the_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", f" {TOKEN}\n")
    token = load_settings(None).telegram_bot_token
    assert token is not None
    assert token.text == TOKEN


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


def faults(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    """What is wrong with these settings, one sentence each."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    try:
        load_settings(None)
    except SettingsError as error:
        return str(error).split("; ")
    return []


SECRET = {"TELEGRAM_WEBHOOK_SECRET": "made_up-1"}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://pos.example.org/telegram", "/telegram"),
        ("https://pos.example.org:8443/a/b", "/a/b"),
        ("https://pos.example.org:80/x-1", "/x-1"),
        ("https://1.1.1.1/x", "/x"),
        ("http://127.0.0.1:9999/hook", "/hook"),
        ("http://localhost:5000/hook", "/hook"),
        ("http://[::1]:5000/hook", "/hook"),
    ],
)
def test_a_webhook_stands_on_a_public_https_port_or_on_loopback(
    monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    assert faults(monkeypatch, TELEGRAM_WEBHOOK_URL=url, **SECRET) == []
    assert load_settings(None).webhook_path == path


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://pos.example.org/telegram", "https"),
        ("https://pos.example.org:9443/telegram", "8443"),
        ("https://pos.example.org", "path of its own"),
        ("https://pos.example.org/", "path of its own"),
        ("https://pos.example.org/readyz", "path of its own"),
        ("https://pos.example.org/api/ask", "path of its own"),
        ("https://pos.example.org/{path}", "path of its own"),
        ("https://10.0.0.5/telegram", "public"),
        ("https://bot/telegram", "public"),
        ("https://u:p@pos.example.org/telegram", "web address"),
        ("https://pos.example.org/telegram?a=1", "web address"),
        ("https://pos.example.org:port/telegram", "web address"),
        ("https://[::1/telegram", "web address"),
        ("pos.example.org/telegram", "web address"),
    ],
)
def test_a_webhook_that_telegram_could_not_call_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, url: str, wrong: str
) -> None:
    (fault,) = faults(monkeypatch, TELEGRAM_WEBHOOK_URL=url, **SECRET)
    assert fault.startswith("TELEGRAM_WEBHOOK_URL ")
    assert wrong in fault


def test_a_webhook_needs_a_secret_of_telegrams_alphabet(monkeypatch: pytest.MonkeyPatch) -> None:
    (missing,) = faults(monkeypatch, TELEGRAM_WEBHOOK_URL="https://pos.example.org/telegram")[:1]
    assert missing.startswith("TELEGRAM_WEBHOOK_SECRET is needed with TELEGRAM_WEBHOOK_URL")
    for secret in ("with space", "umlaut-\u00e4", "a" * 257, "semi:colon"):
        (wrong,) = faults(monkeypatch, TELEGRAM_WEBHOOK_SECRET=secret)
        assert wrong.startswith("TELEGRAM_WEBHOOK_SECRET should be 1 to 256 letters")
    assert faults(monkeypatch, TELEGRAM_WEBHOOK_SECRET="a" * 256) == []


def test_the_desk_has_a_password_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = {"POSBOT_WEB_PASSWORD": "the-same-one", "POSBOT_DESK_PASSWORD": "the-same-one"}
    (fault,) = faults(monkeypatch, **passwords)
    assert fault.startswith("POSBOT_DESK_PASSWORD must differ from POSBOT_WEB_PASSWORD")
    assert faults(monkeypatch, POSBOT_DESK_PASSWORD="another-one") == []


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:///posbot.db", "sqlite+aiosqlite:////data/x.db", "postgresql+psycopg://u:p@db:5432/pos"]
)
def test_the_store_is_sqlite_or_postgresql(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert faults(monkeypatch, DATABASE_URL=url) == []


@pytest.mark.parametrize("url", ["mysql://u:p@db/pos", "sqlite+aiosqlite://", "postgresql+asyncpg://db/pos", "x"])
def test_any_other_store_is_a_fault(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    (fault,) = faults(monkeypatch, DATABASE_URL=url)
    assert fault.startswith("DATABASE_URL ")
    assert "sqlite+aiosqlite:///" in fault


def test_trusted_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, POSBOT_TRUSTED_PROXIES="10.0.0.5, 172.16.0.0/12,::1") == []
    assert list(map(str, load_settings(None).posbot_trusted_proxies)) == ["10.0.0.5/32", "172.16.0.0/12", "::1/128"]
    for wrong in ("*", "proxy.internal", "10.0.0.0/99"):
        (fault,) = faults(monkeypatch, POSBOT_TRUSTED_PROXIES=wrong)
        assert fault.startswith("POSBOT_TRUSTED_PROXIES should be addresses or networks")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        *((host, True) for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.5", "pos.example.org")),  # noqa: S104
    ],
)
def test_only_the_address_served_on_makes_it_local(monkeypatch: pytest.MonkeyPatch, host: str, is_local: bool) -> None:
    monkeypatch.setenv("POSBOT_HOST", host)
    assert load_settings(None).is_local is is_local


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("POSBOT_PORT", value) for value in ("many", "65536", "-1", "80.5")),
        *(("POSBOT_RETENTION_DAYS", value) for value in ("0", "for ever", "9" * 5000)),
        ("POSBOT_ALLOW_MEMBERS", "perhaps"),
        ("POSBOT_WEB_PASSWORD", " "),
        ("POSBOT_HOST", "http://x/"),
    ],
)
def test_a_value_out_of_bounds_is_named_in_plain_words(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    (fault,) = faults(monkeypatch, **{name: value})
    assert fault.startswith(f"{name} ")
    assert not {"Input", "input", "valid", "parse"} & set(fault.split())


def test_faults_that_lie_between_settings_are_named_along_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(
        monkeypatch,
        TELEGRAM_WEBHOOK_URL="http://pos.example.org/x",
        POSBOT_PORT="many",
        POSBOT_WEB_PASSWORD="the-same-one",
        POSBOT_DESK_PASSWORD="the-same-one",
    )
    names = {fault.split()[0] for fault in found if fault.split()[0].isupper()}
    assert names == {"TELEGRAM_WEBHOOK_URL", "TELEGRAM_WEBHOOK_SECRET", "POSBOT_PORT", "POSBOT_DESK_PASSWORD"}


def test_no_secret_is_shown_and_all_are_known_to_the_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": "planted-secret",
        "POSBOT_WEB_PASSWORD": "planted-web",
        "POSBOT_DESK_PASSWORD": "planted-desk",
        "POSBOT_SECRET_KEY": "planted-key",
        "DATABASE_URL": "postgresql+psycopg://pos:planted%40db@db/pos",
    }
    assert faults(monkeypatch, **planted) == []
    settings = load_settings(None)
    assert not [value for value in planted.values() if value in repr(settings) + str(settings)]
    assert {*planted.values(), "planted%40db", "planted@db"} == settings.secrets


def test_every_setting_is_described_with_its_default() -> None:
    told = {name: (default, meaning) for name, default, meaning in described()}
    assert set(told) == {each.name.upper() for each in fields(Settings)}
    assert all(default and meaning for default, meaning in told.values())
    assert told["POSBOT_PORT"][0] == "8080"
    assert told["DATABASE_URL"][0] == "sqlite+aiosqlite:///posbot.db"


@pytest.mark.parametrize("name", ["POSBOT_PORT", "posbot_port"])
def test_one_setting_is_read_alone_whatever_its_case(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text(f"{name}=9000\n", "utf-8")
    assert one_setting("POSBOT_PORT", tmp_path / ".env") == "9000"
