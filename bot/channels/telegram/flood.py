"""Protects against a chat that asks faster than people read."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BURST = 30
"""Answers a chat may have at once, after a pause."""
A_SECOND = 0.5
"""Answers a chat may have each second after that."""
MOST_CHATS = 10_000


class Verdict(Enum):
    """What to do with a question."""

    ANSWER = auto()
    ASK_TO_SLOW_DOWN = auto()
    STAY_QUIET = auto()


@dataclass(slots=True)
class _Chat:
    left: float
    at: float
    is_told: bool = False


@dataclass(slots=True)
class Flood:
    """Counts the answers of each chat; one idle for long is forgotten."""

    clock: Callable[[], float] = monotonic
    _chats: OrderedDict[int, _Chat] = field(default_factory=OrderedDict)

    def judge(self, chat: int) -> Verdict:
        """Count a question, and say whether it is answered."""
        now = self.clock()
        known = self._chats.pop(chat, None) or _Chat(BURST, now)
        self._chats[chat] = known
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        known.left = min(BURST, known.left + (now - known.at) * A_SECOND)
        known.at = now
        if known.left >= 1:
            known.left -= 1
            known.is_told = False
            return Verdict.ANSWER
        if known.is_told:
            return Verdict.STAY_QUIET
        known.is_told = True
        return Verdict.ASK_TO_SLOW_DOWN
