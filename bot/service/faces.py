"""How the service answers a request that cannot be served: one sentence, as JSON or as a plain page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Scope

SENTENCES = {
    HTTPStatus.BAD_REQUEST: "This request cannot be read.",
    HTTPStatus.FORBIDDEN: "This is not open to you.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take such a request.",
    HTTPStatus.REQUEST_TIMEOUT: "The request took too long to arrive.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send JSON, with the content type application/json.",
    HTTPStatus.TOO_MANY_REQUESTS: "That is more than people ask; please wait a moment.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side. Please try again in a moment.",
}
PAGE = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title><p>{sentence}</p><p><a href="/">posbot</a></p></html>\n'
)


def error_answer(
    scope: Scope, status: int, sentence: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """One sentence: a page for a browser that asked for one, else `{"error": ...}`."""
    phrase = HTTPStatus(status).phrase
    told = sentence if sentence and sentence != phrase else SENTENCES.get(HTTPStatus(status), f"{phrase}.")
    wants_page = "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith("/api/")
    if wants_page:
        return HTMLResponse(PAGE.format(title=phrase, sentence=told), status, headers)
    return JSONResponse({"error": told}, status, headers)


async def refused(request: Request, error: Exception) -> Response:
    """Answer what was refused on purpose, or went wrong."""
    if not isinstance(error, HTTPException):
        return error_answer(request.scope, HTTPStatus.INTERNAL_SERVER_ERROR)
    if error.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return Response(status_code=error.status_code, headers=error.headers)
    return error_answer(request.scope, error.status_code, error.detail, error.headers)
