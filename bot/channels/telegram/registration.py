"""Keeps the webhook registered with Telegram, and watches whether updates get through."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.faults import kind_of
from bot.channels.telegram.app import ALLOWED_UPDATES
from bot.channels.telegram.line import Line, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram import WebhookInfo

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 100
"""Updates Telegram delivers at the same time; its own limit."""
CHECK_SECONDS = 30.0
"""How often Telegram is asked how deliveries go."""
SOON = 3.0
"""The same while deliveries do not go well."""
RECENT = 90.0
"""Seconds for which an error of a delivery counts."""


@dataclass(eq=False, kw_only=True)
class Registration(Line):
    """The line in webhook mode; the endpoint itself is `Webhook`.

    `Registration(application, intake, leadership, url=..., secret=...)`; `run(stop)` does everything, `progress` is for
    the readiness page. Only the leader registers the webhook; every replica takes updates.
    """

    url: str
    secret: str
    check_seconds: float = CHECK_SECONDS
    now: Callable[[], float] = time
    """Seconds since 1970, as Telegram dates its errors."""
    is_refused: bool = False
    """Whether Telegram does not take the address."""
    info: WebhookInfo | None = None
    """What Telegram last said of its deliveries."""

    @property
    def progress(self) -> Progress:
        """Whether deliveries get through: not while updates wait and the last delivery went wrong."""
        if not self.is_connected:
            return super().progress
        if self.is_refused:
            return Progress(is_well=False, words="Telegram refuses the webhook's address")
        if self.info is None:
            return Progress(is_well=False, words="the webhook was not looked at yet")
        if self.info.url != self.url:
            return Progress(is_well=False, words="the webhook is not registered")
        if self._is_failing(self.info):
            return Progress(is_well=False, words=f"{self.info.pending_update_count} updates wait, deliveries fail")
        return Progress(is_well=True, words="webhook")

    def _is_failing(self, info: WebhookInfo) -> bool:
        if not info.pending_update_count or info.last_error_date is None:
            return False
        failed_at = info.last_error_date.timestamp()
        return failed_at > self.now() - RECENT and failed_at >= (self.intake.tally.last_done_at or 0.0)

    async def lead(self) -> None:
        """Register the webhook and set the menus."""
        await self.persist(self._register)
        logger.info("the webhook is registered")
        await self.look()
        await self.announce()
        await asyncio.Event().wait()

    async def _register(self) -> None:
        try:
            await self.application.bot.set_webhook(
                self.url,
                secret_token=self.secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=min(MOST_CONNECTIONS, self.intake.most),
            )
        except BadRequest as error:
            self.is_refused = True
            logger.error("Telegram refuses the webhook: %s", error.message)  # noqa: TRY400 - it tells of the address alone
            raise
        self.is_refused = False

    async def watch(self) -> None:
        """Look at the deliveries now and then, and more often while they do not go well."""
        while True:
            await self.look()
            await asyncio.sleep(self.check_seconds if self.progress.is_well else min(SOON, self.check_seconds))

    async def look(self) -> None:
        """Ask Telegram how deliveries go; raises InvalidToken."""
        try:
            self.info = await self.application.bot.get_webhook_info()
        except InvalidToken:
            raise
        except TelegramError as error:
            logger.warning("Telegram did not tell of the webhook: %s", kind_of(error))
