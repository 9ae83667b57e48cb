"""Questions the bot had no answer to, redacted, for the curator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from bot.store.behind import Behind
from bot.store.statements import storable
from bot.store.tables import MISSES

if TYPE_CHECKING:
    from datetime import date

    from bot.store.database import Database

LONGEST = 500
"""Characters kept of a miss."""


@dataclass(frozen=True, slots=True)
class MissGroup:
    """One redacted question with how often and when it was asked."""

    text: str
    count: int
    first: date
    last: date


class Misses:
    """Redacted questions counted by day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.behind = Behind(database, MISSES, adding="count")

    def note(self, text_redacted: str, outcome: str, day: date) -> None:
        """Count a miss; it is written soon, and never holds anybody up."""
        text = storable(text_redacted)[:LONGEST].strip()
        self.behind.put({"text": text, "outcome": str(outcome)[:20], "day": day.isoformat(), "count": 1})

    async def add(self, text_redacted: str, outcome: str, day: date) -> None:
        """Count a miss and write it now; raises StoreError, and then it is written later."""
        self.note(text_redacted, outcome, day)
        await self.behind.flush()

    async def grouped(self, limit: int) -> list[MissGroup]:
        """The questions most often missed, those last asked first among equals; raises StoreError."""
        await self.behind.flush()
        count, last = func.sum(MISSES.c.count), func.max(MISSES.c.day)
        groups = (
            select(MISSES.c.text, count, func.min(MISSES.c.day), last)
            .group_by(MISSES.c.text)
            .order_by(count.desc(), last.desc(), MISSES.c.text)
            .limit(limit)
        )
        return [
            MissGroup(text, int(count), first, last)
            for text, count, first, last in await self._database.execute(groups)
        ]

    async def settle(self, text: str) -> None:
        """Take a question off the list, as something was done about it; raises StoreError."""
        await self.behind.flush()
        await self._database.execute(delete(MISSES).where(MISSES.c.text == text))
