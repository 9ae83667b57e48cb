"""A reply in plain text, and as the JSON object of the contract."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.core.dates import us
from bot.core.models import Card, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.models import Block, Reply, Source

_PAIR = 2
SCREEN = 700
"""Characters that fit one phone screen."""


def full(reply: Reply) -> str:
    """The whole reply as a person reads it."""
    return "\n\n".join(filter(None, (_card(card, short=False) for card in reply.cards)))


def short(reply: Reply) -> str:
    """The part that fits one phone screen."""
    return "\n\n".join(_card(card, short=True) for card in shortened(reply))


def shortened(reply: Reply) -> list[Card]:
    """The cards cut down to one phone screen: the first, then of the others what there is room for."""
    if even := _even(reply.cards):
        return even
    kept: list[Card] = []
    closing = _closing(reply.cards)
    room = SCREEN - closing
    for at, card in enumerate(reply.cards, 1):
        room += closing if card is reply.cards[-1] else 0
        # The codes still to come are at least named.
        free = room - sum(len(later.head) + len("\n\n") for later in reply.cards[at:] if later.code)
        cut = _fit(card, free) if not kept else _rest(card, free)
        if cut is not None:
            kept.append(cut)
            room -= length(cut) + len("\n\n")
    return kept


def _even(cards: tuple[Card, ...]) -> list[Card]:
    """Codes side by side, with as much of each as there is room for of all; rates go before meanings.

    Empty where the cards are no comparison, or do not fit however little is told.
    """
    first, *codes = cards
    if first.code is not None or len(codes) < _PAIR or any(card.code is None for card in codes):
        return []
    lead = Card(first.head, tuple(block for block in first.blocks if block.short), first.sources[:1])
    for parts in (set(Part), {Part.NOTICE, Part.MEANING, Part.RATE}, {Part.NOTICE, Part.RATE}):
        cut = [lead]
        for card in codes:
            blocks = tuple(block for block in card.blocks if block.short and block.part in parts)
            sources = card.sources[:1] if card is codes[-1] and not lead.sources else ()
            cut.append(Card(card.head, blocks, sources, card.code))
        if sum(length(card) + len("\n\n") for card in cut) <= SCREEN:
            return cut
    return []


def _closing(cards: tuple[Card, ...]) -> int:
    """Characters kept free for a notice that ends several cards."""
    end = [block for block in cards[-1].blocks[-1:] if block.part is Part.NOTICE and len(cards) > 1]
    return sum(len(block.text) + len("\n\n") for block in end)


def length(card: Card) -> int:
    """Characters of a card's short form."""
    passages = _passages(card, short=True)
    return sum(map(len, passages)) + max(0, len(passages) - 1)


def _fit(card: Card, room: int) -> Card:
    """The short form; passages at the end are left out whole until it fits, never a warning.

    Where the answer to what was asked leads, the rate outlasts the general notes behind it.
    """
    blocks = [block for block in card.blocks if block.short]
    is_led = any(block.part is Part.NOTICE for block in blocks)
    over = length(card) - room
    while over > 0 and (spare := [at for at, block in enumerate(blocks) if not _must_stand(block)][1:]):
        others = [at for at in spare if not (is_led and blocks[at].part is Part.RATE)]
        over -= len(blocks.pop((others or spare)[-1]).text) + len("\n")
    return Card(card.head, tuple(blocks), card.sources[:1], card.code)


def _rest(card: Card, room: int) -> Card | None:
    """The short form without its source line, or the first passage and what ends it, or that alone, or nothing."""
    blocks = tuple(block for block in card.blocks if block.short)
    end = tuple(block for block in blocks[-1:] if block.part is Part.NOTICE)
    cuts = [Card(card.head, kept, (), card.code) for kept in (blocks, tuple(dict.fromkeys((*blocks[:1], *end))), end)]
    cuts.append(Card("", end) if end else Card(card.head))
    return next((cut for cut in cuts if 0 < length(cut) <= room), None)


