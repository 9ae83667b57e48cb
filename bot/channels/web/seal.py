"""Signs the little that a browser keeps for us, so that nobody else can have written it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, TimestampSigner

if TYPE_CHECKING:
    from collections.abc import Callable


class _Signer(TimestampSigner):
    """Signs with the time of a clock that tests can turn."""

    clock: Callable[[], float]

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return int(self.clock())


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs and reads texts; what was signed for one purpose is worth nothing for another."""

    secret: bytes
    clock: Callable[[], float]

    def sign(self, purpose: str, text: str) -> str:
        """The text with the time and a signature."""
        return self._signer(purpose).sign(text).decode("ascii")

    def read(self, purpose: str, signed: str | None, seconds: int) -> str | None:
        """The text that was signed no longer ago than that; None where it was not."""
        if not signed or not signed.isascii():
            return None
        try:
            return self._signer(purpose).unsign(signed, max_age=seconds).decode("ascii")
        except BadSignature:
            return None

    def _signer(self, purpose: str) -> _Signer:
        signer = _Signer(self.secret, salt=f"posbot.web.{purpose}", digest_method=sha256)
        signer.clock = self.clock
        return signer
