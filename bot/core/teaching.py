"""What a team's curator teaches while the service runs: what a phrase means, a note, what is out of scope.

What is taught is a knowledge layer like a team's folder, only held in memory: on top, never in place of anything. So it
is held to more than a folder is: nothing is taught that the knowledge says otherwise or that changes a checked answer.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

import rtoml

from bot.core import phrasing
from bot.core.answers import NOT_UNDERSTOOD
from bot.core.cards import TEAM
from bot.core.checked import Told, told
from bot.core.engine import Engine
from bot.core.errors import KnowledgeError
from bot.core.knowledge import load_stock
from bot.core.models import Intent, Question
from bot.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.core.knowledge import Stock
    from bot.core.schema import CheckedQuestion

ALIAS, NOTE, OUT_OF_SCOPE = "alias", "note", "out_of_scope"
"""What can be taught: that a phrase means a code, a note on a code, that a phrase is none of the bot's business."""
LAYER = "taught"
"""The name of the layer, where a fault has to name one."""
SHORTEST_NOTE, LONGEST_NOTE = 10, 240
"""Characters of a note: enough to say something, and short enough for one phone screen beside the rest."""
LONGEST_TITLE = 100
TEAM_RULE = "Team rule"
"""What a note rests on that names nothing else."""


class Lesson(Protocol):
    """Something taught, as the store keeps it."""

    @property
    def id(self) -> int:
        """Its number; 0 where it is not kept yet."""

    @property
    def kind(self) -> str:
        """One of the three kinds."""

    @property
    def phrase(self) -> str:
        """Of an alias or what is out of scope, in the form phrasing.phrase gives it."""

    @property
    def code(self) -> str | None:
        """Of an alias or a note."""

    @property
    def text(self) -> str:
        """Of a note."""

    @property
    def payer(self) -> str:
        """Whose rule a note is; empty for everybody's."""

    @property
    def source_title(self) -> str:
        """What a note rests on."""

    @property
    def source_url(self) -> str:
        """The page it stands on; empty where it stands on none."""

    @property
    def day(self) -> date:
        """When it was taught."""


class RefusedError(Exception):
    """Something cannot be taught; says in one sentence why."""


