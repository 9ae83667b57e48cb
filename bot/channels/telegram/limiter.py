"""How fast and how often the bot calls Telegram: paced, held back where told to, tried again where that is safe.

Each chat is a lane of its own. Its calls go out one after another in the order they were made, so a chat that has to
wait keeps its order and holds back nobody else. Calls that write into no chat have a lane by what they are about, and
need no order.

What is tried again until the answer is too old to be worth sending, a minute after its question came:

- 429 and 5xx: Telegram did not carry the call out.
- A connection that broke: mostly one that Telegram had closed for being idle, so the call never arrived. It may have,
  all the same; then a message comes twice, which harms a clerk less than an answer that never comes.
- A call that timed out: only where twice does no harm. Telegram had read it whole and was slow to say so, so a message
  most likely stands in the chat already and is not sent again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import BaseRateLimiter

from bot.channels.telegram.outcome import TICKET, CalledOff
from bot.channels.telegram.request import NeverSentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    JSON: TypeAlias = dict[str, Any]
    Result: TypeAlias = bool | JSON | list[JSON]
    Call: TypeAlias = Callable[[], Coroutine[Any, Any, Result]]

PATIENCE = 60.0
"""Seconds after which an answer is given up."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two tries where Telegram does not say how long to wait."""
BURST = 20
"""Calls that a chat may have at once after a rest."""
FEW_LANES = 1024
"""Lanes kept without looking for idle ones."""
CONCERNED = ("chat_id", "callback_query_id", "inline_query_id", "inline_message_id")
"""What a call may be about that writes into no chat."""
WRITING = ("send", "edit", "copy", "forward")
"""How the methods begin that put something into a chat."""


class Pace:
    """So many calls at once, then one every so often."""

    __slots__ = ("_ahead", "_every", "_full")

    def __init__(self, every: float, burst: int) -> None:
        """Seconds between calls in the long run, and how many may come at once after a rest."""
        self._every, self._ahead = every, (burst - 1) * every
        self._full = 0.0
        """When all of the burst is there again."""

    def wait(self, now: float) -> float:
        """Seconds until the next call may go out."""
        return max(0.0, self._full - self._ahead - now)

    def take(self, now: float) -> None:
        """Count a call."""
        self._full = max(self._full, now) + self._every

    def is_rested(self, now: float) -> bool:
        """Whether it is as good as new."""
        return self._full <= now


def paces_of(chat: object) -> list[Pace]:
    """Telegram's limits for one chat after a burst: about a message a second, and 20 a minute in a group."""
    is_group = isinstance(chat, str) or (isinstance(chat, int) and chat < 0)
    return [Pace(3 if is_group else 1, BURST)]


@dataclass(slots=True)
class _Lane:
    """The calls that wait for each other."""

    paces: list[Pace]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    """Calls that are in it or wait for it."""
    open_at: float = 0.0
    """When Telegram takes calls again."""

    def is_idle(self, now: float) -> bool:
        return not self.users and self.open_at <= now and all(pace.is_rested(now) for pace in self.paces)


class Limiter(BaseRateLimiter[None]):
    """The bot's only way to call Telegram, updates and their confirmation aside."""

    def __init__(
        self,
        at_once: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Let so many calls be under way at once."""
        self._under_way = asyncio.Semaphore(at_once)
        self._clock, self._sleep = clock, sleep
        self._lanes: dict[object, _Lane] = {}
        self._many = FEW_LANES
        self.faults: Counter[str] = Counter()
        """Calls that failed, by the kind of fault; the same call may fail often."""

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""

    async def process_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: JSON,
        rate_limit_args: None,  # noqa: ARG002 - part of the library's signature
    ) -> Result:
        """Make the call when its lane may, again where that helps."""

        def call() -> Coroutine[Any, Any, Result]:
            return callback(*args, **kwargs)

        # Looking somebody up is no message: it waits for none, and for no pace.
        chat = None if endpoint.startswith("get") else data.get("chat_id")
        lane = self._lane((endpoint, *(data.get(name) for name in CONCERNED)) if chat is None else chat, chat)
        lane.users += 1
        try:
            if chat is None:
                return await self._carry_out(call, endpoint, lane)
            async with lane.lock:
                return await self._carry_out(call, endpoint, lane)
        finally:
            lane.users -= 1

    async def _carry_out(self, call: Call, endpoint: str, lane: _Lane) -> Result:
        until = self._until(endpoint)
        pause = FIRST_PAUSE
        while True:
            await self._wait_for_turn(lane, until)
            try:
                return await self._called(call, endpoint)
            except RetryAfter as error:
                lane.open_at = self._clock() + _seconds(error.retry_after)
                if lane.open_at > until:
                    raise
            except NetworkError as error:
                if not _is_worth_repeating(error, endpoint) or self._clock() + pause > until:
                    raise
                await self._sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _called(self, call: Call, endpoint: str) -> Result:
        """Make the call, unless the service stops before anything was said; note on the ticket that something was."""
        async with self._under_way:
            ticket = TICKET.get()
            if ticket is not None and ticket.is_called_off and not ticket.is_begun:
                raise CalledOff
            try:
                done = await call()
            except TelegramError as error:
                self.faults[type(error).__name__] += 1
                raise
            if ticket is not None and endpoint.startswith(WRITING):
                ticket.is_begun = True
            return done

    def deadline(self) -> float:
        """When an answer to what comes now is too old to be sent."""
        return self._clock() + PATIENCE

    def _until(self, endpoint: str) -> float:
        """When to stop trying: an update as a whole has a minute from when it came.

        What is no answer is tried once, since whoever calls it has a plan of its own.
        """
        ticket = TICKET.get()
        if ticket is not None:
            return ticket.until
        return self.deadline() if endpoint.startswith((*WRITING, "answer")) else self._clock()

    async def _wait_for_turn(self, lane: _Lane, until: float) -> None:
        """Wait until the lane is open and its pace allows a call; raises where that would be too late."""
        now = self._clock()
        wait = max([lane.open_at - now, *(pace.wait(now) for pace in lane.paces)])
        if wait > 0 and now + wait > until:
            raise RetryAfter(timedelta(seconds=wait))
        for pace in lane.paces:
            pace.take(now)
        if wait > 0:
            await self._sleep(wait)

    def _lane(self, key: object, chat: object) -> _Lane:
        lane = self._lanes.get(key)
        if lane is None:
            self._forget_idle()
            lane = self._lanes[key] = _Lane(paces_of(chat) if chat is not None else [])
        return lane

    def _forget_idle(self) -> None:
        """Forget lanes as good as new, each time they have doubled in number."""
        if len(self._lanes) < self._many:
            return
        now = self._clock()
        self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.is_idle(now)}
        self._many = max(FEW_LANES, 2 * len(self._lanes))


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else wait


def _is_worth_repeating(error: NetworkError, endpoint: str) -> bool:
    """Whether another try may help and does no harm; the library counts refusals as network faults too."""
    if isinstance(error, BadRequest):
        return False
    return not (may_have_arrived(error) and endpoint.startswith(("send", "copy", "forward")))


def may_have_arrived(error: NetworkError) -> bool:
    """Whether Telegram had the whole call and did not say in time what became of it."""
    return isinstance(error, TimedOut) and not isinstance(error, NeverSentError)
