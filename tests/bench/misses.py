"""Misses by cause, of the questions that may be read while tuning; the held-out part is never looked at."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.channels.evaluation import missed
from bot.core.knowledge import built_in, load
from bot.core.models import Intent, Outcome
from bot.core.placement import TELEHEALTH
from bot.core.scoring import Mark, Score, score
from tests.bench import rivals
from tests.bench.labelled import TODAY, tuned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Cause(StrEnum):
    """What went wrong, as far as the reply shows."""

    OUTSIDE = "answered though out of scope"
    NOT_UNDERSTOOD = "not understood"
    INTENT = "wrong intent taken"
    ASKED_AMISS = "asked back without the right choice"
    ASKED = "asked back needlessly"
    WAY = "way misread (remote or in person)"
    BESIDE = "place missed beside the one found"
    PLACE = "wrong place found"
    FACT = "fact missing"


OUTSIDE = {"out_of_scope", "smalltalk"}
OWN_INTENT = {"compare", "rate", "modifier", "denial", "claim_form", "date", "unassigned", "invalid"}
"""Kinds of question whose replies have an intent of the same name; the others are told by several."""
MISSES = (Mark.SOFT, Mark.WRONG, Mark.HARM, Mark.RIGHT)
"""Columns of the table; a right answer is a miss where it leaves out a fact asked for."""


def is_miss(one: Score) -> bool:
    """Whether anything is left to be wished for."""
    return one.mark is not Mark.RIGHT or one.facts_found < len(one.label.facts)


def cause(one: Score) -> Cause:
    """Why a miss is one, by what the reply is beside what the label wants."""
    label, reply = one.label, one.reply
    if one.mark is Mark.RIGHT:
        return Cause.FACT
    if label.kind in OUTSIDE:
        return Cause.OUTSIDE
    if reply.outcome is Outcome.DECLINE and reply.intent in {Intent.OUT_OF_SCOPE, Intent.SMALLTALK}:
        return Cause.NOT_UNDERSTOOD
    if reply.outcome is Outcome.CLARIFY and label.codes:
        offered = {choice.code for choice in reply.choices}
        return Cause.ASKED if offered & {*label.codes, *label.accept} else Cause.ASKED_AMISS
    other_intent = label.kind in OWN_INTENT and reply.intent != label.kind
    if other_intent or reply.outcome is not Outcome.ANSWER or bool(label.codes) != bool(reply.codes):
        return Cause.INTENT
    return _placed(one) if label.codes else Cause.FACT


def _placed(one: Score) -> Cause:
    """Codes are wanted and codes are answered, but not those."""
    wanted, given = one.label.codes, one.reply.codes
    if {*wanted} & {*given} or given[0] in one.label.accept:
        return Cause.BESIDE
    return Cause.WAY if (given[0] in TELEHEALTH) != (wanted[0] in TELEHEALTH) else Cause.PLACE


def run(*, files: Sequence[Path], list_: bool) -> None:
    """Print the table, and the questions where they are asked for."""
    answer = rivals.ours(load([built_in()]), TODAY)
    scores = [score(label, answer(label)) for label in tuned(files)]
    found: dict[Cause, list[Score]] = {each: [] for each in Cause}
    for one in filter(is_miss, scores):
        found[cause(one)].append(one)
    print(f"{'':38}" + "".join(f"{mark:>8}" for mark in MISSES) + f"{'all':>8}")
    for each, ones in sorted(found.items(), key=lambda pair: -len(pair[1])):
        print(_row(each, ones))
    print(_row(f"of {len(scores)} tuned questions", [one for ones in found.values() for one in ones]))
    for each, ones in found.items() if list_ else ():
        print(f"\n{each} ({len(ones)})")
        for one in ones:
            print(missed(one))


def _row(name: str, ones: Sequence[Score]) -> str:
    counts = Counter(one.mark for one in ones)
    return f"{name:38}" + "".join(f"{counts[mark]:>8}" for mark in MISSES) + f"{len(ones):>8}"
