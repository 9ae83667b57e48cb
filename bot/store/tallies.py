"""Counts by day for the curator's charts: outcomes, codes, answer times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from bot.store.behind import Behind
from bot.store.statements import storable
from bot.store.tables import TALLIES

if TYPE_CHECKING:
    from datetime import date

    from bot.store.database import Database


class Tally(NamedTuple):
    """How much of one thing there was on a day."""

    day: date
    key: str
    amount: int


class Tallies:
    """Counts that several replicas add up; the knowledge's and the bot's own words only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.behind = Behind(database, TALLIES, adding="amount")

    def count(self, day: date, kind: str, key: str, amount: int = 1) -> None:
        """Add to a count, for example of `outcome` `answer`; it is written soon, and never holds anybody up."""
        self.behind.put({"day": day.isoformat(), "kind": kind[:40], "key": storable(key)[:80], "amount": amount})

    async def read(self, since: date, kind: str) -> list[Tally]:
        """The counts of a kind from a day on, by day and key; raises StoreError."""
        await self.behind.flush()
        rows = await self._database.execute(
            select(TALLIES.c.day, TALLIES.c.key, TALLIES.c.amount)
            .where(TALLIES.c.kind == kind, TALLIES.c.day >= since)
            .order_by(TALLIES.c.day, TALLIES.c.key)
        )
        return [Tally._make(row) for row in rows]
