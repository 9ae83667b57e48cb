"""Settings from the environment or a .env file, checked as a whole before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.service.environment import SettingsError
from bot.service.values import (
    Host,
    Ids,
    Lowered,
    Networks,
    Password,
    StoreAddress,
    Token,
    WebAddress,
    WebhookAddress,
    WebhookSecret,
    is_loopback,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def _differs(password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if password is not None and password == info.data.get("posbot_web_password"):
        raise ValueError("must differ from POSBOT_WEB_PASSWORD, which more people know")
    return password


def _goes_with_the_webhook(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    # A webhook address that will not do is not among the data; it was meant all the same.
    if secret is None and info.data.get("telegram_webhook_url", ...) is not None:
        raise ValueError("is needed with TELEGRAM_WEBHOOK_URL; make one up, of letters and digits")
    return secret


class Settings(BaseSettings):
    """What can be set; each field is the environment variable of that name in capitals.

    A field may be checked against those before it. What is told of each is what the help and the README say.
    """

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    telegram_bot_token: Token | None = None
    """enables Telegram; comes from @BotFather and is never logged"""
    telegram_api_base: WebAddress | None = Field(None, examples=["Telegram's own"])
    """another Bot API server, for example http://127.0.0.1:8081/bot"""
    telegram_webhook_url: WebhookAddress | None = None
    """public https address on port 443, 80, 88 or 8443 with a path of its own: Telegram calls it, instead of being polled"""
    telegram_webhook_secret: Annotated[WebhookSecret | None, AfterValidator(_goes_with_the_webhook)] = Field(
        None, validate_default=True, examples=["none; needed with the webhook"]
    )
    """made up by you, 1 to 256 letters, digits, _ and -: shows that a call comes from Telegram"""
    posbot_host: Host = "127.0.0.1"
    """address to serve HTTP on; 0.0.0.0 is every address of the machine"""
    posbot_port: int = Field(8080, ge=0, le=65535)
    """port to serve HTTP on; 0 takes a free one"""
    posbot_web_password: Password | None = None
    """opens the web chat, its pages and the API where they are served on anything but loopback"""
    posbot_desk_password: Annotated[Password | None, AfterValidator(_differs)] = None
    """enables the curator's desk at /desk; must differ from the web password"""
    posbot_secret_key: Password | None = Field(None, examples=["made once, kept in the store"])
    """keys what is hashed and signed; set the same one for all replicas"""
    posbot_trusted_proxies: Networks = Field((), examples=["none"])
    """addresses or networks of proxies whose X-Forwarded-For counts, separated by commas"""
    database_url: StoreAddress = SecretStr("sqlite+aiosqlite:///posbot.db")
    """where things are remembered: sqlite+aiosqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"""
    posbot_knowledge: str | None = None
    """your own knowledge folders, separated as in PATH; later ones win"""
    posbot_allowed_chats: Ids = Field(frozenset(), examples=["empty: everyone"])
    """Telegram ids of groups, separated by commas; once this or the next is set, nobody else is answered"""
    posbot_allowed_users: Ids = Field(frozenset(), examples=["empty: everyone"])
    """Telegram ids of people who may ask in private"""
    posbot_allow_members: bool = Field(default=False, examples=["0"])
    """1 also lets members of the listed groups ask in private"""
    posbot_admins: Ids = Field(frozenset(), examples=["empty"])
    """Telegram ids of people who may curate"""
    posbot_log_format: Annotated[Literal["console", "json"] | None, Lowered] = Field(
        None, examples=["console on a terminal, else json"]
    )
    """how log lines look"""
    posbot_log_level: Annotated[Literal["debug", "info", "warning", "error"], Lowered] = "info"
    """the least weight a log line must have: debug, info, warning or error"""
    posbot_retention_days: int = Field(90, ge=1, le=3650)
    """days that feedback and redacted misses stay"""

    @property
    def is_local(self) -> bool:
        """Whether HTTP is served to this machine alone; only the address served on counts."""
        return is_loopback(self.posbot_host)

    @property
    def webhook_path(self) -> str | None:
        """Where Telegram calls on our own HTTP server."""
        return urlsplit(self.telegram_webhook_url).path if self.telegram_webhook_url else None

    @property
    def secrets(self) -> frozenset[str]:
        """Everything that may stand in no log."""
        held = (value for _, value in self if isinstance(value, SecretStr))
        found = {secret.get_secret_value() for secret in held}
        written = urlsplit(self.database_url.get_secret_value()).password or ""
        default = Settings.model_fields["database_url"].default.get_secret_value()
        return frozenset({*found, written, unquote(written)} - {"", default})


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
        raise SettingsError(f"{env_file} cannot be read as UTF-8 text") from None


def _fault(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0]).upper()
    context = detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return f"{name} must be {context['expected']}"
        case "greater_than_equal" | "less_than_equal" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return f"{name} should be a whole number{_bounds(name.lower())}"
        case "bool_parsing":
            return f"{name} should be 1 or 0"
    return f"{name} {detail['msg'].removeprefix('Value error, ')}"


def _bounds(field: str) -> str:
    limits = {type(limit).__name__: limit for limit in Settings.model_fields[field].metadata}
    return f" from {limits['Ge'].ge} to {limits['Le'].le}"


def described() -> list[tuple[str, str, str]]:
    """Every setting: its name, what holds where it is not set, and what it means."""
    told = []
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = field.examples[0] if field.examples else "none" if default is None else str(default)
        told.append((name.upper(), str(shown), field.description or ""))
    return told
