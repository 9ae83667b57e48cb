"""Scores replies against labelled questions, by the rules the labels were made with.

Right, soft (asked back or an accepted code), harmful (a code that would do damage leads), wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.core.models import Intent, Outcome
from bot.core.plain import full
from bot.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.core.models import Reply

HELD_OUT_EVERY = 3
"""Questions whose number divides by this are held out of tuning."""
SURE = 0.9
"""Confidence from which an answer is taken at its word."""
BINS = 10
"""Bins of confidence, of equal width."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_SMALL = {
    "a",
    "an",
    "the",
    "of",
    "or",
    "and",
    "to",
    "in",
    "is",
    "on",
    "not",
    "no",
    "for",
    "where",
    "with",
    "by",
    "be",
    "was",
    "had",
}


class Mark(StrEnum):
    """How a reply did."""

    RIGHT = "right"
    SOFT = "soft"
    WRONG = "wrong"
    HARM = "harm"


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled question."""

    id: str
    q: str
    kind: str
    codes: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: dict[str, Any]) -> Label:
        """A label from one JSON object; raises KeyError where id, q or kind is missing."""
        lists = {name: tuple(row.get(name) or ()) for name in ("codes", "accept", "must_not", "facts", "context")}
        return cls(str(row["id"]), str(row["q"]), str(row["kind"]), **lists)

    @property
    def held_out(self) -> bool:
        """Whether it is kept out of tuning."""
        digits = re.sub(r"\D", "", self.id)
        return bool(digits) and int(digits) % HELD_OUT_EVERY == 0


@dataclass(frozen=True, slots=True)
class Score:
    """How one reply did against its label."""

    label: Label
    reply: Reply
    mark: Mark
    facts_found: int


def mark(label: Label, reply: Reply) -> Mark:
    """Right, soft, wrong or harmful, by the label's rules."""
    lead = reply.codes[0] if reply.codes else None
    if lead in label.must_not:
        return Mark.HARM
    if label.kind in {"out_of_scope", "smalltalk"}:
        return Mark.WRONG if lead else Mark.RIGHT
    if label.kind in {"unassigned", "invalid"}:
        told = reply.intent in {Intent.UNASSIGNED, Intent.INVALID}
        return Mark.RIGHT if told and lead is None else Mark.WRONG
    if not label.codes:
        return _without_codes(label, reply, lead)
    offered = {choice.code for choice in reply.choices}
    if label.kind == "compare":
        right = set(label.codes) <= set(reply.codes)
    else:
        right = lead in label.codes and (set(label.codes) <= set(reply.codes) or not _open(label))
        right = right or (len(label.codes) > 1 and set(label.codes) <= offered)
    if right:
        return Mark.RIGHT
    usable = {*label.codes, *label.accept}
    return Mark.SOFT if lead in usable or offered & usable else Mark.WRONG


def _open(label: Label) -> bool:
    """Where several codes are right and the kind is no comparison, all should stand in the reply."""
    return len(label.codes) > 1


def _without_codes(label: Label, reply: Reply, lead: str | None) -> Mark:
    stated = sum(found(fact, reply) for fact in label.facts)
    answered = reply.outcome is Outcome.ANSWER
    if stated == len(label.facts) and answered and (lead is None or lead in label.accept):
        return Mark.RIGHT
    return Mark.SOFT if stated else Mark.WRONG


def found(fact: str, reply: Reply) -> bool:
    """Whether any wording of a fact stands, all its words in one sentence of the text."""
    sentences = [_words(sentence) for sentence in _SENTENCE.split(full(reply))]
    return any(_words(wording) <= sentence for wording in fact.split("|") for sentence in sentences)


def _words(text: str) -> set[str]:
    return set(plain(text.replace("not ", "not_")).replace("/", " ").split()) - _SMALL


def score(label: Label, reply: Reply) -> Score:
    """Score one reply."""
    return Score(label, reply, mark(label, reply), sum(found(fact, reply) for fact in label.facts))


@dataclass(slots=True)
class Tally:
    """Counts over many questions."""

    scores: list[Score] = field(default_factory=list)

    def share(self, *marks: Mark) -> float:
        """Share of questions with one of these marks, 0 where there are none."""
        return sum(score.mark in marks for score in self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def facts(self) -> float:
        """Share of the facts asked for that right answers state."""
        right = [score for score in self.scores if score.mark is Mark.RIGHT and score.label.facts]
        asked = sum(len(score.label.facts) for score in right)
        return sum(score.facts_found for score in right) / asked if asked else 1.0

    def of(self, keep: Callable[[Score], bool]) -> Tally:
        """The part of the scores that is kept."""
        return Tally([score for score in self.scores if keep(score)])

    def kinds(self) -> Iterable[str]:
        """Kinds of question present, in order of first appearance."""
        return dict.fromkeys(score.label.kind for score in self.scores)

    @property
    def answers(self) -> Tally:
        """The questions that were answered, neither asked back nor declined."""
        return self.of(lambda score: score.reply.outcome is Outcome.ANSWER)

    @property
    def sure_answers(self) -> Tally:
        """The answers whose confidence is high."""
        return self.answers.of(lambda score: score.reply.confidence >= SURE)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: how sure they said they were, and how often they were right."""

    low: float
    """The least confidence of the bin; the next one starts a tenth higher."""
    tally: Tally

    @property
    def confidence(self) -> float:
        """The mean confidence of its answers."""
        return sum(score.reply.confidence for score in self.tally.scores) / len(self.tally.scores)


def bins(tally: Tally) -> list[Bin]:
    """The answers by confidence, lowest first, without empty bins."""
    held: dict[int, Tally] = {}
    for score in tally.answers.scores:
        at = min(int(score.reply.confidence * BINS), BINS - 1)
        held.setdefault(at, Tally()).scores.append(score)
    return [Bin(at / BINS, held[at]) for at in sorted(held)]


def calibration_error(tally: Tally) -> float:
    """How far confidence and share right lie apart, averaged over answers by bin; 0 where nothing was answered."""
    answers = len(tally.answers.scores)
    gaps = ((len(one.tally.scores), abs(one.tally.share(Mark.RIGHT) - one.confidence)) for one in bins(tally))
    return sum(count * gap for count, gap in gaps) / answers if answers else 0.0
