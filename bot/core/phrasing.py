"""Puts a phrase that is to be taught into form, and says what speaks against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.answers import NOT_UNDERSTOOD
from bot.core.lexicon import Kind
from bot.core.models import Intent, Question
from bot.core.redaction import BLANK
from bot.core.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.engine import Engine
    from bot.core.lexicon import Span

LONGEST = 80
"""Characters of a phrase."""
MOST_WORDS = 10
FEWEST_LETTERS = 3
"""Letters of a phrase of one word."""
_PARTS = re.compile(r"[^\s,;:!?()\"|]+")
_NUMBER = re.compile(r"\d{4,}")
_LEADING = {"at", "in", "on", "off", "out", "from", "under", "inside", "no", "not", "without"}
"""Filler that means something before a place."""
_GENERAL = {Kind.GROUP, Kind.INTENT, Kind.IDIOM}
_MEANING = {Kind.ALIAS, Kind.TELE}
_TITLED = {Kind.TOPIC: "topics", Kind.MODIFIER: "modifiers", Kind.DENIAL: "denials", Kind.PAYER: "payers"}
"""Kinds of phrase that name a record with a title, and where it stands."""


def phrase(text: str, filler: Iterable[str]) -> str:
    """The text as a phrase: lower case, single spaces, without the filler around it, so "what pos for a yurt" is "yurt"."""
    idle = set(filler)
    words = [part.strip(".'-") for part in _PARTS.findall(fold(text))]
    words = [word for word in words if word]
    while words and words[0] in idle - _LEADING:
        words.pop(0)
    while words and len(words[-1]) > 1 and words[-1] in idle:  # "part a" ends in no article
        words.pop()
    return " ".join(words)


def objection(engine: Engine, text: str, code: str | None) -> str | None:
    """Why a phrase cannot be taught to mean the code, or with none to be out of scope; None where nothing is wrong with it."""
    return (
        _formal(engine, text)
        or (_claimed(engine, text, code) if code else _answered(engine, text))
        or _general(engine, text, code)
    )


def means(engine: Engine, text: str, code: str | None) -> bool:
    """Whether a phrase means this code, and no other, already."""
    return any(span.value == code and span.kind in _MEANING for span in engine.named_by(text))


def _formal(engine: Engine, text: str) -> str | None:
    if BLANK in text or "_" in text:
        return "Fill in the blanks first: type the words that were left out, without anything of a patient."
    if not text:
        return "That holds no words of a place: give the words that name it."
    if len(text) > LONGEST or len(text.split()) > MOST_WORDS:
        return f"A phrase has at most {MOST_WORDS} words and {LONGEST} characters: give only those that name the place."
    if engine.holds_patient_data(text) or _NUMBER.search(text):
        return "That looks like it holds patient details; a phrase must hold none."
    if engine.names_code(text):
        return "Leave the code's number out: give only the words that name the place."
    return None


def _claimed(engine: Engine, text: str, code: str | None) -> str | None:
    """What the knowledge already means by the phrase."""
    for span in engine.named_by(text):
        if span.kind in _GENERAL or (span.kind is Kind.HINT and span.value == code):
            continue
        if span.kind in _TITLED:
            return f'"{text}" already names {getattr(engine.knowledge, _TITLED[span.kind])[span.value].title}.'
        if span.kind is Kind.PLACE:
            return f'"{text}" already names a place of its own: {engine.knowledge.places[span.value].title}.'
        return f'"{text}" already {"points to" if span.kind is Kind.HINT else "means"} POS {_either(span)}; what is taught never overrules the knowledge.'
    return None


def _answered(engine: Engine, text: str) -> str | None:
    """What speaks against calling a phrase out of scope: it is so already, or it names what the knowledge answers."""
    named = [span for span in engine.named_by(text) if span.kind not in _GENERAL]
    if named:
        return _claimed(engine, text, None)
    reply = engine.answer(Question(text, engine.knowledge.newest))
    known = reply.intent is Intent.OUT_OF_SCOPE and reply.confidence > NOT_UNDERSTOOD
    return f'"{text}" is already out of scope.' if known else None


def _either(span: Span) -> str:
    return " or ".join(span.value.split("/"))


def _general(engine: Engine, text: str, code: str | None) -> str | None:
    """Whether the phrase would be found in half of all questions; out of scope are words of talk too, if there are several."""
    own, alone = engine.own_words(text)
    if code is None and len(text.split()) > 1:
        return None
    too_short = len(own) == 1 and len(text) < FEWEST_LETTERS
    settings = {*engine.knowledge.redaction.settings, *engine.knowledge.redaction.places}
    everyday = len(own) == 1 and alone and not (own[0] in settings or text in settings)
    if own and not too_short and not everyday:
        return None
    return f'"{text}" alone is too general: it stands in too many questions. Give the words around it too.'
