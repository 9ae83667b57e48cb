"""The date of service a question names."""

from __future__ import annotations

import re
from calendar import month_abbr, monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MONTHS = {name.lower(): number for number, name in enumerate(month_abbr) if name}
MONTH = (
    r"(?:jan(?:[a-z]*ry)?|feb(?:[a-z]*ry)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:[a-z]*st)?|sept?(?:[a-z]*ber)?"
    r"|oct(?:[a-z]*ber)?|nov(?:[a-z]*ber)?|dec(?:[a-z]*ber)?)\b\.?"
)
"""The name of a month, short or in full; slips within it are let pass, other words ("decides 02") are not."""
_MONTH = rf"(?P<m>{MONTH})"
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_ANY_YEAR = r"(?P<y>(?:19|20)\d\d|'\d\d)"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
OLDEST = date(2000, 1, 1)
"""What lies before is a birthday or a slip: no claim that old can still be sent."""
_AHEAD = 2
"""Years ahead up to which a year of two digits is of this century; further on it is a year of birth."""
_BIRTH = re.compile(
    r"\b(?:d\.?o\.?b\.?|b-?day|born|birth\s?(?:date|day)?|date\s+of\s+birth)\W*(?:is|on|was|of|in)?\W*"
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,?\s+(?:of\s+)?'?\d{{2,4}}\b)?|[\d/.-]+)"
)
"""A date of birth, whatever its form."""
MIDYEAR = (7, 1)
"""Stands for a year named without a day."""
_PART_OF_YEAR = {
    "mid": MIDYEAR,
    "middle of": MIDYEAR,
    "early": (2, 15),
    "late": (11, 15),
    "beginning of": (1, 1),
    "start of": (1, 1),
    "end of": (12, 31),
    "spring": (4, 15),
    "summer": (7, 15),
    "fall": (10, 15),
    "autumn": (10, 15),
    "winter": (1, 15),
}
_QUARTERS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
BEFORE_COVID = date(2019, 12, 31)
COVID_STARTS = date(2020, 3, 15)
DURING_PHE = date(2021, 1, 1)
AFTER_PHE = date(2023, 5, 12)
_PHE = r"(?:the\s+)?(?:covid(?:[\s-]?19)?\s+)?(?:phe|public health emergency)"
_TIMES = rf"(?:{_PHE}|(?:the\s+)?(?:pandemic|lockdowns?|quarantine)|covid(?:[\s-]?19)?)\b(?!\s+(?:test|shot|vacc|swab|unit|ward|floor|clinic|isolation|visit|patient|pt))"
"""The pandemic as a time, not as an illness: "before covid", not "before covid shot"."""
_MONTH_BEFORE_DAY = r"(?P<m>0?[1-9]|1[0-2])/(?P<d>0?[1-9]|[12]\d|3[01])(?![\d/.%-])"
_NO_OTHER_CODE = r"(?!\s*(?:or|vs?|versus|/)\s*\d)"
_NOT_BEHIND_CODE = r"(?<!\bpos )(?<!code )(?<!place of service )(?<!modifier )(?<!\bmod )"
_VISIT = r"\b(?:dos|service|svc|visit\w*|seen|saw|came|appt|appointment|session|encounter|claims?|billed|used?|telehealth|tele\w*|video|virtual|phone|call|called|consult\w*)\b"
_HISTORY = r"\b(?:had|has|having|for|of|with|since|fell|moved|broke|surgery|stroke|hospitali[sz]ed|diagnosed|dx|discharged|admitted|died|quit|retired)\b"
_VISIT_BEFORE = re.compile(rf"{_VISIT}(?:\s+(?!{_HISTORY})[\w'-]+){{0,4}}\s*$")
_VISIT_BEHIND = re.compile(rf"^(?:'s)?(?:\s+(?!{_HISTORY})[\w'-]+){{0,4}}?\s+{_VISIT}")
"""A visit told right beside a time, with nothing between that the time may be said of instead."""
_CODE_BEFORE = re.compile(r"\bpos\s*\d\d?\s*$")
_ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_SHORT = 3
"""Words up to which a message that names a time asks about that time: "and two years ago?"."""
_CLAUSE = re.compile(r"[,;:.?!\n]")


class ServiceDate(NamedTuple):
    """A date of service and the words that gave it."""

    day: date
    start: int
    end: int


def us(day: date) -> str:
    """The date as US billing staff write it: 1/1/2022."""
    return f"{day.month}/{day.day}/{day.year}"


def in_us(text: str) -> str:
    """The text with every date in it as US billing staff write it."""
    return _ISO.sub(lambda found: us(date.fromisoformat(found[0])), text)


def _of(year: str, month: str | int, day: str | int, today: date) -> date | None:
    number = int(year.lstrip("'"))
    if number < 100:
        number += 2000 if number + 2000 <= today.year + _AHEAD else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _day_of(hit: re.Match[str], today: date) -> date | None:
    """A day written with its year; without a day, the first of the month."""
    month = hit["m"] if hit["m"].isdigit() else _MONTHS[hit["m"][:3]]
    return _of(hit["y"], month, hit.groupdict().get("d") or 1, today)


