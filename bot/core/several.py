"""Several questions in one message: splits them where that is sure, and joins their replies into one.

A message is one question until its shape says otherwise: a list, lines that each ask, sentences that each ask
something of their own. What only adds detail to a question stays with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.cards import notice
from bot.core.lexicon import Kind
from bot.core.models import Block, Card, Match, Outcome, Part, Reply
from bot.core.placement import TELEHEALTH
from bot.core.plain import SCREEN, is_dispute, length
from bot.core.scene import Way
from bot.core.text import LONGEST, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from bot.core.reading import Reader, Reading

MOST = 5
"""Questions of one message that are answered."""
LEFT_OUT = f"I answered the first {MOST} questions; please send the others in another message."
OUTSIDE = "Outside what I know"
OUTSIDE_SHARES = 100
"""Characters of the short form that stay for naming a source and between the answers."""
NAMED = {Kind.MODIFIER, Kind.DENIAL, Kind.TOPIC}
TALK = {"smalltalk", "followup", "confirm", "use", "correction"}
"""Cues that ask nothing by themselves."""
ASKING = ("which", "meaning", "rate", "date", "modifier", "claim_form", "compare")
POINTERS = {"it", "this", "that", "these", "those", "they", "them", "same", "difference", "different", "instead"}
"""Words that leave what is asked about to another sentence."""

_WORTH_A_LOOK = re.compile(
    r"[\n;]|\?\W*\w|(?<!\d)2\s?[.):]|also|another|second question|next question|one more", re.IGNORECASE
)
"""Without any of these a message is one question."""
_NUMBER = re.compile(
    r"(?<![^\s,;.?!:])(?<!pos )(?<!code )(?<!line )(?<!item )(?<!box )"
    r"(?:(?:q|question)\s?)?#?\(?(?P<n>[1-9])\s?[.):](?!\d)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[ \t]*[-*\u2022\u00b7\u25aa\u2013]\s+", re.MULTILINE)
_SENTENCE = re.compile(r"[^?]*\?[?!\s\"')]*|[^?]+$")
_MORE = (
    r"(?:and\s+)?(?:also|(?:a\s+)?(?:another|second|next)\s+(?:one|question)|one\s+more(?:\s+(?:question|thing))?)\b"
)
_BEFORE_MORE = re.compile(rf"(?<!\w)(?={_MORE})", re.IGNORECASE)
_OPENS_MORE = re.compile(rf"^\W*{_MORE}\W*", re.IGNORECASE)
_TAIL = re.compile(
    r"^\W*(?:(?:and|then|plus|but)\s+)?(?:(?:what|how)\s+(?:about|if)|if|same\s+but)\b"
    r"|^\W*or\s+if\b|^\W*and\s+(?:for|by|via|over|on|at|in|with|without|from|which|what)\b",
    re.IGNORECASE,
)
"""How a tail opens that leans on the question before: "and by phone?", "what if she is at school?"."""
_ABOUT_THE_SAME = re.compile(
    r"\bwhich\s+(?:one|of)\b|\b(?:is|was|does|can|could|should|would|will)\s+(?:it|this|that|these|those)\b",
    re.IGNORECASE,
)
"""A further sentence that asks of what was told before: "is it 02?"."""
_ASKS = re.compile(
    r"(?:^|[.,;:!?\n])\W*(?:(?:and|also|but|so|then|hi|hey|plus)\W+)*"
    r"(?:(?:what(?:'?s)?|which|how|when|why|where|who|is|are|does|do|did|can|could|should|would|will)\b"
    r"|(?:pos|codes?|modifiers?|mods?)\s+(?:for|when|if|on|with|at|in)\b"
    r"|(?:pos\s*\d\d?|\d\d)\W*$|(?:pos\s*)?\d\d\s+(?:or|vs\.?|versus|and)\s+(?:pos\s*)?\d\d\W*$)"
    r"|\b(?:pos|codes?|modifiers?|mods?|mean|meaning)\s*\?",
    re.IGNORECASE,
)
"""A clause that opens as a question does, is nothing but codes, or ends with what is wanted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a message."""

    text: str
    leans: bool = False
    """Whether it is to be read in the light of the one before."""


class Splitter:
    """Finds the questions of a message by what each part of it is read as."""

    def __init__(self, reader: Reader) -> None:
        """Keep what reads the parts."""
        self._reader = reader

    def split(self, text: str, today: date) -> list[Asked]:
        """The questions of a message, each once; a message that is one question comes back whole."""
        if _WORTH_A_LOOK.search(text) is None:
            return [Asked(text)]

        def read(part: str) -> Reading:
            return self._reader.read(part, today)

        text = text[:LONGEST]
        rows = _listed(text, read) or _lines(text, read) or [text]
        parts: dict[str, str] = {}
        for part in (part for row in rows for part in _sentences(row, read)):
            parts.setdefault(plain(part), part)
        if len(parts) == 1:
            return [Asked(text)]
        return [Asked(_OPENS_MORE.sub("", part), _leans(part, read(part))) for part in parts.values()]


def _listed(text: str, read: Callable[[str], Reading]) -> list[str]:
    """Numbered or bulleted parts; what stands before them is said of each."""
    marks = _numbered(text) or list(_BULLET.finditer(text))
    if not marks:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    head = text[: marks[0].start()].strip(" \t\r\n:-")
    if marks[0].groupdict().get("n") == "2":
        parts.insert(0, head)
    elif head and _says(read(head)):
        parts = [f"{head} {part}" for part in parts]
    readings = [read(part) for part in parts]
    sure = all(map(_own, readings)) or all(map(_ASKS.search, parts))
    return parts if sure else []


def _lines(text: str, read: Callable[[str], Reading]) -> list[str]:
    """Lines that each ask something of their own or tell a whole visit; greetings around them are passed over."""
    lines = [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]
    readings = [read(line) for line in lines]
    said = [(line, reading) for line, reading in zip(lines, readings, strict=True) if _says(reading)]
    sure = all(_own(reading) and (_asks(line) or _whole_visit(reading)) for line, reading in said)
    return [line for line, _ in said] if sure and len(said) > 1 else []


def _sentences(text: str, read: Callable[[str], Reading]) -> list[str]:
    """Sentences that each ask something of their own; all others stay with the one before."""
    parts: list[str] = []
    for piece in _pieces(text):
        if parts and _asks_anew(piece, read(piece), parts[-1], read(parts[-1])):
            parts.append(piece)
        else:
            parts = [*parts[:-1], "".join([*parts[-1:], piece])]
    return [part.strip() for part in parts]


def _numbered(text: str) -> list[re.Match[str]]:
    """Marks of a list that counts up from 1, or from 2 where the first question stands without a number."""
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        first = {"1", "2"} if text[: mark.start()].strip() else {"1"}
        if mark["n"] == str(int(marks[-1]["n"]) + 1) if marks else mark["n"] in first:
            marks.append(mark)
    return marks if marks and marks[-1]["n"] != "1" else []


def _pieces(text: str) -> Iterator[str]:
    """Sentences up to their question mark, cut once more before "also" and its like."""
    for sentence in _SENTENCE.findall(text):
        cuts = [0, *(mark.start() for mark in _BEFORE_MORE.finditer(sentence) if mark.start()), len(sentence)]
        yield from (sentence[start:end] for start, end in pairwise(cuts))


def _codes(reading: Reading) -> list[str]:
    return [number.value for number in reading.numbers if number.two_digits]


def _asks(line: str) -> bool:
    return line.endswith("?") or _ASKS.search(line) is not None


def _own(reading: Reading) -> bool:
    """Whether it speaks of something by itself: a place, code, modifier, denial, topic or field of the claim form."""
    if any(not spot.negated for spot in reading.scene.spots):
        return True
    hinted = reading.asks("which") and any(
        span.kind is Kind.HINT and span.value not in TELEHEALTH for span in reading.scene.spans
    )
    named = bool(_codes(reading)) or any(span.kind in NAMED for span in reading.scene.spans)
    return (named or hinted or reading.asks("modifier", "claim_form")) and POINTERS.isdisjoint(reading.scene.tokens)


def _says(reading: Reading) -> bool:
    """Whether it says anything at all beyond a greeting."""
    return bool(
        reading.scene.spots
        or reading.numbers
        or reading.payer
        or reading.service
        or reading.way is not Way.UNSAID
        or any(span.kind in NAMED for span in reading.scene.spans)
        or reading.scene.cues - TALK
    )


def _whole_visit(reading: Reading) -> bool:
    """Whether a line tells by itself where the patient was and how they were seen."""
    opens = any(
        span.kind is Kind.INTENT and span.value == "followup" and not span.start for span in reading.scene.spans
    )
    return bool(reading.scene.patient_spots) and reading.way is not Way.UNSAID and not opens


def _asks_anew(piece: str, reading: Reading, before: str, earlier: Reading) -> bool:
    """Whether a sentence is a further question and not detail, a guess at the answer or the other half of "or"."""
    of_provider = reading.scene.spots and not reading.scene.patient_spots
    if not _own(earlier) or not _says(reading) or of_provider or _ABOUT_THE_SAME.search(piece):
        return False
    whole = _whole_visit(earlier)
    if whole and _whole_visit(reading):
        return True
    if not (whole or earlier.asks(*ASKING) or earlier.scene.of(Kind.DENIAL) or _ASKS.search(before)):
        return False
    if _TAIL.search(piece):
        return "?" in piece
    guess = reading.asks("confirm") and not reading.scene.spots and not _codes(earlier)
    return _ASKS.search(piece) is not None and _own(reading) and not guess


def _leans(part: str, reading: Reading) -> bool:
    """Whether a part leaves its place to the question before."""
    if _codes(reading) or reading.scene.of(Kind.DENIAL):
        return False
    return not reading.scene.spots or _TAIL.search(part) is not None


def joined(question: str, replies: Sequence[Reply], *, more: bool) -> Reply:
    """The replies to the questions of one message as one, a numbered card each; the first that is an answer leads."""
    distinct = [reply for at, reply in enumerate(replies) if all(reply.cards != told.cards for told in replies[:at])]
    codes = tuple(dict.fromkeys(code for reply in replies for code in reply.codes))
    if len(distinct) == 1:
        return replace(distinct[0], question=question, codes=codes)
    lead = min(distinct, key=lambda reply: list(Outcome).index(reply.outcome))
    cards = _shared_screen([_one_card(reply, at) for at, reply in enumerate(distinct, 1)])
    if more:
        cards.append(Card("", (notice(LEFT_OUT),)))
    return Reply(
        question=question,
        outcome=lead.outcome,
        intent=lead.intent,
        as_of=lead.as_of,
        cards=tuple(cards),
        codes=codes,
        choices=lead.choices,
        confidence=min(reply.confidence for reply in distinct),
        match=max((reply.match for reply in distinct), key=list(Match).index),
        payer=lead.payer,
    )


def _one_card(reply: Reply, number: int) -> Card:
    """A reply as one numbered card: the further cards become passages of the full form."""
    first, *others = reply.cards
    head = first.head or OUTSIDE
    if reply.choices:
        head = f"{head.rstrip('?')}: {' or '.join(choice.code for choice in reply.choices)}?"
    blocks = [replace(block, part=Part.NOTICE) if block.part is Part.CHOICES else block for block in first.blocks]
    blocks = [block for block in blocks if block.part is not Part.EXAMPLES]
    for other in others:
        blocks += [Block(Part.NOTE, "", (other.head,)), *other.blocks] if other.head else other.blocks
    kept = len(first.blocks)
    blocks = [replace(block, short=block.short and at < kept) for at, block in enumerate(blocks)]
    sources = dict.fromkeys(source for card in reply.cards for source in card.sources)
    return Card(f"{number}. {head}", tuple(blocks), tuple(sources), first.code)


def _shared_screen(cards: Sequence[Card]) -> list[Card]:
    """The cards with so much in the short form that each question has its share; both sides of a dispute come first."""
    disputes = {card.head: [block for block in card.blocks if block.short and is_dispute(block)] for card in cards}
    taken = sum(_short_length(card, disputes[card.head]) for card in cards if disputes[card.head])
    room = (SCREEN - OUTSIDE_SHARES - taken) // (sum(not blocks for blocks in disputes.values()) or 1)
    return [_shortened(card, disputes[card.head], room) for card in cards]


def _shortened(card: Card, dispute: Sequence[Block], room: int) -> Card:
    """The card with its dispute alone in the short form, else with the passages there is room for."""
    kept = list(dispute)
    for block in card.blocks:
        if not dispute and block.short and _short_length(card, [*kept, block]) <= room:
            kept.append(block)
    return replace(card, blocks=tuple(replace(block, short=block in kept) for block in card.blocks))


def _short_length(card: Card, blocks: Sequence[Block]) -> int:
    return length(replace(card, blocks=tuple(blocks), sources=()))
