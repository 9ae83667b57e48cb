"""What the bot does with each kind of update: take the words, ask the engine, send the drawing."""

from __future__ import annotations

import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from telegram import InlineKeyboardMarkup, LinkPreviewOptions, Message, MessageEntity, ReplyParameters
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest
from telegram.ext import ContextTypes

from bot.channels.telegram import keyboards, render
from bot.core.dates import us
from bot.core.models import Block, Card, Part, Question

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from telegram import Bot, CallbackQuery, Update, User

    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply

Context: TypeAlias = ContextTypes.DEFAULT_TYPE

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
MOST_ANSWERED = 2048
"""Answers kept in mind for an edited question."""
OLD_BUTTON = "I can't use this button any more. Please ask again."
LOST_MESSAGE = "I can't change this message any more. Please ask again."

EXAMPLES = Block(
    Part.EXAMPLES, "Ask in your own words", ("02 vs 10?", "pt at home on the phone", "is 22 facility", "why M77")
)
COMMANDS = (
    ("pos", "a code or a situation, for example /pos 10"),
    ("list", "all Place of Service codes"),
    ("help", "how to ask"),
    ("privacy", "what is kept of what you write"),
    ("about", "what I know and since when"),
)


def _said(text: str) -> Card:
    return Card(head="", blocks=(Block(Part.NOTE, "", (text,)),))


GREETING = Card(
    head="US Place of Service codes",
    blocks=(
        Block(
            Part.NOTE, "", ("I tell which code fits, what it does to a telehealth claim, and where that is written.",)
        ),
        EXAMPLES,
        Block(Part.NOTE, "", ("Please leave patient details out. /help tells more.",)),
    ),
)
HELP = Card(
    head="How to ask",
    blocks=(
        EXAMPLES,
        Block(Part.NOTE, "Commands", tuple(f"/{name} - {purpose}" for name, purpose in COMMANDS)),
        Block(Part.NOTE, "In a group", ("mention me, reply to one of my messages, or use /pos.",)),
        Block(Part.NOTE, "", ("Please leave patient details out.",)),
    ),
)
PRIVACY = Card(
    head="Privacy",
    blocks=(
        Block(
            Part.NOTE,
            "",
            (
                "Nothing you write is stored or logged: not your question, not your name, not your number.",
                "I see only messages meant for me. Telegram itself keeps its chats as it tells in its own policy.",
                "Please leave patient details out all the same.",
            ),
        ),
    ),
)
POS_HOW = _said("Write the code or the situation after it: /pos 10, or /pos snf video visit.")
ASK_HOW = _said("I read text only. Write a code or a situation, for example: pt at home on video. /help tells more.")
UNKNOWN_COMMAND = _said("I don't know that command. /pos 10 explains a code, /list shows all, /help tells more.")


