"""Finds the phrases of the knowledge in a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.core.text import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.phrases import Phrases

A_PIECE = 20
"""Rarest words whose phrases are put into words at a time."""
TOGETHER = 3
"""Words up to which a phrase is looked for within one clause."""
SLACK = 2
"""Words that may stand between those of one phrase."""


class Kind(StrEnum):
    """What a phrase names."""

    ALIAS = "alias"
    SHARED = "shared"
    HINT = "hint"
    PLACE = "place"
    GROUP = "group"
    TELE = "tele"
    TOPIC = "topic"
    MODIFIER = "modifier"
    DENIAL = "denial"
    PAYER = "payer"
    INTENT = "intent"
    IDIOM = "idiom"


PLACES = {Kind.ALIAS, Kind.SHARED, Kind.PLACE}
_NAMING = {*PLACES, Kind.HINT}
_GROUP = Kind.GROUP
RELATING = frozenset({"at", "in", "on", "from", "out", "of", "off", "by", "to", "for", "with"})
"""Words that relate what is before them to what is behind, so that their order counts: "at work", "works at"."""
_STANDS_ALONE = frozenset({"negation", "home_room"})
"""Groups whose words count inside longer phrases too."""
TURNING = frozenset({"not", "no", "without"})
"""Words that make a phrase mean nothing unless all of it stands as written."""
SPEAKER = ("from", "my")
"""Where the asker, who is no patient, is: "visit from my house" is no house visit."""
_FAMILY = {
    Kind.ALIAS: 1,
    Kind.SHARED: 1,
    Kind.PLACE: 1,
    Kind.HINT: 1,
    Kind.GROUP: 2,
    Kind.TELE: 3,
    Kind.INTENT: 5,
    Kind.MODIFIER: 6,
}


class Phrase(NamedTuple):
    """A phrase as it is written and what it names; of all kinds of object, this is the fastest to make."""

    text: str
    kind: Kind
    value: str
    exact: bool = False
    """Whether its words must stand together and in order."""


class Entry(NamedTuple):
    """A phrase in words, and what it names."""

    tokens: tuple[str, ...]
    kind: Kind
    value: str
    exact: bool
    """Whether its words must stand together and in order."""


@dataclass(slots=True, init=False)
class Span:
    """A phrase found in a question; never changed, though not frozen: that would make it four times as slow to make."""

    entry: Entry
    positions: tuple[int, ...]
    kind: Kind
    """What the phrase names."""
    value: str
    """Which one of its kind."""
    group: str | None
    """The group of the vocabulary it belongs to, where it names one."""
    start: int
    """Position of its first word."""
    end: int
    """Position behind its last word."""

    def __init__(self, entry: Entry, positions: tuple[int, ...]) -> None:
        """Keep at hand what is asked of it again and again."""
        self.entry = entry
        self.positions = positions
        self.kind = entry.kind
        self.value = entry.value
        self.group = entry.value if entry.kind is _GROUP else None
        self.start = positions[0]
        self.end = positions[-1] + 1


_Found = tuple[Entry, tuple[int, ...]]
"""A phrase and the positions of its words."""


class Lexicon:
    """All phrases by their rarest words, so that a question touches only those it holds nearly all of.

    They are put into words when their rarest word is first asked about: of tens of thousands, one question needs dozens.
    """

    def __init__(self, phrases: Phrases) -> None:
        """Index the phrases."""
        self._read = phrases.entry
        kept = dict.fromkeys(phrases)
        parts = [phrase.text.split() for phrase in kept]
        written = Counter(chain.from_iterable(parts))
        plain = self._plain = {word: phrases.plain(word) for word in written}
        stems = {word: "" if phrases.may_shorten(found) else found for word, found in plain.items()}
        self._counts: Counter[str] = Counter()
        for word, count in written.items():
            self._counts[stems[word]] += count
        # What depends on its neighbours is no key if there is another.
        rarest = {word: (not found, *self._rarity(found)) for word, found in stems.items()}
        self._waiting: dict[str, list[Phrase]] = defaultdict(list)
        """Phrases not yet put into words, by their rarest."""
        for phrase, words in zip(kept, parts, strict=True):
            self._waiting[min(map(rarest.__getitem__, words))[-1]].append(phrase)
        odd = chain.from_iterable(phrases.tokens(word) for word, found in stems.items() if not found)
        self.words = {*stems.values(), *odd} - {""}
        for phrase in self._waiting.pop("", ()):
            tokens = phrases.tokens(phrase.text)
            self.words.update(tokens)
            self._waiting[min(tokens, key=self._rarity)].append(phrase)
        self._ready: dict[str, dict[str, tuple[Entry, ...]]] = {}
        """Phrases by their rarest word and another one."""

    def warming(self) -> Iterator[None]:
        """Put all phrases into words, some at a time."""
        for count, token in enumerate(list(self._waiting)):
            self._phrases_with(token)
            if count % A_PIECE == 0:
                yield
        self._plain.clear()

    def _entry(self, phrase: Phrase) -> Entry:
        """A phrase in words; of most the words are known already."""
        plain = [self._plain[word] for word in phrase.text.split()]
        return self._read(phrase, plain if all(plain) else ())

    def _rarity(self, token: str) -> tuple[int, int, str]:
        return self._counts[token], -len(token), token

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Every phrase found; one inside a longer one of its family is left out."""
        tokens = tuple(tokens)
        where: dict[str, list[int]] = {}
        for at, token in enumerate(tokens):
            where.setdefault(token, []).append(at)
        return _longest(dict.fromkeys(self._found(tokens, where)))

    def _found(self, tokens: tuple[str, ...], where: Mapping[str, list[int]]) -> Iterator[_Found]:
        """Phrases whose words all stand as they should."""
        for token, places in where.items():
            by_second = self._phrases_with(token)
            for second in by_second.keys() & where.keys():
                for entry in by_second[second]:
                    if entry.exact:
                        yield from _standing(entry, tokens, where)
                    elif all(word in where for word in entry.tokens):
                        near = (_scattered(entry, tokens, where, at) for at in places)
                        yield from ((entry, positions) for positions in near if positions)

    def _phrases_with(self, token: str) -> dict[str, tuple[Entry, ...]]:
        """The phrases whose rarest word it is, put into words if that is still to be done."""
        waiting = self._waiting.get(token)
        if waiting is not None:
            ready: dict[str, list[Entry]] = defaultdict(list)
            for entry in map(self._entry, waiting):
                others = [word for word in entry.tokens if word != token]
                second = others[0] if len(others) == 1 else min(others, key=self._rarity, default=token)
                ready[second].append(entry)
            self._ready[token] = {second: tuple(entries) for second, entries in ready.items()}
            self._waiting.pop(token, None)
        return self._ready.get(token, _NONE)


