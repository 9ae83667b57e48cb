"""What all handlers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from telegram.ext import ContextTypes

from bot.channels.flood import Flood, Verdict
from bot.channels.telegram import render
from bot.channels.telegram.access import Access
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.texts import SLOW_DOWN, said
from bot.core.models import Question
from bot.store.memory import ChatMemory, Memory

if TYPE_CHECKING:
    from datetime import date

    from telegram import Bot, InlineKeyboardMarkup, Message

    from bot.channels.answering import Answering
    from bot.channels.teaching import Teaching
    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.core.models import Card, Reply
    from bot.core.subject import Subject
    from bot.core.views import Views

Context: TypeAlias = ContextTypes.DEFAULT_TYPE


@dataclass(slots=True)
class Kit:
    """What answers are made of, remembered in and sent with."""

    answering: Answering
    memory: ChatMemory = field(default_factory=Memory)
    access: Access = field(default_factory=Access)
    flood: Flood = field(default_factory=Flood)
    sender: Sender = field(default_factory=Sender)
    teaching: Teaching | None = None
    """What curators teach through; without it there are no commands for them."""

    @property
    def engine(self) -> Engine:
        """The engine in force now."""
        return self.answering.engine

    @property
    def knowledge(self) -> Knowledge:
        """Everything the bot knows."""
        return self.engine.knowledge

    def today(self) -> date:
        """The day it is for the bot."""
        return self.answering.today()

    def views(self, on: date | None = None, payer: str | None = None) -> Views:
        """Further looks at codes."""
        return self.engine.views(self.today(), on, payer)

    def told(self, about: Subject) -> Reply:
        """What is told of a subject that a button or a typed number chose."""
        return self.engine.answer(Question(about.question, self.today(), on=about.on, payer=about.payer))

    async def say(
        self, bot: Bot, message: Message | None, card: Card, keyboard: InlineKeyboardMarkup | None = None
    ) -> list[Message]:
        """Send a card in answer to a message."""
        return await self.reply(bot, message, render.full(card), keyboard)

    async def reply(
        self, bot: Bot, message: Message | None, pages: list[str], keyboard: InlineKeyboardMarkup | None = None
    ) -> list[Message]:
        """Send pages in answer to a message, unless its chat asks faster than people read."""
        if message is None:
            return []
        match self.flood.judge(message.chat.id):
            case Verdict.STAY_QUIET:
                return []
            case Verdict.ASK_TO_SLOW_DOWN:
                return await self.sender.reply(bot, message, render.full(said(SLOW_DOWN)))
        return await self.sender.reply(bot, message, pages, keyboard)
