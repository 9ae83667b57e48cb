"""Who may see the pages and use the API where others than this machine can reach them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from bot.channels.web.failing import API
from bot.channels.web.lock import Given, Lock
from bot.channels.web.pages import page

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web

COOKIE, SIGNED_IN = "posbot_signed_in", "signed in"
SIGNED_IN_SECONDS = 30 * 24 * 3600
SIGN_IN = "/sign-in"
CLOSED = "posbot is closed here: set POSBOT_WEB_PASSWORD to open its pages and API on an address others can reach."
WRONG = "That is not the password. Please try again."
BASIC_WANTED = "The API needs the password of this posbot: send it by HTTP Basic, with any user name."


@dataclass(slots=True)
class Access:
    """Says who is let in: everybody on this machine, elsewhere who has the password."""

    web: Web
    seal: Seal

    @property
    def is_open(self) -> bool:
        """Whether nobody needs a password."""
        return self.web.is_loopback

    @property
    def lock(self) -> Lock:
        """What the password opens."""
        web = self.web
        return Lock(web.password, self.seal, web.sign_ins, web.trusted_proxies, COOKIE, SIGNED_IN, SIGNED_IN_SECONDS)


class Gate:
    """Lets through who may see what lies behind it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, send to the sign-in page, or raise HTTPException."""
        app = self._app
        if scope["type"] == "http" and not self._access.is_open:
            app = self._refusal(Request(scope)) or app
        await app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if self._access.web.password is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, CLOSED)
        if self._access.lock.is_opened(request):
            return None
        if (password := _basic(request)) is not None:
            given = self._access.lock.tried(request, password)
            if given is Given.RIGHT:
                return None
            if given is Given.TOO_MANY:
                raise self._access.lock.too_many(request)
        if request.url.path.startswith(API):
            asked = {"www-authenticate": 'Basic realm="posbot", charset="UTF-8"'}
            raise HTTPException(HTTPStatus.UNAUTHORIZED, BASIC_WANTED, asked)
        where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        to = f"?to={quote(where, safe='/')}" if request.method == "GET" and where != "/" else ""
        return RedirectResponse(SIGN_IN + to, HTTPStatus.SEE_OTHER)


@dataclass(slots=True)
class SigningIn:
    """The sign-in page, and the way out."""

    access: Access

    async def show(self, request: Request) -> Response:
        """Ask for the password, unless there is nothing to ask."""
        to = _own(request.query_params.get("to", ""))
        if self.access.is_open or self.access.lock.is_opened(request):
            return RedirectResponse(to, HTTPStatus.SEE_OTHER)
        return self._page(to, "", HTTPStatus.OK)

    async def take(self, request: Request) -> Response:
        """Look at the password that was typed."""
        async with request.form() as fields:
            password, to = str(fields.get("password", "")), _own(str(fields.get("to", "")))
        match self.access.lock.tried(request, password):
            case Given.TOO_MANY:
                raise self.access.lock.too_many(request)
            case Given.WRONG:
                return self._page(to, WRONG, HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
        self.access.lock.open(request, answer)
        return answer

    async def out(self, _request: Request) -> Response:
        """Take the cookie back."""
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        self.access.lock.close(answer)
        return answer

    def _page(self, to: str, fault: str, status: HTTPStatus) -> Response:
        if not self.access.web.password:
            raise HTTPException(HTTPStatus.FORBIDDEN, CLOSED)
        return page(self.access.web, "sign_in.html", status, to=to, fault=fault)


def _own(path: str) -> str:
    """A path on this site, or the first page."""
    is_path = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_path else "/"


def _basic(request: Request) -> str | None:
    """The password of HTTP Basic; None where none was sent."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(coded.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
