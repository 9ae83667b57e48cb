"""Finds the phrases of the knowledge in a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.text import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase found in a question."""

    entry: Entry
    positions: tuple[int, ...]

    @property
    def start(self) -> int:
        """Position of its first word."""
        return self.positions[0]

    @property
    def end(self) -> int:
        """Position behind its last word."""
        return self.positions[-1] + 1

    @property
    def kind(self) -> Kind:
        """What the phrase names."""
        return self.entry.kind

    @property
    def value(self) -> str:
        """Which one of its kind."""
        return self.entry.value


class Lexicon:
    """All phrases, indexed by their rarest word so that a question touches only a few."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index the phrases."""
        kept = list(dict.fromkeys(entry for entry in entries if entry.tokens))
        counts = Counter(token for entry in kept for token in set(entry.tokens))
        self.words = set(counts)
        self._by_rarest: dict[str, list[Entry]] = defaultdict(list)
        for entry in kept:
            rarest = min(entry.tokens, key=lambda token: (counts[token], -len(token)))
            self._by_rarest[rarest].append(entry)

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Every phrase found; one inside a longer one of its family is left out."""
        found: list[Span] = []
        present = set(tokens)
        for at, token in enumerate(tokens):
            for entry in self._by_rarest.get(token, ()):
                positions = _locate(entry, tokens, at) if present.issuperset(entry.tokens) else None
                if positions is not None:
                    found.append(Span(entry, positions))
        return _longest(found)


def _locate(entry: Entry, tokens: Sequence[str], at: int) -> tuple[int, ...] | None:
    size = len(entry.tokens)
    if size == 1:
        return (at,)
    if entry.exact:
        for offset, token in enumerate(entry.tokens):
            start = at - offset
            if token == tokens[at] and start >= 0 and tuple(tokens[start : start + size]) == entry.tokens:
                return tuple(range(start, start + size))
        return None
    positions = _scattered(entry.tokens, tokens, at)
    if positions and entry.ordered and tuple(tokens[position] for position in positions) != entry.tokens:
        return None
    return positions


def _scattered(wanted: tuple[str, ...], tokens: Sequence[str], at: int) -> tuple[int, ...] | None:
    """Positions of all wanted words near `at`, in any order, or None."""
    reach = len(wanted) + SLACK
    low, high = max(0, at - reach), min(len(tokens), at + reach + 1)
    left = Counter(wanted)
    left[tokens[at]] -= 1
    taken = [at]
    for position in sorted(range(low, high), key=lambda position: abs(position - at)):
        token = tokens[position]
        if position != at and left.get(token, 0) > 0:
            left[token] -= 1
            taken.append(position)
    if any(left.values()):
        return None
    taken.sort()
    if not {"not", "no", "without"}.isdisjoint(tokens[taken[0] : taken[-1] + 1]):
        return None
    inside = tokens[taken[0] : taken[-1] + 1]
    clauses = inside.count(CLAUSE)
    if len(inside) - clauses > len(wanted) + SLACK or clauses > (len(wanted) > TOGETHER):
        return None
    return tuple(taken)


def _longest(found: list[Span]) -> list[Span]:
    """Without phrases inside a longer one of their family, and without places that are part of an idiom."""
    idiomatic = {at for span in found if span.kind is Kind.IDIOM for at in span.positions}
    kept: list[Span] = []
    kept_at: dict[int, list[Span]] = defaultdict(list)
    for span in sorted(found, key=lambda span: (-len(span.positions), span.start)):
        named = span.kind in PLACES or span.kind is Kind.HINT
        if named and not idiomatic.isdisjoint(span.positions):
            continue
        if span.value == "negation" or not any(_covers(other, span) for other in kept_at[span.start]):
            kept.append(span)
            for at in span.positions:
                kept_at[at].append(span)
    # The whole order is spelled out, so that neither the run nor the order of the files decides between equals.
    return sorted(set(kept), key=lambda span: (span.start, -len(span.positions), span.kind, span.value, span.positions))


def _covers(longer: Span, span: Span) -> bool:
    return (
        _FAMILY.get(longer.kind, 4) == _FAMILY.get(span.kind, 4)
        and longer.kind is not Kind.HINT
        and len(longer.positions) > len(span.positions)
        and set(span.positions) <= set(longer.positions)
    )
