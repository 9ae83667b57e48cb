"""The address that HTTP is served on, and what people are told of it."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from bot.service.errors import StartError

if TYPE_CHECKING:
    from bot.service.settings import Settings

WAITING = 2048
"""Connections that may wait to be accepted."""


def listen(settings: Settings) -> socket.socket:
    """Take the address that HTTP is served on; raises StartError where that cannot be."""
    host, port = settings.posbot_host, settings.posbot_port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, backlog=WAITING, dualstack_ipv6=both)
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else "cannot be served on"
        raise StartError(
            f"port {port} of {host} {why}: set POSBOT_HOST and POSBOT_PORT to an address and a free port of this machine"
        ) from None


def address_of(settings: Settings, listener: socket.socket) -> str:
    """What a browser on this machine opens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.posbot_host, settings.posbot_host)  # noqa: S104 - nothing is bound here
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


def opening(settings: Settings, listener: socket.socket) -> str:
    """What people are told at the start: the address to open, and what to set for more."""
    lines = [f"posbot is at {address_of(settings, listener)}"]
    wanted = []
    if settings.telegram_bot_token is None:
        wanted.append("TELEGRAM_BOT_TOKEN, which @BotFather gives you in Telegram, to answer there")
    if settings.posbot_web_password is None and not settings.is_local:
        wanted.append("POSBOT_WEB_PASSWORD, to open the web chat to others than this machine")
    if wanted:
        lines.insert(0, f"Not set: {'; '.join(wanted)}.")
    return "\n".join(lines)
