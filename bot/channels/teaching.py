"""Teaching while the service runs: what a curator says is in force on every replica within seconds, and can be undone.

    teaching = Teaching(answering, store, layers)
    await teaching.start()              # what was taught before is in force; the store may be away
    store.watch(teaching.refresh)       # what other replicas teach
    await teaching.teach(draft)         # raises RefusedError with one sentence, or StoreError
    await teaching.reload()             # the folders anew (SIGHUP); what was taught stays

Engines are built beside the running one, in a thread, and exchanged whole.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.channels.noting import Noting
from bot.core import phrasing
from bot.core.checked import read_checked
from bot.core.knowledge import stock
from bot.core.redaction import Redactor
from bot.core.teaching import NOTE, Teacher, files
from bot.store.errors import StoreError
from bot.store.taught import Taught, TaughtKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from bot.channels.answering import Answering
    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.store.store import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Built:
    """An engine with what belongs to it."""

    engine: Engine
    redactor: Redactor


class Teaching:
    """Keeps the engine of an Answering to what is taught."""

    def __init__(self, answering: Answering, store: Store, layers: Sequence[Path]) -> None:
        """Take whose engine it is, where what is taught is kept, and the knowledge folders."""
        self.answering = answering
        self._store = store
        self._layers = layers
        self._lock = asyncio.Lock()
        self._lessons: list[Taught] = []
        self._teacher: Teacher | None = None
        self.noting = Noting(store.misses, store.tallies, Redactor(answering.engine.knowledge), answering.today)

    @property
    def lessons(self) -> Sequence[Taught]:
        """What is in force here, in the order taught."""
        return tuple(self._lessons)

    @property
    def knowledge(self) -> Knowledge:
        """Everything that is known now."""
        return self.answering.engine.knowledge

    async def start(self) -> None:
        """Put in force what was taught before, and listen to all answers; raises KnowledgeError."""
        await self.reload()
        self.answering.listeners.append(self.noting.answered)

    async def reload(self, layers: Sequence[Path] | None = None) -> None:
        """Read the folders anew, what was taught stays on top; raises KnowledgeError, and then all stays as it was."""
        async with self._lock:
            teacher = await asyncio.to_thread(_teacher, layers or self._layers)
            try:
                lessons = await self._store.taught.active()
            except StoreError:
                logger.warning("what was taught cannot be read now; it follows once the database is back")
                lessons = self._lessons
            built = await asyncio.to_thread(_built, teacher, lessons)
            self._layers, self._teacher = layers or self._layers, teacher
            self._exchange(built, lessons)

    async def refresh(self) -> None:
        """Take over what was taught or undone elsewhere; raises StoreError."""
        async with self._lock:
            await self._catch_up()

    async def teach(self, draft: Taught, miss: str = "") -> Taught:
        """Put something in force at once, and take the miss it answers off the list.

        Raises RefusedError with the reason in one sentence, StoreError where it cannot be kept.
        """
        draft = self._in_form(draft)
        async with self._lock:
            await self._catch_up()
            teacher, lessons, now = self._ready(), self._lessons, self.answering.engine
            engine = await asyncio.to_thread(teacher.taught, draft, lessons, now)
            redactor = await asyncio.to_thread(Redactor, engine.knowledge)
            kept = await self._store.taught.add(draft)
            self._exchange(_Built(engine, redactor), [*lessons, kept])
        if miss:
            await self._store.misses.settle(miss)
        return kept

    async def undo(self, number: int) -> bool:
        """Take something out of force; false where no such thing is. Raises StoreError."""
        async with self._lock:
            undone = await self._store.taught.undo(number)
            await self._catch_up()
        return undone

    def draft(self, kind: TaughtKind, day: date, by: str) -> Taught:
        """Something to be taught, to be filled in; `by` is a keyed hash."""
        return Taught(kind=kind, day=day, by=by)

    def export(self) -> dict[str, str]:
        """What was taught as a team's folder: texts by path, for review and for `posbot check`."""
        return files(self._lessons)

    def _in_form(self, draft: Taught) -> Taught:
        if draft.kind == NOTE:
            return replace(draft, text=" ".join(draft.text.split()), source_title=" ".join(draft.source_title.split()))
        return replace(draft, phrase=phrasing.phrase(draft.phrase, self.knowledge.vocabulary.filler))

    async def _catch_up(self) -> None:
        lessons = await self._store.taught.active()
        if [lesson.id for lesson in lessons] != [lesson.id for lesson in self._lessons]:
            self._exchange(await asyncio.to_thread(_built, self._ready(), lessons), lessons)

    def _ready(self) -> Teacher:
        if self._teacher is None:
            raise RuntimeError("Teaching.start has not been called")
        return self._teacher

    def _exchange(self, built: _Built, lessons: Sequence[Taught]) -> None:
        self._lessons = list(lessons)
        self.noting.redactor = built.redactor
        self.answering.engine = built.engine


def _teacher(layers: Sequence[Path]) -> Teacher:
    questions, _ = read_checked(layers)  # what is wrong with a file of them, `posbot check` tells
    return Teacher(stock(layers), questions)


def _built(teacher: Teacher, lessons: Sequence[Taught]) -> _Built:
    engine = teacher.engine(lessons)
    return _Built(engine, Redactor(engine.knowledge))
