"""Tells names from words: what stands as a name in a message, though it may be an everyday word too.

By titles and persons before it, capitals, first names beside it, and a list of names common in the US. It errs on the
side of a name: what is kept of a message must hold none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.text import stem

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from bot.core.schema import Redaction

MOST_NAMES = 3
"""Words that may belong to a name behind "Mrs."."""
SENTENCE_END = re.compile(r"[.!?\n]")
_BETWEEN = {"is", "was", "of", "s"}
"""May stand between somebody and the name."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a message, with what is told by how it stands there."""

    text: str
    """In lower case."""
    stem: str
    before: str
    """What stands between it and the word before."""
    is_capital: bool
    """Whether it begins with a capital where a sentence gives it none."""
    is_hidden: bool
    """Whether it is part of a number or an address."""
    is_known: bool
    """Whether the knowledge uses it."""
    is_code: bool
    """Whether it is a number that the message calls a code or a modifier."""


class Names:
    """Built once a knowledge."""

    def __init__(self, cues: Redaction, everyday: Container[str]) -> None:
        """Take the words that tell names, and stems that are no names by themselves."""
        self._cues = cues
        self._everyday = everyday
        self._places = frozenset(cues.places)
        self._persons = frozenset((*cues.patients, *cues.persons))
        self._opening = self._persons.union(cues.calling)
        """Behind these a last name may stand before its first name."""
        self._first = frozenset(cues.first_names)
        self.all = self._first.union(cues.last_names)
        self._as_written: set[str] = set()
        """The words of phrases, plurals as they are: "does" is no Mr. Doe."""
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        """The phrases of several words, not all of them names, by each word in them that is a name."""

    def learn(self, written: Sequence[str]) -> None:
        """Take in a phrase of the knowledge by its words."""
        self._as_written.update(written)
        if len(written) > 1:
            words = tuple(map(stem, written))
            names = self.all.intersection(words)
            if names and not self.all.issuperset(words):
                for name in names:
                    self._phrases.setdefault(name, []).append(words)

    def is_called(self, words: Sequence[Word], at: int) -> bool:
        """Whether it stands where a name does: behind a title, or behind a person and looking like one."""
        looks = words[at].is_capital or self.is_name(words[at])
        behind_patient = at and words[at - 1].text in self._cues.patients and not words[at].before.strip()
        if behind_patient and any(word.is_hidden for word in words):
            return self._may_be_one(words[at])
        for back in range(1, MOST_NAMES + 1):
            if at < back or SENTENCE_END.search(words[at - back + 1].before.replace(".", "", back)) is not None:
                return False
            before = words[at - back]
            if before.text in self._cues.titles:
                told = all(word.text in _BETWEEN for word in words[at - back + 1 : at])  # "her name is ..."
                return back == 1 or looks or (told and self._may_be_one(words[at]))
            if before.text in self._persons:
                return looks and not self.is_thing(words, at, alone=True)
            if not (before.text in _BETWEEN or before.is_capital or self.is_name(before) or not before.is_known):
                return False
        return False

    def is_name(self, word: Word) -> bool:
        """Whether it is one, or the plural of one that no phrase holds."""
        return word.text in self.all or (word.stem in self.all and word.text not in self._as_written)

    def is_thing(self, words: Sequence[Word], at: int, *, alone: bool = False) -> bool:
        """Whether a word that is a name too means a thing: in a phrase, behind a word that points, or as a verb."""
        word = words[at]
        before = words[at - 1].text if at else ""
        behind = words[at + 1] if at + 1 < len(words) else None
        if word.text in self._cues.verbs:
            return before in self._cues.before_verbs and not (behind and self.is_name(behind))
        if word.text in self._places or word.stem in self._places:
            street = behind is not None and behind.text in self._cues.streets
            if not (alone or street) and self._is_pointed_at(words, at):
                return True
        elif word.text in self._first:
            return False
        return self._in_phrase(words, at)

    def _is_pointed_at(self, words: Sequence[Word], at: int) -> bool:
        """Whether a word before it tells that a place is meant: "at the church", "at summer camp"."""
        while at and not words[at].before.strip():
            at -= 1
            if words[at].text in self._cues.pointing:
                return True
            if words[at].text not in self._places or words[at].is_capital:
                return False
        return False

    def _in_phrase(self, words: Sequence[Word], at: int) -> bool:
        """Whether it stands in a phrase of several words that the knowledge uses, word for word."""
        for phrase in self._phrases.get(words[at].stem, ()):
            for offset, part in enumerate(phrase):
                start = at - offset
                inside = words[start : start + len(phrase)] if start >= 0 else ()
                if part == words[at].stem and tuple(word.stem for word in inside) == phrase:
                    return not any(word.is_capital or word.before.strip(" -/'") for word in inside[1:])
        return False

    def without_neighbours(self, words: Sequence[Word], kept: list[bool]) -> list[bool]:
        """Without the words beside a name that went, those joined to what went, initials, and streets."""
        for at in range(len(words)):
            kept[at] = kept[at] and not (self._follows_name(words, kept, at) or self._is_initial(words, kept, at))
        for at in range(len(words) - 1):  # "Home, Virginia"
            behind = words[at + 1]
            comma = behind.before.strip() == "," and not kept[at + 1]
            opens = at == 0 or words[at - 1].is_hidden or words[at - 1].text in self._opening
            first = behind.text in self._first and (opens or self.is_name(words[at]))
            names = comma and (first or (opens and behind.text in self.all))
            kept[at] = kept[at] and not (names and self._may_be_one(words[at]))
        return kept

    def _follows_name(self, words: Sequence[Word], kept: Sequence[bool], at: int) -> bool:
        """Whether it stands right behind a first name or a capital that went, is joined to what went, or is its street."""
        word, back = words[at], at - 1
        if back > 0 and len(words[back].text) == 1 and not kept[back]:
            back -= 1  # an initial
        if back < 0 or kept[back] or not self._may_be_one(word):
            return False
        before = words[back]
        close = not word.before.strip(" ,.") and "\n" not in word.before
        joined = word.before in {"-", "'"}
        street = word.text in self._cues.streets and not word.before.strip()
        return (close and (before.text in self._first or before.is_capital)) or joined or street

    @staticmethod
    def _is_initial(words: Sequence[Word], kept: Sequence[bool], at: int) -> bool:
        """Whether a single letter stands behind a word that went and before a full stop: "Grace A. Hall"."""
        if len(words[at].text) > 1 or at == 0 or kept[at - 1]:
            return False
        return at + 1 < len(words) and words[at + 1].before.startswith(".")

    def _may_be_one(self, word: Word) -> bool:
        return not (word.is_code or word.stem in self._everyday)
