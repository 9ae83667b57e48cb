"""Questions and what they are answered with."""

from __future__ import annotations

import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telegram.error import BadRequest

from bot.channels.answering import EXAMPLES, Channel
from bot.channels.telegram import keyboards, render, texts
from bot.channels.telegram.hearing import (
    card_replied_to,
    choices,
    heard,
    is_private,
    overheard,
    sender_of,
    told,
    topic_of,
)
from bot.channels.telegram.sending import Spot
from bot.core import subject
from bot.core.models import Outcome, Question
from bot.store.memory import Recalled

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup, Message, Update

    from bot.channels.telegram.kit import Context, Kit
    from bot.core.models import Reply
    from bot.core.subject import Subject
    from bot.store.memory import AtHand, ChatSettings

_TYPED_CHOICE = re.compile(r"\s*([1-4])\s*[.)]?\s*")
SURE = 0.9
"""Confidence from which a question that was put to nobody is answered."""


@dataclass(slots=True)
class Conversation:
    """Answers everybody who writes to the bot."""

    kit: Kit
    albums: deque[str] = field(default_factory=lambda: deque(maxlen=64))
    """Albums already told that pictures are not read: each picture of one comes as a message of its own."""

    async def pos(self, update: Update, context: Context) -> None:
        """Answer what stands after /pos."""
        if words := " ".join(context.args or ()):
            await self._answer(context.bot, update.message, words)
        else:
            await self.kit.say(context.bot, update.message, texts.POS_HOW)

    async def message(self, update: Update, context: Context) -> None:
        """Answer the text or caption of a message that is meant for the bot, or is asked where it listens."""
        message, me = update.message, context.bot.bot
        if message is None or message.via_bot == me:
            return
        words = heard(message, me)
        if words is None:
            await self._listen(context.bot, message)
        elif message.forward_origin is not None:
            if is_private(message):
                await self.kit.say(context.bot, message, texts.FORWARDED)
        elif words:
            await self._answer(context.bot, message, words)
        elif not self._was_told(message.media_group_id):
            await self.kit.say(context.bot, message, texts.ASK_HOW)

    async def edited(self, update: Update, context: Context) -> None:
        """Change the answer to a question that was changed; one no longer known is let go."""
        message = update.edited_message
        words = heard(message, context.bot.bot) if message else None
        if message is None or not words:
            return
        sent = await self.kit.memory.answer_to(message.chat.id, message.message_id)
        if sent is None:
            return
        settings = await self.kit.memory.settings(message.chat.id)
        replied = card_replied_to(message, context.bot.bot)
        about = told(replied, self.kit.knowledge) if replied else None
        reply = self._asked(words, settings, about)
        with suppress(BadRequest):  # the answer is as it was, or gone
            spot = Spot(message.chat.id, sent)
            page, *further = render.answer(reply)
            await self.kit.sender.rewrite(context.bot, spot, page, self._buttons(reply, settings))
            await self.kit.sender.reply(context.bot, message, further)

    async def example(self, bot: Bot, message: Message, number: int) -> None:
        """Answer one of the questions to try."""
        settings = await self.kit.memory.settings(message.chat.id)
        reply = self._asked(EXAMPLES[number - 1], settings)
        await self.kit.reply(bot, message, render.answer(reply), self._buttons(reply, settings))

    async def _answer(self, bot: Bot, message: Message | None, words: str) -> None:
        if message is None:
            return
        known = await self.kit.memory.at_hand(message.chat.id, sender_of(message))
        await self._send(bot, message, self._reply(bot, message, words, known), known.settings)

    async def _listen(self, bot: Bot, message: Message) -> None:
        """Answer a question put to nobody in particular, where the group wants that and the answer is sure."""
        words = overheard(message)
        if not words:
            return
        known = await self.kit.memory.at_hand(message.chat.id, sender_of(message))
        if topic_of(message) not in known.settings.listening:
            return
        reply = self._reply(bot, message, words, known, Channel.OVERHEARD)
        is_sure = reply.outcome is Outcome.ANSWER and reply.confidence >= SURE
        if is_sure and self.kit.engine.is_put(words, self.kit.today()):
            await self._send(bot, message, reply, known.settings)

    def _reply(
        self, bot: Bot, message: Message, words: str, known: AtHand, channel: Channel = Channel.TELEGRAM
    ) -> Reply:
        """The reply to a message, in the light of the card it replies to, else of what its writer was last told."""
        knowledge = self.kit.knowledge
        replied, recalled = card_replied_to(message, bot.bot), known.recalled
        about: Subject | None = None
        offered: list[Subject] = []
        if replied is not None:
            about, offered = told(replied, knowledge), choices(replied, knowledge)
        elif recalled is not None and recalled.is_choice:
            offered = [recalled.subject.alone(code) for code in recalled.subject.codes]
        elif recalled is not None:
            about = recalled.subject
        typed = _TYPED_CHOICE.fullmatch(words)
        if typed and len(offered) >= int(typed[1]):
            return self.kit.told(offered[int(typed[1]) - 1])
        return self._asked(words, known.settings, about, channel)

    def _asked(
        self,
        words: str,
        settings: ChatSettings,
        about: Subject | None = None,
        channel: Channel = Channel.TELEGRAM,
    ) -> Reply:
        context = about.context if about else ()
        return self.kit.answering.ask(Question(words, self.kit.today(), payer=settings.payer, context=context), channel)

    async def _send(self, bot: Bot, message: Message, reply: Reply, settings: ChatSettings) -> None:
        sent = await self.kit.reply(bot, message, render.answer(reply), self._buttons(reply, settings))
        if sent:
            memory, chat = self.kit.memory, message.chat.id
            await memory.keep_answer(chat, message.message_id, sent[0].message_id)
            about = subject.of_reply(reply, self.kit.today())
            await memory.keep(chat, sender_of(message), Recalled(about, is_choice=bool(reply.choices)))

    def _buttons(self, reply: Reply, settings: ChatSettings) -> InlineKeyboardMarkup | None:
        return keyboards.under(reply, self.kit.today(), self.kit.views(reply.as_of), thumbs=settings.thumbs)

    def _was_told(self, album: str | None) -> bool:
        if album is None or album not in self.albums:
            self.albums.extend([album] if album else [])
            return False
        return True
