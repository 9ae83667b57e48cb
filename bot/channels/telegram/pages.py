"""The commands that tell of the bot itself, and of all codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.telegram import keyboards, render, texts
from bot.channels.telegram.finding import FIND
from bot.channels.telegram.hearing import heard
from bot.core.models import Block, Card, Part
from bot.core.subject import Subject

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.finding import Finding
    from bot.channels.telegram.kit import Context, Kit

_LINKED = "pos_"
"""What a deep link to a code's card starts with: t.me/BOT?start=pos_10."""


@dataclass(slots=True)
class Pages:
    """Answers commands that ask nothing about a claim."""

    kit: Kit
    finding: Finding

    async def start(self, update: Update, context: Context) -> None:
        """Greet, or show what a link leads to."""
        argument = (context.args or [""])[0]
        linked = argument.removeprefix(_LINKED)
        if argument.partition("_")[0] == FIND:
            await self.finding.find(update, context)
        elif linked in self.kit.knowledge.codes:
            reply = self.kit.told(Subject((linked,)))
            buttons = keyboards.under(reply, self.kit.today(), self.kit.views(), thumbs=False)
            await self.kit.reply(context.bot, update.message, render.answer(reply), buttons)
        else:
            await self.kit.say(context.bot, update.message, texts.GREETING, keyboards.examples())

    async def help(self, update: Update, context: Context) -> None:
        """Show how to ask."""
        await self.kit.say(context.bot, update.message, texts.HELP, keyboards.examples())

    async def privacy(self, update: Update, context: Context) -> None:
        """Tell what is kept."""
        teaching = self.kit.teaching
        await self.kit.say(context.bot, update.message, texts.privacy(teaching.retention_days if teaching else None))

    async def about(self, update: Update, context: Context) -> None:
        """Tell which knowledge this is and when it was checked."""
        await self.kit.say(context.bot, update.message, texts.about(self.kit.knowledge))

    async def list_codes(self, update: Update, context: Context) -> None:
        """Show every assigned code with its name."""
        await self.kit.say(context.bot, update.message, self._all_codes())

    async def unknown_command(self, update: Update, context: Context) -> None:
        """Point to the commands there are, unless the command may be another bot's."""
        if update.message and heard(update.message, context.bot.bot) is not None:
            await self.kit.say(context.bot, update.message, texts.UNKNOWN_COMMAND)

    def _all_codes(self) -> Card:
        today = self.kit.today()
        names = (
            f"{code} {next((name.text for name in record.name if name.holds(today)), record.name[-1].text)}"
            for code, record in sorted(self.kit.knowledge.codes.items())
        )
        return Card(head="Place of Service codes", blocks=(Block(Part.NOTE, "", tuple(names)),))
