"""Every phrase of the knowledge and what it names, and how a phrase is read into words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core import numbers
from bot.core.lexicon import TURNING, Entry, Kind, Phrase
from bot.core.placement import TELEHEALTH
from bot.core.text import CLAUSE, fold, plain, stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.schema import Subject
    from bot.core.text import Speller

LONG_PHRASE = 4
"""Words from which a phrase is plain enough to be found with others between."""
OTHER_MODIFIERS = {"26"}
"""Modifiers whose two characters mean too many things to be read bare."""


class Phrases:
    """The phrases of one knowledge, in the form in which questions are read."""

    def __init__(self, knowledge: Knowledge, speller: Speller) -> None:
        """Keep what phrases are taken from and read with."""
        self._knowledge = knowledge
        self._speller = speller
        self._numbers = numbers.NumberWords(knowledge.vocabulary.numbers)

    def entry(self, phrase: Phrase, plain: Sequence[str] = ()) -> Entry:
        """The phrase in words; `plain` are the tokens of its words where each has one."""
        is_plain = plain and not self._speller.shortens(plain)
        tokens = tuple(plain) if is_plain else self.tokens(phrase.text)
        # "nursing visit at home" is no nursing home
        exact = phrase.exact or tokens[1:] == ("home",) or not TURNING.isdisjoint(tokens)
        return Entry(tokens, phrase.kind, phrase.value, exact)

    def tokens(self, text: str) -> tuple[str, ...]:
        """The words of a phrase."""
        stems = [token for token in words(self._numbers.written(fold(text))) if token != CLAUSE]
        return tuple(self._speller.read(stems))

    def plain(self, word: str) -> str:
        """The one token that a word becomes where it is part of no abbreviation; empty where there is no such token."""
        plainly = word.isascii() and word.isalnum() and word == word.lower() and word not in self._numbers
        found = stem(word)
        return found if plainly and self._speller.stays(found) else ""

    def may_shorten(self, token: str) -> bool:
        """Whether it may be read as part of an abbreviation, by what stands beside it."""
        return self._speller.may_shorten(token)

    def __iter__(self) -> Iterator[Phrase]:
        yield from self._codes()
        for slug, place in self._knowledge.places.items():
            for alias in place.aliases:
                yield Phrase(alias, Kind.PLACE, slug)
        yield from self._words()
        yield from self._subjects()
        yield from self._claim_codes()

    def _words(self) -> Iterator[Phrase]:
        """Groups, idioms and cues: always as written."""
        for group, phrases in self._knowledge.vocabulary.groups.items():
            for phrase in phrases:
                yield Phrase(phrase, Kind.GROUP, group, exact=True)
        for idiom in self._knowledge.vocabulary.idioms:
            yield Phrase(idiom, Kind.IDIOM, idiom, exact=True)
        for intent, cue in self._knowledge.intents.intent.items():
            for phrase in cue.cues:
                yield Phrase(phrase, Kind.INTENT, intent, exact=True)

    def _subjects(self) -> Iterator[Phrase]:
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
                    yield Phrase(alias, kind, name, exact)

    def _claim_codes(self) -> Iterator[Phrase]:
        """Modifiers and denials by their own characters."""
        for name, modifier in self._knowledge.modifiers.items():
            own = [f"modifier {name.lower()}", f"{name.lower()} modifier", *modifier.aliases]
            own += [] if name in OTHER_MODIFIERS else [name.lower()]
            for alias in own:
                yield Phrase(alias, Kind.MODIFIER, name, exact=True)
        for name in self._knowledge.denials:
            for spelling in _denial_spellings(name):
                yield Phrase(spelling, Kind.DENIAL, name, exact=True)

    def _codes(self) -> Iterator[Phrase]:
        """Codes by alias, official name, shared phrase and hint."""
        claims: dict[str, list[str]] = {}
        for code, record in self._knowledge.codes.items():
            for phrase in record.shared:
                claims.setdefault(phrase, []).append(code)
        claimed = {plain(phrase) for phrase in claims}
        for code, record in self._knowledge.codes.items():
            names = [name.text.lower() for name in record.name if plain(name.text) not in claimed]
            for alias in dict.fromkeys([*record.aliases, *names]):
                yield Phrase(alias, Kind.TELE if code in TELEHEALTH else Kind.ALIAS, code)
            for hint in record.hints:
                yield Phrase(hint, Kind.HINT, code)
        for phrase, codes in claims.items():
            tele = set(codes) <= set(TELEHEALTH)
            yield Phrase(phrase, Kind.TELE if tele else Kind.SHARED, "/".join(sorted(codes)))


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


_PROSE = re.compile(r"[a-z]+")


def prose_words(knowledge: Knowledge) -> set[str]:
    """Words of the notes: real words that are not to be mended into others."""
    texts = [setting for record in knowledge.codes.values() for setting in record.settings]
    for kind in ("codes", "topics", "modifiers", "denials", "payers"):
        for record in getattr(knowledge, kind).values():
            for name in ("meaning", "telehealth", "note"):
                texts += [note.text for note in getattr(record, name, ())]
    return {stem(word) for word in set(_PROSE.findall("\n".join(texts).lower()))}
