"""Further looks at an answered code: its modifiers, what payers say, its pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.models import Block, Card, Part

if TYPE_CHECKING:
    from bot.core.cards import Cards
    from bot.core.knowledge import Knowledge
    from bot.core.schema import Payer


class Views:
    """Looks at codes on one date of service."""

    def __init__(self, knowledge: Knowledge, cards: Cards) -> None:
        """Keep what is drawn from."""
        self._knowledge = knowledge
        self._cards = cards

    def nearest(self, code: str) -> str | None:
        """The code most easily confused with this one."""
        return next(iter(row.code for row in self._knowledge.codes[code].confused), None)

    def takes_modifiers(self, code: str) -> bool:
        """Whether telehealth modifiers go with the code; payers differ on them."""
        return any(code in modifier.pairs_with for modifier in self._knowledge.modifiers.values())

    def name(self, code: str) -> str:
        """The official name of a code that day."""
        return self._cards.name(self._knowledge.codes[code]).text

    def absent(self, code: str) -> str:
        """That the code did not exist yet that day, and what stood for it; empty where it did."""
        return self._cards.absent(code)

    def rate(self, code: str) -> str:
        """The Medicare rate of a code that day: facility, nonfacility or none."""
        return self._cards.rate_of(code).value

    def decides(self, one: str, other: str) -> str | None:
        """What decides between two codes, where either of them tells it."""
        return self._cards.decides(one, other)

    def whole(self, code: str) -> Card:
        """Everything known of a code, with the page its meaning is taken from."""
        card = self._cards.code(code)
        return replace(card, sources=card.sources[:1])

    def modifiers(self, code: str) -> Card:
        """The modifiers that go with a code, each with the first thing to know of it."""
        going = [modifier for modifier in self._knowledge.modifiers.values() if code in modifier.pairs_with]
        cards = [self._cards.modifier(modifier) for modifier in going]
        blocks = [replace(card.blocks[0], label=card.head) for card in cards]
        sources = dict.fromkeys(source for card in cards for source in card.sources[:1])
        return Card(f"Modifiers with POS {code}", tuple(blocks), tuple(sources))

    def payers(self, code: str) -> Card:
        """An invitation to pick one of the payers whose rules were read."""
        line = f"Payers differ on POS {code} and its modifiers. These were read; each note names its source and date. Whose claim is it?"
        return Card(f"Payers and POS {code}", (Block(Part.NOTE, "", (line,)),))

    def listed_payers(self) -> list[Payer]:
        """The payers whose rules were read, by name; Medicare's are in every answer."""
        return sorted(
            (payer for payer in self._knowledge.payers.values() if payer.payer != "medicare"),
            key=lambda payer: payer.title,
        )

    def sources(self, code: str) -> Card:
        """Every page that what is told of a code rests on."""
        card = self._cards.code(code)
        return Card(f"Where POS {code} is written", (), card.sources)
