"""Keeps a slow or missing database from holding up answers.

Each call on the way to an answer has a budget. The first that is late or fails opens the breaker: from then on nobody
waits for the database any more, until it was seen to work again.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bot.store.errors import AwayError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

BUDGET = 0.2
"""Seconds that all calls for one answer may take together."""
LEAST = 0.02
"""Seconds each call gets however much was spent before."""
SLICE = 0.02
"""Seconds waited at a time. A slice that took longer was held up by this process, which is not the database's fault."""

Result = TypeVar("Result")


@dataclass(slots=True)
class Allowance:
    """What is left of the time one answer may spend waiting for the store."""

    left: float = BUDGET


_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def begin_answer() -> None:
    """Give what follows in this task, and in those it starts, a budget of its own."""
    _allowance.set(Allowance())


@dataclass(slots=True)
class Guard:
    """The breaker all calls share."""

    on_open: list[Callable[[], None]] = field(default_factory=list)
    """Called when the database goes away, to let go of whoever still waits."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_away(self) -> bool:
        """Whether nobody should wait for the database."""
        return self.opened.is_set()

    def open(self, why: str) -> None:
        """Note that the database is away; `why` is for the log."""
        if self.is_away:
            return
        self.opened.set()
        logger.warning("the database is away (%s): answers go on from memory", why)
        for let_go in self.on_open:
            let_go()

    def close(self) -> None:
        """Note that it works again."""
        self.opened.clear()
        logger.info("the database is back")

    async def within(self, call: asyncio.Future[Result], allowance: Allowance | None = None) -> Result:
        """The result of a call; raises AwayError where it fails or the time for it runs out."""
        spent = allowance or _allowance.get() or Allowance()
        left = max(spent.left, LEAST)
        while not call.done():
            if left <= 0:
                call.add_done_callback(heard)
                self.open("too slow")
                raise AwayError
            await asyncio.wait((call,), timeout=min(SLICE, left))
            left -= SLICE
        spent.left = left
        return call.result()


def heard(call: asyncio.Future[Result]) -> None:
    """Take note of how a call ended that nobody waits for any more; as a callback of that call."""
    if not call.cancelled():
        call.exception()
