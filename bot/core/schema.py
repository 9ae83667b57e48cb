"""The shape of the files in knowledge/: what may stand there, and of what type.

Field names are those of the TOML files, described with an annotated record in knowledge/README.md.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

CodeText = Annotated[str, StringConstraints(pattern=r"^\d\d$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1200)]


def _plain_phrase(phrase: str) -> str:
    if phrase != phrase.lower().strip() or "  " in phrase or not phrase:
        message = "write it in lower case with single spaces"
        raise ValueError(message)
    return phrase


Phrase = Annotated[str, AfterValidator(_plain_phrase), StringConstraints(max_length=80)]


class Sure(StrEnum):
    """How sure a fact is; decides how it is told."""

    YES = "yes"
    PARTLY = "partly"
    DEBATABLE = "debatable"
    UNVERIFIED = "unverified"


class Record(BaseModel):
    """Anything in a knowledge file: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Record):
    """A fact with the dates of service it holds for; a missing end means open, a missing start not stated."""

    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    sure: Sure = Sure.YES
    sources: tuple[Slug, ...] = ()
    checked: date

    @model_validator(mode="after")
    def _dates_in_order(self) -> Dated:
        if self.from_ and self.until and self.until < self.from_:
            message = f"until {self.until} is before from {self.from_}"
            raise ValueError(message)
        if not self.sources and self.sure is not Sure.UNVERIFIED:
            message = "sources are missing"
            raise ValueError(message)
        return self

    def holds(self, day: date) -> bool:
        """Whether the fact is in force on that date of service."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)


class Side(Record):
    """One reading of a debated fact."""

    text: Prose
    sources: Annotated[tuple[Slug, ...], Field(min_length=1)]


class Note(Dated):
    """A billing fact in our own words."""

    text: Prose
    payer: Slug = "all"
    review: date | None = None
    """The day it should be looked at again; past it the reply says so."""
    sides: tuple[Side, ...] = ()

    @model_validator(mode="after")
    def _debate_has_sides(self) -> Note:
        if (self.sure is Sure.DEBATABLE) != (len(self.sides) > 1):
            message = "a debatable note, and no other, has two or more sides"
            raise ValueError(message)
        return self


class Name(Dated):
    """The official CMS name, exactly as in the code set."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Rate(Note):
    """Which Medicare physician fee schedule rate the code takes."""

    value: Literal["facility", "nonfacility", "none"]


class Confused(Dated):
    """A neighbour staff mix this code up with, and the one thing that decides."""

    code: CodeText
    decides: Annotated[str, StringConstraints(min_length=1, max_length=240)]


class Code(Record):
    """One assigned Place of Service code (knowledge/codes/NN.toml)."""

    code: CodeText
    pick: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    """When to pick it, as a button or list line."""
    aliases: tuple[Phrase, ...] = ()
    """Phrases that by themselves mean this place and no other."""
    shared: tuple[Phrase, ...] = ()
    """Phrases that mean this place or another one; the other claims them too."""
    hints: tuple[Phrase, ...] = ()
    """Words that point here without deciding."""
    signs: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    """Groups of the vocabulary that together mean this place: ["substance", "overnight"] is 55."""
    settings: Annotated[tuple[str, ...], Field(min_length=1)]
    by_video: tuple[CodeText, ...]
    """What the remote practitioner reports when the patient is in this place; two codes where sources differ."""
    before: CodeText | None = None
    """What was reported for this place before the code came into force, where the facts say."""
    originating_site: Literal["yes", "no", "depends"]
    """Whether this place may bill Medicare's originating site fee."""
    name: Annotated[tuple[Name, ...], Field(min_length=1)]
    meaning: Annotated[tuple[Note, ...], Field(min_length=1)]
    rate: Annotated[tuple[Rate, ...], Field(min_length=1)]
    confused: tuple[Confused, ...] = ()
    telehealth: Annotated[tuple[Note, ...], Field(min_length=1)]
    note: tuple[Note, ...] = ()


