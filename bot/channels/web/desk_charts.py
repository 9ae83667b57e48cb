"""Counts laid out as drawings: where each bar begins and how high it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.channels.noting import BUCKETS, SLOWER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.store.tallies import Tally

ENDS = {"answer": "answered", "clarify": "asked back", "decline": "declined"}
"""How questions end, and how people call it; drawn from the bottom up."""
HEIGHT = 100.0
GAP = 0.15
"""Part of a day's width left free between bars."""
MOST_CODES = 10


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, in a drawing a hundred high; x and width count days."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    """A day's questions by how they ended."""

    day: date
    counts: dict[str, int]
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Share:
    """How many questions ended one way, in percent."""

    kind: str
    words: str
    count: int
    percent: float
    x: float
    """Percent that stand before it."""


@dataclass(frozen=True, slots=True)
class Length:
    """A row of a list drawn as a bar."""

    key: str
    count: int
    percent: float
    """Of the longest."""


def by_day(tallies: Iterable[Tally], today: date, days: int) -> tuple[list[Day], int]:
    """The questions of the last days as stacked bars, and how many the highest bar stands for."""
    counted: dict[date, Counter[str]] = defaultdict(Counter)
    for tally in tallies:
        counted[tally.day][tally.key] += tally.amount
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    highest = max((counted[day].total() for day in dates), default=0)
    return [_day(number, day, counted[day], highest) for number, day in enumerate(dates)], highest


def _day(number: int, day: date, counts: Counter[str], highest: int) -> Day:
    pieces = []
    top = HEIGHT
    for kind in ENDS:
        height = HEIGHT * counts[kind] / highest if highest else 0.0
        top -= height
        if height:
            pieces.append(Piece(kind, round(number + GAP / 2, 3), round(top, 2), 1 - GAP, round(height, 2)))
    return Day(day, {kind: counts[kind] for kind in ENDS}, tuple(pieces))


def shares(days: Sequence[Day]) -> list[Share]:
    """How the questions of these days ended."""
    totals = {kind: sum(day.counts[kind] for day in days) for kind in ENDS}
    everything = sum(totals.values())
    found: list[Share] = []
    x = 0.0
    for kind, words in ENDS.items():
        percent = 100 * totals[kind] / everything if everything else 0.0
        found.append(Share(kind, words, totals[kind], round(percent, 1), round(x, 2)))
        x += percent
    return found


def most_asked(tallies: Iterable[Tally]) -> list[Length]:
    """The codes that led most answers."""
    counted: Counter[str] = Counter()
    for tally in tallies:
        counted[tally.key] += tally.amount
    return _lengths(counted.most_common(MOST_CODES))


def times(tallies: Iterable[Tally]) -> list[Length]:
    """How long answers took, by bucket; those at the ends that nothing fell into are left out."""
    counted: Counter[str] = Counter()
    for tally in tallies:
        counted[tally.key] += tally.amount
    keys = [*map(str, BUCKETS), SLOWER]
    used = [at for at, key in enumerate(keys) if counted[key]]
    return _lengths([(key, counted[key]) for key in keys[used[0] : used[-1] + 1]]) if used else []


def _lengths(rows: Sequence[tuple[str, int]]) -> list[Length]:
    longest = max((count for _, count in rows), default=0)
    return [Length(key, count, round(100 * count / longest, 1) if longest else 0.0) for key, count in rows]