class Teacher:
    """Builds engines that know what was taught, and judges what is to be taught next."""

    def __init__(self, stock: Stock, questions: Sequence[CheckedQuestion] = ()) -> None:
        """Take the files of all layers, and the questions that must keep their answers; raises KnowledgeError."""
        self.base = Engine(load_stock(stock))
        """What is known without anything taught."""
        self._stock = stock
        self._questions = questions
        self._told: tuple[Engine, list[Told]] | None = None

    def engine(self, lessons: Sequence[Lesson]) -> Engine:
        """An engine that knows these too, as far as they still fit: the knowledge may have changed since."""
        fitting: list[Lesson] = []
        for lesson in lessons:
            if self._objection(lesson, fitting) is None:
                fitting.append(lesson)
        try:
            engine = self._built(fitting)
        except KnowledgeError:  # one of them has become a fault: find out which
            engine = self._built([lesson for lesson in fitting if self._is_sound(lesson)])
        engine.warm()
        return engine

    def taught(self, lesson: Lesson, lessons: Sequence[Lesson], now: Engine) -> Engine:
        """An engine that knows one lesson more than `now`, which knows these lessons.

        Raises RefusedError where the lesson collides with what is known, says nothing, or changes a checked answer.
        """
        objection = self._objection(lesson, lessons)
        if objection is not None:
            raise RefusedError(objection)
        try:
            later = self._built([*lessons, lesson])
        except KnowledgeError as error:
            raise RefusedError(f"That does not fit the knowledge: {error.faults[0].problem}.") from None
        self._hold(lesson, later)
        stolen = self._stolen(now, later)
        if stolen is not None:
            raise RefusedError(stolen)
        later.warm()
        return later

    def _built(self, lessons: Iterable[Lesson]) -> Engine:
        added = files(lessons)
        return Engine(load_stock(self._stock.with_layer(LAYER, added))) if added else self.base

    def _is_sound(self, lesson: Lesson) -> bool:
        try:
            load_stock(self._stock.with_layer(LAYER, files([lesson])))
        except KnowledgeError:
            return False
        return True

    def _objection(self, lesson: Lesson, others: Iterable[Lesson]) -> str | None:
        """Why a lesson cannot stand, as far as that shows without asking anything."""
        knowledge = self.base.knowledge
        if lesson.kind != OUT_OF_SCOPE and lesson.code not in knowledge.codes:
            return f"There is no assigned POS code {lesson.code or ''}".rstrip() + "."
        if lesson.kind == NOTE:
            return self._objection_to_note(lesson, others)
        again = next((one for one in others if one.kind != NOTE and plain(one.phrase) == plain(lesson.phrase)), None)
        if again is not None:
            what = "out of scope" if again.kind == OUT_OF_SCOPE else f"POS {again.code}"
            return f'"{lesson.phrase}" is already taught as {what} (no. {again.id}).'
        return phrasing.objection(self.base, lesson.phrase, lesson.code)

    def _objection_to_note(self, lesson: Lesson, others: Iterable[Lesson]) -> str | None:
        if not SHORTEST_NOTE <= len(lesson.text) <= LONGEST_NOTE:
            return f"A note has {SHORTEST_NOTE} to {LONGEST_NOTE} characters; this one has {len(lesson.text)}."
        if self.base.holds_patient_data(lesson.text):
            return "That looks like it holds patient details; a note must hold none."
        if lesson.payer and lesson.payer not in self.base.knowledge.payers:
            return f'There is no payer "{lesson.payer}" here.'
        if len(lesson.source_title) > LONGEST_TITLE:
            return f"The source's title has at most {LONGEST_TITLE} characters."
        same = (one for one in others if one.kind == NOTE and (one.code, one.text) == (lesson.code, lesson.text))
        again = next(same, None)
        return None if again is None else f"That note is already there (no. {again.id})."

    def _hold(self, lesson: Lesson, later: Engine) -> None:
        """Whether what is taught takes effect: a phrase of a visit by video takes 02 or 10 whatever its place."""
        if lesson.kind == NOTE:
            return
        reply = later.answer(Question(lesson.phrase, later.knowledge.newest))
        if lesson.kind == ALIAS and lesson.code not in reply.codes:
            still = Told.of(reply)
            raise RefusedError(
                f'"{lesson.phrase}" would still get {still}, by a rule that goes before phrases: leave out how the visit took place.'
            )
        if lesson.kind == OUT_OF_SCOPE and not (
            reply.intent is Intent.OUT_OF_SCOPE and reply.confidence > NOT_UNDERSTOOD
        ):
            raise RefusedError(
                f'"{lesson.phrase}" names something the knowledge answers; give the words that are out of scope.'
            )

    def _stolen(self, now: Engine, later: Engine) -> str | None:
        """The first checked question whose answer would change, told in a sentence."""
        if self._told is None or self._told[0] is not now:
            self._told = now, told(now, self._questions)
        after = told(later, self._questions)
        for asked, was, would in zip(self._questions, self._told[1], after, strict=True):
            if was != would:
                return f'With that, "{asked.q}" would get {would} instead of {was}.'
        self._told = later, after
        return None


def files(lessons: Iterable[Lesson]) -> dict[str, str]:
    """What was taught as a team's folder of TOML files, by their paths: ready for review and for `posbot check`."""
    codes: dict[str, dict[str, Any]] = defaultdict(dict)
    sources: dict[str, dict[str, str]] = {}
    cues: list[str] = []
    for lesson in lessons:
        if lesson.kind == OUT_OF_SCOPE:
            cues.append(lesson.phrase)
        elif lesson.kind == ALIAS:
            codes[lesson.code or ""].setdefault("aliases", []).append(lesson.phrase)
        else:
            name, source = _source(lesson)
            sources[name] = source
            codes[lesson.code or ""].setdefault("note", []).append(_note(lesson, name))
    written: dict[str, dict[str, Any]] = {f"codes/{code}.toml": {"code": code, **data} for code, data in codes.items()}
    written |= {"sources.toml": sources} if sources else {}
    written |= {"intents.toml": {"intent": {"out_of_scope": {"cues": cues}}}} if cues else {}
    return {path: rtoml.dumps(data, pretty=True) for path, data in sorted(written.items())}


def _note(lesson: Lesson, source: str) -> dict[str, Any]:
    payer = {"payer": lesson.payer} if lesson.payer else {}
    return {"text": lesson.text, **payer, "sources": [source], "checked": lesson.day}


def _source(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The team's own source of a note, by an id that tells it from all others; it never looks like one of CMS."""
    named = lesson.source_title.removeprefix("Team: ").strip()
    title = f"Team: {named}" if named else TEAM_RULE
    digest = hashlib.sha256(f"{title}\n{lesson.source_url}".encode()).hexdigest()[:8]
    return f"{TEAM}{digest}", {"title": title, **({"url": lesson.source_url} if lesson.source_url else {})}
