"""Real stores for tests, started and with their background work running."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SOON = 8.0
"""Seconds after which what should have happened counts as never happening."""


@asynccontextmanager
async def running(url: str, clock: Callable[[], float] | None = None) -> AsyncIterator[Store]:
    """A store over a database, as the service runs it."""
    store = Store(url, clock=clock) if clock else Store(url)
    await store.start()
    background = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        background.cancel()
        await asyncio.wait((background,))
        await store.close()
        if not background.cancelled():
            background.result()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until something holds; raises TimeoutError."""
    async with asyncio.timeout(SOON):
        while not await holds():  # noqa: ASYNC110 - it happens in the database or in another process
            await asyncio.sleep(0.01)
