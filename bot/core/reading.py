"""Reads a question: its numbers, dates, phrases and the scene it describes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core import dates, numbers
from bot.core.lexicon import Entry, Kind, Lexicon, Span
from bot.core.phrases import Phrases, prose_words
from bot.core.placement import HOME, TELEHEALTH
from bot.core.scene import Owner, Scene, Spot, Way, read_scene, wondered
from bot.core.text import CLAUSE, Abbreviations, Speller, bare, fold, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.numbers import Number

STATUS = {"inpatient", "not_admitted", "observation", "part_a", "no_part_a", "same_day"}
"""What is said of a patient at one place and does not go along to the next."""
_PAIRS = (
    ("on_campus", "off_campus"),
    ("part_a", "no_part_a"),
    ("alone", "hospital_part"),
    ("tribal", "federal"),
    ("own_unit", "shared_house"),
    ("overnight", "daytime"),
    ("inpatient", "observation"),
    ("inpatient", "daytime"),
)
OPPOSITES = (*_PAIRS, *((other, one) for one, other in _PAIRS))
"""What is said of one visit and takes back its opposite said before: "and if it is off campus?"."""
LASTING = ("modifier", "rate", "claim_form")
"""Kinds of question that a follow-up goes on asking."""
SUBJECTS = {Kind.MODIFIER, Kind.DENIAL, Kind.TOPIC}
LONG = 6
"""Letters from which an abbreviation's own spelling is worth mending to."""
CAMPUS_YARDS = 250
_YARDS = {"y": 1.0, "f": 1 / 3, "b": 400.0, "m": 1760.0}
"""Yards in a yard, a foot, a city block (a longer one than 250 yards, to be sure) and a mile, by first letter."""
_DISTANCE = re.compile(
    r"\b(?P<many>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>yards?|yds?|feet|foot|ft|blocks?|miles?|mi)\b(?=\s+(?:from|away|off|down|out|up))"
)
_ALPHA = re.compile(r"(?<![a-z0-9])[a-z]{5,}(?![a-z0-9])")
_LETTER_SPELLED = re.compile(r"\b(?:p|pea|pee)[\s.]+(?:o|oh)[\s.]+(?:s|ess|es)\b\.?")
_ROAD = re.compile(r"\b(?:i-|i |interstate |highway |hwy |route )\d{1,3}\b")
_REPEATED_LAUGH = re.compile(r"\b(?:ha|he|lo){2,}l?h?\b")


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, understood as far as words go."""

    folded: str
    numbers: tuple[Number, ...]
    scene: Scene
    service: dates.ServiceDate | None
    payer: str | None
    subject: tuple[str, ...] = ()
    """Codes of the answer this question follows up."""
    borrowed: bool = False
    """Whether its places are those of the earlier question."""
    told: tuple[str, ...] = ()
    """Leads of the last two answers."""
    denied: tuple[str, ...] = ()
    """Denial codes that its bare numbers stand for, where a denial is talked about."""

    @property
    def way(self) -> Way:
        """How patient and practitioner meet."""
        return self.scene.way

    def asks(self, *kinds: str) -> bool:
        """Whether words of any of these kinds of question are there."""
        return not self.scene.cues.isdisjoint(kinds)


class Reader:
    """Built once a knowledge, reads any number of questions."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Gather the phrases and words of the knowledge."""
        self._knowledge = knowledge
        self._numbers = numbers.NumberWords(knowledge.vocabulary.numbers)
        self._signs = [(code, frozenset(groups)) for code, record in knowledge.codes.items() for groups in record.signs]
        vocabulary = knowledge.vocabulary
        shortened = Abbreviations(vocabulary.expand)
        self.real_words = knowledge.words.with_words(prose_words(knowledge))
        """Ordinary words and those of the notes: neither slips nor names."""
        self.lexicon = Lexicon(Phrases(knowledge, Speller(set(), self.real_words, shortened)))
        filler = {word for phrase in vocabulary.filler for word in words(phrase)}
        expanding = {word for key in vocabulary.expand for word in words(key)} | set(vocabulary.numbers)
        worth = self.lexicon.words | {word for word in expanding if len(word) >= LONG}
        self._speller = Speller(worth, self.real_words, shortened, filler, expanding)
        self._payers = {
            tuple(self.tokens(fold(called))): payer
            for payer, record in knowledge.payers.items()
            for called in (payer, record.title, *record.aliases)
        }

    def warming(self) -> Iterator[None]:
        """Make ready, piece by piece, dates, phrases and the words worth correcting to."""
        yield from dates.warming()
        yield from self.lexicon.warming()
        self._speller.warm()
        yield

    def read(self, text: str, today: date, payer: str | None = None) -> Reading:
        """Read one question on its own."""
        folded = _ROAD.sub("road", fold(text))
        folded = bare(_REPEATED_LAUGH.sub("haha", _LETTER_SPELLED.sub("pos", folded)))
        tokens = self.tokens(self._numbers.written(folded))
        tokens = _known_only(tokens)
        scene = self.scene_of(tokens)
        campus = _campus(folded)
        if campus:
            scene = replace(scene, flags=scene.flags - {"on_campus", "off_campus"} | {campus})
        service = dates.find(folded, today)
        undated = f"{folded[: service.start]} {folded[service.end :]}" if service else folded
        mended = _ALPHA.sub(lambda word: self._speller.word(word[0]), undated)
        named = scene.of(Kind.PAYER)
        others = [name for name in named if name != "medicare"]
        chosen = next(iter(others or named), None) or self.payer(payer)
        return Reading(folded, tuple(numbers.find(mended, self._numbers)), scene, service, chosen)

    def tokens(self, folded: str) -> list[str]:
        """The words of a folded text, mended."""
        tokens = self._speller.read(words(folded))
        while tokens and tokens[-1] == CLAUSE:
            tokens.pop()
        return tokens

    def scene_of(self, tokens: list[str]) -> Scene:
        """The scene in a run of words."""
        scene = read_scene(tokens, self.lexicon.spans(tokens))
        signed = self.signed(scene)
        return replace(scene, spots=(*scene.spots, *signed)) if signed else scene

    def signed(self, scene: Scene, telling: frozenset[str] | None = None) -> list[Spot]:
        """Places told by what happens there: somebody who sleeps where an addiction is treated is in 55.

        With `telling`, only what one of these groups has a part in.
        """
        if scene.has("inpatient", "observation") or any(
            "21" in spot.span.value and not spot.negated for spot in scene.spots
        ):
            return []
        spots = []
        for code, groups in self._signs:
            told = groups <= scene.flags and (telling is None or not groups.isdisjoint(telling))
            if told and not (code == HOME and scene.spots):
                found = [span for span in scene.spans if span.kind is Kind.GROUP and span.value in groups]
                at = tuple(sorted({position for span in found for position in span.positions}))
                entry = Entry(tuple(scene.tokens[position] for position in at), Kind.ALIAS, code, exact=True)
                spots.append(Spot(Span(entry, at), Owner.UNSAID, negated=False))
        return spots

    def payer(self, name: str | None) -> str | None:
        """The payer of that name, slips mended; one that is not known comes back as it is written."""
        return self._payers.get(tuple(self.tokens(fold(name))), name) if name and name.strip() else None


