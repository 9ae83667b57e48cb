"""The shape of the files in knowledge/: what may stand there, and of what type.

Field names are those of the TOML files, described with an annotated record in knowledge/README.md.
A description completes the sentence "should be ..." for whoever wrote something else (bot/core/shape.py).
Annotations are not postponed: msgspec would have to evaluate each of them at every start.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import force_setattr


def _up_to(most: int) -> Meta:
    """Text of a limited length, and not only space."""
    return Meta(pattern=r"\S", max_length=most, description=f"text of 1 to {most} characters")


CodeText = Annotated[str, Meta(pattern=r"^[0-9]{2}\Z", description='two digits in quotes, such as "02"')]
Slug = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", description="lower-case words and numbers joined by single hyphens"),
]
ShortSlug = Annotated[
    Slug, Meta(max_length=24, description="lower-case words joined by hyphens, at most 24 characters")
]
Prose = Annotated[str, _up_to(1200)]
Phrase = Annotated[
    str,
    Meta(
        pattern=r"^[^\sA-Z\xc0-\xde]+( [^\sA-Z\xc0-\xde]+)*\Z",
        max_length=80,
        description="a phrase in lower case with single spaces, of 1 to 80 characters",
    ),
]
SOME = Meta(min_length=1, description="a list of one or more")


class Sure(StrEnum):
    """How sure a fact is; decides how it is told."""

    YES = "yes"
    PARTLY = "partly"
    DEBATABLE = "debatable"
    UNVERIFIED = "unverified"


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """Anything in a knowledge file: unknown keys are refused, nothing changes after reading."""


class Dated(Record, frozen=True, kw_only=True):
    """A fact with the dates of service it holds for; a missing end means open, a missing start not stated."""

    from_: date | None = field(default=None, name="from")
    until: date | None = None
    sure: Sure = Sure.YES
    sources: tuple[Slug, ...] = ()
    checked: date

    def __post_init__(self) -> None:
        """Hold the dates and the sources to each other."""
        if self.from_ and self.until and self.until < self.from_:
            raise ValueError(f"until {self.until} is before from {self.from_}")
        if not self.sources and self.sure is not Sure.UNVERIFIED:
            raise ValueError("sources are missing")

    def holds(self, day: date) -> bool:
        """Whether the fact is in force on that date of service."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)


class Side(Record, frozen=True, kw_only=True):
    """One reading of a debated fact."""

    text: Prose
    sources: Annotated[tuple[Slug, ...], SOME]

    def __post_init__(self) -> None:
        """Take the text without the space around it."""
        force_setattr(self, "text", self.text.strip())


class Note(Dated, frozen=True, kw_only=True):
    """A billing fact in our own words."""

    text: Prose
    payer: Slug = "all"
    review: date | None = None
    """The day it should be looked at again; past it the reply says so."""
    sides: tuple[Side, ...] = ()
    brief: Annotated[str, _up_to(28)] | None = None
    """A few words for it where it is drawn."""

    def __post_init__(self) -> None:
        """Hold the sides to how sure it is, and take the text without the space around it."""
        super().__post_init__()
        if (self.sure is Sure.DEBATABLE) != (len(self.sides) > 1):
            raise ValueError("a debatable note, and no other, has two or more sides")
        force_setattr(self, "text", self.text.strip())


class Name(Dated, frozen=True, kw_only=True):
    """The official CMS name, exactly as in the code set."""

    text: Annotated[str, _up_to(120)]


class Rate(Note, frozen=True, kw_only=True):
    """Which Medicare physician fee schedule rate the code takes."""

    value: Literal["facility", "nonfacility", "none"]


class Confused(Dated, frozen=True, kw_only=True):
    """A neighbour staff mix this code up with, and the one thing that decides."""

    code: CodeText
    decides: Annotated[str, _up_to(240)]


