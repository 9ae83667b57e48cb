"""Keeps a slow or missing database from holding up answers.

Each call on the way to an answer has a budget. The first that is late or fails opens the breaker: from then on nobody
waits for the database any more, until it was seen to work again.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.store.errors import AwayError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

BUDGET = 0.2
"""Seconds that all calls for one answer may take together."""
LEAST = 0.02
"""Seconds each call gets however much was spent before."""
TICK = 0.02
"""Seconds taken off at a time. A tick that comes late was held up by this process, which is not the database's fault."""

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
class _Wait:
    """Somebody who waits for a call."""

    call: asyncio.Future[Any]
    until: asyncio.Future[Any]
    """Ends with the call, or before it when the breaker opens."""
    left: float


@dataclass(slots=True)
class Guard:
    """The breaker all calls share."""

    on_open: list[Callable[[], None]] = field(default_factory=list)
    """Called when the database goes away."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _waits: dict[int, _Wait] = field(default_factory=dict)
    _ticking: asyncio.TimerHandle | None = None

    @property
    def is_away(self) -> bool:
        """Whether nobody should wait for the database."""
        return self.opened.is_set()

    def open(self, why: str) -> None:
        """Note that the database is away, and let go of all who wait; `why` is for the log."""
        if self.is_away:
            return
        self.opened.set()
        logger.warning("the database is away (%s): answers go on from memory", why)
        for wait in self._waits.values():
            if not wait.until.done():
                wait.until.set_exception(AwayError())
        for callback in self.on_open:
            callback()

    def close(self) -> None:
        """Note that it works again."""
        self.opened.clear()
        logger.info("the database is back")

    async def within(self, call: asyncio.Future[Result], allowance: Allowance | None = None) -> Result:
        """The result of a call; raises AwayError where it fails or the time for it runs out."""
        spent = allowance or _allowance.get() or Allowance()
        until: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        wait = _Wait(call, until, max(spent.left, LEAST))
        call.add_done_callback(partial(_pass_on, until))
        self._waits[id(wait)] = wait
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)
        try:
            return await until
        finally:
            spent.left = wait.left
            del self._waits[id(wait)]

    def _tick(self) -> None:
        self._ticking = None
        late = False
        for wait in self._waits.values():
            wait.left -= TICK
            late = late or (wait.left <= 0 and not wait.call.done())
        if late:
            self.open("too slow")
        elif self._waits:
            self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)


def _pass_on(until: asyncio.Future[Result], call: asyncio.Future[Result]) -> None:
    """Tell who waits how a call ended, unless nobody waits any more."""
    if call.cancelled():
        until.cancel()
    elif error := call.exception():
        if not until.done():
            until.set_exception(error)
    elif not until.done():
        until.set_result(call.result())


def heard(call: asyncio.Future[Result]) -> None:
    """Take note of how a call ended that nobody waits for any more; as a callback of that call."""
    if not call.cancelled():
        call.exception()
