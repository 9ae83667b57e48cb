"""What a team's curator teaches while the service runs: what a phrase means, a note, what is out of scope.

What is taught is a knowledge layer like a team's folder, only held in memory: on top, never in place of anything. So it
is held to more than a folder is: nothing is taught that the knowledge says otherwise or that changes a checked answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core import phrasing
from bot.core.answers import NOT_UNDERSTOOD
from bot.core.checked import Told, told
from bot.core.engine import Engine
from bot.core.lessons import ALIAS, NOTE, OUT_OF_SCOPE, laid_over
from bot.core.models import Intent, Question
from bot.core.shape import ShapeError
from bot.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.lessons import Lesson
    from bot.core.schema import CheckedQuestion

SHORTEST_NOTE, LONGEST_NOTE = 10, 240
"""Characters of a note: enough to say something, and short enough for one phone screen beside the rest."""
LONGEST_TITLE = 100
NO_ADDRESS = "The address of the source is no web address, such as https://team.example/grid."


class RefusedError(Exception):
    """Something cannot be taught; says in one sentence why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of many lessons at once: all of them are taken, or none."""

    fresh: tuple[Lesson, ...] = ()
    """What is not known yet."""
    known: tuple[str, ...] = ()
    """Rows that say nothing new, a sentence each."""
    faults: tuple[str, ...] = ()
    """Rows that cannot be taken, a sentence each."""
    engine: Engine | None = None
    """Knows the fresh ones; none where there is a fault, or nothing fresh."""


class Teacher:
    """Builds engines that know what was taught, and judges what is to be taught next."""

    def __init__(self, base: Engine, questions: Sequence[CheckedQuestion] = ()) -> None:
        """Take what is known without anything taught, and the questions that must keep their answers."""
        self._base: Engine | None = base
        self._known = base.knowledge
        self._questions = questions

    @property
    def base(self) -> Engine:
        """What is known without anything taught."""
        if self._base is None:
            self._base = Engine(self._known)
        return self._base

    def rest(self) -> None:
        """Let go of the engine that can be made again: there may be no lesson for weeks."""
        self._base = None

    def engine(self, lessons: Sequence[Lesson]) -> Engine:
        """An engine that knows these too, as far as they still fit: the knowledge may have changed since."""
        fitting = self._fitting(lessons)
        knowledge = self._laid_over(fitting)
        if not fitting or knowledge is None:
            return self.base
        engine = Engine(knowledge)
        engine.warm()
        return engine

    def taught(self, lesson: Lesson, lessons: Sequence[Lesson], now: Engine) -> Engine:
        """An engine that knows one lesson more than `now`, which knows these lessons.

        Raises RefusedError where the lesson collides with what is known, says nothing, or changes a checked answer.
        """
        objection = self._objection(lesson, lessons)
        if objection is not None:
            raise RefusedError(objection)
        knowledge = self._laid_over([*self._fitting(lessons), lesson])
        if knowledge is None:
            raise RefusedError(NO_ADDRESS)
        later = Engine(knowledge)
        self._hold(lesson, later)
        stolen = self._stolen(now, later)
        if stolen is not None:
            raise RefusedError(stolen)
        return later  # warm enough by all these questions

    def judged(self, rows: Sequence[tuple[int, Lesson]], lessons: Sequence[Lesson], now: Engine) -> Judged:
        """What becomes of lessons that stand in the rows of a sheet."""
        fresh: list[tuple[int, Lesson]] = []
        known: list[str] = []
        faults: list[str] = []
        for row, lesson in rows:
            if self._is_known(lesson, [*lessons, *(one for _, one in fresh)]):
                known.append(f"row {row}: {_what(lesson)} is known already.")
                continue
            objection = self._objection(lesson, lessons) or self._doubled(lesson, fresh)
            if objection is None and self._laid_over([lesson]) is None:
                objection = NO_ADDRESS
            if objection is None:
                fresh.append((row, lesson))
            else:
                faults.append(f"row {row}: {objection}")
        told_off, engine = ([], None) if faults or not fresh else self._tried(fresh, lessons, now)
        return Judged(tuple(one for _, one in fresh), tuple(known), (*faults, *told_off), engine)

    def _tried(
        self, fresh: Sequence[tuple[int, Lesson]], lessons: Sequence[Lesson], now: Engine
    ) -> tuple[list[str], Engine | None]:
        """What shows only in answers: the faults, or the engine that knows all of it."""
        knowledge = self._laid_over([*self._fitting(lessons), *(lesson for _, lesson in fresh)])
        if knowledge is None:  # no single one was at fault
            return [NO_ADDRESS], None
        later = Engine(knowledge)
        faults = []
        for row, lesson in fresh:
            try:
                self._hold(lesson, later)
            except RefusedError as refused:
                faults.append(f"row {row}: {refused}")
        stolen = None if faults else self._stolen(now, later)
        if stolen is not None:
            faults = [f"row {row}: {why}" for row, lesson in fresh if (why := self._steals(lesson, lessons, now))]
            faults = faults or [f"the rows together: {stolen}"]
        return faults, None if faults else later

    def _steals(self, lesson: Lesson, lessons: Sequence[Lesson], now: Engine) -> str | None:
        """The checked question that one lesson of many would change; asked of those that share a word with it."""
        words = set(plain(lesson.phrase).split())
        near = [asked for asked in self._questions if not words.isdisjoint(plain(asked.q).split())]
        knowledge = self._laid_over([*self._fitting(lessons), lesson]) if near and lesson.kind != NOTE else None
        return None if knowledge is None else self._stolen(now, Engine(knowledge), near)

    def _fitting(self, lessons: Sequence[Lesson]) -> list[Lesson]:
        """Those that still fit the knowledge."""
        fitting: list[Lesson] = []
        for lesson in lessons:
            if self._objection(lesson, fitting) is None and self._laid_over([lesson]) is not None:
                fitting.append(lesson)
        return fitting

    def _is_known(self, lesson: Lesson, others: Iterable[Lesson]) -> bool:
        """Whether a lesson says what is known or taught already."""
        if lesson.kind == ALIAS and phrasing.means(self.base, lesson.phrase, lesson.code):
            return True
        return any(_same(lesson, one) for one in others)

    @staticmethod
    def _doubled(lesson: Lesson, fresh: Iterable[tuple[int, Lesson]]) -> str | None:
        rows = (
            row for row, one in fresh if lesson.kind != NOTE != one.kind and plain(one.phrase) == plain(lesson.phrase)
        )
        row = next(rows, None)
        return None if row is None else f'"{lesson.phrase}" stands in row {row} too, with another code.'

    def _laid_over(self, lessons: Sequence[Lesson]) -> Knowledge | None:
        try:
            return laid_over(self._known, lessons)
        except ShapeError:
            return None

    def _objection(self, lesson: Lesson, others: Iterable[Lesson]) -> str | None:
        """Why a lesson cannot stand, as far as that shows without asking anything."""
        if lesson.kind != OUT_OF_SCOPE and lesson.code not in self._known.codes:
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
        if lesson.payer and lesson.payer not in self._known.payers:
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

    def _stolen(self, now: Engine, later: Engine, questions: Sequence[CheckedQuestion] | None = None) -> str | None:
        """The first checked question whose answer would change, told in a sentence."""
        today, questions = self._known.newest, self._questions if questions is None else questions
        for asked, would in zip(questions, told(later, questions, today), strict=True):
            if would == Told(asked.outcome, asked.codes):
                continue
            (was,) = told(now, [asked], today)  # a team's folder may have changed it before
            if would != was:
                return f'With that, "{asked.q}" would get {would} instead of {was}.'
        return None


def _same(one: Lesson, other: Lesson) -> bool:
    if one.kind != other.kind or one.code != other.code:
        return False
    return one.text == other.text if one.kind == NOTE else plain(one.phrase) == plain(other.phrase)


def _what(lesson: Lesson) -> str:
    return "the note" if lesson.kind == NOTE else f'"{lesson.phrase}"'
