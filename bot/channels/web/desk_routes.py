"""The addresses of the curator's desk."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.web.desk import Desk
from bot.channels.web.desk_gate import DeskGate, DeskSigningIn, desk_lock
from bot.channels.web.desk_import import Importing
from bot.channels.web.desk_numbers import Numbers
from bot.channels.web.desk_review import Review
from bot.channels.web.desk_taught import TaughtPages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web

    Endpoint = Callable[[Request], Awaitable[Response]]


def desk_routes(web: Web, seal: Seal) -> list[BaseRoute]:
    """The desk and its sign-in page; where there is no desk, they say what opens one."""
    lock = desk_lock(web, seal)
    signing_in = DeskSigningIn(web, lock)
    gate = Middleware(DeskGate, web=web, lock=lock)
    return [
        Route("/desk/sign-in", signing_in.show, methods=["GET"]),
        Route("/desk/sign-in", signing_in.take, methods=["POST"]),
        Route("/desk/sign-out", signing_in.leave, methods=["POST"]),
        *(Route(path, show, methods=[method], middleware=[gate]) for method, path, show in _pages(web)),
    ]


def _pages(web: Web) -> list[tuple[str, str, Endpoint]]:
    """What is behind the gate; where nothing can be taught, only the gate itself."""
    if web.teaching is None:
        return [("GET", "/desk", _nothing)]
    desk, taught = Desk(web, web.teaching), TaughtPages(web, web.teaching)
    importing = Importing(web, web.teaching)
    return [
        ("GET", "/desk", desk.show),
        ("POST", "/desk/teach", desk.teach),
        ("POST", "/desk/drop", desk.drop),
        ("GET", "/desk/taught", taught.show),
        ("POST", "/desk/undo", taught.undo),
        ("GET", "/desk/taught.zip", taught.export),
        ("GET", "/desk/review", Review(web, web.teaching).show),
        ("GET", "/desk/numbers", Numbers(web, web.teaching).show),
        ("GET", "/desk/import", importing.show),
        ("POST", "/desk/import", importing.look),
        ("POST", "/desk/import/take", importing.take),
    ]


async def _nothing(_request: Request) -> Response:
    return Response(status_code=HTTPStatus.NOT_FOUND)
