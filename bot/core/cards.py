"""Draws cards from the knowledge: what is told of a code, topic, modifier, denial or payer on a given day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.dates import in_us, us
from bot.core.models import Block, Card, Part, Source
from bot.core.schema import Note, Sure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply
    from bot.core.schema import Code, Dated, Denial, Modifier, Name, Place, Rate, Topic

ONE_SOURCE = "(One source; check with the payer.)"
MEDICARE_FOLLOWS = "Medicare's rule and the code set's:"
EVERYONE = {"all", "medicare"}
TEAM = "team-"
"""What the id of a team's own source starts with."""
RATE_WORDS = {"facility": "facility rate", "nonfacility": "nonfacility rate"}


class Cards:
    """Draws from one knowledge, for one day of asking and one date of service; each card once, then it is kept."""

    def __init__(self, knowledge: Knowledge, today: date, day: date, payer: str | None = None) -> None:
        """Keep what every card needs."""
        self._knowledge = knowledge
        self._today = today
        self._day = day
        self._payer = payer
        self._drawn: dict[tuple[object, ...], Card] = {}

    def _kept(self, key: tuple[object, ...], draw: Callable[[], Card], lead: Sequence[Block]) -> Card:
        """The card of this key with `lead` before it; the keys are those of records, so there are only so many."""
        card = self._drawn.get(key)
        if card is None:
            card = self._drawn[key] = draw()
        return with_lead(card, *lead)

    # Codes

    def code(self, code: str, *, only: frozenset[Part] | None = None, lead: Sequence[Block] = ()) -> Card:
        """Everything known of a code; `only` keeps some parts, `lead` goes first."""
        return self._kept(("code", code, only), lambda: self._code(code, only), lead)

    def _code(self, code: str, only: frozenset[Part] | None) -> Card:
        record = self._knowledge.codes[code]
        blocks = [
            *self._notes(Part.MEANING, "Meaning", record.meaning),
            *self._notes(Part.TELEHEALTH, "Telehealth", self._mine(record.telehealth)),
            self.rate(record),
            *self._team_notes(record),
            *self._watch_out(record),
            Block(Part.SETTINGS, "Typical settings", ("; ".join(record.settings),), short=False),
            self.dates(record),
            *self._notes(Part.NOTE, "Good to know", self._mine(_no_team(record.note)), first_short=0),
        ]
        if only is not None:
            blocks = [block for block in blocks if block.part in only]
        shown: list[Dated] = [self.name(record), *record.meaning, *record.telehealth, *record.rate, *record.note]
        return Card(self.head(code), tuple(blocks), self.sources(shown), code)

    def head(self, code: str) -> str:
        """The code with its official name on the date of service."""
        return f"POS {code} - {self.name(self._knowledge.codes[code]).text}"

    def name(self, record: Code) -> Name:
        """The name in force that day, else the first one to come."""
        return next((name for name in record.name if name.holds(self._day)), record.name[0])

    def absent(self, code: str) -> str:
        """That the code did not exist yet on the date of service, and what stood for it; empty where it did."""
        record = self._knowledge.codes[code]
        began = record.name[0].from_
        if began is None or began <= self._day:
            return ""
        line = f"POS {code} did not exist on {us(self._day)}; it starts {us(began)}."
        if record.before:
            line += f" On that day the place was reported with POS {record.before}."
        return line

    def changed(self, code: str) -> tuple[str, ...]:
        """How the code's name and Medicare rate today differ from those of the date of service."""
        record = self._knowledge.codes[code]
        name = next((row for row in record.name[1:] if row.holds(self._today)), None)
        rate = next((row for row in record.rate if row.holds(self._today) and row.value != "none"), None)
        lines = []
        if name is not None and name.from_ is not None and not name.holds(self._day):
            lines.append(f"Since {us(name.from_)} it is {name.text}.")
        if rate is not None and rate.from_ is not None and rate.value != self.rate_of(code).value:
            lines.append(f"Since {us(rate.from_)} Medicare pays it the {RATE_WORDS[rate.value]}.")
        return tuple(lines)

    def rate(self, record: Code) -> Block:
        """The Medicare physician fee schedule rate that day."""
        rates = [rate for rate in record.rate if rate.holds(self._day)] or list(record.rate[-1:])
        return Block(
            Part.RATE, "Medicare rate", tuple(self._told(rate) for rate in rates if rate.sure is not Sure.UNVERIFIED)
        )

    def rate_of(self, code: str) -> Rate:
        """The rate row in force that day, else the latest."""
        rates = self._knowledge.codes[code].rate
        return next((rate for rate in rates if rate.holds(self._day)), rates[-1])

    def dates(self, record: Code) -> Block:
        """Since when the code is in force and how its name changed."""
        first = record.name[0]
        lines = [
            f"In force since {us(first.from_)}"
            if first.from_
            else "In force since before 2003; the exact start is not stated"
        ]
        for earlier, later in zip(record.name, record.name[1:], strict=False):
            when = us(later.from_) if later.from_ else "a date not stated"
            lines.append(f'Called "{earlier.text}" until {when}')
        return Block(Part.DATES, "Dates", tuple(lines), short=False)

    def _watch_out(self, record: Code) -> list[Block]:
        rows = [f"{row.code}: {row.decides}" for row in record.confused if row.holds(self._day)]
        blocks = [Block(Part.WATCH_OUT, "Easily confused with", (rows[0],))] if rows else []
        if rows[1:]:
            blocks.append(Block(Part.WATCH_OUT, "Also", tuple(rows[1:]), short=False))
        return blocks

    def decides(self, one: str, other: str) -> str | None:
        """What decides between two codes, as either of them tells it."""
        for code, rival in ((one, other), (other, one)):
            for row in self._knowledge.codes[code].confused:
                if row.code == rival and row.holds(self._day):
                    return row.decides
        return None

    # Everything else

    def topic(self, topic: Topic, lead: Sequence[Block] = ()) -> Card:
        """A topic: its first note in the short form, the rest behind it."""

        def draw() -> Card:
            notes = self._notes(Part.NOTE, "", topic.note, history=topic.timeline)
            return Card(topic.title, tuple(notes), self.sources(topic.note))

        return self._kept(("topic", topic.topic), draw, lead)

    def modifier(self, modifier: Modifier, lead: Sequence[Block] = ()) -> Card:
        """A modifier: what it marks and who wants it; on an earlier date of service also what it marks since then."""

        def draw() -> Card:
            notes = self._notes(Part.MODIFIERS, "", modifier.note)
            main = modifier.note[0]
            if main.from_ is not None and main.from_ > self._day:
                notes.insert(0, Block(Part.MODIFIERS, f"Since {us(main.from_)}", (self._told(main),)))
            return Card(modifier.title, tuple(notes), self.sources(modifier.note))

        return self._kept(("modifier", modifier.modifier), draw, lead)

    def in_brief(self, modifier: Modifier) -> Block:
        """The first thing to know of a modifier, as one passage of another card."""
        return Block(Part.MODIFIERS, "", (self._told(modifier.note[0]),))

    def denial(self, denial: Denial) -> Card:
        """A denial code: what it says, why it comes and how to mend it."""

        def draw() -> Card:
            notes = self._notes(Part.NOTE, "", denial.note, first_short=3)
            return Card(denial.title, tuple(notes), self.sources(denial.note))

        return self._kept(("denial", denial.denial), draw, ())

    def place(self, place: Place, lead: Sequence[Block] = ()) -> Card:
        """A place without a code of its own."""

        def draw() -> Card:
            notes = self._notes(Part.TELEHEALTH, "", place.telehealth)
            return Card(place.title, tuple(notes), self.sources(place.telehealth))

        return self._kept(("place", place.place), draw, lead)

    def led_by_payer(self, card: Card) -> Card:
        """The card behind what the asker's payer wants, where it was read, and what it wants today if that differs."""
        payer = self._knowledge.payers.get(self._payer or "")
        if payer is None or payer.payer == "medicare":
            return card
        blocks = self._notes(Part.PAYER, payer.title, payer.note)
        if not blocks:
            blocks = [Block(Part.PAYER, payer.title, (f"No rule of theirs is known for {us(self._day)}.",))]
        now = next((note for note in payer.note if note.holds(self._today)), None)
        if now is not None and not now.holds(self._day):
            blocks.append(Block(Part.PAYER, f"{payer.title} today", (self._told(now),), short=False))
        blocks.append(notice(MEDICARE_FOLLOWS))
        sources = dict.fromkeys([*self.sources(payer.note), *card.sources])
        return replace(card, blocks=(*blocks, *card.blocks), sources=tuple(sources))

    # Notes

    def _notes(
        self, part: Part, label: str, notes: Iterable[Note], *, first_short: int = 1, history: bool = False
    ) -> list[Block]:
        told = [note for note in notes if note.sure is not Sure.UNVERIFIED and (history or note.holds(self._day))]
        blocks = []
        for index, note in enumerate(told):
            lines = (self._told(note), *(f"- {side.text} [{self._titles(side.sources)}]" for side in note.sides))
            blocks.append(Block(part, label if index == 0 else "", lines, short=index < first_short))
        return blocks

    def _team_notes(self, record: Code) -> list[Block]:
        """A team's own notes of a code, each with whose it is: they stand beside what is told of it, in the short form too."""
        told = [note for note in self._mine(record.note) if _is_team(note) and note.holds(self._day)]
        return [
            Block(Part.NOTE, "Team note", (f"{self._told(note)} [{self._titles(note.sources)}, {us(note.checked)}]",))
            for note in told
        ]

    def _mine(self, notes: Iterable[Note]) -> list[Note]:
        """Notes for everyone and for the asker's payer; other payers' rules stay out of a code's card."""
        return [note for note in notes if note.payer in EVERYONE or note.payer == self._payer]

    def _told(self, note: Note) -> str:
        text = in_us(note.text)
        if note.sure is Sure.PARTLY:
            text = f"{text} {ONE_SOURCE}"
        if note.review is not None and note.review < self._today:
            text = f"{text} (Due for review since {us(note.review)}; check before relying on it.)"
        return text

    def _titles(self, ids: Iterable[str]) -> str:
        return ", ".join(self._knowledge.sources[name].title for name in ids)

    def sources(self, rows: Iterable[Dated]) -> tuple[Source, ...]:
        """Where the rows in force are written, each page once."""
        found: dict[str, Source] = {}
        for row in rows:
            if row.sure is Sure.UNVERIFIED or not row.holds(self._day):
                continue
            for name in row.sources:
                page = self._knowledge.sources[name]
                source = Source(page.title, page.url, row.checked)
                known = found.get(name)
                if known is None or known.checked < source.checked:
                    found[name] = source
        return tuple(found.values())


def _is_team(note: Note) -> bool:
    """Whether it states what rests on a team's own rules alone."""
    stated = note.sure in {Sure.YES, Sure.PARTLY} and bool(note.sources)
    return stated and all(source.startswith(TEAM) for source in note.sources)


def _no_team(notes: Iterable[Note]) -> list[Note]:
    return [note for note in notes if not _is_team(note)]


def notice(*lines: str) -> Block:
    """A passage that is said first, or last, and never left out of the short form."""
    return Block(Part.NOTICE, "", tuple(line for line in lines if line))


def with_lead(card: Card, *blocks: Block) -> Card:
    """The card with further blocks before its own."""
    return Card(card.head, (*blocks, *card.blocks), card.sources, card.code) if blocks else card


def with_notice(reply: Reply, sentence: str) -> Reply:
    """The reply with a sentence added at its head."""
    first, *rest = reply.cards
    return replace(reply, cards=(with_lead(first, notice(sentence)), *rest))


def with_end(reply: Reply, line: str) -> Reply:
    """The reply with a line at its end that stands in the short form too."""
    *before, last = reply.cards
    return replace(reply, cards=(*before, replace(last, blocks=(*last.blocks, notice(line)))))
