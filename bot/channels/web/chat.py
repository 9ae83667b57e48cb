"""The chat: questions and what they are answered with, as whole pages or as parts for our script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from bot.channels.answering import EXAMPLES, Channel
from bot.channels.asking import readable
from bot.channels.flood import Verdict
from bot.channels.web.clients import client_of
from bot.channels.web.pages import PART, page
from bot.channels.web.turns import Turn, recollection, turn
from bot.core import subject
from bot.core.models import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web
    from bot.core.subject import Subject

SLOW_DOWN = "That is more than I can answer at once. Please wait a moment, then ask again."
NO_DATE = "The date of service is no date like 2023-05-01. Please change it and ask again."
OLD_BUTTON = "I can't use this button any more. Please ask again."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for."""

    words: str = ""
    pick: str = ""
    """The subject that a button or link chose."""
    on: str = ""
    payer: str = ""
    about: str = ""
    """What the answer before was about, signed."""

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Wanted:
        """Read the fields of a form or an address; those that are no text count as empty."""

        def text(name: str) -> str:
            value = fields.get(name)
            return readable(value) if isinstance(value, str) else ""

        return cls(text("q"), text("pick"), text("on").strip(), text("payer").strip(), text("about"))

    @property
    def day(self) -> date | None:
        """The date of service; raises HTTPException where it is none."""
        try:
            return date.fromisoformat(self.on) if self.on else None
        except ValueError:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, NO_DATE) from None


@dataclass(slots=True)
class Chat:
    """The page that answers."""

    web: Web
    seal: Seal

    async def open(self, request: Request) -> Response:
        """The first page, or the answer that a link leads to."""
        wanted = Wanted.of(request.query_params)
        if not wanted.words.strip() and not wanted.pick:
            return self._page(request, wanted, None)
        return self._page(request, wanted, self._answer(request, wanted))

    async def ask(self, request: Request) -> Response:
        """Answer what a form asks."""
        async with request.form() as fields:
            wanted = Wanted.of(fields)
        if not wanted.words.strip() and not wanted.pick:
            return self._page(request, wanted, None)
        return self._page(request, wanted, self._answer(request, wanted))

    def _answer(self, request: Request, wanted: Wanted) -> Turn:
        """The answer; raises HTTPException where the client asks too fast or for what there is not."""
        client = client_of(request, self.web.trusted_proxies)
        if self.web.flood.judge(client) is not Verdict.ANSWER:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, SLOW_DOWN, {"retry-after": "5"})
        if wanted.pick:
            return self._picked(wanted.pick)
        before = recollection(wanted.about, self.seal, self.web.knowledge)
        if chosen := before.chosen(wanted.words):
            return turn(wanted.words, self.web.told(chosen), self.web, self.seal)
        question = Question(
            wanted.words, self.web.today(), on=wanted.day, payer=wanted.payer or None, context=before.context
        )
        return turn(wanted.words, self.web.answering.ask(question, Channel.WEB), self.web, self.seal)

    def _picked(self, pick: str) -> Turn:
        about = subject.read(pick, self.web.knowledge)
        if about is None or not about.codes:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, OLD_BUTTON)
        return turn(self._words(about), self.web.told(about), self.web, self.seal)

    def _words(self, about: Subject) -> str:
        """What somebody asked who pressed a button."""
        codes = " versus ".join(f"POS {code}" for code in about.codes)
        payer = self.web.knowledge.payers[about.payer].title if about.payer else ""
        return ", ".join(filter(None, (codes, payer, about.on.isoformat() if about.on else "")))

    def _page(self, request: Request, wanted: Wanted, answered: Turn | None) -> Response:
        if answered and request.headers.get(PART):
            return page(self.web, "turn.html", turn=answered)
        return page(
            self.web,
            "chat.html",
            turn=answered,
            wanted=wanted,
            payers=self.web.views().listed_payers(),
            examples=EXAMPLES,
        )
