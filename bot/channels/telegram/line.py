"""The line to Telegram, from start to a clean stop; polling and webhook each do their part in between."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channels.faults import kind_of
from bot.channels.telegram.menus import announce
from bot.store.leadership import Alone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from bot.channels.telegram.app import App
    from bot.channels.telegram.intake import Intake
    from bot.store.leadership import Leadership

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two tries to reach Telegram."""
DRAIN_SECONDS = 6.0
"""How long a stop waits for what is in hand."""
LAST_WORD = 1.0
"""Seconds that saying goodbye to Telegram may take."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether updates come in, for the readiness page."""

    is_well: bool
    words: str
    """The state in a few words."""


@dataclass(eq=False)
class Line:
    """Connects the application, leads where it may, and stops cleanly.

    `await line.run(stop)` serves until the event is set, then finishes what is in hand; it raises InvalidToken, without
    the token in it, when Telegram refuses the token, at the start or later.
    """

    application: App
    intake: Intake
    leadership: Leadership = field(default_factory=Alone)
    first_pause: float = FIRST_PAUSE
    clock: Callable[[], float] = time.monotonic
    curators: frozenset[int] = frozenset()
    """People who have a menu of their own."""
    is_connected: bool = False
    """Whether Telegram was reached since the start."""
    is_leading: bool = False
    is_sure: bool = False
    """Whether the lead is certainly ours."""

    @property
    def progress(self) -> Progress:
        """Whether updates come in."""
        if not self.is_connected:
            return Progress(is_well=False, words="Telegram was not reached yet")
        return Progress(is_well=True, words="connected")

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop, then finish what is in hand; raises InvalidToken."""
        is_refused = False
        try:
            await first_of(self._work(), stop.wait())
        except InvalidToken:
            is_refused = True
        finally:
            await self._finish()
        if is_refused:
            # Anew, since the library's exception holds the token, and so does what led to it.
            raise InvalidToken("Telegram refused the bot's token")

    async def _work(self) -> None:
        """Connect, then serve, and lead whenever this replica may."""
        await self.persist(self.application.initialize)
        self.is_connected = True
        self.intake.open()
        logger.info("Telegram is connected")
        await first_of(self._take_turns_leading(), self.watch())

    async def _take_turns_leading(self) -> None:
        while True:
            await self.leadership.gain()
            self.is_leading = self.is_sure = True
            await first_of(self.lead(), self._hold_on())
            self.is_leading = False
            logger.warning("another process leads: standing by")

    async def _hold_on(self) -> None:
        """Lead on when the lead is lost, and try to have it again.

        It is lost too when only the store is away, and that must stop no answer. Where another process really leads,
        Telegram tells: `lead` ends then.
        """
        while True:
            await self.leadership.lost()
            self.is_sure = False
            await self.leadership.gain()
            self.is_sure = True

    async def lead(self) -> None:
        """Do what only one replica may, until cancelled; returns where another one turns out to do it."""
        raise NotImplementedError

    async def watch(self) -> None:
        """Do what every replica does, whether leading or not, until cancelled."""
        await asyncio.Event().wait()

    async def farewell(self) -> None:
        """Tell Telegram what it should know before the end."""

    async def _finish(self) -> None:
        """Answer what is in hand, say goodbye, and let go of leadership and connections."""
        await self.intake.drain(DRAIN_SECONDS)
        with suppress(TelegramError, TimeoutError):
            async with asyncio.timeout(LAST_WORD):
                await self.farewell()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD):
                await self.leadership.resign()
        await self.application.shutdown()
        await self.application.bot.shutdown()

    async def announce(self) -> None:
        """Set the menus; a bot without them answers all the same."""
        try:
            await announce(self.application.bot, self.curators)
        except TelegramError as error:
            logger.warning("the command menu was not set: %s", kind_of(error))

    async def persist(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Call Telegram until it answers, each time after a longer pause; a refused token is final."""
        pause = self.first_pause
        while True:
            try:
                return await call()
            except InvalidToken:
                raise
            except RetryAfter as error:
                logger.warning("Telegram asks to wait: %s", kind_of(error))
                await asyncio.sleep(seconds(error))
            except TelegramError as error:
                logger.warning("Telegram cannot be reached, trying again: %s", kind_of(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Do several things side by side until one ends, which the others do not outlive; raises what ended it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
