"""The error desk: whatever goes wrong with an update ends here.

The log gets the kind of fault, where it arose and the update's id; never a message, never an exception's text,
since either may hold what somebody wrote. The asker gets one sentence, where one can still help. The intake learns how
the update ended.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from telegram import Update
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.faults import APOLOGY, kind_of
from bot.channels.telegram.hearing import heard
from bot.channels.telegram.limiter import may_have_arrived
from bot.channels.telegram.outcome import Outcome, note
from bot.channels.telegram.sending import Sender

if TYPE_CHECKING:
    from telegram import Message
    from telegram.ext import ContextTypes

logger = logging.getLogger(__name__)


async def report(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Log the fault, note what it makes of the update, and tell the asker if the bot can still be heard."""
    error = context.error
    note(outcome_of(error))
    update_id = update.update_id if isinstance(update, Update) else None
    logger.log(_weight(error), "update %s: %s", update_id, kind_of(error))
    if isinstance(update, Update) and not _is_silent(error):
        try:
            await _apologise(update, context)
        except TelegramError as failed:
            logger.warning("update %s: no apology either, %s", update_id, kind_of(failed))


def outcome_of(error: BaseException | None) -> Outcome:
    """What a fault makes of an update; the limiter has tried again for as long as that made sense."""
    match error:
        case InvalidToken() if "unauthorized" in error.message.lower():
            return Outcome.INTERRUPTED  # the service ends for that; the next one may have the right token
        case Forbidden() | BadRequest() | ChatMigrated():
            return Outcome.REFUSED
        case NetworkError() if may_have_arrived(error):
            return Outcome.UNCERTAIN
        case NetworkError() | RetryAfter():
            return Outcome.GIVEN_UP
    return Outcome.FAULT


def _is_silent(error: BaseException | None) -> bool:
    """Whether more words would be refused too, or might come on top of an answer that did arrive."""
    is_network = isinstance(error, NetworkError) and not isinstance(error, BadRequest)
    return is_network or isinstance(error, (Forbidden, RetryAfter))


def _weight(error: BaseException | None) -> int:
    return logging.WARNING if _is_silent(error) else logging.ERROR


async def _apologise(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    if update.callback_query:
        await update.callback_query.answer(APOLOGY)
    elif update.message and _was_asked(update.message, context):
        await Sender().reply(context.bot, update.message, [APOLOGY])


def _was_asked(message: Message, context: ContextTypes.DEFAULT_TYPE) -> bool:
    """Whether the message was meant for the bot; one too broken to tell was not."""
    try:
        return heard(message, context.bot.bot) is not None or (message.text or "").startswith("/")
    except (TypeError, ValueError, AttributeError):
        return False
