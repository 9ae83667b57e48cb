"""A password and the cookie that stands for it: compared in constant time, guesses counted by client."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Literal

from starlette.exceptions import HTTPException

from bot.channels.web.clients import client_of, is_https

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.flood import Flood
    from bot.channels.web.seal import Seal

TOO_MANY = "Too many wrong passwords came from your address. Please wait {seconds} seconds, then try again."


class Given(Enum):
    """What came of a password."""

    RIGHT = auto()
    WRONG = auto()
    TOO_MANY = auto()
    """Not looked at: too many wrong ones came before."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What one password opens."""

    password: str | None
    """None opens nothing."""
    seal: Seal
    guesses: Flood
    """Counts wrong passwords by client."""
    trusted_proxies: tuple[str, ...]
    cookie: str
    purpose: str
    """What the cookie is signed for."""
    seconds: int
    """How long the cookie is good for."""
    path: str = "/"
    """Below which the browser sends the cookie."""
    same_site: Literal["lax", "strict"] = "lax"

    def tried(self, request: Request, password: str) -> Given:
        """Compare a password in constant time; wrong ones are counted by client."""
        client = client_of(request, self.trusted_proxies)
        if self.guesses.is_spent(client):
            return Given.TOO_MANY
        digests = (sha256(each.encode("utf-8", "replace")).digest() for each in (password, self.password or ""))
        if self.password and hmac.compare_digest(*digests):
            return Given.RIGHT
        self.guesses.judge(client)
        return Given.WRONG

    def is_opened(self, request: Request) -> bool:
        """Whether the browser holds the cookie of the password in force."""
        signed = self.seal.read(self._purpose(), request.cookies.get(self.cookie), self.seconds)
        return bool(self.password) and signed is not None

    def open(self, request: Request, answer: Response) -> None:
        """Give the browser the cookie."""
        answer.set_cookie(
            self.cookie,
            self.seal.sign(self._purpose(), "yes"),
            max_age=self.seconds,
            path=self.path,
            httponly=True,
            samesite=self.same_site,
            secure=is_https(request, self.trusted_proxies),
        )

    def close(self, answer: Response) -> None:
        """Take the cookie from the browser."""
        answer.delete_cookie(self.cookie, path=self.path, httponly=True, samesite=self.same_site)

    def too_many(self, request: Request) -> HTTPException:
        """The refusal of a client that guesses."""
        seconds = ceil(self.guesses.seconds_left(client_of(request, self.trusted_proxies)))
        return HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY.format(seconds=seconds), {"retry-after": str(seconds)}
        )

    def _purpose(self) -> str:
        """Changes with the password, so that a new one signs everybody out."""
        return f"{self.purpose} {sha256((self.password or '').encode()).hexdigest()}"
