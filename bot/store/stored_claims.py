"""Claims on updates in the database, shared by every process that answers the same bot.

One statement does all there is to do with a claim - take, renew, note as done, give back - for many updates at once, and
tells whose each is then. It stands for itself, so two processes can never both be told that an update is theirs.
"""

from __future__ import annotations

import secrets
from collections import deque
from contextlib import suppress
from enum import IntEnum
from time import time
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, Integer, bindparam, case, cast, extract, func, or_, select

from bot.store.batches import LARGEST, Batches
from bot.store.claims import Standing
from bot.store.errors import StoreError
from bot.store.guard import Allowance, begin_answer
from bot.store.memory import Bounded
from bot.store.statements import given, inserted, prepared
from bot.store.tables import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Dialect

    from bot.store.database import Database
    from bot.store.statements import Prepared

LEASE_SECONDS = 30
"""How long an update stays with a process that shows no more life."""
MOST_DONE = 50_000
"""Updates answered that this process knows by itself."""


LARGEST_ID = 2**62
"""No update of Telegram's is beyond it; one that pretends to be is not worth a row."""


class Step(IntEnum):
    """What is to be done about an update."""

    RELEASE = 0
    CLAIM = 1
    FINISH = 2


class StoredClaims:
    """Claims that other processes see; while the database is away, what this process knows by itself counts."""

    def __init__(self, database: Database, clock: Callable[[], float] = time) -> None:
        """Begin with none; `clock` counts on SQLite, PostgreSQL has its own for all replicas."""
        self.owner = secrets.token_hex(8)
        self._database, self._clock = database, clock
        self._statement = _statement(database.dialect)
        self._asked: set[int] = set()
        self._in_hand: set[int] = set()
        self._done: set[int] = set()
        self._done_first: deque[int] = deque()
        self._owed: Bounded[int, Step] = Bounded(most=2 * MOST_DONE)
        """What the database does not know yet, because it was away."""
        self._batches: Batches[int, Step, Standing] = Batches(self._write)
        database.guard.on_open.append(self._batches.let_go)
        database.on_back.append(self.catch_up)

    async def claim(self, update_id: int) -> Standing:
        """Claim an update, or learn who has it; MINE while the database is away, unless this process knows better."""
        if update_id in self._in_hand or update_id in self._asked:
            return Standing.ELSEWHERE
        if update_id in self._done:
            return Standing.DONE
        begin_answer()
        self._asked.add(update_id)
        try:
            standing = await self._step(update_id, Step.CLAIM) or Standing.MINE
        finally:
            self._asked.discard(update_id)
        if standing is Standing.MINE:
            self._in_hand.add(update_id)
        elif standing is Standing.DONE:
            self._note_done(update_id)
        return standing

    async def finish(self, update_id: int) -> None:
        """Note that a claimed update was answered, or never can be."""
        self._note_done(update_id)
        await self._step(update_id, Step.FINISH)

    async def release(self, update_id: int) -> None:
        """Give a claimed update back unanswered: whoever gets it next may take it at once."""
        self._in_hand.discard(update_id)
        await self._step(update_id, Step.RELEASE)

    async def renew(self) -> None:
        """Lengthen the lease of everything in hand; raises AwayError."""
        await self._write_all(dict.fromkeys(self._storable(), Step.CLAIM))

    async def catch_up(self) -> None:
        """Tell the database what happened while it was away; raises AwayError where it is gone again."""
        steps = dict.fromkeys(self._storable(), Step.CLAIM) | dict(self._owed)
        await self._write_all(steps)
        for update_id, step in steps.items():
            if self._owed.get(update_id) is step:
                del self._owed[update_id]

    async def _step(self, update_id: int, step: Step) -> Standing | None:
        """Whose an update is after a step; None where the database is away, which learns of the step later."""
        if abs(update_id) > LARGEST_ID:
            return None
        is_claim = step is Step.CLAIM
        guard = self._database.guard
        if not guard.is_away:
            with suppress(StoreError):
                call = self._batches.put(update_id, step, can_wait=not is_claim)
                return await guard.within(call, None if is_claim else Allowance())
        self._owed[update_id] = step
        return None

    def _storable(self) -> list[int]:
        return [update_id for update_id in self._in_hand if abs(update_id) <= LARGEST_ID]

    def _note_done(self, update_id: int) -> None:
        self._in_hand.discard(update_id)
        if update_id not in self._done:
            self._done.add(update_id)
            self._done_first.append(update_id)
            if len(self._done_first) > MOST_DONE:
                self._done.discard(self._done_first.popleft())

    async def _write_all(self, steps: Mapping[int, Step]) -> None:
        ids = list(steps)
        for start in range(0, len(ids), LARGEST):
            await self._write({update_id: steps[update_id] for update_id in ids[start : start + LARGEST]})

    async def _write(self, steps: Mapping[int, Step]) -> dict[int, Standing]:
        # In one order everywhere: replicas that lock the same rows then wait for each other in turn.
        rows = ({"id": update_id, "step": int(steps[update_id])} for update_id in sorted(steps))
        now = {"now": self._clock()} if self._database.is_sqlite else {}
        told = await self._database.write(self._statement, rows, me=self.owner, **now)
        return {update_id: self._standing(owner, done=done) for update_id, owner, done in told}

    def _standing(self, owner: str, *, done: bool) -> Standing:
        if done:
            return Standing.DONE
        return Standing.MINE if owner == self.owner else Standing.ELSEWHERE


def _statement(dialect: Dialect) -> Prepared:
    """Put the steps given into the table, and tell whose each update is then."""
    row = given(dialect, Column("id", CLAIMS.c.id.type), Column("step", Integer))
    me, now = bindparam("me", type_=CLAIMS.c.owner.type), _now(dialect)
    rows = select(
        row["id"],
        case((row["step"] == int(Step.RELEASE), ""), else_=me),
        case((row["step"] == int(Step.CLAIM), now + LEASE_SECONDS), else_=now),
        row["step"] == int(Step.FINISH),
        now,
    )
    insert = inserted(dialect, CLAIMS, rows)
    new = insert.excluded
    # Somebody else's may be taken over when the lease has run out, and be done however that was.
    is_free = or_(CLAIMS.c.owner == me, CLAIMS.c.lease_until <= now, new.done)
    changed = {
        "owner": case((is_free, new.owner), else_=CLAIMS.c.owner),
        "lease_until": case((is_free, new.lease_until), else_=CLAIMS.c.lease_until),
        "done": or_(CLAIMS.c.done, new.done),
    }
    upsert = insert.on_conflict_do_update(index_elements=[CLAIMS.c.id], set_=changed)
    return prepared(upsert.returning(CLAIMS.c.id, CLAIMS.c.owner, CLAIMS.c.done), dialect)


def _now(dialect: Dialect) -> ColumnElement[float]:
    if dialect.name == "sqlite":
        return bindparam("now", type_=Double)
    return cast(extract("epoch", func.clock_timestamp()), Double)
