"""Which messages are meant for the bot, and what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telegram import Message, MessageEntity
from telegram.constants import ChatType

from bot.channels.telegram import presses
from bot.core.subject import MOST_CODES, Subject

if TYPE_CHECKING:
    from telegram import User

    from bot.core.knowledge import Knowledge

_HEAD = re.compile(r"^(?:\d\. )?POS (\d\d) - ", re.MULTILINE)
"""The heading of a code's card."""


def heard(message: Message, me: User) -> str | None:
    """Give the words meant for the bot, its own name taken out.

    None where the message is not for the bot, empty where it is but holds nothing to read.
    """
    if is_private(message):
        return _words(message, me)
    if not is_said(message):
        return None
    return _words(message, me) if _calls(message, me) or card_replied_to(message, me) else None


def overheard(message: Message) -> str | None:
    """Give the words of a group's message that is said to nobody in particular."""
    if not is_said(message) or is_private(message) or message.via_bot or message.forward_origin:
        return None
    to_somebody = message.reply_to_message is not None and message.reply_to_message.forum_topic_created is None
    named = any(entity.type in _NAMES for entity in message.entities or message.caption_entities)
    return None if to_somebody or named or text_of(message).startswith("/") else text_of(message)


def is_said(message: Message) -> bool:
    """Whether a person wrote it: no bot but one that stands for a group's nameless administrators, no channel post."""
    sender = message.from_user
    by_bot = sender is not None and sender.is_bot and message.sender_chat is None
    return not by_bot and not message.is_automatic_forward and bool(text_of(message))


def is_private(message: Message) -> bool:
    """Whether the message was written to the bot alone."""
    return message.chat.type == ChatType.PRIVATE


def topic_of(message: Message) -> int | None:
    """The topic it stands in; replies outside topics carry a thread id too, which Telegram refuses to send to."""
    return message.message_thread_id if message.is_topic_message else None


def sender_of(message: Message) -> int | None:
    """Who wrote it: a person, or a group or channel that speaks as itself."""
    sender = message.sender_chat or message.from_user
    return sender.id if sender else None


def text_of(message: Message) -> str:
    """The text, or the caption of what is no text."""
    return message.text or message.caption or ""


def card_replied_to(message: Message, me: User) -> Message | None:
    """The message of the bot it replies to; in a topic every message counts as a reply to the topic's first."""
    replied = message.reply_to_message
    is_ours = replied is not None and replied.from_user == me and replied.forum_topic_created is None
    return replied if is_ours else None


def told(message: Message, knowledge: Knowledge) -> Subject:
    """What one of the bot's messages tells of: the codes of its headings, the date and payer of its buttons."""
    codes = dict.fromkeys(code for code in _HEAD.findall(text_of(message)) if code in knowledge.codes)
    carried = next((press.subject for press in offered(message, knowledge) if press.subject.codes), Subject())
    return Subject(tuple(codes)[:MOST_CODES], carried.on, carried.payer)


def offered(message: Message, knowledge: Knowledge) -> list[presses.Press]:
    """What the buttons under a message ask for."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    data = [button.callback_data for row in rows for button in row if isinstance(button.callback_data, str)]
    return [press for each in data if (press := presses.read(each, knowledge)) is not None]


def choices(message: Message, knowledge: Knowledge) -> list[Subject]:
    """The codes a message asks to choose from, in order; none where it is no such question."""
    found = offered(message, knowledge)
    is_choice = all(press.action is presses.Action.CODE and len(press.subject.codes) == 1 for press in found)
    return [press.subject for press in found] if is_choice and len(found) > 1 else []


def _words(message: Message, me: User) -> str:
    """The text or caption without what calls the bot; Telegram counts its entities in UTF-16 units."""
    units = text_of(message).encode("utf-16-le", "surrogatepass")
    for call in sorted(_calls(message, me), key=lambda entity: entity.offset, reverse=True):
        units = units[: 2 * call.offset] + units[2 * (call.offset + call.length) :]
    return units.decode("utf-16-le", "replace").strip(" \n\t,:")


def _calls(message: Message, me: User) -> list[MessageEntity]:
    """The entities that call the bot: its mentions, a command with its name, and /pos in front of a caption."""
    return [entity for entity in message.entities or message.caption_entities if _is_call(entity, text_of(message), me)]


def _is_call(entity: MessageEntity, text: str, me: User) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user == me
    units = text.encode("utf-16-le", "surrogatepass")[2 * entity.offset : 2 * (entity.offset + entity.length)]
    called = units.decode("utf-16-le", "replace").casefold()
    if entity.type == MessageEntity.BOT_COMMAND:
        return called.endswith(me.name.casefold()) or (called == "/pos" and entity.offset == 0)
    return entity.type == MessageEntity.MENTION and called == me.name.casefold()


_NAMES = {MessageEntity.MENTION, MessageEntity.TEXT_MENTION}