def _campus(folded: str) -> str | None:
    """On or off campus by a distance in figures: 250 yards is the line (42 CFR 413.65)."""
    found = _DISTANCE.search(folded)
    if found is None:
        return None
    yards = float(found["many"].replace(",", "")) * _YARDS[found["unit"][0]]
    return "on_campus" if yards <= CAMPUS_YARDS else "off_campus"


def follow(earlier: Reading, later: Reading, codes: tuple[str, ...]) -> Reading:
    """The later question with what it leaves unsaid taken from the earlier one, whose answer was `codes`."""
    own = any(spot.owner is not Owner.PROVIDER for spot in later.scene.spots)
    told = _way_of(codes) if own and not later.numbers else Way.UNSAID
    way = next((way for way in (later.way, earlier.way) if way is not Way.UNSAID), told)
    there = earlier.scene.spots or _spots_of(codes)
    if later.scene.has("on_campus", "off_campus"):
        there = tuple(_either_campus(spot) for spot in there)
    spots = later.scene.spots if own else (*later.scene.spots, *there)
    unsaid = earlier.scene.flags - {opposite for one, opposite in OPPOSITES if one in later.scene.flags}
    flags = later.scene.flags | (unsaid - STATUS if own else unsaid)
    kept = () if own else tuple(span for span in earlier.scene.spans if span.kind is Kind.HINT)
    tokens, again = _said_again(later.scene.tokens, (*kept, *_still_asked(earlier, later)))
    spans = (*later.scene.spans, *again)
    scene = replace(later.scene, tokens=tokens, way=way, spots=spots, flags=flags, spans=spans)
    return replace(
        later,
        scene=scene,
        told=earlier.told,
        payer=later.payer or earlier.payer,
        service=later.service or earlier.service,
        subject=codes,
        borrowed=not own,
    )


def _way_of(codes: tuple[str, ...]) -> Way:
    """How a patient is seen where telehealth codes alone were answered: "and at home?" after 02 is still by video."""
    return Way.TELEHEALTH if codes and set(codes) <= set(TELEHEALTH) else Way.UNSAID


def _either_campus(spot: Spot) -> Spot:
    """A hospital department named with its campus, as one whose campus is said anew."""
    if spot.span.value not in {"19", "22"}:
        return spot
    return replace(spot, span=Span(spot.span.entry._replace(kind=Kind.SHARED, value="19/22"), spot.span.positions))


def _said_again(tokens: tuple[str, ...], spans: Iterable[Span]) -> tuple[tuple[str, ...], list[Span]]:
    """The words with the phrases behind them as though they had been repeated there."""
    moved = []
    for span in spans:
        moved.append(Span(span.entry, tuple(range(len(tokens), len(tokens) + len(span.entry.tokens)))))
        tokens = (*tokens, *span.entry.tokens)
    return tokens, moved


def _still_asked(earlier: Reading, later: Reading) -> list[Span]:
    """What the earlier question was after, where the later one names nothing to be after."""
    asks = later.asks(*LASTING, "compare", "date") or any(span.kind in SUBJECTS for span in later.scene.spans)
    if asks or later.scene.has(*STATUS):
        return []
    lasting = [span for span in earlier.scene.spans if span.kind is Kind.INTENT and span.value in LASTING]
    if later.numbers or later.scene.spots or later.way is not Way.UNSAID:
        return lasting
    return lasting + [span for span in earlier.scene.spans if span.kind in SUBJECTS]


def _known_only(tokens: list[str]) -> list[str]:
    """Without "part a" where the asker only wonders about it: "idk if part A"."""
    for at in range(1, len(tokens) - 1):
        if tokens[at : at + 2] == ["part", "a"] and wondered(tokens, at):
            return [*tokens[:at], *tokens[at + 2 :]]
    return tokens


def _spots_of(codes: tuple[str, ...]) -> tuple[Spot, ...]:
    """The place an answered code stands for, so that "and by phone?" can follow "pos 32"; 02 is any place but home."""
    if len(codes) != 1:
        return ()
    place = HOME if codes[0] in TELEHEALTH else codes[0]
    span = Span(Entry((place,), Kind.ALIAS, place, exact=True), (0,))
    return (Spot(span, Owner.PATIENT, negated=codes[0] == "02"),)
