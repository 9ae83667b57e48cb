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
from structlog.contextvars import bound_contextvars

from bot.service.faces import error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Counted = Callable[[str, str, int, float], None]

logger = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes of a body where no other limit is set for its path."""
BODY_SECONDS = 10.0
"""How long the next piece of a body may take to come."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Headers of every answer that does not set its own."""
HSTS = "max-age=31536000"


class Passage:
    """Wraps the application. Nothing of a request but the pattern of its path goes into logs and counts."""

    def __init__(self, app: ASGIApp, counted: Counted, limits: Mapping[str, int] | None = None) -> None:
        """Count with `counted(route, method, status, seconds)`; `limits` gives bytes of bodies by beginnings of paths."""
        self._app, self._counted = app, counted
        self._limits = dict(limits or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever goes wrong, the answer is one that says nothing of the inside."""
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is served")
        with bound_contextvars(request=secrets.token_hex(6)):
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, leaving = perf_counter(), _Leaving(scope, send)
        limit = self._limit(scope["path"])
        try:
            if _declared(scope) > limit:
                await error_answer(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, leaving)
            else:
                await self._app(scope, _limited(receive, limit), leaving)
        except Exception:
            # The application has answered by now; what it raised is told here and not by the server, which quotes it.
            logger.exception("a request failed")
            if not leaving.status:
                await error_answer(scope, HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, leaving)
        finally:
            self._count(scope, leaving.status, perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._counted(route, method, status, seconds)
        logger.debug("%s %s %s %.1f ms", method, route, status, 1000 * seconds)

    def _limit(self, path: str) -> int:
        return next((limit for start, limit in self._limits.items() if path.startswith(start)), LARGEST)


class _Leaving:
    """Sends an answer with safe headers, and remembers its status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send, self._is_tls = send, scope["scheme"] == "https"
        self.status = 0
        """Nought until the answer has begun."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SAFE.items():
                headers.setdefault(name, value)
            if self._is_tls:
                headers.setdefault("strict-transport-security", HSTS)
        await self._send(message)


def _declared(scope: Scope) -> int:
    """Bytes of the body as the request has it; those of one that does not say are counted as they come."""
    told = Headers(scope=scope).get("content-length", "0")
    return int(told) if told.isdecimal() else 0


def _limited(receive: Receive, limit: int) -> Receive:
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
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        came += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if came > limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return limited
