"""What every HTTP request passes on its way in and out: an id, a limit on its body, safe headers, a count."""

from __future__ import annotations

import asyncio
import logging
import secrets
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
from structlog.contextvars import bound_contextvars

from bot.service.logs import told_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Counted = Callable[[str, str, int, float], None]

logger = logging.getLogger(__name__)

LARGEST = 8 * 1024 * 1024
"""Bytes of a body that nothing here has a use for; most addresses stop reading long before."""
BODY_SECONDS = 10.0
"""How long the next piece of a body may take to come."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Headers of every answer that does not set its own."""
TOO_LARGE = "The request is too large."
TOO_SLOW = "The request took too long to arrive."
BROKEN = "Something went wrong on our side. Please try again in a moment."


class Passage:
    """Wraps the application. Nothing of a request but the pattern of its path goes into logs and counts."""

    def __init__(self, app: ASGIApp, counted: Counted) -> None:
        """Count with `counted(route, method, status, seconds)`."""
        self._app, self._counted = app, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever goes wrong, the answer says nothing of the inside."""
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is served")
        start, leaving = perf_counter(), _Leaving(send)
        with bound_contextvars(request=secrets.token_hex(6)):
            try:
                await self._pass(scope, receive, leaving)
            finally:
                self._count(scope, leaving.status, perf_counter() - start)

    async def _pass(self, scope: Scope, receive: Receive, leaving: _Leaving) -> None:
        try:
            if _declared(scope) > LARGEST:
                await failed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)(scope, receive, leaving)
            else:
                await self._app(scope, _limited(receive), leaving)
        except Exception as error:  # noqa: BLE001 - told here and not by the server, and answered whatever it is
            logger.error("a request failed: %s", told_of(error))  # noqa: TRY400 - the same, in our own words
            if not leaving.status:
                await failed(HTTPStatus.INTERNAL_SERVER_ERROR, BROKEN)(scope, receive, leaving)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _pattern(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._counted(route, method, status, seconds)
        logger.debug("%s %s %s %.1f ms", method, route, status, 1000 * seconds)


class _Leaving:
    """Sends an answer with safe headers, and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        """Nought until the answer has begun."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SAFE.items():
                headers.setdefault(name, value)
        await self._send(message)


def failed(status: HTTPStatus, sentence: str) -> JSONResponse:
    """An answer that says in one sentence why there is none."""
    return JSONResponse({"error": sentence}, status, {"cache-control": "no-store"})


def _pattern(scope: Scope) -> str:
    """The pattern of the path that was asked for, with what it is mounted under."""
    route, mounted = scope.get("route"), scope.get("root_path", "")
    return f"{mounted}{route.path}" if isinstance(route, Route) else mounted or "other"


def _declared(scope: Scope) -> int:
    """Bytes of the body as the request has it; those of one that does not say are counted as they come."""
    told = Headers(scope=scope).get("content-length", "")
    return int(told[:20]) if told.isdecimal() else 0


def _limited(receive: Receive) -> Receive:
    """Receive a body no longer than the limit, none of whose pieces is awaited for ever."""
    came, is_whole = 0, False

    async def limited() -> Message:
        nonlocal came, is_whole
        if is_whole:
            return await receive()  # waits for the client to go away
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW) from None
        came += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if came > LARGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
        return message

    return limited
