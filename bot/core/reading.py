"""Reads a question: its numbers, dates, phrases and the scene it describes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.core import dates, numbers
from bot.core.lexicon import Entry, Kind, Lexicon, Span
from bot.core.scene import Owner, Scene, Spot, Way, read_scene, wondered
from bot.core.text import CLAUSE, Abbreviations, Speller, bare, fold, plain, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.numbers import Number
    from bot.core.schema import Subject

LONG_PHRASE = 4
"""Words from which a phrase is plain enough to be found with others between."""
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
HOME = "12"
TELE_CODES = {"02", "10"}
OTHER_MODIFIERS = {"26"}
"""Modifiers whose two characters mean too many things to be read bare."""
TURNING = {"not", "no", "without"}
"""Words that make a phrase mean nothing unless all of it stands as written."""
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
        self.lexicon = Lexicon(_Phrases(knowledge, shortened))
        expanding = {word for key in vocabulary.expand for word in words(key)}
        spelled = {word for word in {*expanding, *vocabulary.numbers} if len(word) >= LONG}
        readable = partial(_readable, knowledge, expanding)
        self._speller = Speller(self.lexicon.words | spelled, readable, shortened)
        self._payers = {
            tuple(self.tokens(fold(called))): payer
            for payer, record in knowledge.payers.items()
            for called in (payer, record.title, *record.aliases)
        }

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
        chosen = next(iter(others or named), None) or self._payer(payer)
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

    def _payer(self, name: str | None) -> str | None:
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
    way = later.way if later.way is not Way.UNSAID else earlier.way
    own = any(spot.owner is not Owner.PROVIDER for spot in later.scene.spots)
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
    place = HOME if codes[0] in TELE_CODES else codes[0]
    span = Span(Entry((place,), Kind.ALIAS, place, exact=True), (0,))
    return (Spot(span, Owner.PATIENT, negated=codes[0] == "02"),)


class _Phrases:
    """Turns the knowledge's phrases into entries of the lexicon, in the form in which questions are read."""

    def __init__(self, knowledge: Knowledge, shortened: Abbreviations) -> None:
        self._knowledge = knowledge
        self._shortened = shortened
        self._numbers = numbers.NumberWords(knowledge.vocabulary.numbers)
        self._stems: dict[str, str | None] = {}

    def entry(self, phrase: str, kind: Kind, value: str, *, exact: bool = False) -> Entry:
        """One phrase."""
        tokens = self._tokens(phrase)
        # "nursing visit at home" is no nursing home
        exact = exact or tokens[1:] == ("home",) or not TURNING.isdisjoint(tokens)
        return Entry(tokens, kind, value, exact)

    def _tokens(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase. Most phrases are plain words met before, for which it takes a tenth of the time."""
        parts = phrase.split()
        try:
            stems = [self._stems[word] for word in parts]
        except KeyError:
            stems = [self._stems.setdefault(word, self._stem(word)) for word in parts]
        if None not in stems:
            return tuple(stems)  # type: ignore[arg-type] # mypy does not follow "not in"
        tokens = words(self._numbers.written(fold(phrase)))
        tokens = self._shortened.written_out(self._shortened.written_out(tokens))
        return tuple([token for token in tokens if token != CLAUSE])

    def _stem(self, word: str) -> str | None:
        """The stem of a plain word; none where marks, numbers or abbreviations have to be read first."""
        plainly = word.isascii() and word.isalnum() and word == word.lower() and word not in self._numbers
        found = stem(word)
        return found if plainly and found not in self._shortened else None

    def __iter__(self) -> Iterator[Entry]:
        yield from self._codes()
        for slug, place in self._knowledge.places.items():
            for alias in place.aliases:
                yield self.entry(alias, Kind.PLACE, slug)
        yield from self._words()
        yield from self._subjects()
        yield from self._claim_codes()

    def _words(self) -> Iterator[Entry]:
        """Groups, idioms and cues: always as written."""
        for group, phrases in self._knowledge.vocabulary.groups.items():
            for phrase in phrases:
                yield self.entry(phrase, Kind.GROUP, group, exact=True)
        for idiom in self._knowledge.vocabulary.idioms:
            yield self.entry(idiom, Kind.IDIOM, idiom, exact=True)
        for intent, cue in self._knowledge.intents.intent.items():
            for phrase in cue.cues:
                yield self.entry(phrase, Kind.INTENT, intent, exact=True)

    def _subjects(self) -> Iterator[Entry]:
        """Topics, payers and denials by their aliases."""
        tables: tuple[tuple[Kind, Mapping[str, Subject]], ...] = (
            (Kind.TOPIC, self._knowledge.topics),
            (Kind.PAYER, self._knowledge.payers),
            (Kind.DENIAL, self._knowledge.denials),
        )
        for kind, records in tables:
            for name, record in records.items():
                for alias in record.aliases:
                    exact = kind is not Kind.TOPIC and len(alias.split()) < LONG_PHRASE
                    yield self.entry(alias, kind, name, exact=exact)

    def _claim_codes(self) -> Iterator[Entry]:
        """Modifiers and denials by their own characters."""
        for name, modifier in self._knowledge.modifiers.items():
            own = [f"modifier {name.lower()}", f"{name.lower()} modifier", *modifier.aliases]
            own += [] if name in OTHER_MODIFIERS else [name.lower()]
            for alias in own:
                yield self.entry(alias, Kind.MODIFIER, name, exact=True)
        for name in self._knowledge.denials:
            for spelling in _denial_spellings(name):
                yield self.entry(spelling, Kind.DENIAL, name, exact=True)

    def _codes(self) -> Iterator[Entry]:
        """Codes by alias, official name, shared phrase and hint."""
        claims: dict[str, list[str]] = {}
        for code, record in self._knowledge.codes.items():
            for phrase in record.shared:
                claims.setdefault(phrase, []).append(code)
        claimed = {plain(phrase) for phrase in claims}
        for code, record in self._knowledge.codes.items():
            names = [name.text.lower() for name in record.name if plain(name.text) not in claimed]
            for alias in dict.fromkeys([*record.aliases, *names]):
                yield self.entry(alias, Kind.TELE if code in TELE_CODES else Kind.ALIAS, code)
            for hint in record.hints:
                yield self.entry(hint, Kind.HINT, code)
        for phrase, codes in claims.items():
            tele = set(codes) <= TELE_CODES
            yield self.entry(phrase, Kind.TELE if tele else Kind.SHARED, "/".join(sorted(codes)))


def _denial_spellings(name: str) -> list[str]:
    kind, number = name.lower().split()
    if kind == "carc":
        return [
            f"{prefix} {number}"
            for prefix in (
                "carc",
                "denied",
                "denied with",
                "got a",
                "getting a",
                "hit with a",
                "denied for",
                "co",
                "oa",
                "pi",
                "pr",
                "cr",
                "co carc",
                "reason code",
                "adjustment code",
                "adjustment",
                "denial code",
                "denial",
                "denial reason",
                "reason",
            )
        ] + [
            f"co{number}",
            *(f"{number} {after}" for after in ("reason code", "denial", "denial code", "adjustment", "rejection")),
        ]
    letters, digits = re.fullmatch(r"([a-z]+)(\d+)", number).groups()  # type: ignore[union-attr] # the schema holds the form
    return [number, f"{letters} {digits}", f"rarc {number}"]


def _readable(knowledge: Knowledge, expanding: set[str]) -> set[str]:
    """Words known to be right beside those of the phrases."""
    filler = {word for phrase in knowledge.vocabulary.filler for word in words(phrase)}
    return {*_prose_words(knowledge), *knowledge.words, *filler, *expanding, *knowledge.vocabulary.numbers}


def _prose_words(knowledge: Knowledge) -> Iterator[str]:
    """Words of the notes: real words that are not to be mended into others."""
    for kind in ("codes", "topics", "modifiers", "denials", "payers"):
        for record in getattr(knowledge, kind).values():
            for name in ("meaning", "telehealth", "note"):
                for note in getattr(record, name, ()):
                    yield from words(fold(note.text))
    for record in knowledge.codes.values():
        for setting in record.settings:
            yield from words(fold(setting))
