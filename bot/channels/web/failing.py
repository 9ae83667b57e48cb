"""What a page or the API says where it cannot answer: one sentence, and never more."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from bot.channels.faults import APOLOGY, kind_of
from bot.channels.web.pages import PART, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.web import Web

logger = logging.getLogger(__name__)

API = ("/api/", "/openapi.json")
"""How addresses for programs begin."""
AWAY = "What the desk works on cannot be reached right now, so nothing was changed. Please try again in a minute."
SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is no such page here.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address cannot be used that way.",
    HTTPStatus.BAD_REQUEST: "The form could not be read. Please send it again.",
}
"""Where the framework itself refuses, its own words say less."""


@dataclass(slots=True)
class Failing:
    """Turns exceptions into pages, parts of pages or JSON, as the asker can read it."""

    web: Web

    async def refused(self, request: Request, error: Exception) -> Response:
        """Tell why a request is not answered."""
        if not isinstance(error, HTTPException):
            return await self.broken(request, error)
        status = HTTPStatus(error.status_code)
        sentence = error.detail if error.detail != status.phrase else SENTENCES.get(status, f"{status.phrase}.")
        return self._told(request, status, sentence, error.headers)

    async def away(self, request: Request, _error: Exception) -> Response:
        """Say that the store is away; only the desk needs it."""
        return self._told(request, HTTPStatus.SERVICE_UNAVAILABLE, AWAY)

    async def broken(self, request: Request, error: Exception) -> Response:
        """Log what kind of fault it was, and apologise."""
        logger.error("web: %s", kind_of(error))
        return self._told(request, HTTPStatus.INTERNAL_SERVER_ERROR, APOLOGY)

    def _told(
        self, request: Request, status: HTTPStatus, sentence: str, headers: Mapping[str, Any] | None = None
    ) -> Response:
        answer: Response
        if request.url.path.startswith(API):
            answer = JSONResponse({"error": sentence}, status)
        elif request.headers.get(PART):
            answer = page(self.web, "failed.html", status, sentence=sentence)
        else:
            answer = page(self.web, "message.html", status, title=status.phrase, sentence=sentence)
        answer.headers.update(headers or {})
        return answer
