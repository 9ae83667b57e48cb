"""Words the replies: which cards a decision is told with, and what is said first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.core.cards import Cards, notice, with_lead
from bot.core.dates import us
from bot.core.lexicon import Kind
from bot.core.models import Block, Card, Choice, Intent, Match, Outcome, Part, Reply
from bot.core.placement import HOME, MOST_CHOICES, OFFICE, TELEHEALTH, Placement
from bot.core.scene import Way
from bot.core.schema import Sure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.models import Question
    from bot.core.placing import Placer
    from bot.core.reading import Reading
    from bot.core.scene import Scene

COMPACT = frozenset({Part.MEANING, Part.RATE, Part.NOTICE})
EXAMPLES = ("pos 10", "02 vs 10", "snf resident on video", "is 22 facility", "why M77")
SCOPE = "I answer questions about Place of Service (POS) codes on professional claims: what a code means, which one fits, its rate, telehealth notes and POS denials."
SIDES = "Not settled: both readings are below. Ask the payer and write its answer down."
NOT_UNDERSTOOD = 0.3
"""How sure a reply is that only says what was understood."""
MODIFIER_CODES = {"93", "95"}


class Answers:
    """Words replies to one question."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that one reply is made from
        self, knowledge: Knowledge, placer: Placer, cards: Cards, question: Question, day: date, payer: str | None
    ) -> None:
        """Keep what every reply needs."""
        self._knowledge = knowledge
        self._placer = placer
        self._cards = cards
        self._question = question
        self._day = day
        self._payer = payer

    @property
    def dated(self) -> bool:
        """Whether a date of service other than today is asked about."""
        return self._day != self._question.today

    @property
    def before_split(self) -> bool:
        """Whether the date of service is asked about and lies before 02 and 10 were told apart by rate."""
        return self.dated and self._day.year < _SPLIT_YEAR

    def rate_of(self, code: str) -> str:
        """The Medicare rate of a code: facility, nonfacility or none."""
        return self._cards.rate_of(code).value

    def exists(self, code: str) -> bool:
        """Whether the code was in force on the date of service."""
        return not self._cards.absent(code)

    def _reply(  # noqa: PLR0913 - the reply object's own fields
        self,
        outcome: Outcome,
        intent: Intent,
        cards: Iterable[Card],
        *,
        codes: Iterable[str] = (),
        choices: Iterable[Choice] = (),
        confidence: float = 0.95,
        match: Match = Match.RULE,
        remote: bool = False,
    ) -> Reply:
        """The reply; where it is about telehealth (`remote`, or by its codes) the asker's payer leads."""
        cards, codes, choices = list(cards), tuple(dict.fromkeys(codes)), tuple(choices)
        if remote or not {*codes, *(choice.code for choice in choices)}.isdisjoint(TELEHEALTH):
            cards[0] = self._cards.led_by_payer(cards[0])
        if outcome is not Outcome.DECLINE and self._payer and self._payer not in self._knowledge.payers:
            name = " ".join(self._payer.split())[:_LONGEST_NAME]
            cards[0] = with_lead(cards[0], notice(_UNKNOWN_PAYER.format(payer=name)))
        return Reply(
            question=self._question.text,
            outcome=outcome,
            intent=intent,
            as_of=self._day,
            cards=tuple(cards),
            codes=codes,
            choices=choices,
            confidence=confidence,
            match=match,
            payer=self._payer if self._payer in self._knowledge.payers else None,
        )

    # Declines

    def small_talk(self) -> Reply:
        """A greeting and what to ask."""
        card = Card("", (notice("Hello! " + SCOPE), Block(Part.EXAMPLES, "Try:", EXAMPLES)))
        return self._reply(Outcome.DECLINE, Intent.SMALLTALK, [card], confidence=0.99, match=Match.NONE)

    def out_of_scope(self) -> Reply:
        """A friendly line for somebody else's subject."""
        card = Card("", (notice("That is outside what I know. " + SCOPE), Block(Part.EXAMPLES, "Try:", EXAMPLES)))
        return self._reply(Outcome.DECLINE, Intent.OUT_OF_SCOPE, [card], confidence=0.9, match=Match.NONE)

    def not_understood(self, words: Sequence[str]) -> Reply:
        """Nothing was recognised, or too little."""
        understood = f"I understood: {', '.join(words)}." if words else "I did not find a place or a code in that."
        ask = "Tell me where the patient was and how they were seen (in person, video, phone), or give a code."
        card = Card("", (notice(f"I am not sure. {understood} {ask}"), Block(Part.EXAMPLES, "Try:", EXAMPLES)))
        return self._reply(Outcome.DECLINE, Intent.OUT_OF_SCOPE, [card], confidence=NOT_UNDERSTOOD, match=Match.NONE)

    def unassigned(self, code: str, nearest: str | None) -> Reply:
        """A two-digit value without a meaning."""
        note = self._knowledge.unassigned.note[0]
        lines = [f"POS {code} is unassigned. {note.text}"]
        if code in MODIFIER_CODES:
            lines.insert(0, f"No: {code} is a modifier, not a place of service.")
        if nearest is not None:
            lines.append(f"Your words point to {self._cards.head(nearest)}.")
        card = Card(f"POS {code} - unassigned", (notice(*lines),), self._cards.sources(self._knowledge.unassigned.note))
        blocks = []
        if code in MODIFIER_CODES and code in self._knowledge.modifiers:
            blocks = [self._cards.modifier(self._knowledge.modifiers[code])]
        return self._reply(Outcome.DECLINE, Intent.UNASSIGNED, [card, *blocks], confidence=0.99, match=Match.EXACT)

    def invalid(self, value: str) -> Reply:
        """Something that cannot be a code."""
        # What is longer may be somebody's number, and is not repeated.
        said = f'"{value}"' if len(value) <= _LONGEST_SAID else "That"
        line = f"{said} is not a valid POS code: there is no such code. A POS code has two digits, 01 to 99, with its leading zero."
        card = Card("Not a POS code", (notice(line, "Type the two digits, or describe the place."),))
        return self._reply(Outcome.DECLINE, Intent.INVALID, [card], confidence=0.99, match=Match.EXACT)

    # Codes

    def code(  # noqa: PLR0913 - each says one thing of the same reply
        self,
        code: str,
        *,
        confirmed: bool = False,
        corrected: str | None = None,
        about: Sequence[str] = (),
        intent: Intent = Intent.CODE,
        match: Match = Match.EXACT,
        confidence: float = 0.98,
    ) -> Reply:
        """One code, by its number, behind the topics it is asked about."""
        lead: list[Block] = []
        if corrected is not None:
            lead.append(notice(f"No: that place is {self._cards.head(corrected)}. POS {code} is:"))
        elif confirmed:
            lead.append(notice("Yes."))
        cards = [*self._topics(about), self._cards.code(code, lead=lead)]
        return self._reply(Outcome.ANSWER, intent, cards, codes=[code], confidence=confidence, match=match)

    def compare(self, codes: Sequence[str]) -> Reply:
        """Codes side by side with what decides; one that did not exist yet on the date of service comes last."""
        codes = sorted(codes, key=lambda code: not self.exists(code))
        there = [code for code in codes if self.exists(code)]
        pairs = [(one, other) for at, one in enumerate(there) for other in there[at + 1 :]]
        deciding = [line for one, other in pairs if (line := self._cards.decides(one, other))]
        blocks = [Block(Part.WATCH_OUT, "What decides", tuple(dict.fromkeys(deciding)))] if deciding else []
        missing = [line for code in codes if (line := self._cards.absent(code))]
        first = Card(" or ".join(codes) + "?", (*([notice(*missing)] if missing else []), *blocks))
        telehealth = set(codes) <= set(TELEHEALTH)
        keep = COMPACT | ({Part.TELEHEALTH} if telehealth else frozenset())
        cards = [first, *(self._told_then(code, only=keep) for code in codes)]
        if not first.blocks:
            cards = cards[1:]
        cards += self._topics(["telehealth-by-date"] if telehealth and self.before_split else [])
        return self._reply(Outcome.ANSWER, Intent.COMPARE, cards, codes=codes, confidence=0.96, match=Match.EXACT)

    def _told_then(self, code: str, *, only: frozenset[Part] | None = None, lead: Sequence[Block] = ()) -> Card:
        """A code on the date of service, with how today's name and rate differ."""
        changed = self._cards.changed(code) if self.exists(code) else ()
        return self._cards.code(code, only=only, lead=[*lead, *([notice(*changed)] if changed else [])])

    def rates(self, codes: Sequence[str], topics: Sequence[str] = (), modifiers: Sequence[str] = ()) -> Reply:
        """The Medicare rate of each code, with what modifiers asked about beside it do."""
        codes = codes[:MOST_CHOICES]
        only = frozenset({Part.RATE, Part.MEANING, Part.NOTE})
        cards = [self._cards.code(code, lead=[self._rate_first(code)], only=only) for code in codes]
        cards += [self._cards.modifier(self._knowledge.modifiers[name]) for name in modifiers]
        telehealth = ["telehealth-rate"] if set(codes) & set(TELEHEALTH) else []
        cards += self._topics([*telehealth, *topics[:1]])
        right = [code if self.exists(code) else self._knowledge.codes[code].before for code in codes]
        return self._reply(Outcome.ANSWER, Intent.RATE, cards, codes=filter(None, right), confidence=0.95)

    def _rate_first(self, code: str) -> Block:
        """The rate in a sentence, and how today's differs."""
        rate = self._cards.rate_of(code)
        line = _RATE_LINE[rate.value].format(code=code)
        if rate.sure is Sure.PARTLY and rate.value != "none":
            line = f"By one source: {line} Check with the payer."
        return notice(self._cards.absent(code) or line, *self._cards.changed(code))

    def since_when(self, codes: Sequence[str]) -> Reply:
        """Since when codes are in force."""
        cards = []
        for code in codes[:MOST_CHOICES]:
            dates = self._cards.dates(self._knowledge.codes[code])
            cards.append(
                self._cards.code(
                    code,
                    lead=[replace(dates, label="", part=Part.NOTICE, short=True)],
                    only=frozenset({Part.MEANING, Part.NOTE}),
                )
            )
        return self._reply(
            Outcome.ANSWER, Intent.DATE, cards, codes=codes[:MOST_CHOICES], confidence=0.95, match=Match.EXACT
        )

    def on_date(self, code: str, *, named: bool = True) -> Reply:
        """Whether a code could be used on the date of service, and what was right if not.

        Where nothing is known to have been right, a code `named` by the asker leads, for the answer is about it.
        """
        record = self._knowledge.codes[code]
        absent = self._cards.absent(code)
        if absent:
            codes = [record.before] if record.before else [code] if named else []
            cards = [self._cards.code(record.before or code, lead=[notice(f"No: {absent}")])]
        else:
            codes = [code]
            card = self._told_then(code, lead=[notice(f"On {us(self._day)} POS {code} was in force.")])
            cards = [replace(card, blocks=(*card.blocks, replace(self._cards.dates(record), short=True)))]
        if code in TELEHEALTH:
            cards.append(self._cards.topic(self._knowledge.topics["telehealth-by-date"]))
        return self._reply(Outcome.ANSWER, Intent.DATE, cards, codes=codes, confidence=0.93, match=Match.EXACT)

    # Scenes

    def placed(
        self, placement: Placement, reading: Reading, *, premise: str | None = None, beside: Sequence[str] = ()
    ) -> Reply:
        """What a described scene takes, a wrong premise corrected first."""
        if reading.way.remote and self._day > FLEXIBLE_UNTIL and len(placement.codes) != 1:
            return self.topic("telehealth-future", codes=TELEHEALTH)
        if placement.ask:
            return self._ask(placement, reading)
        intent = Intent.TELEHEALTH if reading.way.remote else Intent.DESCRIBE
        if reading.subject:
            intent = Intent.FOLLOWUP
        if reading.way.remote and self.before_split:
            return self.placed_then(placement, reading, premise)
        if len(placement.codes) == 1 and not self.exists(placement.codes[0]):
            return self.on_date(placement.codes[0], named=False)
        lead = [notice(self._verdict(placement, premise), placement.why)]
        goes_with = self._modifier_block(reading)
        if len(placement.codes) == 1:
            lead += goes_with
        cards = [*self._place_cards(placement, lead)] or [*self._code_cards(placement.codes, lead, placement.site)]
        if len(placement.codes) != 1:
            cards[0] = replace(cards[0], blocks=(*cards[0].blocks, *goes_with))
        if placement.site:
            cards.insert(1, self._site_card(placement.site))
        if placement.place and placement.codes:
            only = COMPACT | {Part.TELEHEALTH}
            cards.extend(
                self._cards.code(code, only=only if len(placement.codes) > 1 else None) for code in placement.codes
            )
        cards[1:1] = self._topics(["wrong-pos-fix"] if reading.asks("denial") else [])
        cards[0:0] = self._topics(["telehealth-future"] if reading.way.remote and self._day > FLEXIBLE_UNTIL else [])
        then = ["telehealth-by-date"] if reading.way.remote and self.dated else []
        cards += self._topics([*([placement.topic] if placement.topic else []), *beside, *then])
        return self._reply(
            Outcome.ANSWER, intent, cards, codes=placement.codes, confidence=placement.strength, match=placement.match
        )

    def _topics(self, names: Iterable[str]) -> list[Card]:
        """Topics told beside an answer."""
        return [self._cards.topic(self._knowledge.topics[name]) for name in dict.fromkeys(names)]

    def _verdict(self, placement: Placement, premise: str | None) -> str:
        if premise is None or not placement.codes:
            return ""
        if premise in placement.codes:
            return (
                f"Yes: POS {premise}." if len(placement.codes) == 1 else f"POS {premise} only where it fits: see below."
            )
        return f"No: not POS {premise} but POS {' or '.join(placement.codes)}."

    def _place_cards(self, placement: Placement, lead: Sequence[Block]) -> list[Card]:
        if placement.place is None:
            return []
        place = self._knowledge.places[placement.place]
        said = [block for block in lead if block.lines]
        if len(placement.codes) > 1:
            said = [notice(SIDES), *said]
        return [self._cards.place(place, said)]

    def _site_card(self, site: str) -> Card:
        """What the code of the patient's own place says of telehealth; the reply is not about that code."""
        card = self._cards.code(site, only=frozenset({Part.TELEHEALTH}))
        name = self._cards.name(self._knowledge.codes[site]).text
        return replace(card, head=f"When the patient is there: {name}", code=None)

    def _code_cards(self, codes: Sequence[str], lead: Sequence[Block], site: str | None) -> list[Card]:
        said = [block for block in lead if block.lines]
        if len(codes) == 1:
            return [self._cards.code(codes[0], lead=said)]
        head = "Telehealth: " + " or ".join(codes)
        if site:
            said = [notice(SIDES), *said]
        only = COMPACT | {Part.TELEHEALTH}
        return [Card(head, tuple(said)), *(self._cards.code(code, only=only) for code in codes)]

    def _modifier_block(self, reading: Reading) -> list[Block]:
        """The modifier that goes with a visit by phone or video, in a sentence."""
        name = {Way.PHONE: "93", Way.VIDEO: "95"}.get(reading.way)
        if name is None or name not in self._knowledge.modifiers:
            return []
        return [self._cards.in_brief(self._knowledge.modifiers[name])]

    def _ask(self, placement: Placement, reading: Reading) -> Reply:
        choices = [Choice(code, self._knowledge.codes[code].pick) for code in placement.ask[:MOST_CHOICES]]
        lines = tuple(
            f"{at}. {choice.code} - {self._cards.name(self._knowledge.codes[choice.code]).text}: {choice.label}"
            for at, choice in enumerate(choices, 1)
        )
        card = Card("Which one?", (notice(placement.why), Block(Part.CHOICES, "", lines)))
        if not placement.why:
            card = replace(card, blocks=card.blocks[1:])
        intent = Intent.TELEHEALTH if reading.way.remote else Intent.DESCRIBE
        return self._reply(
            Outcome.CLARIFY, intent, [card], choices=choices, confidence=placement.strength, match=placement.match
        )

    def placed_then(self, placement: Placement, reading: Reading, premise: str | None = None) -> Reply:
        """A telehealth visit on a date before 2024, by the rule of that day."""
        codes = self._codes_then(placement.codes, reading)
        lead = notice(self._verdict(replace(placement, codes=codes), premise), self._differs(codes, placement.codes))
        cards = [self._cards.topic(self._knowledge.topics["telehealth-by-date"], [lead])]
        cards.extend(self._cards.code(code, only=COMPACT | {Part.DATES}) for code in codes)
        return self._reply(Outcome.ANSWER, Intent.DATE, cards, codes=codes, confidence=0.88, remote=True)

    def _codes_then(self, codes: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
        """What a telehealth visit took on a day before 2024 that would take `codes` today."""
        other_payer = self._payer not in {None, "medicare"} or reading.scene.has("other_payer")
        then = _codes_then(self._day, codes, other_payer=other_payer)
        if then == (OFFICE,):
            return self._placer.in_person(_without_home(reading.scene), {}).codes or then
        return then

    def _differs(self, then: Sequence[str], today: Sequence[str]) -> str:
        """The codes of that day and those the same visit takes today."""
        rule = f"POS {' or '.join(then)}" if then else "no telehealth place of service yet"
        return f"For date of service {us(self._day)}: {rule}. The same visit today is POS {' or '.join(today) or '02 or 10'}."

    # Subjects

    def denials(self, names: Sequence[str], reading: Reading, codes: tuple[str, ...] = ()) -> Reply:
        """What denial codes say, why they come and how to mend them; `codes` is what the claim should have had."""
        cards = [self._cards.denial(self._knowledge.denials[name]) for name in names]
        cards += [self._cards.modifier(self._knowledge.modifiers[name]) for name in reading.scene.of(Kind.MODIFIER)]
        then = self._codes_then(codes, reading) if self.before_split else codes
        if then:
            line = f"For the visit you describe the place of service is {then[0]}: send a corrected claim with it."
            lead = notice(line, self._differs(then, codes) if then != codes else "")
            cards = [self._cards.code(then[0], lead=[lead], only=COMPACT), *cards]
        codes = then
        return self._reply(
            Outcome.ANSWER, Intent.DENIAL, cards, codes=codes, confidence=0.97 if not codes else 0.9, match=Match.EXACT
        )

    def modifiers(self, names: Iterable[str], codes: Sequence[str], placement: Placement, reading: Reading) -> Reply:
        """Modifiers, with the code they go with where it was asked."""
        lead = [notice(placement.why)] if placement.why and not self.before_split else []
        cards = [
            self._cards.modifier(self._knowledge.modifiers[name], lead if at == 0 else ())
            for at, name in enumerate(names)
        ]
        known = tuple(code for code in codes if code in self._knowledge.codes)
        if self.before_split and not set(known).isdisjoint(TELEHEALTH):
            then = self._codes_then(known, reading)
            lead = [notice(self._differs(then, known))]
            cards.insert(0, self._cards.topic(self._knowledge.topics["telehealth-by-date"], lead))
            known = then
        cards.extend(self._cards.code(code, only=COMPACT | {Part.TELEHEALTH}) for code in known)
        return self._reply(Outcome.ANSWER, Intent.MODIFIER, cards, codes=known, confidence=0.93, remote=True)

    def topic(self, name: str, *, codes: Sequence[str] | None = None, intent: Intent | None = None) -> Reply:
        """A topic of the field."""
        topic = self._knowledge.topics[name]
        cards = [self._cards.topic(topic)]
        telehealth = not set(topic.codes).isdisjoint(TELEHEALTH) or topic.intent in {"telehealth", "modifier"}
        whole = set(topic.codes) == set(TELEHEALTH) and topic.intent in {"telehealth", "rate"}
        lead = list(codes if codes is not None else topic.codes if whole else ())
        return self._reply(
            Outcome.ANSWER, intent or Intent(topic.intent), cards, codes=lead, confidence=0.88, remote=telehealth
        )

    def payer(self) -> Reply:
        """The telehealth rules of the asker's payer, Medicare's behind them."""
        only = COMPACT | {Part.TELEHEALTH}
        title = self._knowledge.payers[self._payer or ""].title
        cards = [Card(f"Telehealth with {title}"), *(self._cards.code(code, only=only) for code in TELEHEALTH)]
        return self._reply(Outcome.ANSWER, Intent.TELEHEALTH, cards, codes=TELEHEALTH, confidence=0.85)


def _without_home(scene: Scene) -> Scene:
    """The scene as it would have been in person: nobody would have gone to the patient's home."""
    kept = tuple(spot for spot in scene.spots if spot.span.kind is not Kind.PLACE and spot.span.value != HOME)
    return replace(scene, spots=kept)


_RATE_LINE = {
    "facility": "POS {code}: Medicare pays the facility rate.",
    "nonfacility": "POS {code}: Medicare pays the nonfacility rate.",
    "none": "POS {code}: no Medicare facility or nonfacility value was found. Ask the MAC.",
}
_UNKNOWN_PAYER = (
    "No rules of {payer} are known here: what follows is Medicare's rule and the code set's. Ask the payer for its own."
)
FLEXIBLE_UNTIL = date(2027, 12, 31)
"""Through which day the law in force keeps Medicare's telehealth flexibilities (fact 4.15)."""
_LONGEST_NAME = 60
_LONGEST_SAID = 5
_SPLIT_YEAR = 2024
"""Since 2024 Medicare takes 02 and 10 by the patient's place; earlier years had other rules."""


def _codes_then(day: date, today: tuple[str, ...], *, other_payer: bool) -> tuple[str, ...]:
    """What a telehealth visit took on a day before 2024 (facts 1.05, 1.07, 1.08)."""
    if day.year < 2017:  # noqa: PLR2004 - POS 02 begins
        return ()
    if (day.year, day.month) < (2020, 3) or (other_payer and day.year < 2022):  # noqa: PLR2004 - the PHE rule; POS 10 begins
        return ("02",)
    return today if other_payer else (OFFICE,)
