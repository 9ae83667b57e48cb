"""Code numbers in a question: exact, never fuzzy, and told apart from all the other numbers on a claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.dates import MONTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CODE_WORDS = r"(?:p\.?\s?o\.?\s?s\.?(?:\s*code)?|pause|place\s+of\s+(?:service|svc)(?:\s*codes?)?|place\s+codes?|place(?=\s+\d)|location(?:\s+codes?)?|service\s+location|poscode|codes?|codigos?|lugar\s+de\s+servicio)"
_MARKED = re.compile(
    rf"(?<![a-z0-9]){_CODE_WORDS}\s*(?:is|of|was|as|number|no\.?|num|nos?)?\s*[#:=\-(\"']*\s*(?P<value>\d+(?:\.\d+)?(?:-?[a-z])?\b|\d+)",
    re.ASCII,
)
_MORE = re.compile(
    r"\s*(?:,|/|&|\+|-|\bvs?\b\.?|\bversus\b|\bor\b|\band\b|\by\b|\bo\b|\bto\b|\bn\b|\bnot\b|\bthan\b|\bcompared\s+to\b)+\s*(?:pos\s*)?#?(?P<value>\d{1,2})(?![\d./%a-z-]|\s*(?:year|yr|day|min|mile|bed|patient|visit))"
)
_BEFORE = re.compile(
    r"(?P<value>(?<![\d.$#a-z/-])\d{1,3})\s*(?:as|in|for|under|on)?\s*(?:the\s+|its?\s+|a\s+)?(?:pos\b|place\b|location\b|(?:in|on)\s+(?:the\s+)?(?:box\s+|item\s+)?24\s?-?b)"
)
_SENT = re.compile(
    r"\b(?:billed|sent|coded|submitted|reported|keyed|entered|went\s+out\s+(?:as|with)|denied\s+with|used)\s+(?:(?:it|that|this|them|the\s+claim)\s+)?(?:as\s+|with\s+|under\s+)?(?P<value>0[1-9]|1[0-37-9]|2[0-36]|3[1-3]|49|6[15]|7[12]|81|99)\b(?![\d:/.%-]|\s*(?:units?|claims?|lines?|times|min|hours?|hrs?|patients?|pts|visits?|days?|mods?|modifiers?|codes|copies|faxes))"
)
"""A number said to have gone out on a claim; those that are modifiers more often than places are left out."""
_HASH = re.compile(r"#\s?(?P<value>\d{1,3})\b")
_LETTERED = re.compile(
    r"\b(?!g0)(?P<value>[a-z]\d|\d{1,2}[a-z])\b(?=[^.]*\b(?:place|pos|location)\b)|\b(?:pos|place\s+of\s+service)\s+(?P<value2>(?!g0)[a-z]\d|\d{1,2}[a-z])\b"
)
_ZERO = re.compile(r"(?<![\d.$:/a-z-])(?P<value>0\d)(?![\d:.%/a-z-])")
_BARE = re.compile(r"(?<![\d.,$:#a-z_-])(?P<value>\d{1,3})(?![\d%a-z_]|[:.,]\d|-\d)")

_OTHER = re.compile(
    "|".join(
        (
            r"https?://\S+|\S+@\S+\.\S+",
            r"\$\s?\d[\d,.]*k?",
            r"\b\d{3}[-. ]\d{3}[-. ]\d{4}\b|\(\d{3}\)\s*\d{3}-\d{4}",
            r"\b\d{1,4}[/-]\d{1,2}[/-]\d{2,4}\b|\b\d{1,2}/\d{4}\b",
            rf"\b(?!may\s+\d{{1,2}}\s+(?:be|not|also)\b){MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b",
            rf"\b\d{{1,2}}\s+(?!may\b){MONTH}",
            r"\b(?:19|20)\d\d\b",
            r"\b\d{1,2}:\d\d(?::\d\d)?\s?(?:am|pm)?\b|\b\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.)(?![a-z])",
            r"\b24\s?/\s?7\b|\bq\d\b|\bcovid[\s-]?19\b|\b638\b|\bubo?[\s-]?0?4\b|\b837\s?[pi]?\b|\b1500\b",
            r"\b(?:24|32|23|33)\s?-?[a-j]\b|\b(?:box|item|field|block|fl|loop|column|locator)\s?#?\s?\d{1,4}\s?-?[a-j]?\b",
            r"\b(?:clm|sv|nm|ref|hi)\s?-?\d{2,3}(?:-\d)?\b",
            r"\b(?:carc|rarc|co|oa|pi|pr|cr)\s?-?\s?\d{1,3}\b(?!\s*(?:pos|place))|\b(?:ma|n|m)-?\d{1,3}\b|\b(?:n|ma)\s\d{3}\b",
            r"\b(?:denial|denied|adjustment|reason|remark|group)\s+(?:reason\s+)?(?:code\s+)?#?\d{1,3}\b",
            r"\b(?:modifiers?|mods?|mdfr)\s?#?:?\s?-?(?!02|10)[0-9a-z]{2}\b(?:\s*(?:,|/|or|and|vs\.?|versus|&|plus)\s*-?\d\d\b)*",
            r"\b(?!02|10)\d\d(?:\s*(?:,|/|or|and|vs\.?|versus|&)\s*(?!02|10)\d\d)*\s*(?:modifiers?|mods?)\b",
            r"\b(?:put|add|append|attach|stick|tack|slap|need|use)\s+(?:an?\s+)?-?(?:2[45]|5[079]|7[6-9])\s+on\s+(?:the\s+|an?\s+|my\s+|that\s+|every\s+)?(?:e\s?/?\s?m\b|office|procedure|cpt|9\d{4}|injection|consult)",
            r"(?<=npi)\s.*\b(?:24|31|32|33)[a-j]?\b",
            r"(?<![\w/])-\d\d\b(?=\s|$|[?,.])",
            r"\b(?:rev(?:enue)?|bill\s+type|type\s+of\s+bill|tob|condition|value|occurrence|span|status|drg|ms-drg|apc|taxonomy|ndc|icd(?:-?10)?|cpt|hcpcs|dx|hcc|discharge\s+status|patient\s+status)\s*(?:codes?|span|number|no\.?)?\s*#?:?\s*\d[\d.x]*\b",
            r"\b[a-z]\d{2}(?:\.\d+)?\b(?<!\bp)|\b[a-z]\d{4}\b|\b\d{4,}[a-z]?\b",
            r"\b\d+(?:st|nd|rd|th)\b|\b\d+\s?%|\b\d+\.\d{2,}\b",
            r"\b(?:type|stage|grade|phase|level|part|tier|version|win|windows|suite|room|chair|day|bay|gate|hole|mile|grade|apt|unit|floor|bay|bed|step|line|option|age|aged|team|route|hwy|highway|exit)\s?#?\s?\d{1,4}\b",
            r"\b\d+[\s-]*(?:\+\s*)?(?:x|times|yo|y/o|yrs?|years?|months?|mos?|weeks?|wks?|days?|d|nights?|hours?|hrs?|h|minutes?|mins?|min|seconds?|secs?|miles?|mi|yards?|yds?|feet|ft|km|beds?|bedded|percent|mg|ml|cc|lbs?|bucks|dollars?|digits?)\b",
            r"\b\d+\s+(?:more\s+|different\s+|new\s+|other\s+)?(?:patients|pts|people|persons|visits|claims|lines|units|sessions|doses|shots|providers|doctors|docs|nurses|clinics|sites|locations|places|letters|copies|staff|clients|members|residents|kids|children|students|appointments|appts|calls|employees|codes|questions|rooms|more|of\s+(?:my|our|the|them))\b",
            r"\b(?:client|patient|pt|she|he|kid|child|son|daughter|member|student|teen|boy|girl|baby|mom|dad)\s+(?:is|was|just\s+turned)\s+\d{1,3}\b",
            r"\b(?:is|am|turned|aged?)\s+\d{1,3}\s*(?=,|and\b|years|$)(?<!code is )(?=.*\b(?:old|born|age|kid|child|teen|client|patient)\b)",
            r"(?<!')\b(?:h\.?r\.?|s\.?|p\.?l\.?|cr|mm|mln|transmittal|rev\.?|chapter|ch\.?|section|sec\.?|pub\.?)\s*-?\s?\d[\d.-]*\b",
            r"\b(?:one|a)\s+of\s+\d+\b|\btop\s+\d+\b|\bfirst\s+\d+\b|\blast\s+\d+\b|\bnext\s+\d+\b|\bper\s+\d+\b|\bevery\s+\d+\b|\babout\s+\d+\s(?!and\b|or\b|vs|versus)",
        )
    )
)
"""Numbers that are something else: money, phones, dates, times, form boxes, denials, modifiers, CPT, ages, counts."""
_DIGIT = re.compile(r"\d")
_CODE_WORD = re.compile(_CODE_WORDS)

FIRST_TEEN = 10
_TENS_AND_UNITS = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number the question may mean as a Place of Service code."""

    value: str
    """As a two-digit code where it could be one, else as typed."""
    marked: bool
    """Whether the question calls it a code ("pos 2", "#22", "02"), rather than leaving a bare number."""
    start: int
    end: int

    @property
    def two_digits(self) -> bool:
        """Whether it has the form of a code, assigned or not."""
        return len(self.value) == 2 and self.value.isdigit() and self.value != "00"


