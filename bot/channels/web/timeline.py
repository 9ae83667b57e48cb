"""Stretches of time laid out as a drawing: where each bar begins and how long it is, in percent of the width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.schema import Dated

MOST_TICKS = 7
"""Years that are written out below the drawing."""
FEWEST_YEARS = 4
STEPS = (1, 2, 5, 10)
BEFORE = timedelta(days=2 * 365)
LANE, GAP, HEAD = 26, 6, 20
"""Heights in pixels: of a bar, between bars, and of a lane's heading."""
AXIS = 24


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that held from one day to another; an open end is None."""

    text: str
    kind: str
    """Picks its colour."""
    start: date | None
    end: date | None

    @classmethod
    def of(cls, row: Dated, text: str, kind: str) -> Stretch:
        """The time a fact holds for."""
        return cls(text, kind, row.from_, row.until)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch as it is drawn."""

    stretch: Stretch
    x: float
    width: float
    y: int


@dataclass(frozen=True, slots=True)
class Lane:
    """Bars under one heading."""

    title: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole timeline."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[int, float], ...]
    """Years and where they begin."""
    today: float
    height: int


class Scale:
    """Where a day stands between two years' beginnings, in percent."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self._start = date(first, 1, 1)
        self._days = (date(last + 1, 1, 1) - self._start).days

    def at(self, day: date | None, otherwise: float) -> float:
        """Where a day stands; an open end takes what it would otherwise be."""
        if day is None:
            return otherwise
        return min(100.0, max(0.0, round(100 * (day - self._start).days / self._days, 2)))

    @property
    def ticks(self) -> tuple[tuple[int, float], ...]:
        """The years that are written out."""
        span = self.last - self.first + 1
        step = next((step for step in STEPS if span / step <= MOST_TICKS), STEPS[-1])
        years = range(-(-self.first // step) * step, self.last + 1, step)
        return tuple((year, self.at(date(year, 1, 1), 0)) for year in years)


def drawing(lanes: Sequence[tuple[str, Iterable[Stretch]]], today: date) -> Drawing:
    """Lay out lanes of stretches; those of one lane that overlap stand below each other."""
    filled = [(title, stretches) for title, each in lanes if (stretches := list(each))]
    scale = _scale([stretch for _, stretches in filled for stretch in stretches], today)
    drawn, y = [], 0
    for title, stretches in filled:
        rows = rows_of(stretches)
        top = y + HEAD
        bars = [_bar(stretch, scale, top + at * (LANE + GAP)) for at, row in enumerate(rows) for stretch in row]
        drawn.append(Lane(title, y, tuple(bars)))
        y = top + len(rows) * (LANE + GAP) + GAP
    return Drawing(tuple(drawn), scale.ticks, scale.at(today, 100), y + AXIS)


def _scale(stretches: Sequence[Stretch], today: date) -> Scale:
    ends = [stretch.end + timedelta(days=1) for stretch in stretches if stretch.end]
    # What began nobody knows when is seen for a while before it ended.
    before = [stretch.end - BEFORE for stretch in stretches if stretch.end and not stretch.start]
    days = [*(stretch.start for stretch in stretches if stretch.start), *ends, *before, today]
    first, last = min(days).year, max(days).year
    return Scale(min(first, last - FEWEST_YEARS), last)


def _bar(stretch: Stretch, scale: Scale, y: int) -> Bar:
    start = scale.at(stretch.start, 0)
    end = scale.at(stretch.end + timedelta(days=1) if stretch.end else None, 100)
    return Bar(stretch, start, round(end - start, 2), y)


def rows_of(stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    """Put each stretch, by its start, into the first row where it overlaps none."""
    rows: list[list[Stretch]] = []
    for stretch in sorted(stretches, key=lambda each: each.start or date.min):
        row = next((row for row in rows if _is_over(row[-1], stretch)), None)
        if row is None:
            rows.append([stretch])
        else:
            row.append(stretch)
    return rows


def _is_over(before: Stretch, stretch: Stretch) -> bool:
    return before.end is not None and stretch.start is not None and before.end < stretch.start
