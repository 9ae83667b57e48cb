"""Finds the phrases of the knowledge in a question."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.text import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TOGETHER = 3
"""Words up to which a phrase is looked for within one clause."""
SLACK = 2
"""Words that may stand between those of one phrase."""


class Kind(StrEnum):
    """What a phrase names."""

    ALIAS = "alias"
    SHARED = "shared"
    HINT = "hint"
    PLACE = "place"
    GROUP = "group"
    TELE = "tele"
    TOPIC = "topic"
    MODIFIER = "modifier"
    DENIAL = "denial"
    PAYER = "payer"
    INTENT = "intent"
    IDIOM = "idiom"


PLACES = {Kind.ALIAS, Kind.SHARED, Kind.PLACE}
_GROUP = Kind.GROUP
_STANDS_ALONE = frozenset({"negation", "home_room"})
"""Groups whose words count inside longer phrases too."""
_TURNING = frozenset({"not", "no", "without"})
_FAMILY = {
    Kind.ALIAS: 1,
    Kind.SHARED: 1,
    Kind.PLACE: 1,
    Kind.HINT: 1,
    Kind.GROUP: 2,
    Kind.TELE: 3,
    Kind.INTENT: 5,
    Kind.MODIFIER: 6,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase and what it names."""

    tokens: tuple[str, ...]
    kind: Kind
    value: str
    exact: bool
    """Whether its words must stand together and in order."""
    ordered: bool = False
    """Whether its words must stand in order, others between them or not."""


@dataclass(slots=True, init=False)
class Span:
    """A phrase found in a question; never changed, though not frozen: that would make it four times as slow to make."""

    entry: Entry
    positions: tuple[int, ...]
    kind: Kind
    """What the phrase names."""
    value: str
    """Which one of its kind."""
    group: str | None
    """The group of the vocabulary it belongs to, where it names one."""
    start: int
    """Position of its first word."""
    end: int
    """Position behind its last word."""

    def __init__(self, entry: Entry, positions: tuple[int, ...]) -> None:
        """Keep at hand what is asked of it again and again."""
        self.entry = entry
        self.positions = positions
        self.kind = entry.kind
        self.value = entry.value
        self.group = entry.value if entry.kind is _GROUP else None
        self.start = positions[0]
        self.end = positions[-1] + 1


class _Phrase:
    """An entry as it is looked up, with all that need not be worked out anew for each question."""

    __slots__ = ("entry", "family", "hides", "is_idiom", "names_place", "offsets", "reach", "times", "tokens")

    def __init__(self, entry: Entry, rarest: str) -> None:
        self.entry = entry
        self.tokens = entry.tokens
        self.offsets = [at for at, token in enumerate(entry.tokens) if token == rarest]
        self.times = tuple(Counter(entry.tokens).items())
        self.reach = len(entry.tokens) + SLACK
        self.family = _FAMILY.get(entry.kind, 4)
        self.is_idiom = entry.kind is Kind.IDIOM
        self.names_place = entry.kind in PLACES or entry.kind is Kind.HINT
        self.hides = len(entry.tokens) > 1 and entry.kind is not Kind.HINT
        """Whether shorter phrases of its family inside it are left out."""


_Found = tuple[_Phrase, tuple[int, ...]]
"""A phrase and the positions of its words."""


class Lexicon:
    """All phrases, indexed by their two rarest words so that a question touches only a few."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index the phrases."""
        kept = list(dict.fromkeys(entry for entry in entries if entry.tokens))
        counts = Counter(token for entry in kept for token in set(entry.tokens))
        self.words = set(counts)
        self._by_rarest: dict[str, dict[str, list[_Phrase]]] = {}
        for entry in kept:
            rarest, *others = sorted(dict.fromkeys(entry.tokens), key=lambda token: (counts[token], -len(token)))
            second = others[0] if others else rarest
            self._by_rarest.setdefault(rarest, {}).setdefault(second, []).append(_Phrase(entry, rarest))

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Every phrase found; one inside a longer one of its family is left out."""
        tokens = tuple(tokens)
        where: dict[str, list[int]] = {}
        for at, token in enumerate(tokens):
            where.setdefault(token, []).append(at)
        present = set(where)
        found: list[_Found] = []
        for token, places in where.items():
            by_second = self._by_rarest.get(token)
            if by_second is None:
                continue
            for second in where:
                for phrase in by_second.get(second, ()):
                    if present.issuperset(phrase.tokens):
                        found.extend(_locate(phrase, tokens, where, places))
        return _longest(dict.fromkeys(found))


def _locate(
    phrase: _Phrase, tokens: tuple[str, ...], where: Mapping[str, list[int]], places: Iterable[int]
) -> list[_Found]:
    """The phrase wherever its rarest word stands, if the others stand as they should."""
    size = len(phrase.tokens)
    if size == 1:
        return [(phrase, (at,)) for at in places]
    if phrase.entry.exact:
        starts = [at - offset for at in places for offset in phrase.offsets if offset <= at]
        found = [tuple(range(at, at + size)) for at in starts if tokens[at : at + size] == phrase.tokens]
        return [(phrase, positions) for positions in found]
    near = (_scattered(phrase, tokens, where, at) for at in places)
    return [(phrase, positions) for positions in near if positions]


def _scattered(
    phrase: _Phrase, tokens: tuple[str, ...], where: Mapping[str, list[int]], at: int
) -> tuple[int, ...] | None:
    """Positions of all wanted words nearest to `at`, in any order, or None."""
    taken: list[int] = []
    for token, times in phrase.times:
        near = where[token]
        if len(near) > times:
            near = sorted(near, key=lambda position: abs(position - at))[:times]
        taken += near
    if len(taken) < len(phrase.tokens):
        return None
    taken.sort()
    first, last = taken[0], taken[-1] + 1
    if at - first > phrase.reach or last - at > phrase.reach + 1:
        return None
    inside = tokens[first:last]
    if not _TURNING.isdisjoint(inside):
        return None
    clauses = inside.count(CLAUSE)
    if len(inside) - clauses > phrase.reach or clauses > (len(phrase.tokens) > TOGETHER):
        return None
    if phrase.entry.ordered and tuple(tokens[position] for position in taken) != phrase.tokens:
        return None
    return tuple(taken)


def _longest(found: Iterable[_Found]) -> list[Span]:
    """Without phrases inside a longer one of their family, and without places that are part of an idiom."""
    idiomatic = {at for phrase, positions in found if phrase.is_idiom for at in positions}
    if idiomatic:
        found = [pair for pair in found if not pair[0].names_place or idiomatic.isdisjoint(pair[1])]
    longer: dict[int, list[frozenset[int]]] = {}
    for phrase, positions in found:
        if phrase.hides:
            longer.setdefault(phrase.family, []).append(frozenset(positions))
    kept = [
        Span(phrase.entry, positions)
        for phrase, positions in found
        if phrase.family not in longer
        or phrase.entry.value in _STANDS_ALONE
        or not _inside(positions, longer[phrase.family])
    ]
    # The whole order is spelled out, so that neither the run nor the order of the files decides between equals.
    return sorted(kept, key=lambda span: (span.start, -len(span.positions), span.kind, span.value, span.positions))


def _inside(positions: tuple[int, ...], longer: Iterable[frozenset[int]]) -> bool:
    return any(len(other) > len(positions) and other.issuperset(positions) for other in longer)
