"""A card as a page shows it: what to see at once, what is unfolded, and where it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.passages import SIDE, passages
from bot.core.models import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.core.models import Block, Card, Source
    from bot.core.views import Views

_OF_CODE = re.compile(r"(?P<code>[0-9]{2}): (?P<text>.+)", re.DOTALL)
"""How a line opens that tells a code apart from a neighbour."""
_WRITTEN = re.compile(r"(?P<text>.+) \[(?P<where>[^\]]+)\]", re.DOTALL)
"""A reading of a debated fact with the pages it stands on."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a passage."""

    text: str
    code: str = ""
    """The neighbour it speaks of, where it opens with one."""
    where: str = ""
    """For a reading of a debated fact, the pages it stands on."""
    is_side: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that belong together under one label."""

    part: Part
    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """Pages that were last checked on one day."""

    checked: date
    pages: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, cut for the page."""

    code: str | None
    name: str
    """The heading, without the code where it is about one."""
    rate: str
    """For a code: facility, nonfacility or none."""
    passages: tuple[Passage, ...]
    rest: tuple[Passage, ...]
    """What is unfolded on wish."""
    source: Source | None
    """The first page it rests on, where something of it is seen at once."""


def shown(card: Card, seen: Iterable[Block], views: Views, *, skip: frozenset[Part] = frozenset()) -> Shown:
    """Cut a card: `seen` blocks stand at once, the others are unfolded, and parts to skip are drawn elsewhere."""
    told = {id(block) for block in seen}
    blocks = [block for block in card.blocks if block.part not in skip]
    at_once = [block for block in blocks if id(block) in told]
    return Shown(
        card.code,
        card.head.removeprefix(f"POS {card.code} - "),
        views.rate(card.code) if card.code else "",
        drawn(at_once),
        drawn(block for block in blocks if id(block) not in told),
        next(iter(card.sources), None) if at_once else None,
    )


def drawn(blocks: Iterable[Block]) -> tuple[Passage, ...]:
    """The blocks as passages of lines."""
    return tuple(
        Passage(together[0].part, together[0].label.rstrip(":"), tuple(_line(each) for each in _lines(together)))
        for together in passages(blocks)
    )


def by_day(sources: Sequence[Source]) -> list[Written]:
    """The pages, those last checked on one day together, the latest first."""
    days = sorted({page.checked for page in sources}, reverse=True)
    return [Written(day, tuple(page for page in sources if page.checked == day)) for day in days]


def _lines(together: Sequence[Block]) -> list[tuple[Part, str]]:
    return [(block.part, line) for block in together for line in block.lines if line]


def _line(told: tuple[Part, str]) -> Line:
    part, text = told
    if text.startswith(SIDE):
        side = text.removeprefix(SIDE)
        found = _WRITTEN.fullmatch(side)
        return Line(found["text"], where=found["where"], is_side=True) if found else Line(side, is_side=True)
    found = _OF_CODE.fullmatch(text) if part is Part.WATCH_OUT else None
    return Line(found["text"], code=found["code"]) if found else Line(text)
