"""Cleaning a question: one form for all ways of typing the same words."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from collections.abc import Set as AbstractSet

LONGEST = 4096
"""Characters of a question that are read; Telegram's own limit."""

CLAUSE = "|"
"""Stands between clauses in a list of words, so that rules do not look across a comma."""

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\x00-\x08\x0e-\x1f]")
_MARKS = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": " - ",
    }
)
_SHORTHAND = (
    ("w/o", re.compile(r"\bw/o\b"), " without "),
    ("w/", re.compile(r"\bw/"), " with "),
    ("f/u", re.compile(r"\bf/u\b"), " follow up "),
    ("/", re.compile(r"\b(?:n/a|b/c)\b"), " "),
    ("can't", re.compile(r"\bcan't\b"), "cannot"),
    ("n't", re.compile(r"n't\b"), " not"),
    ("'s", re.compile(r"'s\b"), ""),
    ("s'", re.compile(r"s'(?=\s|$)"), "s"),
    ("@", re.compile(r"@"), " at "),
    ("&", re.compile(r"&"), " and "),
    ("+", re.compile(r"\+"), " and "),
)
"""What is written out, each with characters without which it is not there."""
_GREETING = re.compile(
    r"^(?:\W*\b(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day))(?: (?:team|everyone|everybody|guys|folks|there))?"
    r"|(?:a |just a )?quick question|please help|please|pls|plz)\b[\s,.!:;-]*)+"
)
# It starts only where a run of separators does, so that a long run is not tried from each of its places.
_THANKS = re.compile(
    r"(?<![\s,.!?;:-])(?:[\s,.!?;:-]*\b(?:(?:please|pls|plz)(?: (?:advise|help))?|tia|(?:i )?appreciate it"
    r"|much appreciated|(?:many |much )?(?:thanks|thank you|thank u|thx|ty)(?: (?:in advance|so much|a lot))?)\b){1,4}"
    r"[\s,.!?;:-]*$"
)
_VOWELS_AND_DOUBLES = re.compile(r"[aeiou]|([a-z])(?=\1)")
SHORT_WORD, LONG_WORD = 4, 8
"""Letters up to which a word is not mended by likeness, and from which two slips are."""
FEWEST_BONES, MOST_VOWELS = 3, 2
"""Consonants that tell a word, and vowels that may be left among them."""
_WORD = re.compile(r"([^\W_]+(?:'[^\W_]+)?)|[,;:!?\n()|]|\s/\s|\.(?=\s|$)| - |\.\.+")
"""A word, or nothing in its place where a clause ends."""


def fold(text: str) -> str:
    """Lower case, no accents, no invisible characters, straight quotes; the marks between words stay."""
    if text.isascii() and text.isprintable():
        return text[:LONGEST].lower().replace("`", "'")
    return _without_accents(_decomposed(text).casefold())


def written(text: str) -> str:
    """The same with capitals left as they are."""
    return _without_accents(_decomposed(text))


def _decomposed(text: str) -> str:
    visible = _INVISIBLE.sub("", text[:LONGEST]).translate(_MARKS)
    return unicodedata.normalize("NFKD", visible)


def _without_accents(decomposed: str) -> str:
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def bare(folded: str) -> str:
    """A folded text without the polite words around it, which say nothing; as it is where it holds nothing else."""
    return _THANKS.sub("", _GREETING.sub("", folded)) or folded


def plain(text: str) -> str:
    """Stemmed words with single spaces: the form in which phrases are compared."""
    return " ".join(word for word in words(fold(text)) if word != CLAUSE)


