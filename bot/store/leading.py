"""Leadership among the replicas over one PostgreSQL: an advisory lock, freed by the server when its holder dies."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING

from sqlalchemy import false, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.store.errors import AwayError
from bot.store.lane import Lane

if TYPE_CHECKING:
    from bot.store.database import Database

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often it is tried to lead, and looked whether one still does."""
ANSWER_SECONDS = 3.0
"""How long the server may take to say so."""
NOTICED_DEAD = {
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "9000",
}
"""Within ten seconds the server gives up a leader whose host is gone without a word; that one gave up after five."""


class LockedLeadership:
    """A post held by whoever holds the lock of its name, on a connection of its own."""

    def __init__(self, database: Database, name: str) -> None:
        """Lead nothing yet."""
        self._database = database
        digest = hashlib.blake2b(f"posbot/{name}".encode(), digest_size=8).digest()
        self._key = int.from_bytes(digest, signed=True)
        self._lane: Lane | None = None

    async def gain(self) -> None:
        """Wait until this replica leads; a database that is away is waited for."""
        while self._lane is None:
            lane = await self._locked()
            if lane is None:
                await asyncio.sleep(LOOK_SECONDS)
            self._lane = lane

    async def lost(self) -> None:
        """Wait until it no longer does; returns at once where it does not lead."""
        while (lane := self._lane) is not None:
            try:
                await lane.ask(select(1), ANSWER_SECONDS)
            except AwayError:
                if self._lane is lane:
                    logger.warning("the connection that held the lead is lost")
                    await self.resign()
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def resign(self) -> None:
        """Let another one lead."""
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.close()

    async def _locked(self) -> Lane | None:
        """A connection that holds the lock; None where another replica has it or the server is away."""
        try:
            lane = await Lane.open(self._database.engine)
        except (SQLAlchemyError, OSError):
            return None
        leads = False
        try:
            await lane.ask(select(*(func.set_config(*each, false()) for each in NOTICED_DEAD.items())), ANSWER_SECONDS)
            leads = bool(await lane.ask(select(func.pg_try_advisory_lock(self._key)), ANSWER_SECONDS))
        except AwayError:
            pass
        finally:
            if not leads:
                await lane.close()
        return lane if leads else None
