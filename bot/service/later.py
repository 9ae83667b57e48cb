"""The pages, put together when there is time for it or when the first is asked for: they take as long as all the rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send


class Later:
    """An ASGI application over routes that are made once."""

    def __init__(self, make: Callable[[], Sequence[BaseRoute]]) -> None:
        """Take what makes the routes; it is called in a thread."""
        self._make = make
        self._one_at_a_time = asyncio.Lock()
        self._made: Router | None = None

    async def made(self) -> Router:
        """The application, made now if it was not before."""
        async with self._one_at_a_time:
            if self._made is None:
                self._made = Router(await asyncio.to_thread(self._make), redirect_slashes=False)
            return self._made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        application = self._made or await self.made()
        await application(scope, receive, send)
