"""Counts what was answered, and keeps of questions without an answer what may be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.channels.answering import Channel
from bot.core.answers import NOT_UNDERSTOOD
from bot.core.models import Match, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bot.channels.answering import Answered
    from bot.core.models import Reply
    from bot.core.redaction import Redactor

ASKED = {Channel.TELEGRAM, Channel.WEB, Channel.API}
"""Channels whose questions were put to the bot, whole and by somebody."""
BUCKETS = (1, 2, 5, 10, 20, 50, 100, 250)
"""Milliseconds up to which answer times are counted together."""
SLOWER = "slower"
"""The key of answers that took longer than the last bucket."""
OUTCOME, CODE, TIME = "outcome", "code", "ms"
"""Kinds of tally: how questions ended, which codes led, how long the engine took."""


class Misses(Protocol):
    """Where redacted misses go."""

    def note(self, text_redacted: str, outcome: str, day: date) -> None:
        """Keep one; returns at once."""


class Tallies(Protocol):
    """Where counts go."""

    def count(self, day: date, kind: str, key: str, amount: int = 1) -> None:
        """Add to a count; returns at once."""


def is_miss(reply: Reply) -> bool:
    """Whether a curator could make the bot know better: nothing was recognised, or it asked back by mere likeness.

    What was recognised as out of scope, as small talk or as no code is none.
    """
    if reply.outcome is Outcome.DECLINE:
        return reply.confidence <= NOT_UNDERSTOOD
    return reply.outcome is Outcome.CLARIFY and reply.match is Match.FUZZY


class Noting:
    """Listens to all answers."""

    def __init__(self, misses: Misses, tallies: Tallies, today: Callable[[], date]) -> None:
        """Take where to note."""
        self.redactor: Redactor | None = None
        """Exchanged with the knowledge; without one no miss is kept."""
        self._misses, self._tallies, self._today = misses, tallies, today

    def answered(self, answered: Answered) -> None:
        """Note an answer; returns at once and never raises."""
        if answered.channel not in ASKED:
            return
        reply, today = answered.reply, self._today()
        self._tallies.count(today, OUTCOME, reply.outcome.value)
        self._tallies.count(today, TIME, bucket(answered.seconds))
        if reply.codes:
            self._tallies.count(today, CODE, reply.codes[0])
        if self.redactor is not None and is_miss(reply):
            kept = self.redactor.redact(reply.question)
            if self.redactor.says_something(kept):
                self._misses.note(kept, reply.outcome.value, today)


def bucket(seconds: float) -> str:
    """The bucket of an answer time, as the key it is counted by."""
    return next((str(most) for most in BUCKETS if seconds * 1000 <= most), SLOWER)