class Code(Record, frozen=True, kw_only=True):
    """One assigned Place of Service code (knowledge/codes/NN.toml)."""

    code: CodeText
    pick: Annotated[str, _up_to(60)]
    """When to pick it, as a button or list line."""
    aliases: tuple[Phrase, ...] = ()
    """Phrases that by themselves mean this place and no other."""
    shared: tuple[Phrase, ...] = ()
    """Phrases that mean this place or another one; the other claims them too."""
    hints: tuple[Phrase, ...] = ()
    """Words that point here without deciding."""
    signs: tuple[Annotated[tuple[str, ...], SOME], ...] = ()
    """Groups of the vocabulary that together mean this place: ["substance", "overnight"] is 55."""
    settings: Annotated[tuple[str, ...], SOME]
    by_video: tuple[CodeText, ...]
    """What the remote practitioner reports when the patient is in this place; two codes where sources differ."""
    before: CodeText | None = None
    """What was reported for this place before the code came into force, where the facts say."""
    originating_site: Literal["yes", "no", "depends"]
    """Whether this place may bill Medicare's originating site fee."""
    name: Annotated[tuple[Name, ...], SOME]
    meaning: Annotated[tuple[Note, ...], SOME]
    rate: Annotated[tuple[Rate, ...], SOME]
    confused: tuple[Confused, ...] = ()
    telehealth: Annotated[tuple[Note, ...], SOME]
    note: tuple[Note, ...] = ()


class Place(Record, frozen=True, kw_only=True):
    """A place without a code of its own, such as a parked car (knowledge/places.toml)."""

    place: Slug
    title: Annotated[str, _up_to(60)]
    aliases: Annotated[tuple[Phrase, ...], SOME]
    in_person: tuple[CodeText, ...] = ()
    """What a practitioner who is there in person reports; empty where the facts do not say."""
    by_video: tuple[CodeText, ...] = ()
    """What a remote practitioner reports; two codes where sources differ."""
    telehealth: Annotated[tuple[Note, ...], SOME]


class Subject(Record, frozen=True, kw_only=True):
    """What modifiers, topics, denials and payers have in common."""

    title: Annotated[str, _up_to(90)]
    aliases: tuple[Phrase, ...] = ()
    note: Annotated[tuple[Note, ...], SOME]
    """The first is the answer in brief, the rest the detail."""


class Modifier(Subject, frozen=True, kw_only=True):
    """A claim modifier that goes, or is believed to go, with telehealth (knowledge/modifiers/NN.toml)."""

    modifier: Annotated[
        str, Meta(pattern=r"^[0-9A-Z]{2}\Z", description='two capitals or digits in quotes, such as "GT"')
    ]
    pairs_with: tuple[CodeText, ...] = ()


class Topic(Subject, frozen=True, kw_only=True):
    """A question about the field that no single code answers (knowledge/topics/*.toml)."""

    topic: Slug
    intent: Literal["topic", "claim_form", "telehealth", "modifier", "rate", "denial", "date"] = "topic"
    codes: tuple[CodeText, ...] = ()
    """Codes it speaks about."""
    timeline: bool = False
    """Whether it tells a history: then every row is shown, not only those in force on the day."""


class Denial(Subject, frozen=True, kw_only=True):
    """A denial or remark code about place of service (knowledge/denials/*.toml)."""

    denial: Annotated[
        str,
        Meta(pattern=r"^(CARC [0-9]+|RARC [A-Z]+[0-9]+)\Z", description='a code such as "CARC 5" or "RARC M77"'),
    ]


class Payer(Subject, frozen=True, kw_only=True):
    """A payer and what it wants (knowledge/payers/*.toml)."""

    payer: ShortSlug
    """Short, for it travels in the buttons of a chat."""


class SourceRecord(Record, frozen=True, kw_only=True):
    """A page a fact was read in (knowledge/sources.toml), or a team's own rule, by an id that starts with `team-`."""

    title: Annotated[str, _up_to(120)]
    url: Annotated[
        str, Meta(pattern=r"^(https?://\S+)?\Z", description="a web address that starts with https:// or http://")
    ] = ""
    """Empty only where a team's own rule stands on no page."""


