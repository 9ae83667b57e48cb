"""Settings from the environment or a .env file, checked as a whole before anything starts.

marshmallow reads them all and gathers what is wrong; bot/service/values.py has what it does not know of itself.
"""

# ruff: noqa: RUF009 - setting() is field() with what there is to tell

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import Boolean, Integer, String
from marshmallow.validate import OneOf, Range

from bot.service import values
from bot.service.environment import SettingsError, written
from bot.service.values import Lowered, Network, Read, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from marshmallow.fields import Field

Default = TypeVar("Default")


def setting(default: Default, read: Field[Any], meaning: str, unset: str | None = None) -> Default:
    """A setting: what holds where it is not set, what reads it, what it means, and how to tell that it is not set."""
    told = unset or ("none" if default is None else str(default))
    made: Default = field(default=default, metadata={"read": read, "meaning": meaning, "unset": told})
    return made


def whole(least: int, most: int) -> Integer:
    """Read a whole number within bounds."""
    wrong = f"should be a whole number from {least} to {most}"
    return Integer(validate=Range(least, most, error=wrong), error_messages={"invalid": wrong})


def one_of(*words: str) -> Lowered:
    """Read one of some words, in small letters or capitals."""
    named = f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"
    return Lowered(validate=OneOf(words, error=f"must be {named}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set; each field is the environment variable of that name in capitals."""

    telegram_bot_token: Secret | None = setting(
        None, Read(values.token), "enables Telegram; comes from @BotFather and is never logged"
    )
    telegram_api_base: str | None = setting(
        None,
        Read(values.web_address),
        "another Bot API server, for example http://127.0.0.1:8081/bot",
        "Telegram's own",
    )
    telegram_webhook_url: str | None = setting(
        None,
        Read(values.webhook),
        "public https address on port 443, 80, 88 or 8443 with a path of its own: Telegram calls it, instead of being"
        " polled",
    )
    telegram_webhook_secret: Secret | None = setting(
        None,
        Read(values.webhook_secret),
        "made up by you, 1 to 256 letters, digits, _ and -: shows that a call comes from Telegram",
        "none; needed with the webhook",
    )
    posbot_host: str = setting(
        "127.0.0.1", Read(values.host), "address to serve HTTP on; 0.0.0.0 is every address of the machine"
    )
    posbot_port: int = setting(8080, whole(0, 65535), "port to serve HTTP on; 0 takes a free one")
    posbot_web_password: Secret | None = setting(
        None,
        Read(values.password),
        "opens the web chat, its pages and the API where they are served on anything but loopback",
    )
    posbot_desk_password: Secret | None = setting(
        None, Read(values.password), "enables the curator's desk at /desk; must differ from the web password"
    )
    posbot_secret_key: Secret | None = setting(
        None,
        Read(values.password),
        "keys what is hashed and signed; set the same one for all replicas",
        "made once, kept in the store",
    )
    posbot_trusted_proxies: tuple[Network, ...] = setting(
        (),
        Read(values.networks),
        "addresses or networks of proxies whose X-Forwarded-For counts, separated by commas",
        "none",
    )
    database_url: Secret = setting(
        Secret("sqlite+aiosqlite:///posbot.db"),
        Read(values.store_address),
        "where things are remembered: sqlite+aiosqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
        "sqlite+aiosqlite:///posbot.db",
    )
    posbot_knowledge: str | None = setting(
        None, String(), "your own knowledge folders, separated as in PATH; later ones win"
    )
    posbot_allowed_chats: frozenset[int] = setting(
        frozenset(),
        Read(values.ids),
        "Telegram ids of groups, separated by commas; once this or the next is set, nobody else is answered",
        "empty: everyone",
    )
    posbot_allowed_users: frozenset[int] = setting(
        frozenset(), Read(values.ids), "Telegram ids of people who may ask in private", "empty: everyone"
    )
    posbot_allow_members: bool = setting(
        default=False,
        read=Boolean(error_messages={"invalid": "should be 1 or 0"}),
        meaning="1 also lets members of the listed groups ask in private",
        unset="0",
    )
    posbot_admins: frozenset[int] = setting(
        frozenset(), Read(values.ids), "Telegram ids of people who may curate", "empty"
    )
    posbot_log_format: str | None = setting(
        None,
        one_of("console", "json"),
        "how log lines look: console or json",
        "console on a terminal, else json",
    )
    posbot_log_level: str = setting(
        "info",
        one_of("debug", "info", "warning", "error"),
        "the least weight a log line must have: debug, info, warning or error",
    )
    posbot_retention_days: int = setting(90, whole(1, 3650), "days that feedback and redacted misses stay")

    @property
    def is_local(self) -> bool:
        """Whether HTTP is served to this machine alone; only the address served on counts."""
        return values.is_loopback(self.posbot_host)

    @property
    def webhook_path(self) -> str | None:
        """Where Telegram calls on our own HTTP server."""
        return urlsplit(self.telegram_webhook_url).path if self.telegram_webhook_url else None

    @property
    def secrets(self) -> frozenset[str]:
        """Everything that may stand in no log."""
        held = (getattr(self, each.name) for each in fields(self))
        found = {each.text for each in held if isinstance(each, Secret)}
        within = urlsplit(self.database_url.text).password or ""
        return frozenset({*found, within, unquote(within)} - {"", Settings().database_url.text})


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings; the environment outweighs the file, and an empty value is none.

    Raises SettingsError with one line about all that is wrong. Values are not repeated: they may be secrets.
    """
    given = {name.lower(): text for source in (written(env_file), os.environ) for name, text in source.items() if text}
    schema = Schema.from_dict({each.name: each.metadata["read"] for each in fields(Settings)})
    faults: list[str] = []
    try:
        found: dict[str, Any] = schema(unknown=EXCLUDE).load(given)
    except ValidationError as error:
        found = dict(error.valid_data or ())
        told: dict[str, list[str]] = dict(error.messages_dict)
        faults = [f"{each.name.upper()} {told[each.name][0]}" for each in fields(Settings) if each.name in told]
    faults.extend(_between(given, found))
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**found)


def _between(given: Mapping[str, str], found: Mapping[str, Any]) -> Iterator[str]:
    """Faults that lie between two settings."""
    if "telegram_webhook_url" in given and "telegram_webhook_secret" not in given:
        yield "TELEGRAM_WEBHOOK_SECRET is needed with TELEGRAM_WEBHOOK_URL; make one up, of letters and digits"
    desk = found.get("posbot_desk_password")
    if desk is not None and desk == found.get("posbot_web_password"):
        yield "POSBOT_DESK_PASSWORD must differ from POSBOT_WEB_PASSWORD, which more people know"


def described() -> list[tuple[str, str, str]]:
    """Every setting: its name, what holds where it is not set, and what it means."""
    return [(each.name.upper(), each.metadata["unset"], each.metadata["meaning"]) for each in fields(Settings)]


def plain(secret: Secret | None) -> str | None:
    """A secret in plain text, for whoever compares or signs with it."""
    return None if secret is None else secret.text