_NONE: dict[str, tuple[Entry, ...]] = {}


def _standing(entry: Entry, tokens: tuple[str, ...], where: Mapping[str, list[int]]) -> Iterator[_Found]:
    """Where a phrase stands word for word."""
    size = len(entry.tokens)
    for at in where.get(entry.tokens[0], ()):
        if tokens[at : at + size] == entry.tokens:
            yield entry, tuple(range(at, at + size))


def _scattered(
    entry: Entry, tokens: tuple[str, ...], where: Mapping[str, list[int]], at: int
) -> tuple[int, ...] | None:
    """Positions of all wanted words nearest to `at`, in any order, or None."""
    wanted = entry.tokens
    taken: list[int] = []
    for token in dict.fromkeys(wanted):
        near = where[token]
        if len(near) > 1:
            near = sorted(near, key=lambda position: abs(position - at))[: wanted.count(token)]
        taken += near
    if len(taken) < len(wanted):
        return None
    taken.sort()
    first, last, reach = taken[0], taken[-1] + 1, len(wanted) + SLACK
    if at - first > reach or last - at > reach + 1:
        return None
    inside = tokens[first:last]
    if not TURNING.isdisjoint(inside) or (SPEAKER in pairwise(inside) and "my" not in wanted):
        return None
    clauses = inside.count(CLAUSE)
    if len(inside) - clauses > reach or clauses > (len(wanted) > TOGETHER):
        return None
    if not RELATING.isdisjoint(wanted) and tuple(tokens[position] for position in taken) != wanted:
        return None
    return tuple(taken)


def _longest(found: Iterable[_Found]) -> list[Span]:
    """Without phrases inside a longer one of their family, and without places that are part of an idiom."""
    idiomatic = {at for entry, positions in found if entry.kind is Kind.IDIOM for at in positions}
    if idiomatic:
        found = [pair for pair in found if pair[0].kind not in _NAMING or idiomatic.isdisjoint(pair[1])]
    longer: dict[int, list[set[int]]] = {}
    for entry, positions in found:
        if len(positions) > 1 and entry.kind is not Kind.HINT:
            longer.setdefault(_FAMILY.get(entry.kind, 4), []).append(set(positions))
    kept = [
        Span(entry, positions)
        for entry, positions in found
        if entry.value in _STANDS_ALONE or not _inside(positions, longer.get(_FAMILY.get(entry.kind, 4), ()))
    ]
    # The whole order is spelled out, so that neither the run nor the order of the files decides between equals.
    return sorted(kept, key=lambda span: (span.start, -len(span.positions), span.kind, span.value, span.positions))


def _inside(positions: tuple[int, ...], longer: Iterable[set[int]]) -> bool:
    return any(len(other) > len(positions) and other.issuperset(positions) for other in longer)
