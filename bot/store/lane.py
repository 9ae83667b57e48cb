"""One connection kept open for what lies on the way to an answer, spoken to in the driver's own words.

SQLAlchemy's execution costs several times what the driver's does, most of all on SQLite, where each step of it is a
change of threads; a statement here is one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from bot.store.errors import AwayError
from bot.store.guard import heard

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.statements import Prepared

Rows = list[tuple[Any, ...]]


@dataclass(slots=True)
class Lane:
    """A connection on which every statement stands for itself."""

    connection: AsyncConnection
    driver: Any
    """aiosqlite's or psycopg's own connection."""
    _in_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def open(cls, engine: AsyncEngine) -> Lane:
        """Connect."""
        connection = await engine.connect()
        return cls(connection, (await connection.get_raw_connection()).driver_connection)

    async def fetch(self, statement: Prepared, **values: Any) -> Rows:
        """Run a statement; the rows it gives."""
        parameters = {**statement.constants, **values}
        async with self._in_turn:
            if self.connection.dialect.name == "sqlite":
                return list(await self.driver.execute_fetchall(statement.sql, parameters))
            cursor = await self.driver.execute(statement.sql, parameters)
            return await cursor.fetchall() if cursor.description else []

    async def ask(self, statement: Executable, seconds: float) -> Any:
        """The one value a statement gives; raises AwayError, with the connection broken, where that takes longer."""
        call = asyncio.ensure_future(self._scalar(statement))
        call.add_done_callback(heard)
        await asyncio.wait((call,), timeout=seconds)
        if not call.done():
            self.hang_up()
            raise AwayError
        try:
            return call.result()
        except (SQLAlchemyError, OSError):
            raise AwayError from None

    async def _scalar(self, statement: Executable) -> Any:
        async with self._in_turn:
            return await self.connection.scalar(statement)

    def hang_up(self) -> None:
        """End whatever waits for an answer from it."""
        hang_up(self.driver)

    async def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
        # What is under way ends first, by itself or hung up on: the event loop still looks at its socket, whose number
        # the next connection may get.
        async with self._in_turn:
            with suppress(SQLAlchemyError, OSError):
                await self.connection.invalidate()
            with suppress(SQLAlchemyError, OSError):
                await self.connection.close()


def hang_up(driver: Any) -> None:
    """Break a PostgreSQL connection, as a server that stands still would be waited for without end.

    SQLite needs none: it waits for other writers a moment only.
    """
    connection = getattr(driver, "pgconn", None)
    if connection is None or driver.closed:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(connection.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)
