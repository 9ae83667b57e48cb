"""Weak evidence from the words alone: which codes' descriptions share rare words with the question."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from bot.core.text import CLAUSE, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.core.knowledge import Knowledge

FLOOR = 88.0
"""Least rapidfuzz score of an alias to be taken for the question; below it the question is declined."""
CLEAR = 6.0
"""Least lead over the best alias of another code; within it the bot asks back."""


class Likeness:
    """Built once a knowledge; asked for every question that rules leave open."""

    def __init__(self, knowledge: Knowledge, filler: Iterable[str]) -> None:
        """Index the words of each code and its aliases."""
        self._filler = {word for phrase in filler for word in plain(phrase).split()}
        bags = self._bags(knowledge)
        spread = Counter(word for bag in bags.values() for word in bag)
        self._weight = {word: math.log(1 + len(bags) / count) for word, count in spread.items()}
        self._codes_with: dict[str, list[str]] = defaultdict(list)
        for code, bag in bags.items():
            for word in bag:
                self._codes_with[word].append(code)
        aliases = [(alias, code) for code, record in knowledge.codes.items() for alias in record.aliases]
        self._alias_codes = [code for _, code in aliases]
        # Sorted once, `ratio` over these is `token_sort_ratio` over the aliases at a fifth of its time.
        self._aliases = [_in_order(plain(alias).split()) for alias, _ in aliases]

    def _bags(self, knowledge: Knowledge) -> dict[str, set[str]]:
        """The words of each code. A team's phrases lend only words of their own, so that they leave alone what the others weigh."""
        bags: dict[str, set[str]] = {}
        teams: dict[str, set[str]] = {}
        for code, record in knowledge.codes.items():
            texts = {*record.aliases, *record.hints, *record.shared, *record.settings, record.name[-1].text}
            bags[code] = self._words(texts - knowledge.added)
            teams[code] = self._words(texts & knowledge.added)
        common = set().union(*bags.values())
        return {code: bag | teams[code] - common for code, bag in bags.items()}

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
        found = process.extract(text, self._aliases, scorer=fuzz.ratio, score_cutoff=FLOOR - CLEAR, limit=8)
        for _, score, index in found:
            code = self._alias_codes[index]
            best[code] = max(best.get(code, 0.0), score)
        return best


def _in_order(words: Iterable[str]) -> str:
    return " ".join(sorted(words))
