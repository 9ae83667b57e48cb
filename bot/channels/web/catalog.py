"""All ninety-nine values as a list to search and to filter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.placement import TELEHEALTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.schema import Code
    from bot.core.views import Views

ANY = ""
STATUSES = {"": "In use", "unassigned": "Unassigned", "all": "All 99"}
RATES = {"": "Any rate", "facility": "Facility rate", "nonfacility": "Nonfacility rate", "none": "No Medicare rate"}
BY_VIDEO = {
    "": "Any",
    "02": "Patient there on video: 02",
    "10": "Patient there on video: 10",
    "either": "Patient there on video: sources differ",
    "itself": "Is a telehealth code",
}
LONGEST = 80
"""Letters of a search that are read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the code set."""

    code: str
    name: str
    """The official name; empty where the value is unassigned."""
    pick: str = ""
    """When to pick it."""
    rate: str = ""
    by_video: tuple[str, ...] = ()
    """What the remote practitioner reports when the patient is in this place."""
    since: date | None = None
    texts: tuple[tuple[str, ...], ...] = ()
    """What is searched, the most telling first: lower case, a space before every word."""

    @property
    def is_assigned(self) -> bool:
        """Whether CMS has given the value a meaning."""
        return bool(self.name)

    @property
    def is_telehealth(self) -> bool:
        """Whether it is itself one of the telehealth codes."""
        return self.code in TELEHEALTH

    def fits(self, words: Sequence[str]) -> int | None:
        """How well it answers a search, 0 is best; None where it does not."""
        if not words:
            return 0
        if len(words) == 1 and words[0].isdecimal():
            return 0 if self.code.startswith(words[0]) or self.code == words[0].zfill(2) else None
        phrase = f" {' '.join(words)}"
        for rank, texts in enumerate(self.texts):
            if phrase in texts:
                return 2 * rank
            if any(all(f" {word}" in text for word in words) for text in texts):
                return 2 * rank + 1
        everything = "".join(text for texts in self.texts for text in texts)
        return 2 * len(self.texts) if all(f" {word}" in everything for word in words) else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search with its filters, each empty for anything."""

    q: str = ""
    rate: str = ""
    telehealth: str = ""
    status: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Wanted:
        """Read an address; what is no such filter counts as empty."""

        def known(name: str, values: Iterable[str]) -> str:
            return fields.get(name, "") if fields.get(name, "") in values else ""

        q = fields.get("q", "")[:LONGEST]
        return cls(q, known("rate", RATES), known("telehealth", BY_VIDEO), known("status", STATUSES))

    def takes(self, row: Row) -> bool:
        """Whether the filters let a value through; a value searched by its number always comes through their status."""
        if self.status != "all" and row.is_assigned == (self.status == "unassigned") and row.code not in self.q.split():
            return False
        if self.rate and row.rate != self.rate:
            return False
        match self.telehealth:
            case "":
                return True
            case "itself":
                return row.is_telehealth
            case "either":
                return not row.is_telehealth and len(row.by_video) > 1
            case code:
                return not row.is_telehealth and row.by_video == (code,)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every value of the code set on one day."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, knowledge: Knowledge, views: Views) -> Catalog:
        """Gather the rows."""
        assigned = [_row(code, record, views) for code, record in knowledge.codes.items()]
        empty = [Row(code, "", texts=((f" {code}",), (" unassigned",))) for code in knowledge.unassigned.codes]
        return cls(tuple(sorted((*assigned, *empty), key=lambda row: row.code)))

    def search(self, wanted: Wanted) -> list[Row]:
        """The values that fit, the best first."""
        words = wanted.q.lower().replace(",", " ").removeprefix("pos ").split()
        found = [(fit, row) for row in self.rows if wanted.takes(row) and (fit := row.fits(words)) is not None]
        return [row for _, row in sorted(found, key=lambda each: (each[0], each[1].code))]

    @property
    def counts(self) -> Counter[bool]:
        """How many values are assigned, and how many are not."""
        return Counter(row.is_assigned for row in self.rows)


def _row(code: str, record: Code, views: Views) -> Row:
    name = views.name(code)
    texts = (
        _searched((code, name)),
        _searched((record.pick, *record.settings)),
        _searched((*record.aliases, *record.shared)),
        _searched((*record.hints, record.meaning[0].text, views.rate(code))),
    )
    return Row(code, name, record.pick, views.rate(code), record.by_video, record.name[0].from_, texts)


def _searched(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(f" {' '.join(text.lower().replace('-', ' ').replace('/', ' ').split())}" for text in texts)
