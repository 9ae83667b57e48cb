"""What changed in the code set and in Medicare's telehealth rules, year by year, drawn from the dated rows alone."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.channels.web.pages import RATE_WORDS, page
from bot.channels.web.timeline import Stretch, drawing, rows_of
from bot.core.cards import ONE_SOURCE
from bot.core.dates import in_us, us
from bot.core.placement import TELEHEALTH
from bot.core.schema import Sure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.web import Web
    from bot.core.knowledge import Knowledge
    from bot.core.schema import Dated, Note, SourceRecord

CODE_SET, RULES, LAPSES = "effective-dates", "telehealth-timeline", "lapses"
"""Topics that tell a history; a knowledge without one has that much less to draw."""
_DATED = re.compile(r"(?P<day>\d{4}(?:-\d\d-\d\d)?(?: to \d{4}-\d\d-\d\d)?)[:,] (?P<text>.+)", re.DOTALL)
"""A note that opens with its own date."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed on a day."""

    day: date
    label: str
    """The day, or the time, as people write it."""
    kind: str
    """What changed: code, name, rate or rule."""
    text: str
    codes: tuple[tuple[str, str], ...] = ()
    """The codes it is about, each with its name that day."""
    tone: str = ""
    """The colour of what it begins."""
    brief: str = ""
    """What that is called."""
    sources: tuple[SourceRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a stretch that falls into a row, in percent of its height from the top."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or several in which nothing changed."""

    first: int
    last: int
    rails: tuple[tuple[Piece, ...], ...]
    events: tuple[Event, ...]
    today: float | None
    """Where today stands in it, in percent from the top."""
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Rail:
    """Stretches of which no two overlap."""

    title: str
    stretches: tuple[Stretch, ...]

    @property
    def brief(self) -> list[Stretch]:
        """The stretches without the words of the title they stand under."""
        return [replace(each, text=each.text.removeprefix(f"{self.title} ")) for each in self.stretches]


@dataclass(slots=True)
class Changes:
    """The page of changes."""

    web: Web

    async def show(self, _request: Request) -> Response:
        """Draw it for today."""
        knowledge, today = self.web.knowledge, self.web.today()
        events = sorted(_events(knowledge), key=lambda event: (event.day, event.kind != "code"), reverse=True)
        rails = _rails(knowledge)
        topics = (knowledge.topics.get(name) for name in (CODE_SET, RULES))
        return page(
            self.web,
            "changes.html",
            leads=[(topic.title, _told(topic.note[0])) for topic in topics if topic],
            sky=_sky(events, today),
            newest=next((event for event in events if event.kind == "code"), None),
            rules=drawing([(rail.title, rail.brief) for rail in rails], today),
            periods=list(_periods(events, rails, today)),
        )


# What changed


def _events(knowledge: Knowledge) -> Iterator[Event]:
    yield from _codes_added(knowledge)
    yield from _codes_changed(knowledge)
    yield from _rules(knowledge)


def _codes_added(knowledge: Knowledge) -> Iterator[Event]:
    """The codes that came on one day together."""
    days: dict[date, list[str]] = defaultdict(list)
    for code, record in knowledge.codes.items():
        if (began := record.name[0].from_) is not None:
            days[began].append(code)
    for day, codes in days.items():
        first = [(code, knowledge.codes[code].name[0]) for code in codes]
        names = tuple((code, name.text) for code, name in first)
        pages = dict.fromkeys(each for _, name in first for each in _pages(knowledge, name))
        yield Event(day, us(day), "code", "New", names, sources=tuple(pages))


def _codes_changed(knowledge: Knowledge) -> Iterator[Event]:
    """New names, and rates that a code did not come with."""
    for code, record in knowledge.codes.items():
        for earlier, name in zip(record.name, record.name[1:], strict=False):
            if name.from_ is not None:
                text = f"Renamed; before that it was called {earlier.text}."
                pages = _pages(knowledge, name)
                yield Event(name.from_, us(name.from_), "name", text, ((code, name.text),), sources=pages)
        for rate in record.rate:
            if rate.from_ is not None and rate.from_ != record.name[0].from_ and rate.sure is not Sure.UNVERIFIED:
                named, pages = ((code, RATE_WORDS[rate.value]),), _pages(knowledge, rate)
                yield Event(rate.from_, us(rate.from_), "rate", _told(rate), named, rate.value, sources=pages)


def _rules(knowledge: Knowledge) -> Iterator[Event]:
    """Dated notes of the topics that tell the history of telehealth."""
    tones = {stretch.text: stretch.kind for rail in _billing(knowledge) for stretch in rail.stretches}
    for note in _history(knowledge, RULES, LAPSES):
        if note.from_ is None:
            continue
        found = _DATED.fullmatch(note.text)
        label = in_us(found["day"]) if found else us(note.from_)
        text = _told(note, found["text"] if found else None)
        brief = note.brief or ""
        tone, pages = tones.get(brief, ""), _pages(knowledge, note)
        yield Event(note.from_, label, "rule", text[0].upper() + text[1:], (), tone, brief, pages)


def _history(knowledge: Knowledge, *topics: str) -> Iterator[Note]:
    for name in topics:
        for note in knowledge.topics[name].note if name in knowledge.topics else ():
            if note.sure is not Sure.UNVERIFIED:
                yield note


# How it is drawn


def _sky(events: Iterable[Event], today: date) -> list[tuple[int, list[tuple[str, str]]]]:
    """For each year since the first the codes that came in it."""
    years: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for event in events:
        if event.kind == "code":
            years[event.day.year] += event.codes
    return [(year, sorted(years[year])) for year in range(min(years, default=today.year), today.year + 1)]


def _rails(knowledge: Knowledge) -> list[Rail]:
    """How Medicare wanted telehealth billed and until when, its lapses, and the rate of either telehealth code."""
    rails = _billing(knowledge)
    for code in TELEHEALTH:
        rates = knowledge.codes[code].rate if code in knowledge.codes else ()
        held = [Stretch.of(rate, RATE_WORDS[rate.value], rate.value) for rate in rates]
        rails.append(Rail(f"Medicare rate of {code}", tuple(held)))
    return rails


def _billing(knowledge: Knowledge) -> list[Rail]:
    """The named stretches of the rules, the first row of them in colours, and the lapses."""
    main, *others = rows_of(_named(knowledge, RULES, "rule")) or [[]]
    coloured = tuple(replace(each, kind=f"era-{number}") for number, each in enumerate(main, 1))
    rails = [Rail("Telehealth is billed with", coloured)]
    rails += [Rail("Extended to", tuple(row)) for row in others]
    return [*rails, Rail("Lapses", tuple(_named(knowledge, LAPSES, "lapse")))]


def _named(knowledge: Knowledge, topic: str, kind: str) -> list[Stretch]:
    return [Stretch.of(note, note.brief, kind) for note in _history(knowledge, topic) if note.brief and note.from_]


def _periods(events: Iterable[Event], rails: list[Rail], today: date) -> Iterator[Period]:
    """Years from the last to the first; those between in which nothing changed go together."""
    years: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        years[event.day.year].append(event)
    years.setdefault(today.year, [])
    above = max(years) + 1
    for year in sorted(years, reverse=True):
        if above - year > 1:
            yield _period(year + 1, above - 1, [], rails, today)
        yield _period(year, year, years[year], rails, today)
        above = year


def _period(first: int, last: int, events: list[Event], rails: list[Rail], today: date) -> Period:
    start, end = date(first, 1, 1), date(last, 12, 31)
    drawn = tuple(tuple(_pieces(rail.stretches, start, end)) for rail in rails)
    here = _down(today, start, end) if start <= today <= end else None
    return Period(first, last, drawn, tuple(events), here, start > today)


def _pieces(stretches: Iterable[Stretch], start: date, end: date) -> Iterator[Piece]:
    for stretch in stretches:
        began, ended = stretch.start or start, stretch.end or end
        if began <= end and ended >= start:
            top = _down(min(ended, end), start, end)
            bottom = _down(max(began, start) - timedelta(days=1), start, end)
            yield Piece(stretch.kind, top, round(bottom - top, 2))


def _down(day: date, start: date, end: date) -> float:
    """How far below the top the end of a day stands: the latest is on top."""
    return round(100 * (end - day).days / ((end - start).days + 1), 2)


def _told(note: Note, text: str | None = None) -> str:
    told = in_us(note.text if text is None else text)
    return f"{told} {ONE_SOURCE}" if note.sure is Sure.PARTLY else told


def _pages(knowledge: Knowledge, row: Dated) -> tuple[SourceRecord, ...]:
    return tuple(knowledge.sources[name] for name in row.sources)
