"""Rows that are written a little later and many at a time, so that no answer waits for them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.store.batches import LARGEST
from bot.store.errors import AwayError, RefusedError
from bot.store.memory import Bounded
from bot.store.statements import upserted

if TYPE_CHECKING:
    from sqlalchemy import Table

    from bot.store.database import Database

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.3
"""How long a row waits at most before it is written, while the database is there."""
MOST_WAITING = 20_000
"""Rows of a table that wait for a database that is away; those longest untouched are given up."""

Row = dict[str, Any]


class Behind:
    """The rows of one table still to be written; the last one of a key counts, or its numbers are added up."""

    def __init__(self, database: Database, table: Table, *, adding: str | None = None) -> None:
        """Begin with none; `adding` names a column whose numbers are added up."""
        self._database, self._table, self._adding = database, table, adding
        self._keys = [column.name for column in table.primary_key.columns]
        self._statement = upserted(database.dialect, table, adding=adding)
        self._waiting: Bounded[tuple[Any, ...], Row] = Bounded(most=MOST_WAITING)
        self._going: dict[tuple[Any, ...], Row] = {}
        self._one_at_a_time = asyncio.Lock()
        database.on_back.append(self.flush)

    def put(self, row: Row) -> None:
        """Write a row soon."""
        self._add(row)
        self._database.to_write.set()

    def get(self, *key: Any) -> Row | None:
        """The row of a key, where it is not written yet."""
        return self._waiting.get(key) or self._going.get(key)

    async def flush(self) -> None:
        """Write what waits now; raises AwayError, and then keeps it."""
        async with self._one_at_a_time:
            while self._waiting:
                self._going = {key: self._waiting.pop(key) for key in list(self._waiting)[:LARGEST]}
                await self._write()

    async def _write(self) -> None:
        try:
            # In one order everywhere: replicas that write the same rows then wait for each other in turn.
            await self._put_away([self._going[key] for key in sorted(self._going)])
        except BaseException:
            self._keep(self._going)
            raise
        finally:
            self._going = {}

    async def _put_away(self, rows: list[Row]) -> None:
        try:
            await self._database.write(self._statement, rows)
        except RefusedError:
            # One that cannot be kept takes no others along.
            for row in rows if len(rows) > 1 else ():
                await self._put_away([row])
            if len(rows) == 1:
                logger.warning("a row for %s was given up, as the database does not take it", self._table.name)

    def _keep(self, rows: dict[tuple[Any, ...], Row]) -> None:
        newer = dict(self._waiting)
        self._waiting.clear()
        for row in (*rows.values(), *newer.values()):
            self._add(row)

    def _add(self, row: Row) -> None:
        key = tuple(row[name] for name in self._keys)
        known = self._waiting.get(key)
        if known and self._adding:
            row = row | {self._adding: row[self._adding] + known[self._adding]}
        self._waiting[key] = row


async def flush_all(*parts: Behind) -> None:
    """Write whatever waits, as far as the database is there."""
    with suppress(AwayError):
        for part in parts:
            await part.flush()