def blank_others(folded: str) -> str:
    """The text with numbers that are no code replaced by spaces of the same length."""
    return _OTHER.sub(lambda found: " " * len(found[0]), folded)


class NumberWords:
    """Writes number words of two digits or a zero as digits: "eighty one" is 81, "oh two" is 02."""

    def __init__(self, values: Mapping[str, int]) -> None:
        """Take the words and their values."""
        self._values = values
        self._rare = re.compile("|".join(values)) if values else re.compile("(?!)")
        units = _either(word for word, value in values.items() if 0 < value < 10)
        teens = _either(word for word, value in values.items() if 10 <= value < 20)
        tens = _either(word for word, value in values.items() if 20 <= value < 100)
        zeros = _either(word for word, value in values.items() if value == 0)
        self._patterns = (
            re.compile(rf"\b{zeros}[\s-]+(?:{units}|{zeros})\b"),
            re.compile(rf"\b{units}-{units}\b"),
            re.compile(rf"\b{tens}[\s-]+(?:{units}|too\b)"),
            re.compile(rf"\b(?:{tens}|{teens})\b(?!\s+(?:hundred|thousand))"),
        )
        not_behind = r"(?!\s+(?:hundred|thousand|for|of|is|do|should|to|when|on|or\s+(?:more|three)))"
        self._after_code = re.compile(
            rf"(?P<before>(?<![a-z]){_CODE_WORDS}\s*(?:is|number)?\s*)(?P<word>{units}|{zeros})\b{not_behind}"
        )

    def __contains__(self, word: object) -> bool:
        """Whether it is a number word."""
        return word in self._values

    def written(self, folded: str) -> str:
        """The text with digits for number words; a lone "two" only where it follows a word for code."""
        if self._rare.search(folded) is None:
            return folded
        for pattern in self._patterns:
            folded = pattern.sub(self._digits, folded)
        return self._after_code.sub(lambda found: found["before"] + str(self._values[found["word"]]), folded)

    def _digits(self, found: re.Match[str]) -> str:
        parts = _TENS_AND_UNITS.split(found[0])
        values = [2 if part == "too" else self._values[part] for part in parts]
        if len(values) > 1 and values[0] < FIRST_TEEN and values[1] < FIRST_TEEN:
            return "".join(map(str, values))
        return str(sum(values))