class Place(Record):
    """A place without a code of its own, such as a parked car (knowledge/places.toml)."""

    place: Slug
    title: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    aliases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    in_person: tuple[CodeText, ...] = ()
    """What a practitioner who is there in person reports; empty where the facts do not say."""
    by_video: tuple[CodeText, ...] = ()
    """What a remote practitioner reports; two codes where sources differ."""
    telehealth: Annotated[tuple[Note, ...], Field(min_length=1)]


class Subject(Record):
    """What modifiers, topics, denials and payers have in common."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=90)]
    aliases: tuple[Phrase, ...] = ()
    note: Annotated[tuple[Note, ...], Field(min_length=1)]
    """The first is the answer in brief, the rest the detail."""


class Modifier(Subject):
    """A claim modifier that goes, or is believed to go, with telehealth (knowledge/modifiers/NN.toml)."""

    modifier: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")]
    pairs_with: tuple[CodeText, ...] = ()


class Topic(Subject):
    """A question about the field that no single code answers (knowledge/topics/*.toml)."""

    topic: Slug
    intent: Literal["topic", "claim_form", "telehealth", "modifier", "rate", "denial", "date"] = "topic"
    codes: tuple[CodeText, ...] = ()
    """Codes it speaks about."""
    timeline: bool = False
    """Whether it tells a history: then every row is shown, not only those in force on the day."""


class Denial(Subject):
    """A denial or remark code about place of service (knowledge/denials/*.toml)."""

    denial: Annotated[str, StringConstraints(pattern=r"^(CARC \d+|RARC [A-Z]+\d+)$")]


class Payer(Subject):
    """A payer and what it wants (knowledge/payers/*.toml)."""

    payer: Slug


class SourceRecord(Record):
    """A page a fact was read in (knowledge/sources.toml)."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class Unassigned(Record):
    """The two-digit values that CMS has given no meaning (knowledge/unassigned.toml)."""

    codes: Annotated[tuple[CodeText, ...], Field(min_length=1)]
    note: Annotated[tuple[Note, ...], Field(min_length=1)]


class Vocabulary(Record):
    """How staff write: knowledge/vocabulary.toml."""

    expand: dict[str, str] = {}
    """Abbreviations and slips, each with what it stands for."""
    filler: tuple[str, ...] = ()
    """Words that carry no meaning of their own in a question."""
    idioms: tuple[str, ...] = ()
    """Set phrases in which a place word names no place, such as "goes home"."""
    groups: dict[str, tuple[str, ...]] = {}
    """Named sets of words and phrases the rules speak of, such as `video`, `phone`, `negation`."""
    numbers: dict[str, int] = {}
    """Number words."""


class EnglishWords(Record):
    """Words that tell English."""

    words: tuple[Phrase, ...] = ()


class Language(Record):
    """How a language other than English is told, and what is said to somebody who writes it."""

    name: str
    letters: str = ""
    """Letters or marks that only it has, as in a regular expression's brackets."""
    telling: tuple[Phrase, ...] = ()
    """Words and pairs of words that settle it alone; no accents."""
    weak: tuple[Phrase, ...] = ()
    """Words that settle it where several stand together."""
    line: str = ""
    """What the bot speaks, said in that language."""


class Spanish(Record):
    """What is said in Spanish, and Spanish words put into English."""

    details: Prose
    ask: Prose
    scope: Prose
    unassigned: Prose
    invalid: Prose
    codes: dict[CodeText, Prose] = {}
    """The main point of each code."""
    expand: dict[Phrase, str] = {}


class Languages(Record):
    """Other languages than English: knowledge/languages.toml."""

    english: EnglishWords
    language: dict[Slug, Language]
    spanish: Spanish


class IntentWords(Record):
    """Kinds of question and the words that show them: knowledge/intents.toml."""

    intent: dict[str, IntentCue] = {}


class IntentCue(Record):
    """One kind of question."""

    cues: tuple[str, ...]
    examples: tuple[str, ...] = ()


IntentWords.model_rebuild()