def _latest(hit: re.Match[str], today: date) -> date | None:
    """A day written without its year: the last one gone by."""
    month = hit["m"] if hit["m"].isdigit() else _MONTHS[hit["m"][:3]]
    days = (_of(str(today.year - back), month, hit["d"], today) for back in range(5))
    return next((day for day in days if day and day <= today), None)


def _quarter(hit: re.Match[str], today: date) -> date | None:
    quarter = int(_QUARTERS.get(hit["q"], hit["q"]))
    return _of(hit["y"], quarter * 3 - 2, 1, today)


def _of_year(hit: re.Match[str], today: date) -> date | None:
    """A year alone stands for its middle, the running one for today."""
    day = _of(hit["y"], *MIDYEAR, today)
    return today if day and day.year == today.year else day


def _part_of_year(hit: re.Match[str], today: date) -> date | None:
    return _of(hit["y"], *_PART_OF_YEAR[hit["part"]], today)


def _first_of_year(hit: re.Match[str], today: date) -> date | None:
    return _of(hit["y"], 1, 1, today)


def _day_before(hit: re.Match[str], today: date) -> date | None:
    """The last day before a year or month."""
    month = _MONTHS[hit["m"][:3]] if hit["m"] else 1
    first = _of(hit["y"], month, 1, today)
    return first - timedelta(days=1) if first else None


def _year_after(hit: re.Match[str], today: date) -> date | None:
    middle = _of(hit["y"], *MIDYEAR, today)
    return date(middle.year + 1, 1, 1) if middle else None


def _back(today: date, months: int) -> date:
    """The same day some months ago, or the last of that month."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _ago(hit: re.Match[str], today: date) -> date | None:
    """So long ago, where that is said of the visit and not of the patient's history."""
    count = int(_COUNTS.get(hit["n"], hit["n"]))
    months = count * (12 if hit["unit"].startswith("y") else 1)
    return _back(today, months) if _said_of_visit(hit) and months < 12 * (today.year - OLDEST.year) else None


def _last_month(hit: re.Match[str], today: date) -> date | None:
    return _back(today, 1).replace(day=1) if _said_of_visit(hit) else None


def _yesterday(hit: re.Match[str], today: date) -> date | None:
    return today - timedelta(days=1) if _said_of_visit(hit) else None


def _on_day(hit: re.Match[str], today: date) -> date | None:
    """Month and day behind "on": of a visit, or of a code named before; "on 02/10" otherwise is two codes."""
    before = hit.string[: hit.start()]
    return _latest(hit, today) if _VISIT_BEFORE.search(before) or _CODE_BEFORE.search(before) else None


def _said_of_visit(hit: re.Match[str]) -> bool:
    """Whether a time is said of the visit and not of what went before: one is told beside it, or nothing else is."""
    if "today" in hit.string.split():
        return False
    before = _CLAUSE.split(hit.string[: hit.start()])[-1]
    behind = _CLAUSE.split(hit.string[hit.end() :])[0]
    beside = _VISIT_BEFORE.search(before) if before.strip() else _VISIT_BEHIND.search(behind)
    others = [*hit.string[: hit.start()].split(), *hit.string[hit.end() :].split()]
    return beside is not None or (len(others) <= _SHORT and not re.search(_HISTORY, hit.string))


