"""Protects against whoever asks faster than people read."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

BURST = 30
"""Answers a chat may have at once, after a pause."""
A_SECOND = 0.5
"""Answers a chat may have each second after that."""
MOST_ASKERS = 10_000


class Verdict(Enum):
    """What to do with a question."""

    ANSWER = auto()
    ASK_TO_SLOW_DOWN = auto()
    STAY_QUIET = auto()


@dataclass(slots=True)
class _Asker:
    left: float
    at: float
    is_told: bool = False


@dataclass(slots=True)
class Flood:
    """Counts the answers of each chat or client; one idle for long is forgotten."""

    clock: Callable[[], float] = monotonic
    burst: int = BURST
    a_second: float = A_SECOND
    _askers: OrderedDict[Hashable, _Asker] = field(default_factory=OrderedDict)

    def judge(self, asker: Hashable) -> Verdict:
        """Count a question, and say whether it is answered."""
        known = self._seen(asker)
        if known.left >= 1:
            known.left -= 1
            known.is_told = False
            return Verdict.ANSWER
        if known.is_told:
            return Verdict.STAY_QUIET
        known.is_told = True
        return Verdict.ASK_TO_SLOW_DOWN

    def is_spent(self, asker: Hashable) -> bool:
        """Whether the next question would not be answered; counts nothing."""
        return asker in self._askers and self._seen(asker).left < 1

    def seconds_left(self, asker: Hashable) -> float:
        """How long until the next question is answered."""
        return max(0.0, 1 - self._seen(asker).left) / self.a_second

    def _seen(self, asker: Hashable) -> _Asker:
        """What is left to an asker now."""
        now = self.clock()
        known = self._askers.pop(asker, None) or _Asker(self.burst, now)
        self._askers[asker] = known
        if len(self._askers) > MOST_ASKERS:
            self._askers.popitem(last=False)
        known.left = min(self.burst, known.left + (now - known.at) * self.a_second)
        known.at = now
        return known