def words(folded: str) -> list[str]:
    """Stemmed words of a folded text, with a mark between clauses."""
    if folded.isascii() and folded.replace(" ", "").isalnum():
        return [stem(word) for word in folded.split()]
    for sign, pattern, replacement in _SHORTHAND:
        if sign in folded:
            folded = pattern.sub(replacement, folded)
    return [stem(word) if word else CLAUSE for word in _WORD.findall(folded)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The word without a plural ending; numbers and short words stay as they are."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1]


class Abbreviations:
    """The abbreviations of a vocabulary, looked up by their first word, longer ones first."""

    def __init__(self, expand: Mapping[str, str]) -> None:
        """Take each abbreviation with what it means."""
        meanings = {tuple(words(key)): words(value) for key, value in expand.items()}
        self._by_first: dict[str, list[tuple[list[str], list[str]]]] = defaultdict(list)
        for key in sorted(meanings, key=len, reverse=True):
            self._by_first[key[0]].append((list(key), meanings[key]))
        self._short = {key[0] for key in meanings if len(key) == 1}
        self._pairs = {(key[0], key[1]) for key in meanings if len(key) > 1}
        """Both tell that no abbreviation is there, faster than looking for each."""
        self.words = frozenset(chain.from_iterable(meanings))

    def may_be_in(self, tokens: Sequence[str]) -> bool:
        """Whether there may be one among words."""
        return not (self._short.isdisjoint(tokens) and self._pairs.isdisjoint(pairwise(tokens)))

    def written_out(self, tokens: list[str]) -> list[str]:
        """The words with abbreviations written out; the very same list where none is there."""
        if not self.may_be_in(tokens):
            return tokens
        out: list[str] = []
        at = 0
        while at < len(tokens):
            for key, meaning in self._by_first.get(tokens[at], ()):
                if tokens[at : at + len(key)] == key:
                    out.extend(meaning)
                    at += len(key)
                    break
            else:
                out.append(tokens[at])
                at += 1
        return out


class Speller:
    """Maps slips to words the knowledge uses; words only, a number is never changed."""

    def __init__(
        self, vocabulary: set[str], readable: Container[str], abbreviations: Abbreviations, *more: AbstractSet[str]
    ) -> None:
        """Take words worth correcting to, further words known to be right, abbreviations, and more known words."""
        self._vocabulary = vocabulary
        self._few, self._many = vocabulary.union(*more), readable
        self._abbreviations = abbreviations
        self._corrected: dict[str, list[str]] = {}

    @cached_property
    def _by_initial(self) -> dict[str, list[str]]:
        """The words worth correcting to by their first letter, in which nobody slips."""
        by_initial: dict[str, list[str]] = defaultdict(list)
        for word in sorted({word for word in self._vocabulary if len(word) >= SHORT_WORD and word.isalpha()}):
            by_initial[word[0]].append(word)
        return by_initial

    @cached_property
    def _by_bones(self) -> dict[str, list[str]]:
        """The words worth correcting to by their consonants; made when the first slip is met."""
        by_bones: dict[str, list[str]] = defaultdict(list)
        for word in chain.from_iterable(self._by_initial.values()):
            by_bones[_bones(word)].append(word)
        return by_bones

    def stays(self, word: str) -> bool:
        """Whether it is read as it stands, where it is part of no abbreviation."""
        return self._mend(word) == [word]

    def may_shorten(self, word: str) -> bool:
        """Whether it may be part of an abbreviation."""
        return word in self._abbreviations.words

    def shortens(self, tokens: Sequence[str]) -> bool:
        """Whether there may be an abbreviation among words."""
        return self._abbreviations.may_be_in(tokens)

    def warm(self) -> None:
        """Make what the first slip is mended by."""
        self._nearest("clnc")

    def read(self, tokens: list[str]) -> list[str]:
        """The words with abbreviations written out and slips mended."""
        expanded = self._abbreviations.written_out(tokens)
        if expanded is tokens and all(map(self._knows, tokens)):
            return tokens
        return self._abbreviations.written_out([mended for word in expanded for mended in self._mend(word)])

    def word(self, word: str) -> str:
        """One word of letters, mended; it comes back as it is where it is known."""
        return word if self._knows(word) or self._knows(stem(word)) else " ".join(self._mend(word))

    def _knows(self, word: str) -> bool:
        return word in self._few or word in self._many

    def _mend(self, word: str) -> list[str]:
        if self._knows(word) or not word.isalpha() or len(word) < SHORT_WORD:
            return [word]
        if word not in self._corrected:
            if len(self._corrected) > 20_000:
                self._corrected.clear()
            self._corrected[word] = self._nearest(word)
        return self._corrected[word]

    def _nearest(self, word: str) -> list[str]:
        """The word meant: one slip away, two words run together, two slips away, or one with its vowels left out."""
        near = self._slipped(word, 1)
        split = None if near else self._split(word)
        if split:
            return split
        meant = near or (self._slipped(word, 2) if len(word) >= LONG_WORD else None) or self._voweless(word)
        return [meant] if meant else [word]

    def _slipped(self, word: str, slips: int) -> str | None:
        if len(word) <= SHORT_WORD:
            return None
        near = self._by_initial.get(word[0], ())
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=slips, limit=1)
        return found[0][0] if found else None

    def _voweless(self, word: str) -> str | None:
        """The word whose consonants these are, as clinic is of "clnc"; the likest where several are."""
        bones = _bones(word)
        if len(bones) < FEWEST_BONES or len(bones) < len(word) - MOST_VOWELS:
            return None
        found = process.extract(word, self._by_bones.get(bones, ()), scorer=OSA.distance, limit=1)
        return found[0][0] if found else None

    def _split(self, word: str) -> list[str] | None:
        """Two known words run together, as in nursinghome."""
        for cut in range(3, len(word) - 2):
            left, right = stem(word[:cut]), stem(word[cut:])
            if self._knows(left) and self._knows(right) and left.isalpha() and right.isalpha() and len(word) > 7:
                return [left, right]
        return None


def _bones(word: str) -> str:
    """The first letter and the consonants behind it, doubled ones once: what stays when vowels are dropped."""
    return word[0] + _VOWELS_AND_DOUBLES.sub("", word[1:])
