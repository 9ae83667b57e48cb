"""The API: one question in, one reply object out, and the document that describes both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.channels import asking
from bot.channels.answering import Channel
from bot.channels.flood import Verdict
from bot.channels.web.clients import client_of
from bot.core.plain import as_json

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.channels.web.web import Web

JSON = "application/json"
NOT_JSON = "Send the question as JSON, with the header content-type: application/json."
TOO_FAST = "Too many requests came from your address. Please wait {seconds} s, then try again."


@dataclass(slots=True)
class Api:
    """Answers programs."""

    web: Web

    async def ask(self, request: Request) -> Response:
        """Answer the question in the body; raises HTTPException for what is none."""
        self._count(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NOT_JSON)
        try:
            asked = asking.read(await request.body(), self.web.today(), thing="body")
        except asking.AskError as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY if error.is_json else HTTPStatus.BAD_REQUEST
            raise HTTPException(status, str(error)) from None
        reply = self.web.answering.ask(asked.question, Channel.API)
        # Half a character pair in the asker's id goes back as it came, as an escape.
        return Response(as_json(reply, asked.identity).encode("utf-8", "backslashreplace"), media_type=JSON)

    async def describe(self, _request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(_document(), headers={"cache-control": "no-cache"})

    def _count(self, request: Request) -> None:
        client = client_of(request, self.web.trusted_proxies)
        if self.web.flood.judge(client) is not Verdict.ANSWER:
            seconds = ceil(self.web.flood.seconds_left(client))
            told = TOO_FAST.format(seconds=seconds)
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, {"retry-after": str(seconds)})


@lru_cache(maxsize=1)
def _document() -> dict[str, object]:
    from bot.channels.web.openapi import document  # noqa: PLC0415 - made when first asked for

    return document()
