"""What may be kept of a question that found no answer: the words the bot knows, and blanks for all others.

An allow-list: a word stays only where the knowledge itself uses it in a phrase, or where it is a common word of places
and care (knowledge/redaction.toml). Words that are names too, such as Rose, Hope or Hall, go unless they plainly mean a
thing; so does any word beside a name or behind "Mrs.". Digits stay only where the message calls them a code or modifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core import identifiers
from bot.core.lexicon import PLACES
from bot.core.names import SENTENCE_END, Names, Word
from bot.core.phrases import Phrases
from bot.core.text import Abbreviations, Speller, fold, stem, written
from bot.core.wordlist import WordList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.core.knowledge import Knowledge

BLANK = "___"
"""Stands for one word or more that are not kept."""
MOST_WORDS = 60
"""Words and blanks that are kept of a long story."""
PLAIN_LENGTH = 8
"""Letters from which a word of the vocabulary in capitals is hardly a name."""
A_PIECE = 100
"""Phrases that are gathered between two pauses."""
LONGEST_PLACE = 3
"""Words of a place's name that are looked for in capitals."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|_+")
_LETTERS = {"a", "i", "u"}
"""Letters that are words."""
_WAYS = ("video", "phone", "telehealth")
_FEW = {"one", "two", "three"}
"""Number words that count things; beside another number they may be part of a date or a telephone number."""


class Redactor:
    """Built once a knowledge; keeps nothing of what passes through it."""

    def __init__(self, knowledge: Knowledge, pause: Callable[[], None] = lambda: None) -> None:
        """Gather the words that may stay, and those that are names; `pause` is called now and then meanwhile."""
        kept, vocabulary = knowledge.redaction, knowledge.vocabulary
        abbreviations = Abbreviations(vocabulary.expand)
        self._codes, self._modifiers = knowledge.codes.keys(), knowledge.modifiers.keys()
        self._filler = _stems(vocabulary.filler)
        self._numbers = {*vocabulary.numbers, *kept.dates}
        known = self._filler | abbreviations.words | {*kept.settings, *kept.places}
        everyday: set[str] = set()
        self._names = Names(kept, everyday)
        places: set[str] = set()
        words: set[str] = set()
        for count, phrase in enumerate(Phrases(knowledge, Speller(set(), set(), abbreviations))):
            if count % A_PIECE == 0:
                pause()
            written = phrase.text.split()
            self._names.learn(written)
            words.update(written)
            if phrase.kind in PLACES and 1 < len(written) <= LONGEST_PLACE:
                places.add(" ".join(map(stem, written)))
        known |= _stems(words)
        self._places = WordList(places)
        """Names of kinds of place, in stems."""
        self._names.learn([*vocabulary.filler])
        self._known = known - (self._numbers - _FEW) - {name.lower() for name in self._modifiers}
        payers = [name for payer in knowledge.payers.values() for name in (payer.title.lower(), *payer.aliases)]
        ways = [phrase for way in _WAYS for phrase in vocabulary.groups.get(way, ()) if " " not in phrase]
        self._proper = (
            _stems([*payers, *ways, "medicare", "pos", "cms", "telehealth"]) & self._known
        ) - self._names.all
        """Words that are no name, though they stand in capitals or beside one."""
        everyday.update(self._filler, self._proper)

    def redact(self, text: str) -> str:
        """The words that may be kept of a message, in their order and in lower case, with blanks for the others."""
        shown = written(text)
        called = identifiers.called(shown, self._codes, self._modifiers)
        words = self._words(shown, called)
        kept = self._names.without_neighbours(words, [self._kept(words, at) for at in range(len(words))])
        out: list[str] = []
        for word, stays in zip(words, kept, strict=True):
            if stays or not out or out[-1] != BLANK:
                out.append(word.text if stays else BLANK)
        return " ".join(out[:MOST_WORDS])

    def says_something(self, redacted: str) -> bool:
        """Whether a redacted text still tells what was asked: it holds a word that is more than filler."""
        return any(
            word != BLANK and not word.isdigit() and word not in self._filler and stem(word) not in self._filler
            for word in redacted.split()
        )

    def _words(self, shown: str, called: dict[identifiers.Stretch, str]) -> list[Word]:
        hidden = bytearray(len(shown))
        for first, last in (*identifiers.addresses(shown), *identifiers.numbered(shown)):
            hidden[first:last] = b"\1" * (last - first)
        found = list(_WORD.finditer(shown))
        capitals_tell = _capitals_tell([match[0] for match in found])
        words: list[Word] = []
        end = 0
        for match in _split(found, called):
            start, stop, said = match
            text = fold(said).removesuffix("'s")
            before = shown[end:start]
            opens = not words or SENTENCE_END.search(before) is not None
            capital = capitals_tell and not opens and _is_capital(said)
            is_code = (start, stop) in called
            inside = bool(hidden[start] and hidden[stop - 1]) and not is_code and text != "pos"
            known = text in self._known or stem(text) in self._known
            words.append(Word(text, stem(text), before, capital, inside, known, is_code))
            end = stop
        return words

    def _kept(self, words: Sequence[Word], at: int) -> bool:
        """Whether a word may stay, as far as it stands alone."""
        word = words[at]
        if word.is_hidden or word.is_code:
            return word.is_code
        if len(word.text) == 1:
            return (at > 0 and words[at - 1].text == "part") or (word.text in _LETTERS and not word.is_capital)
        if not word.is_known or self._names.is_called(words, at):
            return False
        if word.text in _FEW:
            return not any(
                beside.is_hidden or beside.text in self._numbers for beside in words[max(at - 1, 0) : at + 2 : 2]
            )
        if self._names.is_name(word):
            return not word.is_capital and self._names.is_thing(words, at)
        plain = word.stem in self._proper or len(word.text) >= PLAIN_LENGTH
        return not word.is_capital or plain or self._names_place(words, at)

    def _names_place(self, words: Sequence[Word], at: int) -> bool:
        """Whether it stands in the name of a kind of place: "Nursing Home"."""
        for start in range(max(0, at - LONGEST_PLACE + 1), at + 1):
            for end in range(max(at + 1, start + 2), min(start + LONGEST_PLACE, len(words)) + 1):
                run = words[start:end]
                if " ".join(word.stem for word in run) in self._places:
                    return not any(self._names.is_name(word) or word.before.strip(" -") for word in run[1:])
        return False


def _stems(phrases: Iterable[str]) -> set[str]:
    return {stem(part) for phrase in phrases for part in fold(phrase).replace("-", " ").replace("/", " ").split()}


def _capitals_tell(said: Sequence[str]) -> bool:
    """Whether most words begin small, so that a capital means something."""
    letters = [word for word in said if len(word) > 1 and word[0].isalpha()]
    return sum(word[0].islower() for word in letters) * 2 >= len(letters)


def _is_capital(said: str) -> bool:
    """Whether it is written as a name: "Rose", not "SNF" nor "SNFs"."""
    return said[:1].isupper() and not said.removesuffix("s").isupper()


def _split(found: Iterable[re.Match[str]], called: dict[identifiers.Stretch, str]) -> Iterator[tuple[int, int, str]]:
    """The words, a code that is joined to its word apart from it: "pos11"."""
    starts = {last: first for first, last in called}
    for match in found:
        start, end = match.span()
        first = starts.get(end, start)
        if start < first:
            yield start, first, match[0][: first - start]
            start = first
        yield start, end, match[0][start - match.start() :]
