"""How far an answer can be trusted: what of the question was not understood, and how much was told at once.

Measured on labelled questions (`posbot eval` shows the calibration): an answer is sure where every word of content was
read and one thing was asked. All other answers are right about nine times in ten and are told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.models import Intent, Match

if TYPE_CHECKING:
    from bot.core.models import Reply
    from bot.core.reading import Reading

SURE = 0.9
"""Confidence from which at least 99 answers in 100 are right."""
UNSURE = 0.89
"""Most that an answer is given that is not sure."""
PER_WORD, MOST_WORDS = 0.015, 5
"""What each word that was not understood takes away, up to so many."""
TERSE, SHORT, PLAIN = 6, 10, 12
"""Words of a message up to which a modifier, a code or a telehealth visit, and a place are told without a story."""
SETTLED = 0.95
"""Strength of a telehealth rule that leaves no other place."""


def trusted(reply: Reply, reading: Reading, unread: int) -> float:
    """The confidence of an answer, given the words of content in the question that belong to nothing known."""
    if _sure(reply, reading, unread):
        return reply.confidence
    return min(reply.confidence, UNSURE - PER_WORD * min(unread, MOST_WORDS))


def _sure(reply: Reply, reading: Reading, unread: int) -> bool:  # noqa: PLR0911 - one line a kind of question
    if reading.subject or (unread and reply.intent is not Intent.DENIAL):
        return False
    words = len(reading.scene.tokens)
    match reply.intent:
        case Intent.DENIAL:
            return unread <= 1
        case Intent.COMPARE:
            return True
        case Intent.CODE:
            return words <= SHORT and len(_places(reading)) <= 1
        case Intent.RATE:
            return bool(reading.numbers)
        case Intent.MODIFIER:
            return words <= TERSE
        case Intent.DESCRIBE:
            return words <= PLAIN and reply.match is Match.ALIAS and _one_place(reading)
        case Intent.TELEHEALTH:
            return words <= SHORT and reply.confidence >= SETTLED and _one_place(reading)
        case _:
            return False


def _one_place(reading: Reading) -> bool:
    return len(_places(reading)) == 1 and not any(spot.negated for spot in reading.scene.spots)


def _places(reading: Reading) -> set[str]:
    return {spot.span.value for spot in reading.scene.spots if not spot.negated}
