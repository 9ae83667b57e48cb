"""What a team's curator teaches while the service runs: what a phrase means, a note, what is out of scope.

What is taught is a knowledge layer like a team's folder, only held in memory: on top, never in place of anything. So it
is held to more than a folder is: nothing is taught that the knowledge says otherwise or that changes a checked answer.
"""

from __future__ import annotations

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


class RefusedError(Exception):
    """Something cannot be taught; says in one sentence why."""


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
        fitting: list[Lesson] = []
        for lesson in lessons:
            if self._objection(lesson, fitting) is None and self._laid_over([lesson]) is not None:
                fitting.append(lesson)
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
        fitting = [one for number, one in enumerate(lessons) if self._objection(one, lessons[:number]) is None]
        knowledge = self._laid_over([*fitting, lesson])
        if knowledge is None:
            raise RefusedError("The address of the source is no web address, such as https://team.example/grid.")
        later = Engine(knowledge)
        self._hold(lesson, later)
        stolen = self._stolen(now, later)
        if stolen is not None:
            raise RefusedError(stolen)
        return later  # warm enough by all these questions

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

    def _stolen(self, now: Engine, later: Engine) -> str | None:
        """The first checked question whose answer would change, told in a sentence."""
        today = self._known.newest
        for asked, would in zip(self._questions, told(later, self._questions, today), strict=True):
            if would == Told(asked.outcome, asked.codes):
                continue
            (was,) = told(now, [asked], today)  # a team's folder may have changed it before
            if would != was:
                return f'With that, "{asked.q}" would get {would} instead of {was}.'
        return None
