"""Long polling: asks Telegram for updates, and for the next ones only as those before are done."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.faults import kind_of
from bot.channels.telegram.app import ALLOWED_UPDATES
from bot.channels.telegram.intake import Verdict
from bot.channels.telegram.line import LONGEST_PAUSE, Line, Progress, first_of, seconds
from bot.channels.telegram.window import Novelty, Window

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
    restarts: int = 0
    """How often polling stalled and began anew."""
    last_response_at: float | None = None
    """When Telegram last answered a request for updates, an empty answer included; by the clock."""

    _window: Window = field(default_factory=Window)
    _leads_since: float = 0.0
    _is_conflict_told: bool = False
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
        pause, look, window = self.first_pause, FIRST_LOOK, self._window
        while not self._is_superseded:
            try:
                found = await self.application.bot.raw_updates(window.ask(), self.poll_seconds, ALLOWED_UPDATES)
            except InvalidToken:
                raise
            except TelegramError as error:
                pause = await self._wait_out(error, pause)
                continue
            window.answered()
            self.last_response_at = self.clock()
            self._was_answered, self._is_conflict_told, pause = True, False, self.first_pause
            at_most = 0.0 if window.has_moved else look
            fresh = self._begin(found)
            look = FIRST_LOOK if fresh else min(2 * look, LAST_LOOK)
            await window.progress((len(found) - fresh) * PER_REPEAT, at_most)

    async def _wait_out(self, error: TelegramError, pause: float) -> float:
        """Wait after a request that failed; gives back how long to wait if the next one fails too."""
        if isinstance(error, Conflict):
            self._is_superseded = not self.is_sure
            if self._is_superseded:
                return pause
            if self._was_answered or not await self._drop_webhook():
                logger.log(logging.DEBUG if self._is_conflict_told else logging.WARNING, CONFLICT)
                self._is_conflict_told = True
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
            novelty = self._window.judge(update_id) if type(update_id) is int else Novelty.PAST
            if novelty is Novelty.PAST:
                self.intake.begin(raw)  # it counts what has no id, and knows what was answered
            elif novelty is Novelty.NEW and type(update_id) is int:
                if not self.intake.has_room:
                    break
                fresh += 1
                self._window.begin(update_id, raw)
                self._look_at(update_id)
        return fresh

    def _look_at(self, update_id: int) -> None:
        if (raw := self._window.open.get(update_id)) is not None:
            self.intake.begin(raw).add_done_callback(lambda begun: self._settle(update_id, begun))

    def _settle(self, update_id: int, begun: asyncio.Future[Verdict]) -> None:
        """Let the offset pass an update that is done; look later at one that is not."""
        if begun.cancelled() or begun.exception() is not None or begun.result() is Verdict.AGAIN:
            if self.intake.is_open:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_at, update_id)
        else:
            self._window.finish(update_id)

    async def farewell(self) -> None:
        """Confirm what was done since the last request; else Telegram would bring it again at the next start."""
        if self.is_leading and self._window.offset != self._window.confirmed:
            await self.application.bot.raw_updates(self._window.offset, 0, ALLOWED_UPDATES)
