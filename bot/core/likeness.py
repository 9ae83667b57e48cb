"""Weak evidence from the words alone: which codes' descriptions share rare words with the question."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from bot.core.text import CLAUSE, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.knowledge import Knowledge

FLOOR = 88.0
"""Least rapidfuzz score of an alias to be taken for the question; below it the question is declined."""
CLEAR = 6.0
"""Least lead over the best alias of another code; within it the bot asks back."""


class Likeness:
    """Built once a knowledge; asked for every question that rules leave open."""

    def __init__(self, knowledge: Knowledge, filler: Iterable[str]) -> None:
        """Keep the knowledge, and the words that mean nothing."""
        self._filler = {word for phrase in filler for word in plain(phrase).split()}
        self._knowledge = knowledge

    def warming(self) -> Iterator[None]:
        """Make what the first question is scored by, in two pieces."""
        self.scores(["clinic"])
        yield
        self.fuzzy(["clinic"])
        yield

    @cached_property
    def _codes_with(self) -> dict[str, list[str]]:
        """The codes that each word speaks for; made for the first question that asks for scores, as the weights are."""
        codes_with: dict[str, list[str]] = defaultdict(list)
        for code, bag in self._bags(self._knowledge).items():
            for word in bag:
                codes_with[word].append(code)
        return dict(codes_with)

    @cached_property
    def _weight(self) -> dict[str, float]:
        """What each word weighs: the fewer codes it speaks for, the more."""
        many = len(self._knowledge.codes)
        return {word: math.log(1 + many / len(codes)) for word, codes in self._codes_with.items()}

    @cached_property
    def _aliases(self) -> tuple[list[str], list[str]]:
        """Aliases with their words sorted, and their codes; made for the first question that nothing else answers.

        `ratio` over these is `token_sort_ratio` over the aliases at a fifth of its time.
        """
        pairs = [(alias, code) for code, record in self._knowledge.codes.items() for alias in record.aliases]
        return [_in_order(plain(alias).split()) for alias, _ in pairs], [code for _, code in pairs]

    def _bags(self, knowledge: Knowledge) -> dict[str, set[str]]:
        """The words of each code. A team's phrases lend none: they count whole, so that they leave alone what the others weigh."""
        return {
            code: self._words(
                {*record.aliases, *record.hints, *record.shared, *record.settings, record.name[-1].text}
                - knowledge.added
            )
            for code, record in knowledge.codes.items()
        }

    def _words(self, texts: Iterable[str]) -> set[str]:
        return {word for text in texts for word in plain(text).split()} - self._filler

    def content(self, tokens: Sequence[str]) -> list[str]:
        """The words that carry meaning."""
        return [token for token in tokens if token != CLAUSE and token not in self._filler and not token.isdigit()]

    def scores(self, tokens: Sequence[str]) -> dict[str, float]:
        """Codes by shared words, rare ones counting more; 1 is a question explained whole."""
        content = dict.fromkeys(self.content(tokens))
        total = sum(self._weight.get(word, 4.0) for word in content)
        if not total:
            return {}
        scores: dict[str, float] = defaultdict(float)
        for word in content:
            for code in self._codes_with.get(word, ()):
                scores[code] += self._weight[word] / total
        return dict(scores)

    def fuzzy(self, tokens: Sequence[str]) -> Mapping[str, float]:
        """Codes whose alias reads almost like the whole question, by rapidfuzz, best alias a code."""
        text = _in_order(self.content(tokens))
        if len(text) < 4:  # noqa: PLR2004 - too short to be like anything
            return {}
        best: dict[str, float] = {}
        aliases, codes = self._aliases
        found = process.extract(text, aliases, scorer=fuzz.ratio, score_cutoff=FLOOR - CLEAR, limit=8)
        for _, score, index in found:
            code = codes[index]
            best[code] = max(best.get(code, 0.0), score)
        return best


def _in_order(words: Iterable[str]) -> str:
    return " ".join(sorted(words))
