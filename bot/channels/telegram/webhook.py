"""The webhook: an ASGI endpoint that says 200 only to what was answered or never can be."""

from __future__ import annotations

import asyncio
import json
from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.channels.telegram.intake import Intake, Verdict, verdict_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MOST_BYTES = 1 << 20
"""Updates have a few kilobytes."""
HOLD_SECONDS = 25.0
"""How long Telegram is kept waiting for an answer that is held back."""
ROOM_SECONDS = 5.0
"""How long an update waits while as many as may be are in hand."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
IN_HAND, ELSEWHERE, CROWDED = 1, 3, 2
"""Seconds after which Telegram should try again; it obeys, where otherwise it takes ever longer pauses."""


class Webhook:
    """The endpoint; `Route(path, Webhook(intake, secret))` puts it into a Starlette application."""

    def __init__(
        self, intake: Intake, secret: str, *, hold_seconds: float = HOLD_SECONDS, room_seconds: float = ROOM_SECONDS
    ) -> None:
        """Take updates for an intake from whoever knows the secret."""
        self.intake, self._secret = intake, secret.encode()
        self.hold_seconds, self.room_seconds = hold_seconds, room_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self.respond(Request(scope, receive))
        await response(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        """Check the request, cheapest first, then have its update answered."""
        if refusal := self._refusal(request):
            return refusal
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _refused(HTTPStatus.BAD_REQUEST, "The request broke off.")
        if body is None:
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The update is too large.")
        raw = _object(body)
        if raw is None:
            return _refused(HTTPStatus.BAD_REQUEST, "The body is no JSON object.")
        return await self._taken(raw)

    def _refusal(self, request: Request) -> Response | None:
        """What is wrong with a request before its body is read."""
        if request.method != "POST":
            return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "Use POST.", {"Allow": "POST"})
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
        if not compare_digest(request.headers.get(SECRET_HEADER, "").encode(), self._secret):
            return _refused(HTTPStatus.FORBIDDEN, "The secret is wrong.")
        return None

    async def _taken(self, raw: dict[str, Any]) -> Response:
        if not self.intake.has_room and not self.intake.holds(raw):
            try:
                async with asyncio.timeout(self.room_seconds):
                    await self.intake.room()
            except TimeoutError:
                return _again(CROWDED)
        begun = self.intake.begin(raw)
        await asyncio.wait((begun,), timeout=self.hold_seconds)
        if not begun.done():
            return _again(IN_HAND)  # it goes on; when the update comes again it gets this one's outcome
        verdict = await verdict_of(begun)
        return Response() if verdict is Verdict.CONFIRM else _again(ELSEWHERE)


async def _body(request: Request) -> bytes | None:
    """The body; None where it is, or says that it is, too large."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MOST_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        found = _lenient(body)
    return found if isinstance(found, dict) else None


def _lenient(body: bytes) -> Any:
    """Read what msgspec is too strict for: half of a surrogate pair."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refused(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": sentence}, status, headers)


def _again(after: int) -> Response:
    return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "Try again.", {"Retry-After": str(after)})