@dataclass(slots=True)
class Handlers:
    """The conversation with everybody who writes to the bot."""

    engine: Engine
    knowledge: Knowledge
    today: Callable[[], date]
    albums: deque[str] = field(default_factory=lambda: deque(maxlen=64))
    """Albums already told that pictures are not read: each picture of one comes as a message of its own."""
    answered: dict[tuple[int, int], int] = field(default_factory=dict)
    """The last answers by chat and question, for when that is edited: ids alone, a message would bring its words along."""

    async def start(self, update: Update, context: Context) -> None:
        """Greet."""
        await _send(context.bot, update.message, GREETING)

    async def help(self, update: Update, context: Context) -> None:
        """Show how to ask."""
        await _send(context.bot, update.message, HELP)

    async def privacy(self, update: Update, context: Context) -> None:
        """Tell what is kept."""
        await _send(context.bot, update.message, PRIVACY)

    async def about(self, update: Update, context: Context) -> None:
        """Tell which knowledge this is and when it was checked."""
        await _send(context.bot, update.message, self._about())

    async def list_codes(self, update: Update, context: Context) -> None:
        """Show every assigned code with its name."""
        await _send(context.bot, update.message, self._all_codes())

    async def pos(self, update: Update, context: Context) -> None:
        """Answer what stands after /pos."""
        if words := " ".join(context.args or ()):
            await self._answer(context.bot, update.message, words)
        else:
            await _send(context.bot, update.message, POS_HOW)

    async def unknown_command(self, update: Update, context: Context) -> None:
        """Point to the commands there are, unless the command may be another bot's."""
        if update.message and heard(update.message, context.bot.bot) is not None:
            await _send(context.bot, update.message, UNKNOWN_COMMAND)

    async def message(self, update: Update, context: Context) -> None:
        """Answer the text or caption of a message that is meant for the bot."""
        message = update.message
        words = heard(message, context.bot.bot) if message else None
        if words:
            await self._answer(context.bot, message, words)
        elif words is not None and message and not self._told(message.media_group_id):
            await _send(context.bot, message, ASK_HOW)

    async def edited(self, update: Update, context: Context) -> None:
        """Change the answer to a question that was changed; one no longer known is let go."""
        message = update.edited_message
        sent = self.answered.get((message.chat.id, message.message_id)) if message else None
        words = heard(message, context.bot.bot) if message else None
        if message is None or sent is None or not words:
            return
        reply = self._ask(words, context=_told_codes(message, context.bot.bot))
        with suppress(BadRequest):  # the answer is as it was, or gone
            page, keyboard = render.short(reply)[0], keyboards.under(reply, self.today())
            await _rewrite(context.bot, message.chat.id, sent, page, keyboard)

    async def pressed(self, update: Update, context: Context) -> None:
        """Turn the message with the pressed button into the card that was asked for."""
        query = update.callback_query
        if query is None:
            return
        press = keyboards.read(query.data, self.knowledge.codes)
        if press is None or query.message is None:
            await _acknowledge(query, OLD_BUTTON)
            return
        reply = self._ask(f"pos {press.code}", press.on)
        if press.action is keyboards.Action.CODE:
            await _edit(context.bot, query, render.short(reply), keyboards.under(reply, self.today()))
        else:
            card = next((card for card in reply.cards if card.code == press.code), reply.cards[0])
            await _edit(context.bot, query, render.full(card), keyboards.after_more(_buttons(query)))

    async def _answer(self, bot: Bot, message: Message | None, words: str) -> None:
        reply = self._ask(words, context=_told_codes(message, bot.bot) if message else ())
        sent = await send_pages(bot, message, render.short(reply), keyboards.under(reply, self.today()))
        if message is not None and len(sent) == 1:
            self._remember((message.chat.id, message.message_id), sent[0].message_id)

    def _remember(self, asked: tuple[int, int], sent: int) -> None:
        self.answered[asked] = sent
        if len(self.answered) > MOST_ANSWERED:
            del self.answered[next(iter(self.answered))]

    def _ask(self, words: str, on: date | None = None, context: tuple[str, ...] = ()) -> Reply:
        return self.engine.answer(Question(text=words, today=self.today(), on=on, context=context))

    def _all_codes(self) -> Card:
        today = self.today()
        names = (
            f"{code} {next((name.text for name in record.name if name.holds(today)), record.name[-1].text)}"
            for code, record in sorted(self.knowledge.codes.items())
        )
        return Card(head="Place of Service codes", blocks=(Block(Part.NOTE, "", tuple(names)),))

    def _about(self) -> Card:
        known = (
            f"{len(self.knowledge.codes)} Place of Service codes, the telehealth modifiers, denials about place of service"
            " and the dated Medicare rules, each with its source."
        )
        dated = f"Knowledge {self.knowledge.version}, last checked {us(self.knowledge.newest)}."
        advice = "General information, not legal or billing advice: check with the payer before you bill."
        return Card(head="posbot", blocks=(Block(Part.NOTE, "", (known, dated, advice)),))

    def _told(self, album: str | None) -> bool:
        if album is None or album not in self.albums:
            self.albums.extend([album] if album else [])
            return False
        return True


def heard(message: Message, me: User) -> str | None:
    """Give the words meant for the bot, its own name taken out.

    None where the message is not for the bot, empty where it is but holds nothing to read.
    """
    words = _words(message, me)
    if is_private(message):
        return words
    if message.is_automatic_forward or not _text(message):
        return None
    return words if _calls(message, me) or _replies_to(message, me) else None


def is_private(message: Message) -> bool:
    """Whether the message was written to the bot alone."""
    return message.chat.type == ChatType.PRIVATE


def _text(message: Message) -> str:
    return message.text or message.caption or ""


def _words(message: Message, me: User) -> str:
    """The text or caption without what calls the bot; Telegram counts its entities in UTF-16 units."""
    units = _text(message).encode("utf-16-le", "surrogatepass")
    for call in sorted(_calls(message, me), key=lambda entity: entity.offset, reverse=True):
        units = units[: 2 * call.offset] + units[2 * (call.offset + call.length) :]
    return units.decode("utf-16-le", "replace").strip(" \n\t,:")


