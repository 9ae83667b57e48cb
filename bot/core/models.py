"""What goes into the engine and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date


class Outcome(StrEnum):
    """How a question ended."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    DECLINE = "decline"


class Intent(StrEnum):
    """What kind of question it is."""

    CODE = "code"
    DESCRIBE = "describe"
    COMPARE = "compare"
    RATE = "rate"
    MODIFIER = "modifier"
    TELEHEALTH = "telehealth"
    DENIAL = "denial"
    CLAIM_FORM = "claim_form"
    DATE = "date"
    TOPIC = "topic"
    UNASSIGNED = "unassigned"
    INVALID = "invalid"
    FOLLOWUP = "followup"
    SMALLTALK = "smalltalk"
    OUT_OF_SCOPE = "out_of_scope"


class Match(StrEnum):
    """What the answer rests on, surest first."""

    EXACT = "exact"
    ALIAS = "alias"
    RULE = "rule"
    FUZZY = "fuzzy"
    NONE = "none"


class Part(StrEnum):
    """What a block of a card tells; channels pick their looks by it."""

    NOTICE = "notice"
    MEANING = "meaning"
    TELEHEALTH = "telehealth"
    RATE = "rate"
    WATCH_OUT = "watch_out"
    SETTINGS = "settings"
    DATES = "dates"
    MODIFIERS = "modifiers"
    PAYER = "payer"
    NOTE = "note"
    CHOICES = "choices"
    EXAMPLES = "examples"


class Source(NamedTuple):
    """Where a fact is written and when it was last checked there."""

    title: str
    url: str
    checked: date


@dataclass(frozen=True)
class Block:
    """One labelled passage of a card."""

    part: Part
    label: str
    """Words before the passage, for example "Medicare rate"; empty for none."""
    lines: tuple[str, ...]
    short: bool = True
    """Whether it belongs to the short form that fits one phone screen."""

    @cached_property
    def text(self) -> str:
        """The passage as plain lines; kept, as most blocks are told in many replies."""
        if self.part in _LISTS:
            return "\n".join([self.label, *self.lines] if self.label else self.lines)
        told = "\n".join(self.lines)
        return f"{self.label}: {told}" if self.label else told


_LISTS = frozenset({Part.CHOICES, Part.EXAMPLES})
"""Parts that are lists: their label stands on a line of its own."""


@dataclass(frozen=True, slots=True)
class Card:
    """One subject as a person reads it: a heading, passages, and what they rest on."""

    head: str
    """For a code "POS 10 - Telehealth Provided in Patient's Home"; may be empty for plain talk."""
    blocks: tuple[Block, ...] = ()
    sources: tuple[Source, ...] = ()
    code: str | None = None
    """The two-digit code the card is about, where it is about one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two to four codes offered when the question leaves it open."""

    code: str
    label: str
    """When to pick it, short enough for a button."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it reached a channel."""

    text: str
    today: date
    """The day it is asked; the engine has no clock of its own."""
    on: date | None = None
    """Date of service, where the channel or the caller gave one."""
    payer: str | None = None
    """Payer named by the caller or set for the chat."""
    context: tuple[str, ...] = ()
    """The asker's earlier questions, oldest first."""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the engine answers; channels draw `cards`, programs read the rest."""

    question: str
    outcome: Outcome
    intent: Intent
    as_of: date
    """The date of service answered for, else the day of asking."""
    cards: tuple[Card, ...]
    id: str | None = None
    codes: tuple[str, ...] = ()
    """Codes answered; the first is the lead."""
    choices: tuple[Choice, ...] = ()
    """Two to four where the outcome is clarify, else none."""
    confidence: float = 0.0
    """Between 0 and 1."""
    match: Match = Match.NONE
    payer: str | None = None
    """The payer of the knowledge that was asked about, in the question or by the caller."""
