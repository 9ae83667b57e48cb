"""The database behind the store: quick calls for answers, patient ones for everything else."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from bot.store.address import make_engine, plainly, read_address
from bot.store.errors import AwayError, RefusedError, StoreError
from bot.store.guard import Guard, heard
from bot.store.lane import Lane, Rows, hang_up
from bot.store.statements import prepared
from bot.store.tables import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from sqlalchemy import Dialect, Executable

    from bot.store.statements import Prepared

Result = TypeVar("Result")

LONGEST = 5.0
"""Seconds a patient call may take."""
LONGEST_LOOK = 15.0
"""Seconds for a look whether the database is back, and for telling it what it missed."""
LAST = 0.3
"""Seconds at the end for what is under way, and once more when it was hung up on."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""Seconds between two looks whether the database is back."""


class Database:
    """One database, by its DATABASE_URL; raises StoreError where that is of no use. Connects when opened."""

    def __init__(self, address: str) -> None:
        self.url = read_address(address)
        self.engine = make_engine(self.url)
        self.guard = Guard(on_open=[self._hang_up])
        self.on_back: list[Callable[[], Awaitable[None]]] = []
        """Brings the database up to date when it is back; raises AwayError where it is gone again."""
        self.to_write = asyncio.Event()
        """Set when rows wait to be written behind."""
        self._lane: Lane | None = None
        self._lent: list[Any] = []
        """The drivers' connections that patient calls have in use."""
        self._tasks: set[asyncio.Task[Any]] = set()
        refusals = ("DataError", "IntegrityError")
        driver = self.dialect.loaded_dbapi
        self._refusals = tuple(getattr(driver, name) for name in refusals if hasattr(driver, name))
        self._glance = prepared(select(CLAIMS.c.id).where(CLAIMS.c.id == 0), self.dialect)

    @property
    def dialect(self) -> Dialect:
        """The words of this database."""
        return self.engine.dialect

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of our own, rather than a server."""
        return self.dialect.name == "sqlite"

    async def open(self) -> None:
        """Connect for quick calls; raises StoreError."""
        try:
            self._lane = await Lane.open(self.engine)
        except (SQLAlchemyError, OSError) as error:
            raise plainly(error, self.url) from None

    async def close(self) -> None:
        """Let go of all connections, within a second even where the server stands still."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST)
        if self._tasks:
            for driver in self._lent:
                hang_up(driver)
            self._hang_up()
            await asyncio.wait(self._tasks, timeout=LAST)
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.close()
        with suppress(SQLAlchemyError, OSError):
            await self.engine.dispose()

    async def quick(self, statement: Prepared, **values: Any) -> Rows:
        """Run a statement for an answer, alone on the kept connection.

        Raises AwayError where the database fails, which opens the breaker, and RefusedError where it does not take the
        values. It is the caller who sees to the time this takes.
        """
        lane = self._lane
        if lane is None:
            raise AwayError
        try:
            return await lane.fetch(statement, **values)
        except self._refusals:
            raise RefusedError("the database does not take what it was given") from None
        except Exception as error:  # noqa: BLE001 - drivers raise more than their own errors when a connection breaks
            if lane is self._lane:
                self.guard.open(type(error).__name__)
            raise AwayError from None

    async def write(self, statement: Prepared, rows: Iterable[dict[str, Any]], **values: Any) -> Rows:
        """Run a quick statement that takes many rows."""
        return await self.quick(statement, rows=json.dumps(list(rows)), **values)

    async def execute(self, statement: Executable) -> Rows:
        """Run a statement that no answer waits for; the rows it gives. Raises StoreError."""
        lent: list[Any] = []
        call = self._spawn(self._execute(statement, lent))
        await asyncio.wait((call,), timeout=LONGEST)
        if not call.done():
            for driver in lent:
                hang_up(driver)
            raise AwayError
        return call.result()

    async def _execute(self, statement: Executable, lent: list[Any]) -> Rows:
        try:
            async with self.engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                lent.append(driver)
                self._lent.append(driver)
                try:
                    result = await connection.execute(statement)
                finally:
                    self._lent.remove(driver)
                return [tuple(row) for row in result] if result.returns_rows else []
        except (DataError, IntegrityError):
            raise RefusedError("the database does not take what it was given") from None
        except (SQLAlchemyError, OSError) as error:
            raise plainly(error, self.url) from None

    async def apart(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Let something run in a task of its own, and give its result.

        Whoever waits can then be cancelled at once, while a driver that is interrupted may take seconds over it.
        """
        task = self._spawn(work)
        await asyncio.wait((task,))
        return task.result()

    async def ping(self, seconds: float) -> None:
        """Raise StoreError where the database does not answer a question within so many seconds."""
        call = self._spawn(self.quick(self._glance))
        await asyncio.wait((call,), timeout=seconds)
        if not call.done():
            raise AwayError
        call.result()

    async def keep_up(self) -> None:
        """Whenever the database goes away, look for it until it is back; runs until cancelled."""
        while True:
            await self.guard.opened.wait()
            pause = FIRST_PAUSE
            while not await self._is_back():
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            self.guard.close()

    async def _is_back(self) -> bool:
        look = self._spawn(self._reopen())
        while not look.done():
            await asyncio.wait((look,), timeout=LONGEST_LOOK)
            if self._lane is not None and not look.done():
                self._lane.hang_up()
        try:
            look.result()
        except StoreError:
            self._hang_up()
            return False
        return True

    async def _reopen(self) -> None:
        await self.open()
        await self.quick(self._glance)
        for bring_up_to_date in self.on_back:
            await bring_up_to_date()

    def _hang_up(self) -> None:
        """Give the kept connection up, and whoever waits on it."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.hang_up()
            self._spawn(lane.close())

    def _spawn(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(heard)
        return task
