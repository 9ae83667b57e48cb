"""One turn of the conversation: what was asked, the answer, and what can be done with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.channels.web.shown import Passage, Shown, Written, by_day, drawn, shown
from bot.core import subject
from bot.core.models import Outcome, Part
from bot.core.plain import shortened
from bot.core.subject import Subject
from bot.store.memory import RECALL_SECONDS

if TYPE_CHECKING:
    from datetime import date

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web
    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply
    from bot.core.schema import Payer

ABOUT, VOTE = "about", "vote"
"""What a signature is for."""
CHOICE = "choice "
"""Before a subject that was offered to choose from."""
VOTE_SECONDS = 7 * 24 * 3600
"""How long an answer can be voted on."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice: the subject it leads to and its words."""

    pick: str
    code: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Looks:
    """Further looks at the one code that was answered."""

    code: str
    beside: str | None
    """The code most easily confused with it."""
    pair: str
    """The subject of both."""
    modifiers: tuple[Passage, ...]
    payers: tuple[tuple[str, Payer], ...]
    """Payers whose rules were read, each with the subject that asks for them."""
    sources: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a page shows of a question and its answer."""

    asked: str
    cards: tuple[Shown, ...]
    offers: tuple[Offer, ...]
    looks: Looks | None
    codes: tuple[str, ...]
    about: str
    """What the next question may lean on, signed."""
    vote: str
    """What a thumb is given for, signed; empty where none is asked for."""
    share: str
    """A link to this answer that holds none of the asker's words; empty where there is none."""
    as_of: date | None
    """The date of service, where it is not today's."""
    payer: str
    said: str
    """The answer in a sentence, for who hears the page."""
    is_declined: bool
    """Whether there is no answer, so that another way may help."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a browser brought back of the answer before."""

    about: Subject = field(default_factory=Subject)
    is_choice: bool = False

    def chosen(self, words: str) -> Subject | None:
        """The offered choice that a typed number picks."""
        number = words.strip().rstrip(".)")
        if not self.is_choice or number not in {"1", "2", "3", "4"} or int(number) > len(self.about.codes):
            return None
        return self.about.alone(self.about.codes[int(number) - 1])

    @property
    def context(self) -> tuple[str, ...]:
        """What a follow-up leans on."""
        return () if self.is_choice else self.about.context


def recollection(signed: str | None, seal: Seal, knowledge: Knowledge) -> Recollection:
    """Read what was signed within the last ten minutes; nothing where it is older or not ours."""
    text = seal.read(ABOUT, signed, RECALL_SECONDS) or ""
    about = subject.read(text.removeprefix(CHOICE), knowledge)
    return Recollection(about, text.startswith(CHOICE)) if about else Recollection()


def turn(asked: str, reply: Reply, web: Web, seal: Seal) -> Turn:
    """Draw up a reply for the page."""
    today = web.today()
    about = subject.of_reply(reply, today)
    views = web.views(reply.as_of, reply.payer)
    seen = [block for card in shortened(reply) for block in card.blocks]
    skip = frozenset({Part.CHOICES}) if reply.choices else frozenset()
    cards = tuple(shown(card, seen, views, skip=skip) for card in reply.cards)
    is_answer = reply.outcome is Outcome.ANSWER
    offers = tuple(
        Offer(
            about.alone(each.code).text,
            each.code,
            views.name(each.code),
            each.label,
        )
        for each in reply.choices
    )
    return Turn(
        asked,
        cards,
        offers,
        _looks(about, web) if is_answer and len(reply.codes) == 1 else None,
        reply.codes,
        seal.sign(ABOUT, (CHOICE if reply.choices else "") + about.text),
        seal.sign(VOTE, f"{secrets.randbits(31)} {about.text} {reply.intent}") if is_answer else "",
        f"/?pick={about.text}" if is_answer and about.codes else "",
        reply.as_of if reply.as_of != today else None,
        web.knowledge.payers[reply.payer].title if reply.payer else "",
        _said(reply),
        reply.outcome is Outcome.DECLINE,
    )


def _looks(about: Subject, web: Web) -> Looks:
    code = about.codes[0]
    views = web.views(about.on, about.payer)
    beside = views.nearest(code)
    takes = views.takes_modifiers(code)
    payers = views.listed_payers() if takes else []
    return Looks(
        code,
        beside,
        Subject((code, beside), about.on, about.payer).text if beside else "",
        drawn(views.modifiers(code).blocks) if takes else (),
        tuple((Subject((code,), about.on, payer.payer).text, payer) for payer in payers),
        tuple(by_day(views.sources(code).sources)),
    )


def _said(reply: Reply) -> str:
    """The heading and what is said first."""
    first = reply.cards[0]
    line = next((line for block in first.blocks for line in block.lines), "")
    return " ".join(filter(None, (first.head and f"{first.head.rstrip('?.')}.", line)))
