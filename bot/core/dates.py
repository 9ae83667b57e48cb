"""The date of service a question names."""

from __future__ import annotations

import re
from calendar import month_abbr
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_MONTHS = {name.lower(): number for number, name in enumerate(month_abbr) if name}
_MONTH = r"(?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?P<y>(?:19|20)\d\d)"
OLDEST = date(2000, 1, 1)
"""What lies before is a birthday or a slip: no claim that old can still be sent."""
_BIRTH = re.compile(
    r"\b(?:d\.?o\.?b\.?|born|birth\s?(?:date|day)?|date\s+of\s+birth)\W*(?:is|on|was|of)?\W*"
    r"(?:[a-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+)?[\d/.-]+"
)
"""A date of birth, whatever its form."""
MIDYEAR = (7, 1)
"""Stands for a year named without a day."""
BEFORE_COVID = date(2019, 12, 31)
DURING_PHE = date(2021, 1, 1)


class ServiceDate(NamedTuple):
    """A date of service and the words that gave it."""

    day: date
    start: int
    end: int


def us(day: date) -> str:
    """The date as US billing staff write it: 1/1/2022."""
    return f"{day.month}/{day.day}/{day.year}"


def _of(year: str, month: str | int, day: str | int) -> date | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 70 else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]], ...] = (
    (re.compile(rf"\b{_YEAR}-(?P<m>\d\d)-(?P<d>\d\d)\b"), lambda hit, _: _of(hit["y"], hit["m"], hit["d"])),
    (
        re.compile(r"\b(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4}|\d\d)\b"),
        lambda hit, _: _of(hit["y"], hit["m"], hit["d"]),
    ),
    (
        re.compile(rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}\b"),
        lambda hit, _: _of(hit["y"], _MONTHS[hit["m"]], hit["d"]),
    ),
    (
        re.compile(rf"\b(?P<d>\d{{1,2}})\s+{_MONTH},?\s+{_YEAR}\b"),
        lambda hit, _: _of(hit["y"], _MONTHS[hit["m"]], hit["d"]),
    ),
    (re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b"), lambda hit, _: _of(hit["y"], _MONTHS[hit["m"]], 1)),
    (re.compile(rf"\b(?P<m>\d{{1,2}})/{_YEAR}\b"), lambda hit, _: _of(hit["y"], hit["m"], 1)),
    (re.compile(rf"\bq(?P<q>[1-4])\s*(?:of\s+)?{_YEAR}\b"), lambda hit, _: _of(hit["y"], int(hit["q"]) * 3 - 2, 1)),
    (
        re.compile(r"\b(?:before|pre|prior to)[\s-]+(?:covid|the pandemic|pandemic|the phe|phe)(?:[\s-]?19)?\b"),
        lambda _hit, _: BEFORE_COVID,
    ),
    (
        re.compile(
            r"\b(?:during|in|mid)[\s-]+(?:covid|the pandemic|pandemic|the phe|phe|the public health emergency)(?:[\s-]?19)?\b"
        ),
        lambda _hit, _: DURING_PHE,
    ),
    (re.compile(r"\blast year\b"), lambda _hit, today: date(today.year - 1, *MIDYEAR)),
    (re.compile(r"\bnext year\b"), lambda _hit, today: date(today.year + 1, *MIDYEAR)),
    (
        re.compile(rf"(?<![\d/$.-]){_YEAR}(?![\d/-])"),
        lambda hit, today: today if int(hit["y"]) == today.year else _of(hit["y"], *MIDYEAR),
    ),
)


def find(folded: str, today: date) -> ServiceDate | None:
    """The first date of service named, in US order (month first); a month, quarter or year stands for a day in it."""
    folded = _BIRTH.sub(lambda birth: " " * len(birth[0]), folded)
    for pattern, read in _FORMS:
        for hit in pattern.finditer(folded):
            day = read(hit, today)
            if day is not None and day >= OLDEST:
                return ServiceDate(day, hit.start(), hit.end())
    return None
