"""Tells this process when something was taught or undone, here or on another replica."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.errors import StoreError
from bot.store.lane import Lane
from bot.store.taught import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.store.database import Database
    from bot.store.taught import TaughtRecords

    Callback = Callable[[], Awaitable[None]]

logger = logging.getLogger(__name__)

LOOK_SECONDS = {"sqlite": 1.0, "postgresql": 3.0}
"""How often it is looked for changes nobody told of."""
AGAIN_SECONDS = 2.0
"""Pause before listening again to a PostgreSQL that went away."""


class Watch:
    """Looks for changes of what was taught, and calls back once for all there were."""

    def __init__(self, database: Database, taught: TaughtRecords) -> None:
        self.callbacks: list[Callback] = []
        self._database, self._taught = database, taught
        self._changed = asyncio.Event()
        self._known: tuple[int, int] | None = None
        taught.on_change = self._changed.set

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            if not self._database.is_sqlite:
                group.create_task(self._listen())

    async def start(self) -> None:
        """Note what is known from the start; raises StoreError."""
        self._known = await self._taught.version()

    async def _look(self) -> None:
        wait = LOOK_SECONDS[self._database.dialect.name]
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            self._changed.clear()
            if not self._database.guard.is_away:
                with suppress(StoreError):
                    await self._compare()

    async def _compare(self) -> None:
        version = await self._taught.version()
        if version == self._known:
            return
        for callback in self.callbacks:
            try:
                await callback()
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - what was taught must not end what keeps claims alive
                logger.error("what was taught could not be taken up: %s", type(error).__name__)  # noqa: TRY400
        self._known = version

    async def _listen(self) -> None:
        while True:
            try:
                lane = await Lane.open(self._database.engine)
            except (SQLAlchemyError, OSError):
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            try:
                await lane.connection.execute(text(f"LISTEN {CHANNEL}"))
                async for _ in lane.driver.notifies():
                    self._changed.set()
            except Exception as error:  # noqa: BLE001 - drivers raise more than their own errors when a connection breaks
                logger.debug("no word of changes for a moment: %s", type(error).__name__)
            finally:
                await lane.close()
            await asyncio.sleep(AGAIN_SECONDS)
