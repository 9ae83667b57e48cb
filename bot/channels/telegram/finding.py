"""The finder in Telegram: a message that asks, and becomes the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram import InlineKeyboardMarkup

from bot.channels.telegram import keyboards, render, texts
from bot.core.models import Block, Card, Part, Question

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.kit import Context, Kit
    from bot.core.finder import Step
    from bot.store.memory import ChatSettings

FIND = "find"
"""What a deep link into the finder starts with: t.me/BOT?start=find_vh."""

Shown = tuple[str, InlineKeyboardMarkup | None]


@dataclass(slots=True)
class Finding:
    """Walks people through the finder; the path so far travels in the buttons."""

    kit: Kit

    async def find(self, update: Update, context: Context) -> None:
        """Begin, or go where a shared link leads; an outdated one begins."""
        if update.message is None:
            return
        path = (context.args or [""])[0].removeprefix(FIND).removeprefix("_")
        settings = await self.kit.memory.settings(update.message.chat.id)
        shown = self.shown(path, context.bot.username, settings) or self.shown("", context.bot.username, settings)
        if shown is None:
            await self.kit.say(context.bot, update.message, texts.NO_FINDER)
        else:
            await self.kit.reply(context.bot, update.message, [shown[0]], shown[1])

    def shown(self, path: str, bot: str, settings: ChatSettings | None) -> Shown | None:
        """The question or the answer at the end of a path; None where there is no such path."""
        step = self.kit.engine.finder.step(path)
        if step is None:
            return None
        if step.question:
            return self._answer(step, bot, settings)
        crumbs = [Block(Part.NOTE, "", (" > ".join(step.crumbs),))] if step.crumbs else []
        return render.full(Card(step.ask, tuple(crumbs)))[0], keyboards.finder(step)

    def _answer(self, step: Step, bot: str, settings: ChatSettings | None) -> Shown:
        payer = settings.payer if settings else None
        reply = self.kit.engine.answer(Question(step.question, self.kit.today(), payer=payer))
        thumbs = settings is not None and settings.thumbs
        under = keyboards.under(reply, self.kit.today(), self.kit.views(), thumbs=thumbs)
        link = f"https://t.me/{bot}?start={FIND}_{step.path}"
        crumbs = Card("", (Block(Part.NOTE, "", (" > ".join(step.crumbs),)),))
        return render.answer(reply, above=crumbs)[0], keyboards.found(step, under, link)
