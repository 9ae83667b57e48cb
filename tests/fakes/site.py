"""The web channel on a free port of this machine, served by a real uvicorn in a thread."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette

from bot.channels.answering import Answering
from bot.channels.web.routes import routes
from bot.channels.web.web import Web
from bot.store.memory import Memory
from tests.conftest import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.engine import Engine

SECRET = b"a secret for tests only"


def web(engine: Engine, **settings: Any) -> Web:
    """A web channel of the day of the facts, open as on loopback unless set otherwise."""
    wanted: dict[str, Any] = {"memory": Memory(), "secret": SECRET, "is_loopback": True} | settings
    return Web(Answering(engine, lambda: TODAY), **wanted)


def application(of: Web) -> Starlette:
    """The web channel as an app of its own."""
    return Starlette(routes=routes(of))


@contextmanager
def serving(of: Web) -> Iterator[str]:
    """Serve it; gives the address without a slash at its end."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(of), log_config=None, proxy_headers=False, server_header=False)
    server = uvicorn.Server(config)
    started = threading.Event()

    def run() -> None:
        server.run(sockets=[listening])

    original = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await original(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(timeout=20)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def main() -> None:
    """Serve until Ctrl+C, for looking at."""
    from bot.core.engine import Engine  # noqa: PLC0415
    from bot.core.knowledge import built_in, load  # noqa: PLC0415

    with serving(web(Engine(load([built_in()])))) as address:
        print(address, flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
