"""What people thought of answers: thumbs with the codes they were about, never who gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store.tables import VOTES

if TYPE_CHECKING:
    from datetime import date

    from bot.store.behind import Behind
    from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Down:
    """Answers of one kind that had a thumb down for the same reason."""

    codes: tuple[str, ...]
    intent: str
    reason: str | None
    count: int
    last: date


@dataclass(frozen=True, slots=True)
class Thumbs:
    """How many there were of each."""

    up: int
    down: int


class Feedback:
    """Thumbs as the curator sees them; they are given through Chats.vote."""

    def __init__(self, database: Database, votes: Behind) -> None:
        self._database, self._votes = database, votes

    async def down(self, limit: int) -> list[Down]:
        """Answers with thumbs down, the latest first; raises StoreError."""
        await self._votes.flush()
        last, count = func.max(VOTES.c.day), func.count()
        groups = (
            select(VOTES.c.codes, VOTES.c.intent, VOTES.c.reason, count, last)
            .where(~VOTES.c.is_up)
            .group_by(VOTES.c.codes, VOTES.c.intent, VOTES.c.reason)
            .order_by(last.desc(), count.desc(), VOTES.c.codes, VOTES.c.intent, VOTES.c.reason)
            .limit(limit)
        )
        return [
            Down(tuple(codes.split("+")) if codes else (), intent, reason, count, last)
            for codes, intent, reason, count, last in await self._database.execute(groups)
        ]

    async def counts(self, since: date | None = None) -> Thumbs:
        """Thumbs up and down, from a day on or all there are; raises StoreError."""
        await self._votes.flush()
        query = select(VOTES.c.is_up, func.count()).group_by(VOTES.c.is_up)
        rows = await self._database.execute(query.where(VOTES.c.day >= since) if since else query)
        by_kind = {bool(is_up): count for is_up, count in rows}
        return Thumbs(by_kind.get(True, 0), by_kind.get(False, 0))
