"""All addresses of the web channel, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels.web.access import SIGN_IN, Access, Gate, SigningIn
from bot.channels.web.api import Api
from bot.channels.web.changes import Changes
from bot.channels.web.chat import Chat
from bot.channels.web.codes import Codes
from bot.channels.web.desk_routes import desk_routes
from bot.channels.web.failing import Failing
from bot.channels.web.finding import Finding
from bot.channels.web.guard import LimitedBody, OwnPagesOnly, SafeHeaders
from bot.channels.web.pages import STATIC, page, warm
from bot.channels.web.seal import Seal
from bot.channels.web.voting import Voting
from bot.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from bot.channels.web.web import Web

FOR_GOOD = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"


def routes(web: Web) -> list[BaseRoute]:
    """The web channel as routes for a Starlette app; they go last, for they take every address that is left."""
    seal, failing = Seal(web.secret, web.clock), Failing(web)
    access = Access(web, seal)
    warm()
    gate = Middleware(Gate, access=access)
    around = [
        Middleware(SafeHeaders),
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(
            ExceptionMiddleware,
            handlers={HTTPException: failing.refused, StoreError: failing.away, Exception: failing.broken},
        ),
        Middleware(OwnPagesOnly),
        Middleware(LimitedBody),
    ]
    return [
        Mount(
            "",
            routes=[*_open(access), *desk_routes(web, seal), Mount("", routes=_gated(web, seal), middleware=[gate])],
            middleware=around,
        )
    ]


def _open(access: Access) -> list[BaseRoute]:
    """What anybody may see: the looks, and the way in."""
    signing_in = SigningIn(access)
    return [
        Mount("/static", _Files(directory=STATIC)),
        Route("/manifest.webmanifest", _file("manifest.webmanifest", "application/manifest+json")),
        Route("/favicon.ico", _file("icon-192.png", "image/png")),
        Route(SIGN_IN, signing_in.show, methods=["GET"]),
        Route(SIGN_IN, signing_in.take, methods=["POST"]),
        Route("/sign-out", signing_in.out, methods=["POST"]),
    ]


def _gated(web: Web, seal: Seal) -> list[BaseRoute]:
    """What is behind the gate."""
    chat, voting, finding = Chat(web, seal), Voting(web, seal), Finding(web, seal)
    codes, api = Codes(web, seal), Api(web)
    return [
        Route("/", chat.open, methods=["GET"]),
        Route("/", chat.ask, methods=["POST"]),
        Route("/vote", voting.vote, methods=["POST"]),
        Route("/find", finding.find),
        Route("/find/{path}", finding.find),
        Route("/codes", codes.all),
        Route("/codes/{code}", codes.one),
        Route("/compare", codes.choose),
        Route("/compare/{one}/{other}", codes.compare),
        Route("/changes", Changes(web).show),
        Route("/privacy", _privacy(web)),
        Route("/api/ask", api.ask, methods=["POST"]),
        Route("/openapi.json", api.describe),
    ]


def _privacy(web: Web) -> Callable[[Request], Awaitable[Response]]:
    """The page that tells what is kept."""

    async def show(_request: Request) -> Response:
        return page(web, "privacy.html")

    return show


class _Files(StaticFiles):
    """Files of ours; an address with a digest of what the file holds may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = FOR_GOOD if scope["query_string"] else A_DAY
        return answer


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that serves one of our files."""

    async def serve(_request: Request) -> Response:
        return FileResponse(STATIC / name, media_type=kind, headers={"cache-control": A_DAY})

    return serve
