"""Pages that are looked up: all codes, one code, two side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from bot.channels.web.catalog import BY_VIDEO, RATES, STATUSES, Catalog, Wanted
from bot.channels.web.chat import NO_DATE
from bot.channels.web.pages import PART, RATE_WORDS, page
from bot.channels.web.shown import by_day, drawn
from bot.channels.web.timeline import Stretch, drawing
from bot.channels.web.turns import ABOUT
from bot.core.dates import in_us, us
from bot.core.models import Part
from bot.core.placement import TELEHEALTH
from bot.core.schema import Sure
from bot.core.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.seal import Seal
    from bot.channels.web.shown import Passage
    from bot.channels.web.timeline import Drawing
    from bot.channels.web.web import Web
    from bot.core.models import Block
    from bot.core.schema import Code, Note
    from bot.core.views import Views

NO_CODE = "There is no such POS code: a code has two digits, 01 to 99, with its leading zero."
NO_PAIR = "Two assigned POS codes can be compared, for example 02 and 10."
SITE = {"yes": "May bill it", "no": "None", "depends": "Depends on the site"}
SINCE_EVER = "Before 2003, start not stated"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A code that is easily confused with this one."""

    code: str
    name: str
    rate: str
    decides: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A code as its page tells it."""

    code: str
    name: str
    pick: str
    rate: str
    facts: tuple[tuple[str, str], ...]
    """What is seen at a glance, each with its name."""
    meaning: tuple[Passage, ...]
    rates: tuple[Passage, ...]
    telehealth: tuple[Passage, ...]
    notes: tuple[Passage, ...]
    settings: tuple[str, ...]


@dataclass(slots=True)
class Codes:
    """Looks codes up."""

    web: Web
    seal: Seal
    _kept: tuple[object, Catalog] | None = field(default=None, init=False)

    async def all(self, request: Request) -> Response:
        """The list, searched and filtered; for our script its rows alone."""
        wanted, catalog = Wanted.of(request.query_params), self._catalog()
        template = "code_rows.html" if request.headers.get(PART) else "codes.html"
        filters = {"rate": RATES, "telehealth": BY_VIDEO, "status": STATUSES}
        rows = catalog.search(wanted)
        return page(self.web, template, rows=rows, wanted=wanted, filters=filters, counts=catalog.counts)

    async def one(self, request: Request) -> Response:
        """Everything known of a value; raises HTTPException where it is none."""
        code, knowledge = request.path_params["code"], self.web.knowledge
        around = self._around(code)
        if code in knowledge.unassigned.codes:
            return self._unassigned(code, around)
        if code not in knowledge.codes:
            raise HTTPException(HTTPStatus.NOT_FOUND, NO_CODE)
        on = _day(request.query_params.get("on", ""))
        views, record = self.web.views(on), knowledge.codes[code]
        return page(
            self.web,
            "code.html",
            sheet=_sheet(code, record, views),
            on=on,
            absent=views.absent(code),
            neighbours=_neighbours(record, views, on or self.web.today()),
            modifiers=drawn(views.modifiers(code).blocks) if views.takes_modifiers(code) else (),
            timeline=_timeline(record, self.web.today()),
            sources=by_day(views.sources(code).sources),
            count=len(views.sources(code).sources),
            about=self.seal.sign(ABOUT, Subject((code,), on).text),
            around=around,
        )

    async def compare(self, request: Request) -> Response:
        """Two codes side by side; raises HTTPException where one of them is none."""
        pair = (request.path_params["one"], request.path_params["other"])
        knowledge, views = self.web.knowledge, self.web.views()
        if any(code not in knowledge.codes for code in pair):
            raise HTTPException(HTTPStatus.NOT_FOUND, NO_PAIR)
        if pair[0] == pair[1]:
            return RedirectResponse(f"/codes/{pair[0]}", HTTPStatus.SEE_OTHER)
        sheets = [_sheet(code, knowledge.codes[code], views) for code in pair]
        names = [(code, views.name(code)) for code in sorted(knowledge.codes)]
        sources = dict.fromkeys(source for code in pair for source in views.whole(code).sources)
        decides = views.decides(*pair)
        return page(
            self.web, "compare.html", sheets=sheets, decides=decides, names=names, sources=by_day(list(sources))
        )

    async def choose(self, request: Request) -> Response:
        """Go to the comparison that a form names."""
        one, other = (request.query_params.get(name, "") for name in ("one", "other"))
        if {one, other} <= self.web.knowledge.codes.keys():
            return RedirectResponse(f"/compare/{one}/{other}", HTTPStatus.SEE_OTHER)
        raise HTTPException(HTTPStatus.NOT_FOUND, NO_PAIR)

    def _catalog(self) -> Catalog:
        key = (self.web.knowledge.version, self.web.today())
        if self._kept is None or self._kept[0] != key:
            self._kept = key, Catalog.of(self.web.knowledge, self.web.views())
        return self._kept[1]

    def _around(self, code: str) -> tuple[str, str]:
        """The assigned codes before and after; empty at the ends."""
        codes = sorted(self.web.knowledge.codes)
        before = [each for each in codes if each < code][-1:]
        after = [each for each in codes if each > code][:1]
        return "".join(before), "".join(after)

    def _unassigned(self, code: str, around: tuple[str, str]) -> Response:
        note = self.web.knowledge.unassigned.note[0]
        modifier = self.web.knowledge.modifiers.get(code)
        pages = [self.web.knowledge.sources[name] for name in note.sources]
        return page(self.web, "unassigned.html", code=code, note=note, modifier=modifier, pages=pages, around=around)


def _neighbours(record: Code, views: Views, day: date) -> list[Neighbour]:
    rows = [row for row in record.confused if row.holds(day)]
    return [Neighbour(row.code, views.name(row.code), views.rate(row.code), row.decides) for row in rows]


def _sheet(code: str, record: Code, views: Views) -> Sheet:
    blocks = views.whole(code).blocks
    return Sheet(
        code,
        views.name(code),
        record.pick,
        views.rate(code),
        tuple(_facts(record)),
        drawn(_unlabelled(blocks, Part.MEANING)),
        drawn(_unlabelled(blocks, Part.RATE)),
        drawn(_unlabelled(blocks, Part.TELEHEALTH)),
        drawn(_unlabelled(blocks, Part.NOTE)),
        record.settings,
    )


def _facts(record: Code) -> Iterator[tuple[str, str]]:
    """Since when it is in force, and what a patient in this place means for a telehealth claim."""
    began = record.name[0].from_
    yield "In force since", us(began) if began else SINCE_EVER
    if record.code in TELEHEALTH:
        earlier = record.name[:-1]
        yield from (("Earlier name", f"{name.text}, until {us(name.until)}") for name in earlier if name.until)
        return
    yield (
        "Patient there, seen by video",
        " or ".join(record.by_video) + (", sources differ" if len(record.by_video) > 1 else ""),
    )
    yield "Originating site fee", SITE[record.originating_site]


def _unlabelled(blocks: tuple[Block, ...], part: Part) -> Iterator[Block]:
    """The blocks of one part, to stand below a heading of the page's own."""
    for block in blocks:
        if block.part is part:
            yield replace(block, label="")


def _timeline(record: Code, today: date) -> Drawing:
    """The code's names, its Medicare rates, and the telehealth rules that held for a time."""
    names = [Stretch.of(row, row.text, "name") for row in record.name]
    rates = [Stretch.of(row, RATE_WORDS[row.value], row.value) for row in record.rate]
    rules = [Stretch.of(row, in_us(row.text), "rule") for row in record.telehealth if _has_ended_or_will(row, today)]
    return drawing([("Official name", names), ("Medicare rate", rates), ("Telehealth rules for a time", rules)], today)


def _has_ended_or_will(note: Note, today: date) -> bool:
    if note.sure is Sure.UNVERIFIED or note.payer not in {"all", "medicare"}:
        return False
    return note.until is not None or (note.from_ is not None and note.from_ > today)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, NO_DATE) from None
