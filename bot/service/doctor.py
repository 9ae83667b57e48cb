"""Looks over what a service needs, a line each, with what to do where something fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.connection import TELEGRAM
from bot.core.check import check
from bot.core.knowledge import layers_from
from bot.service.environment import SettingsError
from bot.service.findings import FAILS, OFF, OK, Finding
from bot.service.settings import load_settings

if TYPE_CHECKING:
    from bot.service.settings import Settings

PRIVATE_MODE = (
    "on: in groups the bot is shown only commands, replies to it and, as their administrator, everything. For plain"
    " mentions and /listen make it an administrator, or turn the mode off (/setprivacy at @BotFather, then add it again)"
)


async def examine() -> list[Finding]:
    """Look at every part; a part that needs one that fails is left out."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("settings", FAILS, str(error))]
    return [Finding("settings", OK, "all can be read"), _knowledge(settings), *(await _telegram(settings))]


def _knowledge(settings: Settings) -> Finding:
    layers = layers_from(settings.posbot_knowledge)
    faults = check(layers)
    if faults:
        return Finding("knowledge", FAILS, f"{faults[0]}; posbot check tells all {len(faults)}")
    return Finding("knowledge", OK, f"no faults in {len(layers)} folder{'s' if len(layers) > 1 else ''}")


async def _telegram(settings: Settings) -> list[Finding]:
    if settings.telegram_bot_token is None:
        return [Finding("token", OFF, "set TELEGRAM_BOT_TOKEN to the token from @BotFather")]
    token = settings.telegram_bot_token.text
    # The library's words about a refusal hold the token: they are not repeated.
    try:
        async with Bot(token, base_url=settings.telegram_api_base or TELEGRAM) as bot:
            named = Finding("token", OK, f"belongs to @{bot.username}")
            hears_all = bool(bot.can_read_all_group_messages)
            return [
                named,
                Finding("group privacy", OK, "off: the bot is shown everything" if hears_all else PRIVATE_MODE),
            ]
    except InvalidToken:
        return [
            Finding("token", FAILS, "Telegram refuses it: check TELEGRAM_BOT_TOKEN, or ask @BotFather for a new one")
        ]
    except TelegramError as error:
        told = f"Telegram cannot be reached ({type(error).__name__}): look at the network and TELEGRAM_API_BASE"
        return [Finding("token", FAILS, told)]