class CheckedQuestion(Record, frozen=True, kw_only=True):
    """A question that must keep its answer."""

    q: Annotated[str, _up_to(300)]
    context: tuple[str, ...] = ()
    """Questions asked before it."""
    outcome: Literal["answer", "clarify", "decline"]
    codes: tuple[CodeText, ...] = ()
    """The codes answered, in order, or those asked back with."""


class Checked(Record, frozen=True, kw_only=True):
    """Questions that must keep their answers: checked.toml of a layer."""

    question: tuple[CheckedQuestion, ...] = ()


class Unassigned(Record, frozen=True, kw_only=True):
    """The two-digit values that CMS has given no meaning (knowledge/unassigned.toml)."""

    codes: Annotated[tuple[CodeText, ...], SOME]
    note: Annotated[tuple[Note, ...], SOME]


class Vocabulary(Record, frozen=True, kw_only=True):
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


class Redaction(Record, frozen=True, kw_only=True):
    """What may be kept of a question that found no answer: knowledge/redaction.toml. All words are single and lower case."""

    settings: tuple[str, ...] = ()
    """Words of places and care that no phrase speaks of yet."""
    places: tuple[str, ...] = ()
    """Names that are places too."""
    first_names: tuple[str, ...] = ()
    last_names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Behind these a name follows, whatever it looks like."""
    patients: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    """Behind these and patients, what looks like a name is one."""
    calling: tuple[str, ...] = ()
    """Behind these a last name may stand before its first name."""
    pointing: tuple[str, ...] = ()
    """Before a name that is a place too, these tell the place."""
    verbs: tuple[str, ...] = ()
    """Names that are verbs behind the next."""
    before_verbs: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    """Parts of dates."""
    streets: tuple[str, ...] = ()
    """Kinds of street."""


class EnglishWords(Record, frozen=True, kw_only=True):
    """Words that tell English."""

    words: tuple[Phrase, ...] = ()


class Language(Record, frozen=True, kw_only=True):
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


class Spanish(Record, frozen=True, kw_only=True):
    """What is said in Spanish, and Spanish words put into English."""

    details: Prose
    ask: Prose
    scope: Prose
    unassigned: Prose
    invalid: Prose
    codes: dict[CodeText, Prose] = {}
    """The main point of each code."""
    expand: dict[Phrase, str] = {}


class Languages(Record, frozen=True, kw_only=True):
    """Other languages than English: knowledge/languages.toml."""

    english: EnglishWords
    language: dict[Slug, Language]
    spanish: Spanish


class IntentCue(Record, frozen=True, kw_only=True):
    """One kind of question."""

    cues: tuple[str, ...]
    examples: tuple[str, ...] = ()


class IntentWords(Record, frozen=True, kw_only=True):
    """Kinds of question and the words that show them: knowledge/intents.toml."""

    intent: dict[str, IntentCue] = {}


class FinderOption(Record, frozen=True, kw_only=True):
    """One answer to a question of the finder."""

    key: Annotated[str, Meta(pattern=r"^[a-z0-9]\Z", description="one small letter or digit")]
    """Part of links that people share: it never changes its meaning."""
    label: Annotated[str, _up_to(26)]
    """Fits a button on a phone."""
    say: Annotated[str, _up_to(90)] | None = None
    """What it adds to the question for the engine."""
    to: Slug | None = None
    """The next step; none where the finder ends."""
    codes: tuple[CodeText, ...] = ()
    """At an end, the codes the engine's answer must have."""


class FinderStep(Record, frozen=True, kw_only=True):
    """One question of the finder."""

    ask: Annotated[str, _up_to(80)]
    option: Annotated[
        tuple[FinderOption, ...], Meta(min_length=2, max_length=12, description="a list of 2 to 12 options")
    ]


class FinderTree(Record, frozen=True, kw_only=True):
    """The finder: knowledge/finder.toml. A base without one has no finder."""

    start: Slug = "start"
    step: dict[Slug, FinderStep] = {}
