"""What every update passes first: whether its sender may use the bot."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ApplicationHandlerStop

from bot.channels.telegram.errors import outcome_of
from bot.channels.telegram.hearing import is_private
from bot.channels.telegram.outcome import note
from bot.channels.telegram.sending import acknowledge
from bot.channels.telegram.texts import STRANGER, said

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.kit import Context, Kit

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Gate:
    """Turns strangers away: one sentence in private, silence in groups."""

    kit: Kit

    async def check(self, update: Update, context: Context) -> None:
        """Let the update pass, or end it here; whatever goes wrong on the way, it does not pass."""
        is_admitted = False
        try:
            is_admitted = await self.kit.access.admits(update, context.bot)
            if not is_admitted:
                await self._turn_away(update, context)
        except Exception as error:  # noqa: BLE001 - after a fault the library would hand the update on to be answered
            logger.warning("update %s: %s at the gate", update.update_id, type(error).__name__)
            note(outcome_of(error))
        if not is_admitted:
            raise ApplicationHandlerStop

    async def _turn_away(self, update: Update, context: Context) -> None:
        if update.message is not None and is_private(update.message):
            await self.kit.say(context.bot, update.message, said(STRANGER))
        elif update.callback_query is not None:
            await acknowledge(update.callback_query, STRANGER)
        elif update.inline_query is not None:
            await update.inline_query.answer([], cache_time=0, is_personal=True)
