"""Puts the Telegram application together: which update goes to which handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.channels.telegram.buttons import Buttons
from bot.channels.telegram.connection import Telegram
from bot.channels.telegram.conversation import Conversation
from bot.channels.telegram.curating import OF_MISSES, Curating
from bot.channels.telegram.errors import report
from bot.channels.telegram.finding import Finding
from bot.channels.telegram.gate import Gate
from bot.channels.telegram.inline import Inline
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.pages import Pages
from bot.channels.telegram.rooms import Rooms

if TYPE_CHECKING:
    from telegram.ext import BaseHandler, ContextTypes

    from bot.channels.telegram.kit import Kit

    Store: TypeAlias = dict[Any, Any]
    App: TypeAlias = Application[Telegram, ContextTypes.DEFAULT_TYPE, Store, Store, Store, None]

ALLOWED_UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY)
AT_ONCE = 64
"""Calls to Telegram under way at the same time; each needs a connection of its own."""


def build_application(token: str, kit: Kit, *, base_url: str | None = None, limiter: Limiter | None = None) -> App:
    """Build the application; whoever runs it feeds it updates one by one, so it has no updater of its own."""
    bot = Telegram(token, base_url, limiter or Limiter(AT_ONCE), AT_ONCE)
    application = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    application.add_handler(TypeHandler(Update, Gate(kit).check), group=-1)
    application.add_handlers(handlers(kit))
    application.add_error_handler(report)
    return application


def handlers(kit: Kit) -> list[BaseHandler[Any, Any, Any]]:
    """List the handlers; the first that takes an update is the only one to see it."""
    new = filters.UpdateType.MESSAGE
    rooms, conversation, finding = Rooms(kit), Conversation(kit), Finding(kit)
    pages = Pages(kit, finding)
    commands = {
        "start": pages.start,
        "help": pages.help,
        "privacy": pages.privacy,
        "about": pages.about,
        "list": pages.list_codes,
        "pos": conversation.pos,
        "find": finding.find,
        "payer": rooms.payer,
        "listen": rooms.listen,
        "feedback": rooms.feedback,
    }
    return [
        *_for_curators(kit),
        *(CommandHandler(name, handle, filters=new) for name, handle in commands.items()),
        MessageHandler(new & filters.StatusUpdate.MIGRATE, rooms.migrated),
        MessageHandler(new & filters.COMMAND, pages.unknown_command),
        MessageHandler(new & ~filters.StatusUpdate.ALL, conversation.message),
        MessageHandler(filters.UpdateType.EDITED_MESSAGE, conversation.edited),
        CallbackQueryHandler(Buttons(kit, conversation, finding).pressed),
        InlineQueryHandler(Inline(kit).asked),
    ]


def _for_curators(kit: Kit) -> list[BaseHandler[Any, Any, Any]]:
    """The commands of those who may curate; to everybody else they are unknown ones."""
    if kit.teaching is None or not kit.access.admins:
        return []
    curating = Curating(kit, kit.teaching)
    theirs = filters.UpdateType.MESSAGE & filters.User(kit.access.admins)
    return [
        CommandHandler("misses", curating.misses, filters=theirs),
        CommandHandler("teach", curating.teach, filters=theirs),
        CallbackQueryHandler(curating.pressed, pattern=OF_MISSES),
    ]