def _either(options: Iterable[str]) -> str:
    return f"(?:{'|'.join(options) or '(?!)'})"


_HUGE = re.compile(
    rf"(?<![a-z]){_CODE_WORDS}\s+(?P<value>(?:one|two|three|four|five|six|seven|eight|nine|a|\d+)\s+(?:hundred|thousand|million))\b"
)


_NONSENSE = re.compile(rf"(?<![a-z]){_CODE_WORDS}\s*(?P<value>x+|z+|n+|##+)(?![a-z])")
_QUOTED = re.compile(rf"(?<![a-z]){_CODE_WORDS}\s*[\"'](?P<value>[a-z]{{1,3}})[\"']")
_NEGATIVE = re.compile(rf"(?<![a-z]){_CODE_WORDS}\s+(?P<value>-\d)(?!\d)")
_SPLIT_DIGITS = re.compile(r"(?<![a-z])(pos\s+)(\d)\s+(\d)(?![\w])")


def find(folded: str, number_words: NumberWords) -> list[Number]:
    """Numbers that may be codes, in order, each place in the text once."""
    found: dict[int, Number] = {}
    if _CODE_WORD.search(folded) is not None:
        _odd_values(found, folded)
    text = number_words.written(folded)
    if _DIGIT.search(text) is not None:
        text = _SPLIT_DIGITS.sub(r"\1\2\3", text)
        _digits(found, text)
    return _corrected(sorted(found.values(), key=lambda number: number.start), text)


