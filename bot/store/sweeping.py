"""Forgets what is past its time, a few rows at a time so that nobody waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, tuple_

from bot.store.tables import CLAIMS, MEMORY, MISSES, TALLIES, VOTES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from bot.store.database import Database

CLAIM_SECONDS = 24 * 3600
"""How long Telegram keeps an update, and so its claim is kept."""
TALLY_DAYS = 3 * 366
"""Counts name nobody, and a chart may go back some years."""
AT_ONCE = 500


async def sweep(database: Database, now: float, retention_days: int) -> int:
    """Delete what is older than it may be; how many rows that were. Raises StoreError."""
    today = datetime.fromtimestamp(now, UTC).date()
    kept_from = today - timedelta(days=retention_days)
    past: tuple[tuple[Table, ColumnElement[bool]], ...] = (
        (CLAIMS, CLAIMS.c.seen < now - CLAIM_SECONDS),
        (MEMORY, MEMORY.c.until < now),
        (VOTES, VOTES.c.day < kept_from),
        (MISSES, MISSES.c.day < kept_from),
        (TALLIES, TALLIES.c.day < today - timedelta(days=TALLY_DAYS)),
    )
    return sum([await _delete(database, table, is_past) for table, is_past in past])


async def _delete(database: Database, table: Table, is_past: ColumnElement[bool]) -> int:
    """Look for rows first, as that holds up no writer, and then delete just those."""
    keys = list(table.primary_key.columns)
    look = select(*keys).where(is_past).order_by(*keys).limit(AT_ONCE)
    swept = 0
    while rows := await database.execute(look):
        # Asked again: one of them may have been renewed in between.
        await database.execute(delete(table).where(is_past, tuple_(*keys).in_([tuple(row) for row in rows])))
        swept += len(rows)
    return swept
