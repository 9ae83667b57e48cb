"""Puts the Telegram application together: which update goes to which handler, and how updates are read."""

from __future__ import annotations

import json
import logging
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
from telegram import Update
from telegram.error import NetworkError
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
from telegram.request import HTTPXRequest

from bot.channels.telegram.buttons import Buttons
from bot.channels.telegram.conversation import Conversation
from bot.channels.telegram.errors import report
from bot.channels.telegram.finding import Finding
from bot.channels.telegram.gate import Gate
from bot.channels.telegram.inline import Inline
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.pages import Pages
from bot.channels.telegram.rooms import Rooms

if TYPE_CHECKING:
    from ssl import SSLContext

    from telegram.ext import BaseHandler, ContextTypes, ExtBot

    from bot.channels.telegram.kit import Kit

    Store: TypeAlias = dict[Any, Any]
    App: TypeAlias = Application[ExtBot[None], ContextTypes.DEFAULT_TYPE, Store, Store, Store, None]

logger = logging.getLogger(__name__)

TELEGRAM = "https://api.telegram.org/bot"
ALLOWED_UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY)
AT_ONCE = 64
"""Updates in hand at the same time; each needs a connection of its own."""


def build_application(token: str, kit: Kit, *, base_url: str | None = None, limiter: Limiter | None = None) -> App:
    """Build the application; whoever runs it feeds it updates, so it has no updater of its own."""
    tls = {"verify": _certificates()}
    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(base_url or TELEGRAM)
        .request(OneByOneRequest(connection_pool_size=AT_ONCE, pool_timeout=10, httpx_kwargs=tls))
        .rate_limiter(limiter or Limiter(AT_ONCE))
        .get_updates_request(OneByOneRequest(connection_pool_size=1, httpx_kwargs=tls))
        .concurrent_updates(AT_ONCE)
        .updater(None)
        .job_queue(None)
        .build()
    )
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
        *(CommandHandler(name, handle, filters=new) for name, handle in commands.items()),
        MessageHandler(new & filters.StatusUpdate.MIGRATE, rooms.migrated),
        MessageHandler(new & filters.COMMAND, pages.unknown_command),
        MessageHandler(new & ~filters.StatusUpdate.ALL, conversation.message),
        MessageHandler(filters.UpdateType.EDITED_MESSAGE, conversation.edited),
        CallbackQueryHandler(Buttons(kit, conversation, finding).pressed),
        InlineQueryHandler(Inline(kit).asked),
    ]


@cache
def _certificates() -> SSLContext:
    """What TLS connections trust; reading it takes longer than all the rest of the start."""
    return httpx.create_ssl_context()


class OneByOneRequest(HTTPXRequest):
    """Requests whose updates are read one by one.

    python-telegram-bot reads a batch of updates as a whole and raises for all of them if one is malformed, then
    asks for the same batch again, for ever. Here a malformed one is replaced by a bare update with its id, which
    no handler takes and whose id moves the offset past it.
    """

    def __init__(self, **options: Any) -> None:
        """Pass the options on."""
        super().__init__(**options)
        self.skipped = 0
        """How many malformed updates were passed over."""

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Send the request, and mend the updates that come back."""
        status, payload = await super().do_request(*args, **options)
        if status != HTTPStatus.OK:
            return status, payload
        try:
            body = json.loads(payload)
            found = body["result"]
        except (ValueError, TypeError, KeyError, RecursionError):
            # Raised here and not left to the library, which would log the whole payload.
            message = "the answer was not JSON with a result"
            raise NetworkError(message) from None
        if not str(options.get("url")).endswith("/getUpdates"):
            return status, payload
        return status, json.dumps({**body, "result": self._mend(found)}).encode()

    def _mend(self, found: Any) -> list[dict[str, Any]]:
        raws = found if isinstance(found, list) else [found]
        mended = [update for raw in raws if (update := self._mended(raw)) is not None]
        if raws and not mended:
            # Nothing to move the offset by: as a network fault it is asked for again ever more slowly.
            message = "no update in the batch had an id"
            raise NetworkError(message)
        return mended

    def _mended(self, raw: Any) -> dict[str, Any] | None:
        """Keep what can be read, reduce the rest to its id; what has not even an id is left out."""
        if _is_readable(raw):
            return dict(raw)
        update_id = raw["update_id"] if _has_id(raw) else None
        self.skipped += 1
        logger.warning("update %s: malformed, passed over (%s so far)", update_id, self.skipped)
        return None if update_id is None else {"update_id": update_id}


def _has_id(raw: Any) -> bool:
    return isinstance(raw, dict) and type(raw.get("update_id")) is int


def _is_readable(raw: Any) -> bool:
    try:
        return _has_id(raw) and Update.de_json(raw, None) is not None
    except Exception:  # noqa: BLE001 - a malformed update can fail anywhere in the library
        return False