def _odd_values(found: dict[int, Number], folded: str) -> None:
    """What is called a code and cannot be one: "pos two hundred", "pos xx", "pos -2"."""
    for match in _HUGE.finditer(folded):
        found[match.start("value")] = Number(
            match["value"], marked=True, start=match.start("value"), end=match.end("value")
        )
    for pattern in (_NONSENSE, _NEGATIVE, _QUOTED):
        for match in pattern.finditer(folded):
            _keep(found, match, marked=True)


def _digits(found: dict[int, Number], text: str) -> None:
    """What is written in digits."""
    masked = blank_others(text)
    for match in _LETTERED.finditer(text):
        group = "value" if match["value"] else "value2"
        if not re.match(r"(?:24|3[23]|17)[a-j]|\d(?:pm|am|x|d|h)$", match[group]):
            _keep(found, match, marked=True, group=group)
    for match in _MARKED.finditer(_protect(text, masked)):
        _keep(found, match, marked=True)
        _chain(found, masked, match.end("value"))
    for pattern, marked in ((_HASH, True), (_SENT, True), (_BEFORE, True), (_ZERO, True), (_BARE, False)):
        for match in pattern.finditer(masked):
            # "93 on pos 10": a modifier's number is never the code for standing before the word.
            loose = pattern is _BEFORE and match["value"] in MODIFIERS and not _FIELD.match(masked, match.end())
            _keep(found, match, marked=marked and not loose)


MODIFIERS = {"93", "95"}
"""Beside a code these are modifiers, though nobody says so: "pos 10 and 95"."""
_LETTER_O = re.compile(r"o\d|\do")
"""A zero typed as the letter."""
_FIELD = re.compile(r"\s*(?:box|field|column|spot|slot)\b")
_TAKEN_BACK = re.compile(
    r"(?:[,.;?!-]\s*no\b|\b(?:sorry|wait|i mean|i meant|meant|actually|oops|scratch that))[\s,.:-]*(?:its?\s+|is\s+|pos\s+|code\s+)*$"
)


def _corrected(numbers: list[Number], text: str) -> list[Number]:
    """Without numbers that the asker takes back: "70 something...no, 72"."""
    kept: list[Number] = []
    for number in numbers:
        if kept and _TAKEN_BACK.search(text[kept[-1].end : number.start]):
            kept.pop()
        kept.append(number)
    return kept


_SURE = re.compile(
    r"(?<![a-z0-9])(?:p\.?\s?o\.?\s?s\.?|place\s+of\s+service|location\s+code|pos\s+codes?)\s*(?:code\s*)?[#:=-]*\s*\d+(?:\.\d+)?(?:-?[a-z])?\b"
    r"|\bcode\s+\d+(?=\s+(?:for|as|in|under)\s+(?:the\s+)?(?:pos\b|place\s+of\s+service))"
)
_DATE_OR_TIME = re.compile(r"\d{1,2}/\d|\d{1,2}:\d\d|\b(?:19|20)\d\d$")


def _protect(text: str, masked: str) -> str:
    """The text for marked numbers: "pos 100" and "pos 3.5" are to be seen though they look like something else."""
    kept = list(masked)
    for match in _SURE.finditer(text):
        if not _DATE_OR_TIME.search(text[match.start() : match.end() + 3]):
            kept[match.start() : match.end()] = text[match.start() : match.end()]
    return "".join(kept)


def _chain(found: dict[int, Number], masked: str, end: int) -> None:
    """Codes listed behind a marked one: the 11 of "pos 22 or 11"."""
    while (more := _MORE.match(masked, end)) is not None:
        _keep(found, more, marked=more["value"] not in MODIFIERS)
        end = more.end("value")


def _keep(found: dict[int, Number], match: re.Match[str], *, marked: bool, group: str = "value") -> None:
    start, end = match.span(group)
    if any(start < known.end and known.start < end for known in found.values()):
        return
    value = match[group]
    if _LETTER_O.fullmatch(value):
        value = value.replace("o", "0")
    if value.isdigit() and len(value) == 1:
        value = f"0{value}"
    found[start] = Number(value, marked, start, end)
