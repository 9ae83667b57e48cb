"""What polling sees of Telegram's queue: which updates are in hand, which are done, and from which id on to ask."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

logger = logging.getLogger(__name__)

FAR = 10_000
"""Ids further below than this are new ones."""


class Novelty(Enum):
    """What an update that was brought is."""

    NEW = auto()
    KNOWN = auto()
    """In hand, or done and not yet confirmed."""
    PAST = auto()
    """Confirmed, and brought once more all the same."""


@dataclass(slots=True, eq=False)
class Window:
    """The updates from the lowest that is not done on; Telegram shows up to a hundred of them."""

    offset: int = 0
    """The lowest id that is not done; asking from it on confirms all before."""
    confirmed: int = 0
    """All ids before this one are confirmed."""
    open: dict[int, Any] = field(default_factory=dict)
    """The updates in hand, by id."""
    _asked_from: int = 0
    _asked_at: int = 0
    """The offset when Telegram was last asked."""
    _next: int = 0
    _done: set[int] = field(default_factory=set)
    """Ids that are done and not yet confirmed."""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the offset moves."""
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing is in hand any more."""

    @property
    def has_moved(self) -> bool:
        """Whether the offset has moved since Telegram was asked."""
        return self.offset != self._asked_at

    def ask(self) -> int:
        """The id to ask from: the offset, or while it stays where it is the id before it.

        That confirms no more, and Telegram gives one update only to who asks twice within half a second from the same
        id on.
        """
        self._asked_at = self.offset
        self._asked_from = self.offset - (bool(self.open) and self.offset == self._asked_from and self.offset > 1)
        return self._asked_from

    def answered(self) -> None:
        """Note that Telegram has answered, and so has heard what is confirmed."""
        if self._asked_from > self.confirmed:
            self.confirmed = self._asked_from
            self._done = {done for done in self._done if done >= self.confirmed}

    def judge(self, update_id: int) -> Novelty:
        """Whether an update is new; an id far below all others is, since Telegram now and then begins to count anew."""
        if update_id < self.confirmed - FAR and not self.open:
            logger.warning("Telegram counts its updates anew")
            self._next = self.confirmed = self.offset = update_id
            self._done = set()
        if update_id < self.confirmed:
            return Novelty.PAST
        return Novelty.KNOWN if update_id in self.open or update_id in self._done else Novelty.NEW

    def begin(self, update_id: int, raw: Any) -> None:
        """Take an update in hand."""
        self.open[update_id] = raw
        self._next = max(self._next, update_id + 1)
        self._move()

    def finish(self, update_id: int) -> None:
        """Note that an update is done."""
        del self.open[update_id]
        self._done.add(update_id)
        self._move()

    def _move(self) -> None:
        offset = min(self.open, default=self._next)
        if offset != self.offset:
            self.offset = offset
            self._moved.set()
        if not self.open:
            self._idle.set()

    async def progress(self, at_least: float, at_most: float) -> None:
        """Wait so many seconds, unless nothing is in hand any more, and then until the offset moves, but not for long."""
        self._moved.clear()
        if self.open:
            self._idle.clear()
            await _set_within(self._idle, at_least)
        await _set_within(self._moved, at_most - at_least)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not beyond so many seconds."""
    if seconds > 0 and not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
