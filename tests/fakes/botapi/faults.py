"""What can go wrong between a bot and Telegram."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from tests.fakes.botapi.world import Raw

DROPPED = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request instead of its answer."""

    status: int | None = DROPPED
    """The HTTP status; 0 drops the connection, None answers as usual."""
    description: str = ""
    retry_after: int | None = None
    is_done_first: bool = False
    """Whether the request is carried out all the same, so that only its answer is lost."""
    body: str = ""
    """What the answer says in place of Telegram's words."""
    delay: float = 0.0
    """Seconds until then."""

    @classmethod
    def too_many(cls, retry_after: int) -> Fault:
        """Telegram asks to wait."""
        return cls(429, f"Too Many Requests: retry after {retry_after}", retry_after)

    @classmethod
    def internal(cls) -> Fault:
        """Telegram itself fails."""
        return cls(500, "Internal Server Error")

    @classmethod
    def bad_gateway(cls) -> Fault:
        """A proxy before Telegram fails, and answers with a web page."""
        return cls(502)

    @classmethod
    def dropped(cls, *, is_done_first: bool = False) -> Fault:
        """The connection breaks before the answer."""
        return cls(is_done_first=is_done_first)

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """The request is carried out at once and answered late."""
        return cls(status=None, is_done_first=True, delay=seconds)

    async def answer(self, request: web.Request, usual: web.StreamResponse | None) -> web.StreamResponse:
        """Answer a request with this fault; `usual` is the answer without it, where it was carried out."""
        await asyncio.sleep(self.delay)
        if self.status is None and usual is not None:
            return usual
        if not self.status:
            if request.transport:
                request.transport.abort()
            return web.Response()
        if self.body:
            return web.Response(status=self.status, text=self.body, content_type="application/json")
        if not self.description:
            return web.Response(status=self.status, text="<html>Bad Gateway</html>", content_type="text/html")
        body: Raw = {"ok": False, "error_code": self.status, "description": self.description}
        extra = {"parameters": {"retry_after": self.retry_after}} if self.retry_after else {}
        return web.json_response(body | extra, status=self.status)
