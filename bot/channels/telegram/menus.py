"""What Telegram shows beside the chat: the command menu of each kind of chat, and what the bot is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from telegram import (
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest

from bot.channels.telegram import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from telegram import BotCommandScope
    from telegram.ext import ExtBot

Commands = tuple[tuple[str, str], ...]

_FEEDBACK = tuple(command for command in texts.OF_GROUPS if command[0] == "feedback")
_PRIVATE = (*texts.ANYWHERE, *_FEEDBACK)
MENUS: tuple[tuple[BotCommandScope, Commands], ...] = (
    (BotCommandScopeAllPrivateChats(), _PRIVATE),
    (BotCommandScopeAllGroupChats(), texts.ANYWHERE),
    (BotCommandScopeAllChatAdministrators(), (*texts.ANYWHERE, *texts.OF_GROUPS)),
)


async def announce(bot: ExtBot[None], curators: Iterable[int] = ()) -> None:
    """Put the commands into Telegram's menus, and say what the bot is where that is not said yet.

    Curators have a menu of their own in their private chats, once they have written to the bot.
    """
    for scope, commands in MENUS:
        await bot.set_my_commands(commands, scope)
    for curator in sorted(curators):
        with suppress(BadRequest):  # Telegram knows no such chat yet
            await bot.set_my_commands((*_PRIVATE, *texts.OF_CURATORS), BotCommandScopeChat(curator))
    # Telegram lets a bot describe itself anew only now and then.
    if (await bot.get_my_description()).description != texts.DESCRIPTION:
        await bot.set_my_description(texts.DESCRIPTION)
    if (await bot.get_my_short_description()).short_description != texts.SHORT_DESCRIPTION:
        await bot.set_my_short_description(texts.SHORT_DESCRIPTION)
