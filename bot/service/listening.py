"""Serves HTTP in a loop that is ours: uvicorn without its own signals, log lines and way of ending the process."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from bot.service.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from bot.service.settings import Settings

WAITING = 2048
"""Connections that may wait to be accepted."""
MOST_CONNECTIONS = 1000
"""Connections at the same time; further ones are told to come again."""
KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than proxies keep theirs, so that they never use one just closed."""
LAST_SECONDS = 1
"""How long a stop waits for answers that are under way; Telegram's have been waited for before."""


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


class Server(uvicorn.Server):
    """A server that ends when told to, and leaves signals to the service."""

    def __init__(self, app: ASGIApp) -> None:
        """Serve an application; what it logs and whom it believes is the application's own business."""
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=LAST_SECONDS,
            )
        )

        self.is_serving = asyncio.Event()
        """Set when connections are accepted."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self.is_serving.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
