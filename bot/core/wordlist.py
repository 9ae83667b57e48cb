"""Very many words, kept only to be asked whether a word is among them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_START = 2
"""Letters by which words are kept together: few enough then to be looked through at once."""
_NONE = "\n"


class WordList:
    """Words without line ends in them, as one text for each two first letters: a tenth of the memory of a set."""

    __slots__ = ("_texts",)

    def __init__(self, words: Iterable[str] = (), texts: Mapping[str, str] | None = None) -> None:
        """Take the words, and the texts of other words that they are added to."""
        together: dict[str, list[str]] = defaultdict(list)
        for word in words:
            together[word[:_START]].append(word)
        added = {start: "\n".join(found) for start, found in together.items()}
        kept = texts or {}
        self._texts = {**kept, **{start: f"{kept.get(start, _NONE)}{text}\n" for start, text in added.items()}}

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and f"\n{word}\n" in self._texts.get(word[:_START], "")

    def with_words(self, words: Iterable[str]) -> WordList:
        """These words and others."""
        return WordList(words, self._texts)