def _calls(message: Message, me: User) -> list[MessageEntity]:
    """The entities that call the bot: its mentions, a command with its name, and /pos in front of a caption."""
    return [entity for entity in message.entities or message.caption_entities if _is_call(entity, _text(message), me)]


def _is_call(entity: MessageEntity, text: str, me: User) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user == me
    units = text.encode("utf-16-le", "surrogatepass")[2 * entity.offset : 2 * (entity.offset + entity.length)]
    called = units.decode("utf-16-le", "replace").casefold()
    if entity.type == MessageEntity.BOT_COMMAND:
        return called.endswith(me.name.casefold()) or (called == "/pos" and entity.offset == 0)
    return entity.type == MessageEntity.MENTION and called == me.name.casefold()


def _replies_to(message: Message, me: User) -> bool:
    """Whether it replies to the bot; in a topic every message counts as a reply to the topic's first."""
    replied = message.reply_to_message
    return replied is not None and replied.from_user == me and replied.forum_topic_created is None


def _told_codes(message: Message, me: User) -> tuple[str, ...]:
    """What a reply to one of the bot's cards follows up: the codes of that card, which Telegram sends along."""
    if not _replies_to(message, me) or message.reply_to_message is None:
        return ()
    codes = dict.fromkeys(_HEAD.findall(_text(message.reply_to_message)))
    return (" versus ".join(f"pos {code}" for code in codes),) if codes else ()


_HEAD = re.compile(r"^POS (\d\d) - ", re.MULTILINE)
"""The heading of a code's card."""


async def _send(bot: Bot, message: Message | None, card: Card) -> None:
    await send_pages(bot, message, render.full(card))


async def send_pages(
    bot: Bot, message: Message | None, pages: list[str], keyboard: InlineKeyboardMarkup | None = None
) -> list[Message]:
    """Send pages in answer to a message: the first quotes it, the last carries the buttons, all stay in its topic."""
    if message is None:
        return []
    return [
        await bot.send_message(
            chat_id=message.chat.id,
            text=page,
            parse_mode=ParseMode.HTML,
            link_preview_options=NO_PREVIEW,
            # Replies outside topics carry a thread id as well, and Telegram refuses that one.
            message_thread_id=message.message_thread_id if message.is_topic_message else None,
            reply_parameters=_quote(message) if number == 1 else None,
            # In a group every answer would ring on everybody's phone.
            disable_notification=not is_private(message),
            reply_markup=keyboard if number == len(pages) else None,
        )
        for number, page in enumerate(pages, start=1)
    ]


def _quote(message: Message) -> ReplyParameters:
    return ReplyParameters(message_id=message.message_id, allow_sending_without_reply=True)


async def _edit(bot: Bot, query: CallbackQuery, pages: list[str], keyboard: InlineKeyboardMarkup | None) -> None:
    """Put the first page in place of the pressed message and send what does not fit after it."""
    pressed = query.message
    if pressed is None:
        return
    try:
        await _rewrite(bot, pressed.chat.id, pressed.message_id, pages[0], keyboard)
    except BadRequest as error:
        # A second tap finds the card already there; anything else means the message is gone or too old.
        await _acknowledge(query, None if "not modified" in error.message else LOST_MESSAGE)
        return
    await _acknowledge(query)
    if isinstance(pressed, Message):
        await send_pages(bot, pressed, pages[1:])


async def _rewrite(bot: Bot, chat: int, sent: int, page: str, keyboard: InlineKeyboardMarkup | None) -> None:
    """Put a page in place of what a message of the bot said."""
    await bot.edit_message_text(
        chat_id=chat,
        message_id=sent,
        text=page,
        parse_mode=ParseMode.HTML,
        link_preview_options=NO_PREVIEW,
        reply_markup=keyboard,
    )


async def _acknowledge(query: CallbackQuery, words: str | None = None) -> None:
    """Stop the button's spinner; after a restart the query may be too old for that, and nobody waits for it."""
    with suppress(BadRequest):
        await query.answer(words)


def _buttons(query: CallbackQuery) -> InlineKeyboardMarkup | None:
    return query.message.reply_markup if isinstance(query.message, Message) else None
