"""Looks over what a service needs, a line each, with what to do where something fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.connection import TELEGRAM
from bot.core.check import check
from bot.core.knowledge import layers_from
from bot.service.environment import SettingsError
from bot.service.findings import FAILS, OFF, OK, Finding
from bot.service.settings import load_settings
from bot.store.address import file_of, read_address
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.migrating import is_up_to_date

if TYPE_CHECKING:
    from pathlib import Path

    from telegram import WebhookInfo

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
    return [
        Finding("settings", OK, "all can be read"),
        knowledge(settings),
        await database(settings),
        *(await telegram(settings)),
    ]


def knowledge(settings: Settings) -> Finding:
    """Look for faults, and ask the checked questions."""
    layers = layers_from(settings.posbot_knowledge)
    faults = check(layers)
    if faults:
        return Finding("knowledge", FAILS, f"{faults[0]}; posbot check tells all {len(faults)}")
    return Finding("knowledge", OK, f"no faults in {len(layers)} folder{'s' if len(layers) > 1 else ''}")


async def database(settings: Settings) -> Finding:
    """Look at the database without making or changing anything."""
    try:
        url = read_address(settings.database_url.text)
        file = file_of(url)
        if file is not None and not file.exists():
            return _unmade(file)
        asked = Database(settings.database_url.text)
        try:
            is_current = await is_up_to_date(asked)
        finally:
            await asked.close()
    except StoreError as error:
        return Finding("database", FAILS, str(error))
    where = str(file) if file else f"PostgreSQL at {url.host or 'its socket'}"
    return Finding("database", OK, f"{where}, {'up to date' if is_current else 'which posbot serve brings up to date'}")


def _unmade(file: Path) -> Finding:
    folder = file.absolute().parent
    if folder.is_dir() and os.access(folder, os.W_OK):
        return Finding("database", OK, f"{file}, which posbot serve makes")
    return Finding("database", FAILS, f"{folder} is no folder that can be written: make it, or change DATABASE_URL")


async def telegram(settings: Settings) -> list[Finding]:
    """Ask Telegram whose token it is, what the bot is shown in groups, and how deliveries go."""
    if settings.telegram_bot_token is None:
        return [Finding("token", OFF, "set TELEGRAM_BOT_TOKEN to the token from @BotFather")]
    # The library's words about a refusal hold the token: they are not repeated.
    try:
        async with Bot(settings.telegram_bot_token.text, base_url=settings.telegram_api_base or TELEGRAM) as bot:
            hears_all = bool(bot.can_read_all_group_messages)
            return [
                Finding("token", OK, f"belongs to @{bot.username}"),
                Finding("group privacy", OK, "off: the bot is shown everything" if hears_all else PRIVATE_MODE),
                _webhook(settings, await bot.get_webhook_info()),
            ]
    except InvalidToken:
        return [
            Finding("token", FAILS, "Telegram refuses it: check TELEGRAM_BOT_TOKEN, or ask @BotFather for a new one")
        ]
    except TelegramError as error:
        told = f"Telegram cannot be reached ({type(error).__name__}): look at the network and TELEGRAM_API_BASE"
        return [Finding("token", FAILS, told)]


def _webhook(settings: Settings, info: WebhookInfo) -> Finding:
    if settings.telegram_webhook_url is None:
        told = "another program has set one: posbot serve removes it and polls" if info.url else "Telegram is polled"
        return Finding("webhook", OFF, told)
    if info.url != settings.telegram_webhook_url:
        return Finding("webhook", OK, "not registered yet: posbot serve does that when it starts")
    if info.pending_update_count and info.last_error_message:
        return Finding(
            "webhook",
            FAILS,
            f"{info.pending_update_count} updates wait, since Telegram got: {info.last_error_message}. Look at what stands"
            f" between Telegram and posbot, and whether posbot serve runs",
        )
    return Finding("webhook", OK, f"registered, {info.pending_update_count} updates wait")