def _must_stand(block: Block) -> bool:
    """What is said first, and both sides of a dispute, are never left out."""
    return block.part is Part.NOTICE or is_dispute(block)


def is_dispute(block: Block) -> bool:
    """Whether a passage tells the sides of a debated fact."""
    return any(line.startswith("- ") for line in block.lines)


def _card(card: Card, *, short: bool) -> str:
    return "\n".join(_passages(card, short=short))


def _passages(card: Card, *, short: bool) -> list[str]:
    """Heading, passages and source lines, each to stand on a line of its own."""
    passages = [card.head] if card.head else []
    passages += [block.text for block in card.blocks if block.short or not short]
    passages += source_lines(card.sources[:1] if short else card.sources, short=short)
    return passages


@lru_cache(maxsize=1024)
def source_lines(sources: tuple[Source, ...], *, short: bool) -> tuple[str, ...]:
    """Where it is written and when it was last checked; pages checked on one day stand together."""
    if short or len(sources) == 1:
        named = (source.title if short else _page(source) for source in sources)
        return tuple(
            f"Source: {page} (checked {us(source.checked)})" for page, source in zip(named, sources, strict=True)
        )
    days = dict.fromkeys(source.checked for source in sources)
    lines: list[str] = []
    for day in days:
        pages = [f"- {_page(source)}" for source in sources if source.checked == day]
        lines += [f"Sources (checked {us(day)}):", *pages]
    return tuple(lines)


def _page(source: Source) -> str:
    """Its title and address; a team's own rule may stand on no page."""
    return f"{source.title}, {source.url}" if source.url else source.title


def as_dict(reply: Reply) -> dict[str, Any]:
    """The reply object of the contract, ready for JSON."""
    return {
        **_head(reply),
        "text": full(reply),
        "short": short(reply),
        "sources": [
            {"title": source.title, "url": source.url, "checked": source.checked.isoformat()}
            for source in _sources(reply)
        ],
        "as_of": reply.as_of.isoformat(),
    }


def as_json(reply: Reply, identity: object) -> str:
    """The reply object on one line, under the asker's own `identity`.

    The passages of replies come again and again, so each is escaped once: that takes a fifth of the time of
    `json.dumps(as_dict(reply))`, which a stream of questions would spend a sixth of its time on.
    """
    head = _encode(_head(reply) | {"id": identity})
    text, brief = _escaped(reply.cards, short=False), _escaped(shortened(reply), short=True)
    sources, day = _sources_json(tuple(_sources(reply))), reply.as_of.isoformat()
    return f'{head[:-1]}, "text": "{text}", "short": "{brief}", "sources": {sources}, "as_of": "{day}"}}'


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _escaped(cards: Iterable[Card], *, short: bool) -> str:
    """The text of these cards as it stands between the quotes of JSON."""
    shown = (_passages(card, short=short) for card in cards)
    return r"\n\n".join([r"\n".join(map(_escape, passages)) for passages in shown if passages])


@lru_cache(maxsize=8192)
def _escape(passage: str) -> str:
    return _encode(passage)[1:-1]


@lru_cache(maxsize=1024)
def _sources_json(sources: tuple[Source, ...]) -> str:
    return _encode([source._asdict() | {"checked": source.checked.isoformat()} for source in sources])


def _sources(reply: Reply) -> dict[Source, None]:
    """The pages a reply rests on, each once."""
    return dict.fromkeys(source for card in reply.cards for source in card.sources)


def _head(reply: Reply) -> dict[str, Any]:
    """What the reply object holds before its texts."""
    return {
        "id": reply.id,
        "question": reply.question,
        "outcome": reply.outcome.value,
        "intent": reply.intent.value,
        "codes": list(reply.codes),
        "suggestions": [choice.code for choice in reply.choices],
        "confidence": round(reply.confidence, 3),
        "match": reply.match.value,
    }
