"""What a single setting may look like; a value that will not do is told in words that go behind the setting's name."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

Network = IPv4Network | IPv6Network

WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
"""The ports that Telegram calls."""
OUR_PATHS = frozenset(
    {"api", "changes", "codes", "compare", "desk", "find", "healthz", "metrics", "openapi.json", "readyz", "static"}
    | {"sign-in", "sign-out", "ask", "favicon.ico", "manifest.webmanifest", "robots.txt", "thumbs"}
)
"""First parts of paths that are taken: no webhook may stand there."""


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _usable_token(token: SecretStr) -> SecretStr:
    bare = token.get_secret_value().strip()
    if not re.fullmatch(r"[A-Za-z0-9:_-]+", bare):
        raise ValueError("does not look like a bot token; copy it from @BotFather again")
    return SecretStr(bare)


def _web_address(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise ValueError("should be a web address such as http://127.0.0.1:8081/bot")
    return address


def _ids(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = value.replace(",", " ").split()
    # A list that holds no id at all would open the bot to everyone.
    if not found or not all(re.fullmatch(r"-?[0-9]{1,19}", part) for part in found):
        raise ValueError("should be Telegram ids, separated by commas, such as -1001234567890,7001")
    return frozenset(map(int, found))


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(part, strict=False) for part in value.replace(",", " ").split())
    except ValueError:
        raise ValueError(
            "should be addresses or networks, separated by commas, such as 10.0.0.5,172.16.0.0/12"
        ) from None


def _webhook(address: str) -> str:
    try:
        url = urlsplit(address)
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
    return address


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


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        raise ValueError("should be 1 to 256 letters, digits, _ and -, which is what Telegram takes")
    return secret


def _password(password: SecretStr) -> SecretStr:
    if not password.get_secret_value().strip():
        raise ValueError("is blank")
    return password


def _store(address: SecretStr) -> SecretStr:
    from bot.store.address import read_address  # noqa: PLC0415 - slow to import, and most keep what is there unset
    from bot.store.errors import StoreError  # noqa: PLC0415

    try:
        read_address(address.get_secret_value())
    except StoreError as error:
        raise ValueError(str(error).removeprefix("DATABASE_URL ")) from None
    return address


def _host(host: str) -> str:
    bare = host.strip().removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9._:%-]+", bare):
        raise ValueError("should be an address such as 127.0.0.1, or 0.0.0.0 for all")
    return bare


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Token = Annotated[SecretStr, AfterValidator(_usable_token)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
WebhookAddress = Annotated[str, AfterValidator(_webhook)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
Password = Annotated[SecretStr, AfterValidator(_password)]
StoreAddress = Annotated[SecretStr, AfterValidator(_store)]
Host = Annotated[str, AfterValidator(_host)]
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
Lowered = BeforeValidator(_lower)
