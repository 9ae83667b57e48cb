"""Finds in a message what may name somebody by more than a word: addresses, dates, numbers of any kind, e-mails.

All digits count as such, but for those the message itself calls a Place of Service code or a modifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

Stretch = tuple[int, int]
"""Where it starts and ends."""

_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
    r"|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    r"|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana"
    r"|Nebraska|Nevada|(?:New|North|South|West|Rhode)\s+[A-Z][a-z]+|Ohio|Oklahoma|Oregon|Pennsylvania|Tennessee|Texas"
    r"|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming)"
)
_STREET = r"street|avenue|ave|road|rd|lane|ln|boulevard|blvd|drive|terrace|circle|highway|hwy|parkway|pkwy|trail"
_STREET_TOO = r"st|str|dr|ct|court|cir|ter|place|pl|way|square|sq|loop|row|run|ridge|point|pt|plaza|park|walk|pike|path|alley|route"
_HOUSE = r"(?<![\w./-])\d{1,6}[a-z]?(?:[-/]\d+)?(?:\s+1/2)?"
_UNIT = r"(?:[\s,]+(?:apt|apartment|unit|suite|ste|fl|floor|rm|room|lot|bldg|building|\#)\.?\s*\#?\s*[\w-]+)?"
_TOWN = rf"(?:[\s,]+(?:[a-z.'-]+[\s,]+){{1,4}}?(?:(?-i:{_STATE})\b[\s,.]*(?:\d{{5}}(?:-\d{{4}})?)?|[a-z]{{2}}[\s,.]+\d{{5}}(?:-\d{{4}})?|(?<=,\s)[a-z]{{2}}(?=\s*(?:[,.;)\n]|$))|\d{{5}}(?:-\d{{4}})?))?"
_ADDRESS = re.compile(
    rf"{_HOUSE}\s+(?:(?P<between>(?:[\w.'-]+\s+){{0,4}}?)(?:{_STREET})|(?P<short>(?:[\w.'-]+\s+){{1,2}}?)(?:{_STREET_TOO}))\b\.?{_UNIT}{_TOWN}",
    re.IGNORECASE | re.ASCII,
)
_NO_STREET = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by can do for from has if in is it its my not of on one or our pos she that the this to"
        " vs was we were what when which with would he they right good best better correct",
    )
)
"""Words that stand in no street's name: "is 10 the right place"."""
_TOWN_ALONE = re.compile(
    rf"(?:[A-Z][a-z.'-]+[\s]+){{0,2}}[A-Z][a-z.'-]+,\s*(?:{_STATE})\b(?:[\s,.]*\d{{5}}(?:-\d{{4}})?)?"
)
_CHUNK = re.compile(r"\S+")
_ADDRESSED = re.compile(r"@|://|www\.|\w_\w|\w\.(?:com|org|net|edu|gov|us|io|co|info|biz)\b", re.IGNORECASE)
"""Tells e-mail and web addresses, handles, names of files and accounts."""
_RUN = re.compile(r"[\w#./:+*'-]+")
_DIGIT = re.compile(r"\d")

_CODE_WORD = (
    r"(?:pos(?:\s+codes?)?|place\s+of\s+(?:service|svc)(?:\s+codes?)?"
    r"|(?<=\bthe\s)code|(?<=\bis\s)code|(?<=\buse\s)code|(?<=\bwith\s)code)"
)
_END = r"(?!\s*[./:-]?\s*\d|\s?[%/]|[a-z]|-[a-z])"
_CALLED = re.compile(
    rf"(?<![\w-]){_CODE_WORD}\s*(?:is|of|was|as|number|no\.?)?\s*[#:=-]?\s*(?P<value>\d\d){_END}",
    re.IGNORECASE | re.ASCII,
)
_VERSUS = re.compile(
    rf"(?<![\w./:#$-])(?P<value>\d\d)\s+(?:vs?\.?|versus)\s+(?:pos\s+)?(?P<other>\d\d){_END}", re.IGNORECASE | re.ASCII
)
_MORE = re.compile(
    rf"\s*(?:,|/|&|\bvs?\.?|\bversus\b|\bor\b|\band\b|\bnot\b|\bthan\b)\s*(?:pos\s*)?(?P<value>\d\d){_END}",
    re.IGNORECASE | re.ASCII,
)
_MODIFIER = re.compile(
    r"\b(?:modifiers?|mods?)\s*[#:-]?\s*(?P<value>[a-z0-9]{2})\b(?![./:-]?\d)"
    r"|(?<![\w./:#$-])(?P<before>[a-z0-9]{2})\s+(?:modifier|mod)\b",
    re.IGNORECASE | re.ASCII,
)


def addresses(text: str) -> Iterator[Stretch]:
    """Postal, web and e-mail addresses, as far as they can be told."""
    for found in _ADDRESS.finditer(text):
        between = (found["between"] or found["short"] or "").lower().split()
        if _NO_STREET.isdisjoint(between):
            yield found.span()
    for found in _TOWN_ALONE.finditer(text):
        yield found.span()
    for found in _CHUNK.finditer(text):
        if _ADDRESSED.search(found[0]):
            yield found.span()


def numbered(text: str) -> Iterator[Stretch]:
    """Digits of any kind, with what is joined to them."""
    for found in _RUN.finditer(text):
        if _DIGIT.search(found[0]):
            yield found.span()


def called(text: str, codes: Container[str], modifiers: Container[str]) -> dict[Stretch, str]:
    """The codes and modifiers that the message calls so, by where they stand."""
    kept: dict[Stretch, str] = {}
    for found in _CALLED.finditer(text):
        if found.span("value") in kept:
            continue  # it stands in a list that was read to its end
        _keep(kept, found, "value", codes)
        _chain(kept, text, found.end("value"), codes)
    for found in _VERSUS.finditer(text):
        if found["value"] in codes and found["other"] in codes:
            _keep(kept, found, "value", codes)
            _keep(kept, found, "other", codes)
            _chain(kept, text, found.end("other"), codes)
    for found in _MODIFIER.finditer(text):
        _keep(kept, found, "value" if found["value"] else "before", modifiers)
    return kept


def _keep(kept: dict[Stretch, str], found: re.Match[str], group: str, known: Container[str]) -> None:
    if found[group].upper() in known:
        kept[found.span(group)] = found[group].lower()


def _chain(kept: dict[Stretch, str], text: str, end: int, codes: Container[str]) -> None:
    """The codes listed behind one that is called so: the 11 of "pos 22 or 11"."""
    while (more := _MORE.match(text, end)) is not None and more["value"] in codes:
        _keep(kept, more, "value", codes)
        end = more.end("value")
