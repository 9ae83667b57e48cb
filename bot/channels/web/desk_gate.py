"""The way to the curator's desk: a password of its own, a session that ends with the working day."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from bot.channels.web.lock import Given, Lock
from bot.channels.web.pages import page

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web

DESK, SIGN_IN = "/desk", "/desk/sign-in"
COOKIE, PURPOSE = "posbot_desk", "desk"
SESSION_SECONDS = 12 * 3600
NO_DESK = "There is no curator's desk here: set POSBOT_DESK_PASSWORD to open one."
WRONG = "That is not the password of the desk. Please try again."


def desk_lock(web: Web, seal: Seal) -> Lock:
    """What the desk's password opens."""
    return Lock(
        web.desk_password,
        seal,
        web.desk_sign_ins,
        web.trusted_proxies,
        COOKIE,
        PURPOSE,
        SESSION_SECONDS,
        path=DESK,
        same_site="strict",
    )


class DeskGate:
    """Lets the curator through."""

    def __init__(self, app: ASGIApp, web: Web, lock: Lock) -> None:
        self._app, self._web, self._lock = app, web, lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, send to the sign-in page, or raise HTTPException."""
        if self._web.teaching is None or self._web.desk_password is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, NO_DESK)
        if not self._lock.is_opened(Request(scope)):
            await RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)(scope, receive, send)
            return
        await self._app(scope, receive, send)


@dataclass(slots=True)
class DeskSigningIn:
    """The desk's sign-in page."""

    web: Web
    lock: Lock

    async def show(self, request: Request) -> Response:
        """Ask for the password, unless the session is open."""
        if self.lock.is_opened(request):
            return RedirectResponse(DESK, HTTPStatus.SEE_OTHER)
        return self._page("", HTTPStatus.OK)

    async def take(self, request: Request) -> Response:
        """Look at the password that was typed."""
        async with request.form() as fields:
            password = str(fields.get("password", ""))
        match self.lock.tried(request, password):
            case Given.TOO_MANY:
                raise self.lock.too_many(request)
            case Given.WRONG:
                return self._page(WRONG, HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse(DESK, HTTPStatus.SEE_OTHER)
        self.lock.open(request, answer)
        return answer

    async def leave(self, _request: Request) -> Response:
        """End the session."""
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        self.lock.close(answer)
        return answer

    def _page(self, fault: str, status: HTTPStatus) -> Response:
        if self.web.teaching is None or self.web.desk_password is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, NO_DESK)
        return page(self.web, "desk/sign_in.html", status, fault=fault)
