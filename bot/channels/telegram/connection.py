"""Our end of the Bot API: requests whose payloads are never logged, and updates as they come, unread."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.channels.telegram.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channels.telegram.limiter import Limiter

TELEGRAM = "https://api.telegram.org/bot"
READ_TIMEOUT = 20.0
"""Seconds to wait for Telegram's word on a call: what it carried out and was slow to confirm must not be sent again."""
POLL_MARGIN = 5.0
"""Seconds a long poll may take beyond the time it asks for."""

LOOKED_AT = {"message_id", "date", "chat"}
"""What is looked at of a message that was sent; the library would take half a millisecond to read the rest."""


class Connection(Request):
    """Requests whose payloads may hold what somebody wrote, and so are neither logged nor quoted in an exception."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read Telegram's answer; raises NetworkError where it is none."""
        body = _read(payload)
        if not isinstance(body, dict) or not ("result" in body or body.get("ok") is False):
            message = "the answer was not JSON with a result"
            raise NetworkError(message)
        if isinstance(result := body.get("result"), dict) and result.keys() >= LOOKED_AT:
            body["result"] = {name: result[name] for name in LOOKED_AT}
        return body


def _read(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        pass
    try:  # slower and more lenient: half of a surrogate pair, bytes that are no UTF-8
        return json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


class Telegram(ExtBot[None]):
    """The bot that also gives updates as raw JSON."""

    __slots__ = ("limiter",)

    def __init__(self, token: str, base_url: str | None, limiter: Limiter, at_once: int) -> None:
        """A bot with its connections, `at_once` of them for calls."""
        super().__init__(
            token,
            base_url=base_url or TELEGRAM,
            request=Connection(at_once, READ_TIMEOUT),
            get_updates_request=Connection(1, POLL_MARGIN),
            rate_limiter=limiter,
        )
        with self._unfrozen():
            self.limiter = limiter

    async def raw_updates(self, offset: int, wait: int, allowed: Sequence[str]) -> list[Any]:
        """Ask for up to a hundred updates from an id on, which confirms those before it; waits so many seconds for one.

        `get_updates` of the library reads a batch as a whole: one malformed update makes it raise for all of them, and
        log what all of them say.
        """
        data = {"offset": offset, "timeout": wait, "allowed_updates": allowed}
        try:
            found = await self._post("getUpdates", data, read_timeout=wait + POLL_MARGIN)
        except KeyError:  # what was said to have gone well says that it did not
            found = None
        if not isinstance(found, list):
            message = "the updates were no list"
            raise NetworkError(message)
        return found

    async def renew_polling(self) -> None:
        """Ask for updates on a fresh connection from now on."""
        await self._request[0].shutdown()
        await self._request[0].initialize()
