"""Sends and changes messages, in the way the Bot API at hand understands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from telegram import CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated

from bot.channels.telegram.hearing import is_private, topic_of
from bot.channels.telegram.keyboards import without_copying
from bot.channels.telegram.render import without_folding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from telegram import Bot

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message of the bot stands: in a chat, or sent through a person's inline query."""

    chat: int | None = None
    message: int | None = None
    inline: str | None = None

    @classmethod
    def of(cls, query: CallbackQuery) -> Spot | None:
        """The message whose button was pressed."""
        if query.inline_message_id:
            return cls(inline=query.inline_message_id)
        return cls(query.message.chat.id, query.message.message_id) if query.message else None

    @property
    def address(self) -> dict[str, Any]:
        """As the Bot API wants it."""
        if self.inline:
            return {"inline_message_id": self.inline}
        return {"chat_id": self.chat, "message_id": self.message}


@dataclass(slots=True)
class Sender:
    """Sends pages of HTML.

    A Bot API server of one's own may be older than the folded quotes (7.4) and the buttons that copy (7.11): where
    it refuses them the message goes out without, and so do all later ones.
    """

    is_modern: bool = True

    async def reply(
        self, bot: Bot, message: Message, pages: Sequence[str], keyboard: InlineKeyboardMarkup | None = None
    ) -> list[Message]:
        """Send pages in answer to a message: the first quotes it, the last carries the buttons, all stay in its topic."""
        chat = message.chat.id
        sent: list[Message] = []
        for number, page in enumerate(pages, start=1):
            # In a group every answer would ring on everybody's phone.
            how: dict[str, Any] = {"disable_notification": not is_private(message), "link_preview_options": NO_PREVIEW}
            where: dict[str, Any] = {"message_thread_id": topic_of(message)}
            if number == 1:
                where["reply_parameters"] = _quote(message)
            below = keyboard if number == len(pages) else None
            try:
                sent.append(await self._sent(bot, chat, page, below, {**how, **where}))
            except ChatMigrated as moved:
                # The group became a supergroup: its topics and message ids stay behind.
                chat = moved.new_chat_id
                sent.append(await self._sent(bot, chat, page, below, how))
        return sent

    async def _sent(
        self, bot: Bot, chat: int, page: str, keyboard: InlineKeyboardMarkup | None, how: dict[str, Any]
    ) -> Message:
        async def send(text: str, markup: InlineKeyboardMarkup | None) -> Message:
            return await bot.send_message(chat, text, ParseMode.HTML, reply_markup=markup, **how)

        return await self._understood(send, page, keyboard)

    async def rewrite(self, bot: Bot, spot: Spot, page: str, keyboard: InlineKeyboardMarkup | None) -> None:
        """Put a page in place of what a message of the bot said."""

        async def edit(text: str, markup: InlineKeyboardMarkup | None) -> Message | bool:
            return await bot.edit_message_text(
                text, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW, reply_markup=markup, **spot.address
            )

        await self._understood(edit, page, keyboard)

    async def rearm(self, bot: Bot, spot: Spot, keyboard: InlineKeyboardMarkup | None) -> None:
        """Put other buttons under a message of the bot; one that is gone is let go."""

        async def edit(_: str, markup: InlineKeyboardMarkup | None) -> Message | bool:
            return await bot.edit_message_reply_markup(reply_markup=markup, **spot.address)

        with suppress(BadRequest):
            await self._understood(edit, "", keyboard)

    async def _understood(
        self,
        call: Callable[[str, InlineKeyboardMarkup | None], Awaitable[Result]],
        page: str,
        keyboard: InlineKeyboardMarkup | None,
    ) -> Result:
        """Call with the page as it is, or without newer features where they are not understood."""
        plain = without_folding(page), without_copying(keyboard)
        if self.is_modern:
            try:
                return await call(page, keyboard)
            except BadRequest as error:
                if "can't parse" not in error.message.lower() or plain == (page, keyboard):
                    raise
        done = await call(*plain)
        self.is_modern = False
        return done


def _quote(message: Message) -> ReplyParameters:
    return ReplyParameters(message_id=message.message_id, allow_sending_without_reply=True)


async def acknowledge(query: CallbackQuery, words: str | None = None) -> None:
    """Stop the button's spinner; after a restart the query may be too old for that, and nobody waits for it."""
    with suppress(BadRequest):
        await query.answer(words)
