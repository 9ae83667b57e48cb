"""Long polling: asks Telegram for updates, and for the next ones only as those before are done."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.faults import kind_of
from bot.channels.telegram.app import ALLOWED_UPDATES
from bot.channels.telegram.intake import Verdict
from bot.channels.telegram.line import LONGEST_PAUSE, Line, Progress, first_of, seconds

if TYPE_CHECKING:
    from typing import Any

logger = logging.getLogger(__name__)

LONG_POLL = 30
"""Seconds a request waits for updates; a whole number."""
STALLED_POLLS = 3
"""Long polls without any answer after which polling begins anew."""
FIRST_LOOK, LAST_LOOK = 0.01, 0.5
"""Seconds until Telegram is asked again though nothing was finished: at first, and after some times for nothing."""
PER_REPEAT = 0.0003
"""Seconds to wait for each update that came again, so that reading them stays a small part of the work."""
RETRY_SECONDS = 1.0
"""When an update that another process had in hand is looked at again."""
FAR = 10_000
"""Ids further below than this are new ones."""
CONFLICT = "something else asks Telegram for this bot's updates: is another copy running with the same token?"
CONFLICT_SECONDS = 5.0
"""How long to leave Telegram to whatever else polls."""


@dataclass(eq=False)
class Poller(Line):
    """Feeds the intake by long polling.

    `Poller(application, intake, leadership)`; `run(stop)` does everything, `progress` is for the readiness page.

    Telegram's queue is the only queue: the offset is the lowest id not yet done, and stays there until that one is. As
    Telegram sends everything from the offset on, again and again, the next request waits until the offset has moved; but
    not for long, else one chat that has to wait would hold back all others: it looks whether anything new has come, ever
    more rarely while nothing has.
    """

    poll_seconds: int = LONG_POLL
    stalled_after: float = STALLED_POLLS * LONG_POLL
    """Seconds without any answer after which polling is stalled."""
    offset: int = 0
    """The lowest id that is not done; asking from it on confirms all before."""
    restarts: int = 0
    """How often polling stalled and began anew."""
    last_response_at: float | None = None
    """When Telegram last answered a request for updates, an empty answer included; by the clock."""

    _next: int = 0
    _open: dict[int, Any] = field(default_factory=dict)
    """The updates in hand or to be looked at again, by id."""
    _done: set[int] = field(default_factory=set)
    """Ids from the offset on that are done."""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the offset moves."""
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing is in hand any more."""
    _leads_since: float = 0.0
    _asked_from: int = 0
    _confirmed: int = 0
    """All ids before this one are confirmed."""
    _was_answered: bool = False
    """Whether Telegram has answered since this process leads."""
    _is_superseded: bool = False
    """Whether another process turned out to ask for updates, while it was not sure which of them leads."""

    @property
    def is_stalled(self) -> bool:
        """Whether this process should ask for updates and got no answer for three long polls."""
        since = self._leads_since if self.last_response_at is None else self.last_response_at
        return self.is_leading and self.clock() - max(since, self._leads_since) >= self.stalled_after

    @property
    def progress(self) -> Progress:
        """Whether updates come in; a process that waits for another one to die is well."""
        if not self.is_connected:
            return super().progress
        if not self.is_leading:
            return Progress(is_well=True, words="standing by")
        if self.last_response_at is None:
            return Progress(is_well=False, words="Telegram has not answered yet")
        if self.is_stalled:
            return Progress(is_well=False, words="no answer from Telegram")
        return Progress(is_well=True, words="polling")

    async def lead(self) -> None:
        """Ask for updates until cancelled, on a fresh connection whenever Telegram stays silent for long."""
        self._was_answered = self._is_superseded = False
        self._leads_since = self.clock()
        announcing = asyncio.create_task(self.announce())
        try:
            await self._keep_asking()
        finally:
            announcing.cancel()

    async def _keep_asking(self) -> None:
        while not self._is_superseded:
            await first_of(self._ask_on(), self._silent())
            if not self._is_superseded:
                self.restarts += 1
                logger.error("no answer from Telegram for %s seconds: asking anew", self.stalled_after)
                await self.application.bot.renew_polling()

    async def _silent(self) -> None:
        """Wait until Telegram was silent for too long, from now on."""
        began_at = self.clock()
        left = self.stalled_after
        while left > 0:
            await asyncio.sleep(left)
            left = self.stalled_after - self.clock() + max(began_at, self.last_response_at or began_at)

    async def _ask_on(self) -> None:
        pause, look = self.first_pause, FIRST_LOOK
        while not self._is_superseded:
            self._asked_from = self._offset_to_ask()
            offset = self.offset
            try:
                found = await self.application.bot.raw_updates(self._asked_from, self.poll_seconds, ALLOWED_UPDATES)
            except InvalidToken:
                raise
            except TelegramError as error:
                pause = await self._wait_out(error, pause)
                continue
            self.last_response_at = self.clock()
            self._confirmed = max(self._confirmed, self._asked_from)
            self._was_answered, pause = True, self.first_pause
            has_moved = self.offset != offset
            fresh = self._begin(found)
            look = FIRST_LOOK if fresh else min(2 * look, LAST_LOOK)
            await self._wait_for_progress((len(found) - fresh) * PER_REPEAT, 0.0 if has_moved else look)

    def _offset_to_ask(self) -> int:
        """The offset, or the id before it where it is the same as last time.

        That confirms no more, and Telegram gives no more than one update to who asks twice within half a second from
        the same offset on.
        """
        return self.offset - (self.offset == self._asked_from and self.offset > 1)

    async def _wait_out(self, error: TelegramError, pause: float) -> float:
        """Wait after a request that failed; gives back how long to wait if the next one fails too."""
        if isinstance(error, Conflict):
            self._is_superseded = not self.is_sure
            if self._is_superseded:
                return pause
            if self._was_answered or not await self._drop_webhook():
                logger.warning(CONFLICT)
                await asyncio.sleep(CONFLICT_SECONDS)
            return pause
        if isinstance(error, RetryAfter):
            logger.warning("Telegram asks to wait before asking for updates")
            await asyncio.sleep(seconds(error))
            return pause
        logger.warning("no updates from Telegram, asking again: %s", kind_of(error))
        await asyncio.sleep(pause)
        return min(2 * pause, LONGEST_PAUSE)

    async def _drop_webhook(self) -> bool:
        """Remove a webhook that an earlier run has left, if there is one; while it stands Telegram refuses to be polled."""
        info = await self.persist(self.application.bot.get_webhook_info)
        if info.url:
            logger.warning("a webhook is set: removing it, since this process polls")
            await self.persist(self.application.bot.delete_webhook)
        return bool(info.url)

    def _begin(self, found: list[Any]) -> int:
        """Begin what is new, and tell how much that was; what the intake has no room for comes again."""
        fresh = 0
        for raw in found:
            update_id = raw.get("update_id") if isinstance(raw, dict) else None
            if type(update_id) is not int or self._is_past(update_id):
                self.intake.begin(raw)  # it counts what has no id, and knows what was answered
            elif not self._is_known(update_id):
                if not self.intake.has_room:
                    break
                fresh += 1
                self._open[update_id] = raw
                self._next = max(self._next, update_id + 1)
                self._look_at(update_id)
        self._move()
        return fresh

    def _is_past(self, update_id: int) -> bool:
        """Whether an update comes once more though it was confirmed.

        An id far below is none of those: after a week without updates Telegram picks the next one at random.
        """
        if update_id < self._confirmed - FAR and not self._open:
            logger.warning("Telegram counts its updates anew")
            self._next = self._confirmed = self.offset = update_id
            self._done = set()
        return update_id < self._confirmed

    def _is_known(self, update_id: int) -> bool:
        """Whether an update is in hand or done, perhaps while the request that brought it again was under way."""
        return update_id in self._open or update_id in self._done or update_id < self.offset

    def _look_at(self, update_id: int) -> None:
        if update_id in self._open:
            self.intake.begin(self._open[update_id]).add_done_callback(lambda begun: self._settle(update_id, begun))

    def _settle(self, update_id: int, begun: asyncio.Future[Verdict]) -> None:
        """Let the offset pass an update that is done; look later at one that is not."""
        if begun.cancelled() or begun.exception() is not None or begun.result() is Verdict.AGAIN:
            if self.intake.is_open:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_at, update_id)
            return
        del self._open[update_id]
        self._done.add(update_id)
        self._move()

    def _move(self) -> None:
        """Put the offset to the lowest id that is not done."""
        offset = min(self._open, default=self._next)
        if offset != self.offset:
            self.offset = offset
            self._done = {done for done in self._done if done >= offset}
            self._moved.set()
        if not self._open:
            self._idle.set()

    async def _wait_for_progress(self, at_least: float, at_most: float) -> None:
        """Wait so many seconds, unless nothing is in hand any more, and then until the offset moves, but not for long."""
        self._moved.clear()
        if self._open:
            self._idle.clear()
            await _set_within(self._idle, at_least)
        await _set_within(self._moved, at_most - at_least)

    async def farewell(self) -> None:
        """Confirm what was done since the last request; else Telegram would bring it again at the next start."""
        if self.is_leading and self.offset != self._confirmed:
            await self.application.bot.raw_updates(self.offset, 0, ALLOWED_UPDATES)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not beyond so many seconds."""
    if seconds > 0 and not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
