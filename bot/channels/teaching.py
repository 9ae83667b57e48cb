"""Teaching while the service runs: what a curator says is in force on every replica within seconds, and can be undone.

    teaching = Teaching(answering, store, layers)   # listens to answers from now on
    await teaching.start()              # what was taught before is in force; the store may be away
    store.watch(teaching.refresh)       # what other replicas teach
    await teaching.teach(draft)         # raises RefusedError with one sentence, or StoreError
    await teaching.reload(engine)       # one over folders read anew (SIGHUP); what was taught stays

Engines are built beside the running one, in a thread, and exchanged whole. As long as nothing is taught, nothing is
held for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.channels.missed import MOST_READ, alike
from bot.channels.noting import Noting
from bot.core import phrasing
from bot.core.checked import read_checked
from bot.core.lessons import NOTE, files
from bot.core.redaction import Redactor
from bot.core.teaching import Teacher
from bot.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.channels.answering import Answering
    from bot.channels.missed import Missed
    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.core.schema import CheckedQuestion
    from bot.core.teaching import Judged
    from bot.store.store import Store
    from bot.store.taught import Taught

logger = logging.getLogger(__name__)

RETENTION_DAYS = 90
REST_SECONDS = 0.005
"""How long work that is in no hurry rests now and then, so that answers are given meanwhile."""


class Teaching:
    """Keeps the engine of an Answering to what is taught."""

    def __init__(
        self, answering: Answering, store: Store, layers: Sequence[Path], *, retention_days: int = RETENTION_DAYS
    ) -> None:
        """Take whose engine it is, where what is taught is kept and misses for how long, and the knowledge folders."""
        self.answering = answering
        self.store = store
        self.retention_days = retention_days
        self.noting = Noting(store.misses, store.tallies, answering.today)
        self.on_exchange: Callable[[Knowledge], None] = lambda _: None
        """Told of every other knowledge that comes into force."""
        self._layers = layers
        self._lock = asyncio.Lock()
        self._lessons: tuple[Taught, ...] = ()
        self._teacher: Teacher | None = None
        answering.listeners.append(self.noting.answered)

    @property
    def lessons(self) -> tuple[Taught, ...]:
        """What is in force here, in the order taught."""
        return self._lessons

    @property
    def knowledge(self) -> Knowledge:
        """Everything that is known now."""
        return self.answering.engine.knowledge

    async def start(self) -> None:
        """Put in force what was taught before, and begin to keep misses."""
        try:
            await self.refresh()
        except StoreError:
            logger.warning("what was taught cannot be read now; it follows with the next change")
        if self.noting.redactor is None:
            self.noting.redactor = await asyncio.to_thread(Redactor, self.knowledge, _let_others_go_first)

    async def refresh(self) -> None:
        """Take over what was taught or undone elsewhere; raises StoreError."""
        async with self._lock:
            await self._catch_up()

    async def reload(self, engine: Engine) -> None:
        """Put an engine over folders read anew in force, with what was taught on top."""
        async with self._lock:
            self._teacher = Teacher(engine, await asyncio.to_thread(read_questions, self._layers))
            self.noting.redactor = await asyncio.to_thread(Redactor, engine.knowledge, _let_others_go_first)
            self._exchange(await asyncio.to_thread(self._teacher.engine, self._lessons), self._lessons)

    async def missed(self) -> list[Missed]:
        """The questions without an answer, those alike together; raises StoreError."""
        groups = await self.store.misses.grouped(MOST_READ)
        return alike(groups, frozenset(self.knowledge.vocabulary.filler))

    async def settle(self, missed: Missed) -> None:
        """Take questions off the list; raises StoreError."""
        for group in missed.groups:
            await self.store.misses.settle(group.text)

    async def teach(self, draft: Taught, missed: Missed | None = None) -> Taught:
        """Put something in force at once, and take the questions it answers off the list.

        Raises RefusedError with the reason in one sentence, StoreError where it cannot be kept.
        """
        draft = self._in_form(draft)
        async with self._lock:
            await self._catch_up()
            teacher, now = await self._ready(), self.answering.engine
            engine = await asyncio.to_thread(teacher.taught, draft, self._lessons, now)
            kept = await self.store.taught.add(draft)
            self._exchange(engine, (*self._lessons, kept))
        if missed is not None:
            await self.settle(missed)
        return kept

    async def judge(self, rows: Sequence[tuple[int, Taught]]) -> Judged:
        """What would become of the rows of a sheet; nothing changes. Raises StoreError."""
        async with self._lock:
            await self._catch_up()
            teacher = await self._ready()
            return await asyncio.to_thread(teacher.judged, rows, self._lessons, self.answering.engine)

    async def teach_all(self, rows: Sequence[tuple[int, Taught]]) -> Judged:
        """Put all that is new in the rows of a sheet in force, or nothing where one of them is at fault. Raises StoreError."""
        async with self._lock:
            await self._catch_up()
            teacher = await self._ready()
            judged = await asyncio.to_thread(teacher.judged, rows, self._lessons, self.answering.engine)
            if judged.engine is not None:
                fresh = [lesson for _, lesson in rows if lesson in judged.fresh]
                kept = await self.store.taught.add_all(fresh)
                self._exchange(judged.engine, (*self._lessons, *kept))
        return judged

    async def undo(self, number: int) -> bool:
        """Take something out of force; false where no such thing is. Raises StoreError."""
        async with self._lock:
            undone = await self.store.taught.undo(number)
            await self._catch_up()
        return undone

    def export(self) -> dict[str, str]:
        """What was taught as a team's folder: texts by path, for review and for `posbot check`."""
        return files(self._lessons)

    def _in_form(self, draft: Taught) -> Taught:
        if draft.kind == NOTE:
            return replace(draft, text=" ".join(draft.text.split()), source_title=" ".join(draft.source_title.split()))
        return replace(draft, phrase=phrasing.phrase(draft.phrase, self.knowledge.vocabulary.filler))

    async def _catch_up(self) -> None:
        lessons = tuple(await self.store.taught.active())
        if [lesson.id for lesson in lessons] != [lesson.id for lesson in self._lessons]:
            teacher = await self._ready()
            self._exchange(await asyncio.to_thread(teacher.engine, lessons), lessons)

    async def _ready(self) -> Teacher:
        """The teacher; the first one takes the engine in force for what is known without anything taught."""
        if self._teacher is None:
            self._teacher = Teacher(self.answering.engine, await asyncio.to_thread(read_questions, self._layers))
        return self._teacher

    def _exchange(self, engine: Engine, lessons: tuple[Taught, ...]) -> None:
        self._lessons = lessons
        self.answering.engine = engine
        self.on_exchange(engine.knowledge)
        if self._teacher is not None:
            self._teacher.rest()


def read_questions(layers: Sequence[Path]) -> Sequence[CheckedQuestion]:
    """The questions that must keep their answers; what is wrong with their files, `posbot check` tells."""
    return read_checked(layers)[0]


def _let_others_go_first() -> None:
    """Rest a little, in a thread beside the one that answers."""
    time.sleep(REST_SECONDS)
