"""Reads single settings that no library knows; each function raises ValueError with words for behind the name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marshmallow import ValidationError
from marshmallow.fields import Field, String

if TYPE_CHECKING:
    from collections.abc import Callable

Network = IPv4Network | IPv6Network

WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
"""The ports that Telegram calls."""
OUR_PATHS = frozenset(
    {"api", "apple-touch-icon.png", "ask", "changes", "codes", "compare", "desk", "favicon.ico", "find", "healthz"}
    | {"look", "manifest.webmanifest", "metrics", "openapi.json", "privacy", "readyz", "robots.txt", "sign-in"}
    | {"sign-out", "static", "sw.js", "vote"}
)
"""First parts of paths that are taken: no webhook may stand there."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that is not shown wherever it is printed by mistake."""

    text: str = field(repr=False)


class Read(Field[Any]):
    """A setting that is read by a function of its own."""

    def __init__(self, read: Callable[[str], object]) -> None:
        """Read with a function that raises ValueError."""
        super().__init__()
        self._read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:  # noqa: ARG002 - the library's signature
        try:
            return self._read(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Lowered(String):
    """Text read in small letters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        return str(super()._deserialize(value, attr, data, **more)).strip().lower()


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def token(text: str) -> Secret:
    """A bot's token."""
    bare = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9:_-]+", bare):
        raise ValueError("does not look like a bot token; copy it from @BotFather again")
    return Secret(bare)


def web_address(text: str) -> str:
    """The beginning of web addresses."""
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("should be a web address such as http://127.0.0.1:8081/bot")
    return text


def ids(text: str) -> frozenset[int]:
    """Telegram's ids of chats or people."""
    found = text.replace(",", " ").split()
    # A list that holds no id at all would open the bot to everyone.
    if not found or not all(re.fullmatch(r"-?[0-9]{1,19}", part) for part in found):
        raise ValueError("should be Telegram ids, separated by commas, such as -1001234567890,7001")
    return frozenset(map(int, found))


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks."""
    try:
        return tuple(ip_network(part, strict=False) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError(
            "should be addresses or networks, separated by commas, such as 10.0.0.5,172.16.0.0/12"
        ) from None


def webhook(text: str) -> str:
    """An address that Telegram calls."""
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    if not host or url.scheme not in {"http", "https"} or url.username is not None or url.query or url.fragment:
        raise ValueError("should be a web address such as https://pos.example.org/telegram")
    if not is_loopback(host):
        _can_be_called(url.scheme, host, port or 443)
    first = url.path.strip("/").partition("/")[0]
    if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", url.path) or not first or first in OUR_PATHS:
        raise ValueError("needs a path of its own, such as /telegram, of letters and digits")
    return text


def _can_be_called(scheme: str, host: str, port: int) -> None:
    """Raise where Telegram would not call an address."""
    if scheme != "https":
        raise ValueError("should begin with https://, the only way Telegram calls")
    if port not in WEBHOOK_PORTS:
        raise ValueError("should be on port 443, 80, 88 or 8443, the only ones Telegram calls")
    try:
        is_public = ip_address(host).is_global
    except ValueError:
        is_public = "." in host
    if not is_public:
        raise ValueError("should name a public host, one that Telegram can reach")


def webhook_secret(text: str) -> Secret:
    """What Telegram sends along to show who calls."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text):
        raise ValueError("should be 1 to 256 letters, digits, _ and -, which is what Telegram takes")
    return Secret(text)


def password(text: str) -> Secret:
    """A password or key."""
    if not text.strip():
        raise ValueError("is blank")
    return Secret(text)


def store_address(text: str) -> Secret:
    """Where the store is. The store reads it for good; here its faults are found along with all others."""
    bare = text.strip()
    if not re.fullmatch(r"(sqlite(\+aiosqlite)?:///[^\s?].*|postgres(ql)?(\+psycopg)?://\S+)", bare):
        raise ValueError("should begin with sqlite+aiosqlite:/// and name a file, or with postgresql+psycopg://")
    return Secret(bare)


def host(text: str) -> str:
    """An address to serve on."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9._:%-]+", bare):
        raise ValueError("should be an address such as 127.0.0.1, or 0.0.0.0 for all")
    return bare
