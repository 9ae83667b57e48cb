"""What Telegram shows beside the chat: the command menu of each kind of chat, and what the bot is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram import (
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from bot.channels.telegram import texts

if TYPE_CHECKING:
    from telegram import BotCommandScope
    from telegram.ext import ExtBot

Commands = tuple[tuple[str, str], ...]

_FEEDBACK = tuple(command for command in texts.OF_GROUPS if command[0] == "feedback")
MENUS: tuple[tuple[BotCommandScope, Commands], ...] = (
    (BotCommandScopeAllPrivateChats(), (*texts.ANYWHERE, *_FEEDBACK)),
    (BotCommandScopeAllGroupChats(), texts.ANYWHERE),
    (BotCommandScopeAllChatAdministrators(), (*texts.ANYWHERE, *texts.OF_GROUPS)),
)


async def announce(bot: ExtBot[None]) -> None:
    """Put the commands into Telegram's menus, and say what the bot is where that is not said yet."""
    for scope, commands in MENUS:
        await bot.set_my_commands(commands, scope)
    # Telegram lets a bot describe itself anew only now and then.
    if (await bot.get_my_description()).description != texts.DESCRIPTION:
        await bot.set_my_description(texts.DESCRIPTION)
    if (await bot.get_my_short_description()).short_description != texts.SHORT_DESCRIPTION:
        await bot.set_my_short_description(texts.SHORT_DESCRIPTION)
