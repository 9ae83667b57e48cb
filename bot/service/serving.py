"""Serves HTTP in a loop that is ours: uvicorn without its own signals, log lines and way of ending the process."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

MOST_CONNECTIONS = 1000
"""Connections at the same time; further ones are told to come again."""
KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than proxies keep theirs, so that they never use one just closed."""
LAST_SECONDS = 1
"""How long a stop waits for answers that are under way; Telegram's have been waited for before."""


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
