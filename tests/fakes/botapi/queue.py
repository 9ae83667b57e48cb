"""Telegram's queue of updates, and who asks for them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.botapi.world import RefusedError

if TYPE_CHECKING:
    from tests.fakes.botapi.world import Raw

KNOWN_KINDS = {"message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "callback_query"}
MOST = 100
SAME_AGAIN = 0.5
"""Seconds within which a second request with the same offset gets one update only."""
FUTURE = 10
"""How far an offset may lie behind the newest id; one beyond counts as none."""


@dataclass(slots=True)
class Queue:
    """Updates that were not confirmed, with their numbers, and the one request that may wait for them."""

    waiting: list[tuple[int, Any]] = field(default_factory=list)
    repeats: int = 0
    """How many more times each update comes, in one batch with it and once more after it was confirmed."""
    is_orderly: bool = True
    """Whether updates come in the order of their ids; otherwise the last one first."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Told after every request and every new update."""
    newest: int = 0
    is_closing: bool = False
    asked: int = 0
    """Requests for updates so far."""
    _poller: asyncio.Event | None = None
    _previous: tuple[int, float] = (-1, 0.0)
    _confirmed: list[Any] = field(default_factory=list)

    @property
    def is_polled(self) -> bool:
        """Whether somebody is waiting for updates."""
        return self._poller is not None

    async def put(self, number: int, update: Any) -> None:
        """Queue one update."""
        self.waiting.append((number, update))
        self.newest = max(self.newest, number)
        await self.notify()

    def forget(self, number: int) -> None:
        """Drop an update that was taken."""
        self.waiting = [each for each in self.waiting if each[0] != number]

    async def notify(self) -> None:
        """Let those who wait for something look again."""
        async with self.changed:
            self.changed.notify_all()

    async def get_updates(self, params: Raw) -> list[Any]:
        """Give back what was not confirmed from an offset on, waiting for it where there is nothing."""
        self.asked += 1
        offset, limit = params.get("offset", 0), min(max(params.get("limit", MOST), 1), MOST)
        now = time.monotonic()
        if self._previous[0] == offset and now < self._previous[1] + SAME_AGAIN:
            limit = 1
        self._previous = offset, now
        if self._poller:
            self._poller.set()
        self._poller = mine = asyncio.Event()
        try:
            await self._wait(mine, offset, params)
        finally:
            if self._poller is mine:
                self._poller = None
        if mine.is_set():
            raise RefusedError(
                "terminated by other getUpdates request; make sure that only one bot instance is running", 409
            )
        return self._batch(limit)

    async def _wait(self, mine: asyncio.Event, offset: int, params: Raw) -> None:
        self._confirm(offset, params.get("allowed_updates"))
        await self.notify()
        with suppress(TimeoutError):
            async with asyncio.timeout(params.get("timeout", 0)), self.changed:
                await self.changed.wait_for(lambda: self.waiting or mine.is_set() or self.is_closing)
        self._confirm(offset, params.get("allowed_updates"))

    def _batch(self, limit: int) -> list[Any]:
        found = [update for _, update in self.waiting[:limit]][:: 1 if self.is_orderly else -1]
        again, self._confirmed = self._confirmed, []
        return again + [update for update in found for _ in range(1 + self.repeats)]

    def _confirm(self, offset: int, allowed: list[str] | None) -> None:
        """Forget what lies before the offset (from the end where it is negative) and what was not asked for."""
        if offset > self.newest + FUTURE:
            offset = 0
        if offset < 0:
            self.waiting = self.waiting[offset:]
        kept = [(number, update) for number, update in self.waiting if number >= offset and is_wanted(update, allowed)]
        if self.repeats:
            self._confirmed += [update for number, update in self.waiting if number < offset]
        self.waiting = kept


def is_wanted(update: Any, allowed: list[str] | None) -> bool:
    """Whether the bot asked for this kind of update; what has no kind is for the bot to make sense of."""
    kinds = KNOWN_KINDS & set(update) if isinstance(update, dict) else set()
    return not allowed or not kinds or bool(kinds & set(allowed))
