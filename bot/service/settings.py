"""Settings from the environment or a .env file, checked as a whole before anything starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.service.environment import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def _usable_token(token: SecretStr) -> SecretStr:
    bare = token.get_secret_value().strip()
    if not re.fullmatch(r"[A-Za-z0-9:_-]+", bare):
        message = "does not look like a bot token; copy it from @BotFather again"
        raise ValueError(message)
    return SecretStr(bare)


def _web_address(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        message = "should be a web address such as http://127.0.0.1:8081/bot"
        raise ValueError(message)
    return address


def _ids(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = value.replace(",", " ").split()
    # A list that holds no id at all would open the bot to everyone.
    if not found or not all(re.fullmatch(r"-?[0-9]{1,19}", part) for part in found):
        message = "should be Telegram ids, separated by commas, such as -1001234567890,7001"
        raise ValueError(message)
    return frozenset(map(int, found))


Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)]


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """What can be set; each field is the environment variable of that name in capitals."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True)

    telegram_bot_token: Annotated[SecretStr | None, AfterValidator(lambda token: token and _usable_token(token))] = None
    """Enables Telegram; comes from @BotFather."""
    telegram_api_base: Annotated[str | None, AfterValidator(lambda base: base and _web_address(base))] = None
    """Where the Bot API is, when it is not Telegram's own; the token is put right behind it."""
    posbot_knowledge: str | None = None
    """Further knowledge folders, separated as in PATH, the later ones win."""
    posbot_allowed_chats: Ids = frozenset()
    """Groups that are answered; once this or the next is set, nobody else is."""
    posbot_allowed_users: Ids = frozenset()
    """People who are answered in private and in inline queries."""
    posbot_allow_members: bool = False
    """Whether members of the groups listed count as people listed."""
    posbot_admins: Ids = frozenset()
    """People who may curate; they are always answered."""
    posbot_log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    """The least weight a log line must have."""
    posbot_log_format: Annotated[Literal["console", "json"] | None, BeforeValidator(_lower)] = None
    """How log lines look; unset means console on a terminal, else json."""


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings; the environment outweighs the file.

    Raises SettingsError with one line about all that is wrong. Values are not repeated: they may be secrets.
    """
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        faults = "; ".join(_fault(detail) for detail in error.errors(include_input=False, include_url=False))
        raise SettingsError(faults) from None
    except (OSError, UnicodeDecodeError):
        message = f"{env_file} cannot be read as UTF-8 text"
        raise SettingsError(message) from None


def _fault(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0]).upper()
    if detail["type"] == "literal_error":
        return f"{name} must be {detail['ctx']['expected']}"
    return f"{name} {detail['msg'].removeprefix('Value error, ')}"