_FORMS: tuple[tuple[str, Callable[[re.Match[str], date], date | None]], ...] = (
    (rf"\b{_YEAR}-(?P<m>\d\d)-(?P<d>\d\d)\b", _day_of),
    (r"\b(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4}|\d\d)\b", _day_of),
    (rf"\b{_MONTH}\s+{_DAY},?\s+{_ANY_YEAR}\b", _day_of),
    (rf"{_NOT_BEHIND_CODE}\b{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_ANY_YEAR}\b", _day_of),
    (rf"\b(?:before|prior to|pre)[\s-]+(?:{_MONTH},?\s+(?:of\s+)?)?{_ANY_YEAR}\b", _day_before),
    (rf"\bbetween\s+{_MONTH}\s+and\s+{MONTH},?\s+(?:of\s+)?{_ANY_YEAR}\b", _day_of),
    (rf"\b{_MONTH}\s*(?:-|to|thru|through)\s*{MONTH},?\s+(?:of\s+)?{_ANY_YEAR}\b", _day_of),
    (rf"\b{_MONTH},?\s+(?:of\s+)?{_ANY_YEAR}\b", _day_of),
    (rf"\b(?P<m>\d{{1,2}})/{_YEAR}\b", _day_of),
    (r"\bq(?P<q>[1-4])\s*(?:of\s+|')?(?P<y>(?:19|20)?\d\d)\b", _quarter),
    (r"\b(?P<q>[1-4])q\s*'?(?P<y>(?:19|20)?\d\d)\b", _quarter),
    (rf"\b(?P<q>{'|'.join(_QUARTERS)})\s+(?:quarter|qtr)\s+(?:of\s+)?{_ANY_YEAR}\b", _quarter),
    (rf"\b(?P<part>{'|'.join(_PART_OF_YEAR)})(?: of)?[ -]{_ANY_YEAR}\b", _part_of_year),
    (r"\b(?P<part>spring|summer|fall|autumn|winter)\s+(?:of\s+)?'?(?P<y>2\d)\b", _part_of_year),
    (rf"\b(?:between|from)\s+{_YEAR}\s+(?:and|to|thru|through)\s+(?:19|20)\d\d\b", _first_of_year),
    (rf"\b{_YEAR}\s*(?:-|to|thru|through)\s*(?:19|20)\d\d\b", _first_of_year),
    (rf"\bsince\s+{_ANY_YEAR}\b", _first_of_year),
    (rf"\bfrom\s+{_ANY_YEAR}\s+(?:on|onwards?|forward)\b", _first_of_year),
    (rf"\bafter\s+{_ANY_YEAR}\b", _year_after),
    (rf"\b(?:before|pre|prior to)[\s-]*{_TIMES}", lambda _hit, _: BEFORE_COVID),
    (
        rf"\b(?:after|post|since|when|once)[\s-]+(?:{_PHE}\b|{_TIMES}(?=\s+(?:end|was\s+over|expire)))(?:\s+(?:ended|ends|was\s+over|expired))?",
        lambda _hit, _: AFTER_PHE,
    ),
    (
        rf"\b(?:when|since|after|once)\s+{_TIMES}\s+(?:started|began|hit|broke\s+out)\b",
        lambda _hit, _: COVID_STARTS,
    ),
    (rf"\b(?:the\s+)?(?:start|beginning|onset)\s+of\s+{_TIMES}", lambda _hit, _: COVID_STARTS),
    (
        rf"\b(?:during|mid)[\s-]+{_TIMES}|\bin\s+(?!covid){_TIMES}|\b(?:in|during)\s+covid\s+times?\b",
        lambda _hit, _: DURING_PHE,
    ),
    (r"\blast year\b", lambda _hit, today: date(today.year - 1, *MIDYEAR)),
    (r"\bnext year\b", lambda _hit, today: date(today.year + 1, *MIDYEAR)),
    (rf"(?:\bcy\s?|(?<![\w/$.'-])(?<!fy )){_YEAR}(?![\d/-])", _of_year),
    (r"(?:\b(?:in|of|from|for|during|until|through|cy)\s*|^)'(?P<y>\d\d)\b", _of_year),
    (r"\bcy\s?(?P<y>\d\d)\b", _of_year),
    (
        rf"\b(?:dos|dates?\s+of\s+service|service\s+date|svc\s+date|date|dated)\W*(?:is|was|of|on)?\W*{_MONTH_BEFORE_DAY}",
        _latest,
    ),
    (rf"\b(?:on|from|since|after|until)\s+{_MONTH_BEFORE_DAY}", _on_day),
    (
        rf"\b(?:on|dos|since|of|from|until|by)\s+(?P<m>may)\s+{_DAY}\b(?!\s+(?:be|not))",
        _latest,
    ),
    (rf"\b(?!may\b){_MONTH}\s+{_DAY}\b(?![\d/%-]){_NO_OTHER_CODE}", _latest),
    (rf"{_NOT_BEHIND_CODE}\b{_DAY}\s+(?:of\s+)?(?!may\b){_MONTH}(?!\s*\d)", _latest),
    (r"\bthis year\b", lambda _hit, today: today),
    (rf"\b(?P<n>{'|'.join(_COUNTS)}|\d\d?)\s+(?P<unit>years?|yrs?|months?|mos?)\s+(?:ago|back)\b", _ago),
    (r"\blast month\b", _last_month),
    (r"\byesterday\b", _yesterday),
)
"""Forms of a date, most exact first; compiled when first needed, as a fiftieth of a second is much for a start."""


_SIGN = re.compile(
    rf"\d[/.-]\d|'\d\d|(?:19|20)\d\d|\b{MONTH}|\dq|\bq[1-4]|\bcy\s?\d|(?:spring|summer|fall|autumn|winter)\s|year|yrs|month|mos|yesterday|covid|pandemic|phe|emergency|lockdown|quarantine"
)
"""Without any of these there is no date: most questions are spared the search for every form."""


def warming() -> Iterator[None]:
    """Compile the forms of a date, one at a time."""
    for pattern, _ in _FORMS:
        re.compile(pattern)
        yield


def find(folded: str, today: date) -> ServiceDate | None:
    """The first date of service named, in US order (month first); a month, quarter or year stands for a day in it."""
    if _SIGN.search(folded) is None:
        return None
    folded = _BIRTH.sub(lambda birth: " " * len(birth[0]), folded)
    for pattern, read in _FORMS:
        for hit in re.finditer(pattern, folded):
            day = read(hit, today)
            if day is not None and day >= OLDEST:
                return ServiceDate(day, hit.start(), hit.end())
    return None
