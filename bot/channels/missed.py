"""The questions without an answer as a curator sees them: those alike together, the most frequent first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from bot.core.redaction import BLANK

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import date

    from bot.store.misses import MissGroup

MOST_READ = 300
"""Redacted questions that are looked at together."""
ALIKE, IN_LENGTH = 90.0, 55.0
"""Least likeness of the words of two questions, and of the questions as wholes, to be taken for one."""
KEY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Missed:
    """Questions without an answer that are alike."""

    groups: tuple[MissGroup, ...]
    """The same words in each; the one asked most often leads."""

    @property
    def text(self) -> str:
        """The leading question, redacted."""
        return self.groups[0].text

    @property
    def key(self) -> str:
        """What tells it from the others in a button or a form."""
        return key_of(self.text)

    @property
    def count(self) -> int:
        """How often all of them were asked."""
        return sum(group.count for group in self.groups)

    @property
    def last(self) -> date:
        """When one of them was last asked."""
        return max(group.last for group in self.groups)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out of the leading question."""
        return BLANK not in self.text.split()


def key_of(text: str) -> str:
    """A short name of a redacted question."""
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def alike(groups: Iterable[MissGroup], filler: Container[str]) -> list[Missed]:
    """The groups with those alike put together, the most frequent first, the latest among equals."""
    piles: list[tuple[str, list[MissGroup]]] = []
    for group in groups:
        words = " ".join(word for word in group.text.split() if word != BLANK and word not in filler)
        pile = next((pile for lead, pile in piles if _are_alike(lead, words)), None)
        if pile is None:
            piles.append((words, [group]))
        else:
            pile.append(group)
    missed = [Missed(tuple(pile)) for _, pile in piles]
    return sorted(missed, key=lambda each: (-each.count, -each.last.toordinal(), each.text))


def _are_alike(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(one, other) >= ALIKE and fuzz.token_sort_ratio(one, other) >= IN_LENGTH
