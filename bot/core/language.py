"""Tells other languages from English: Spanish is put into English words, all others are told what is spoken.

By script and by telling words, as a question has five words and half of them are names and abbreviations.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core import numbers
from bot.core.cards import notice, with_end
from bot.core.models import Card, Intent, Outcome, Reply
from bot.core.text import LONGEST, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core.knowledge import Knowledge
from bot.core.models import Question

SPANISH = "es"
SPOKEN = "I answer in English, and understand plain questions in Spanish too."
TELLING, WEAK, ENGLISH = 2, 1, 1
"""What a word of a language speaks for it; an English word speaks against all others."""
FEWEST_WEAK = 3
"""Weak words that tell a language without a telling one."""
MOST_LETTERS = 3
"""Letters of a script that count, so that a long text in it does not outweigh everything."""
LONGEST_PHRASE = 6
"""Words of the longest Spanish phrase."""
DECLINED = 0.9
"""How sure a question is of another language, once that is said."""
_WORD = re.compile(r"[^\W\d_]+")
_GAPS = re.compile(r"(\W+)")
_SPACES = re.compile(r"\s+")
_DIGITS_ONLY = numbers.NumberWords({})


@dataclass(slots=True)
class _Count:
    """What speaks for one language."""

    telling: int = 0
    weak: int = 0

    @property
    def weight(self) -> int:
        return TELLING * self.telling + WEAK * self.weak

    @property
    def enough(self) -> bool:
        return self.telling > 0 or self.weak >= FEWEST_WEAK


class Languages:
    """Built once a knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Gather the words of all languages."""
        self._languages = knowledge.languages.language
        self._spanish = knowledge.languages.spanish
        self._english = frozenset(knowledge.languages.english.words)
        self._telling: dict[str, list[str]] = defaultdict(list)
        self._weak: dict[str, list[str]] = defaultdict(list)
        for name, language in self._languages.items():
            for table, phrases in ((self._telling, language.telling), (self._weak, language.weak)):
                for phrase in phrases:
                    table[phrase].append(name)
        letters = {name: language.letters for name, language in self._languages.items() if language.letters}
        self._letters = {name: re.compile(f"[{each}]") for name, each in letters.items()}

    def spoken(self, text: str) -> str | None:
        """The language of a question as it stands in the knowledge; None for English and where it is not sure."""
        words = _WORD.findall(fold(text))
        counts: dict[str, _Count] = {}
        for phrase in dict.fromkeys((*words, *map(" ".join, pairwise(words)))):
            for name in self._telling.get(phrase, ()):
                counts.setdefault(name, _Count()).telling += 1
            for name in self._weak.get(phrase, ()):
                counts.setdefault(name, _Count()).weak += 1
        if not text.isascii():
            self._count_letters(counts, text)
        if not counts:
            return None
        against = ENGLISH * len(self._english.intersection(words))
        likeliest = max((name for name in self._languages if name in counts), key=lambda name: counts[name].weight)
        count = counts[likeliest]
        return likeliest if count.enough and count.weight > against else None

    def _count_letters(self, counts: dict[str, _Count], text: str) -> None:
        lowered = text[:LONGEST].lower()
        for name, letters in self._letters.items():
            found = len(letters.findall(lowered))
            if found:
                counts.setdefault(name, _Count()).telling += min(found, MOST_LETTERS)

    def answered(self, question: Question, answer: Callable[[Question], Reply]) -> Reply:
        """The answer to a question in any language, closed with a line for who writes another than English."""
        language = self.spoken(question.text)
        if language is None:
            return answer(self._with_context(question))
        if language == SPANISH:
            return self._closed(answer(replace(self._with_context(question), text=self._in_english(question.text))))
        line = self._line(language)
        named = _named_codes(question.text)
        if named:
            return with_end(answer(replace(question, text=named, context=())), line)
        card = Card("", (notice(line),))
        day = question.on or question.today
        return Reply(question.text, Outcome.DECLINE, Intent.OUT_OF_SCOPE, day, (card,), confidence=DECLINED)

    def _with_context(self, question: Question) -> Question:
        """The question with what was asked in Spanish before it put into English."""
        spoken = [self._in_english(text) if self.spoken(text) == SPANISH else text for text in question.context]
        return replace(question, context=tuple(spoken)) if spoken else question

    def _in_english(self, text: str) -> str:
        """A Spanish text with what the knowledge knows put into English; the rest stays."""
        return "".join(self._put(_GAPS.split(_SPACES.sub(" ", fold(text)))))

    def _put(self, parts: list[str]) -> Iterator[str]:
        """Words and the gaps between them, the longest phrase known at each word put into English."""
        at = 0
        while at < len(parts):
            for end in range(min(at + 2 * LONGEST_PHRASE - 1, len(parts)), at, -2):
                meant = self._spanish.expand.get("".join(parts[at:end]))
                if meant is not None:
                    yield meant
                    at = end
                    break
            else:
                yield parts[at]
                at += 1

    def _line(self, language: str) -> str:
        """What this bot speaks, in English and where known in the asker's language."""
        return " ".join(filter(None, (SPOKEN, self._languages[language].line)))

    def _closed(self, reply: Reply) -> Reply:
        """The reply with its main point in Spanish at the end."""
        return with_end(reply, self._in_spanish(reply))

    def _in_spanish(self, reply: Reply) -> str:
        """The main point of a reply in Spanish."""
        if reply.outcome is Outcome.DECLINE:
            told = {Intent.UNASSIGNED: self._spanish.unassigned, Intent.INVALID: self._spanish.invalid}
            return " ".join(filter(None, ("En español:", told.get(reply.intent), self._spanish.scope)))
        codes = [choice.code for choice in reply.choices] or reply.codes
        points = "; ".join(f"POS {code}: {self._spanish.codes[code]}" for code in codes if code in self._spanish.codes)
        asked = self._spanish.ask if reply.outcome is Outcome.CLARIFY else self._spanish.details
        return " ".join(filter(None, ("En español:", points and f"{points}.", asked)))


def _named_codes(text: str) -> str:
    """The codes that a question names for certain, as an English question; empty where there are none."""
    found = numbers.find(fold(text), _DIGITS_ONLY)
    return " versus ".join(f"pos {number.value}" for number in found) if any(number.marked for number in found) else ""
