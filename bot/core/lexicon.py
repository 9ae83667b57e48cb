"""Finds the phrases of the knowledge in a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from bot.core.text import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
_NAMING = {*PLACES, Kind.HINT}
_GROUP = Kind.GROUP
RELATING = frozenset({"at", "in", "on", "from", "out", "of", "off", "by", "to", "for", "with"})
"""Words that relate what is before them to what is behind, so that their order counts: "at work", "works at"."""
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


class Entry(NamedTuple):
    """A phrase and what it names; there are tens of thousands, and no other kind of object is made as fast."""

    tokens: tuple[str, ...]
    kind: Kind
    value: str
    exact: bool
    """Whether its words must stand together and in order."""


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


_Found = tuple[Entry, tuple[int, ...]]
"""A phrase and the positions of its words."""


class Lexicon:
    """All phrases: those whose words stand together by these, the others by their two rarest words.

    So a question touches only phrases that it holds all of, or nearly.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index the phrases."""
        kept = dict.fromkeys(entry for entry in entries if entry.tokens)
        counts = Counter(chain.from_iterable(entry.tokens for entry in kept))
        order = sorted(counts, key=lambda token: (counts[token], -len(token), token))
        rank = {token: place for place, token in enumerate(order)}
        self.words = set(counts)
        self._together: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
        self._by_rarest: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for entry in kept:
            tokens = entry.tokens
            if entry.exact or len(tokens) == 1:
                self._together[tokens].append(entry)
            else:
                rarest, second = sorted(rank[token] for token in tokens)[:2]
                self._by_rarest[order[rarest]][order[second]].append(entry)
        self._sizes: dict[str, set[int]] = defaultdict(set)
        """Lengths of the phrases that stand together, by their first word."""
        for tokens in self._together:
            self._sizes[tokens[0]].add(len(tokens))

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Every phrase found; one inside a longer one of its family is left out."""
        tokens = tuple(tokens)
        where: dict[str, list[int]] = {}
        for at, token in enumerate(tokens):
            where.setdefault(token, []).append(at)
        found = [*self._standing_together(tokens), *self._standing_near(tokens, where)]
        return _longest(dict.fromkeys(found))

    def _standing_together(self, tokens: tuple[str, ...]) -> Iterator[_Found]:
        """Phrases that stand there word for word."""
        for at, token in enumerate(tokens):
            for size in self._sizes.get(token, ()):
                end = at + size
                if end <= len(tokens) and (standing := self._together.get(tokens[at:end])):
                    positions = tuple(range(at, end))
                    yield from ((entry, positions) for entry in standing)

    def _standing_near(self, tokens: tuple[str, ...], where: Mapping[str, list[int]]) -> Iterator[_Found]:
        """Phrases of several words wherever the rarest stands, if the others stand as they should."""
        for token, places in where.items():
            by_second = self._by_rarest.get(token)
            if by_second is None:
                continue
            for second in sorted(by_second.keys() & where.keys()):
                for entry in by_second[second]:
                    if all(word in where for word in entry.tokens):
                        near = (_scattered(entry, tokens, where, at) for at in places)
                        yield from ((entry, positions) for positions in near if positions)


def _scattered(
    entry: Entry, tokens: tuple[str, ...], where: Mapping[str, list[int]], at: int
) -> tuple[int, ...] | None:
    """Positions of all wanted words nearest to `at`, in any order, or None."""
    wanted = entry.tokens
    taken: list[int] = []
    for token in dict.fromkeys(wanted):
        near = where[token]
        if len(near) > 1:
            near = sorted(near, key=lambda position: abs(position - at))[: wanted.count(token)]
        taken += near
    if len(taken) < len(wanted):
        return None
    taken.sort()
    first, last, reach = taken[0], taken[-1] + 1, len(wanted) + SLACK
    if at - first > reach or last - at > reach + 1:
        return None
    inside = tokens[first:last]
    if not _TURNING.isdisjoint(inside):
        return None
    clauses = inside.count(CLAUSE)
    if len(inside) - clauses > reach or clauses > (len(wanted) > TOGETHER):
        return None
    if not RELATING.isdisjoint(wanted) and tuple(tokens[position] for position in taken) != wanted:
        return None
    return tuple(taken)


def _longest(found: Iterable[_Found]) -> list[Span]:
    """Without phrases inside a longer one of their family, and without places that are part of an idiom."""
    idiomatic = {at for entry, positions in found if entry.kind is Kind.IDIOM for at in positions}
    if idiomatic:
        found = [pair for pair in found if pair[0].kind not in _NAMING or idiomatic.isdisjoint(pair[1])]
    longer: dict[int, list[set[int]]] = {}
    for entry, positions in found:
        if len(positions) > 1 and entry.kind is not Kind.HINT:
            longer.setdefault(_FAMILY.get(entry.kind, 4), []).append(set(positions))
    kept = [
        Span(entry, positions)
        for entry, positions in found
        if entry.value in _STANDS_ALONE or not _inside(positions, longer.get(_FAMILY.get(entry.kind, 4), ()))
    ]
    # The whole order is spelled out, so that neither the run nor the order of the files decides between equals.
    return sorted(kept, key=lambda span: (span.start, -len(span.positions), span.kind, span.value, span.positions))


def _inside(positions: tuple[int, ...], longer: Iterable[set[int]]) -> bool:
    return any(len(other) > len(positions) and other.issuperset(positions) for other in longer)
