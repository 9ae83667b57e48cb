"""Thumbs under answers: the session is a number, the answer its codes; whose they are nobody can tell."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from bot.channels.feedback import REASONS, THANKS
from bot.channels.flood import Verdict
from bot.channels.web.chat import OLD_BUTTON, SLOW_DOWN
from bot.channels.web.clients import client_of, is_https
from bot.channels.web.pages import PART, page
from bot.channels.web.turns import VOTE, VOTE_SECONDS
from bot.core import subject
from bot.core.models import Intent
from bot.store.memory import Vote

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web

COOKIE, SESSION = "posbot_session", "session"
SESSION_SECONDS = 24 * 3600
SMALLEST = 1 << 53
"""No chat of Telegram's has a number as large."""


@dataclass(slots=True)
class Voting:
    """Counts thumbs, one a session and answer: the last."""

    web: Web
    seal: Seal

    async def vote(self, request: Request) -> Response:
        """Count a thumb; a reason makes it one that is down."""
        async with request.form() as fields:
            signed, thumb = str(fields.get("vote", "")), str(fields.get("thumb", ""))
        if self.web.flood.judge(client_of(request, self.web.trusted_proxies)) is not Verdict.ANSWER:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, SLOW_DOWN, {"retry-after": "5"})
        message, vote = self._read(signed, thumb)
        session = self._session(request)
        await self.web.memory.vote(session, message, session, vote)
        template = "thanks.html" if request.headers.get(PART) else "message.html"
        answer = page(self.web, template, title="Thank you", sentence=THANKS)
        self._keep(request, answer, session)
        return answer

    def _read(self, signed: str, thumb: str) -> tuple[int, Vote]:
        told = (self.seal.read(VOTE, signed, VOTE_SECONDS) or "").split(" ")
        about = subject.read(told[1], self.web.knowledge) if len(told) == len(("message", "about", "intent")) else None
        reason = REASONS.get(int(thumb)) if thumb.isdecimal() and len(thumb) == 1 else None
        if about is None or (reason is None and thumb != "up"):
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, OLD_BUTTON)
        return int(told[0]), Vote(reason is None, reason, about.codes, Intent(told[2]))

    def _session(self, request: Request) -> int:
        known = self.seal.read(SESSION, request.cookies.get(COOKIE), SESSION_SECONDS)
        return int(known) if known else SMALLEST + secrets.randbits(53)

    def _keep(self, request: Request, answer: Response, session: int) -> None:
        secure = is_https(request, self.web.trusted_proxies)
        signed = self.seal.sign(SESSION, str(session))
        answer.set_cookie(COOKIE, signed, max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure)
