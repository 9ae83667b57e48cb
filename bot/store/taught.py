"""What a team's curator taught, in force on every replica until it is undone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, insert, select, update

from bot.store.errors import StoreError
from bot.store.statements import storable
from bot.store.tables import TAUGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from bot.store.database import Database

CHANNEL = "posbot_taught"
"""On which PostgreSQL tells the replicas."""


class TaughtKind(StrEnum):
    """What was taught."""

    ALIAS = "alias"
    """The phrase means the code."""
    NOTE = "note"
    """The text holds for the code."""
    OUT_OF_SCOPE = "out_of_scope"
    """The phrase is none of the bot's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """One thing taught."""

    id: int = 0
    """Given by the store."""
    kind: TaughtKind
    phrase: str = ""
    code: str | None = None
    text: str = ""
    payer: str = ""
    """Whose rule it is; empty for everybody's."""
    source_title: str = ""
    source_url: str = ""
    day: date
    by: str
    """A keyed hash of who taught it."""
    undone: bool = False


class TaughtRecords:
    """The records, and word of every change to them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_change: Callable[[], None] = lambda: None
        """Called when this process changed something."""

    async def add(self, taught: Taught) -> Taught:
        """Keep something taught, in force at once; as it is kept, with its number. Raises StoreError."""
        (kept,) = await self.add_all([taught])
        return kept

    async def add_all(self, taught: Sequence[Taught]) -> list[Taught]:
        """Keep several things, or none of them, in their order; as they are kept. Raises StoreError."""
        fresh = [_storable(one) for one in taught]
        values = [{name: value for name, value in asdict(one).items() if name != "id"} for one in fresh]
        if not values:
            return []
        rows = await self._database.execute(insert(TAUGHT).values(values).returning(TAUGHT.c.id))
        await self._tell()
        return [replace(one, id=number) for one, (number,) in zip(fresh, sorted(rows), strict=True)]

    async def undo(self, number: int) -> bool:
        """Take something taught out of force; false where there is no such thing in force. Raises StoreError."""
        changed = await self._database.execute(
            update(TAUGHT).where(TAUGHT.c.id == number, ~TAUGHT.c.undone).values(undone=True).returning(TAUGHT.c.id)
        )
        if changed:
            await self._tell()
        return bool(changed)

    async def active(self) -> list[Taught]:
        """What is in force, in the order taught; raises StoreError."""
        return await self._records(select(TAUGHT).where(~TAUGHT.c.undone).order_by(TAUGHT.c.id))

    async def all(self) -> list[Taught]:
        """Everything that was ever taught, the latest first; raises StoreError."""
        return await self._records(select(TAUGHT).order_by(TAUGHT.c.id.desc()))

    async def version(self) -> tuple[int, int]:
        """Something that changes with every change; raises StoreError."""
        # Not the latest number: of two taught at once, the later may be there first.
        query = select(func.count(), func.count().filter(TAUGHT.c.undone)).select_from(TAUGHT)
        ((all_there_are, undone),) = await self._database.execute(query)
        return all_there_are, undone

    async def _tell(self) -> None:
        self.on_change()
        if not self._database.is_sqlite:
            # It is kept, whether the word of it gets about at once or not.
            with suppress(StoreError):
                await self._database.execute(select(func.pg_notify(CHANNEL, "")))

    async def _records(self, query: Select[*tuple[Any, ...]]) -> list[Taught]:
        names = [column.name for column in TAUGHT.columns]
        records = [Taught(**dict(zip(names, row, strict=True))) for row in await self._database.execute(query)]
        return [replace(record, kind=TaughtKind(record.kind)) for record in records]


def _storable(taught: Taught) -> Taught:
    return replace(
        taught,
        phrase=storable(taught.phrase),
        text=storable(taught.text),
        payer=storable(taught.payer),
        source_title=storable(taught.source_title),
        source_url=storable(taught.source_url),
    )
