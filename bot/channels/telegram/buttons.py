"""What happens when a button is pressed: the message it stands under becomes what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram import InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from bot.channels import feedback
from bot.channels.answering import EXAMPLES
from bot.channels.flood import Verdict
from bot.channels.telegram import keyboards, presses, render, texts
from bot.channels.telegram.presses import Action, Press
from bot.channels.telegram.sending import Spot, acknowledge
from bot.core.models import Intent
from bot.core.subject import Subject
from bot.store.memory import Recalled, Vote

if TYPE_CHECKING:
    from telegram import Bot, CallbackQuery, Update

    from bot.channels.telegram.conversation import Conversation
    from bot.channels.telegram.finding import Finding
    from bot.channels.telegram.kit import Context, Kit

Shown = tuple[str, InlineKeyboardMarkup | None]


@dataclass(slots=True)
class Buttons:
    """Answers presses; all they need is in the data they carry."""

    kit: Kit
    conversation: Conversation
    finding: Finding

    async def pressed(self, update: Update, context: Context) -> None:
        """Do what the button asks for, and stop its spinner."""
        query = update.callback_query
        if query is None:
            return
        press, spot = presses.read(query.data, self.kit.knowledge), Spot.of(query)
        if press is None or spot is None:
            await acknowledge(query, texts.OLD_BUTTON)
        elif self.kit.flood.judge(query.from_user.id) is not Verdict.ANSWER:
            await acknowledge(query, texts.SLOW_DOWN)
        elif press.action is Action.TRY:
            await self._try(context.bot, query, int(press.detail))
        elif press.action in {Action.UP, Action.DOWN, Action.WHY}:
            await self._vote(context.bot, query, spot, press)
        else:
            await self._show(context.bot, query, spot, press)

    async def _show(self, bot: Bot, query: CallbackQuery, spot: Spot, press: Press) -> None:
        """Turn the message into another look at its subject."""
        settings = await self.kit.memory.settings(spot.chat) if spot.chat else None
        if press.action is Action.FIND:
            shown = self.finding.shown(press.detail, bot.username, settings)
        else:
            shown = self._look(press, thumbs=settings is not None and settings.thumbs)
        if shown is None:
            await acknowledge(query, texts.OLD_BUTTON)
            return
        await self._edit(bot, query, spot, shown)
        if spot.chat:
            told = self._told_by(press)
            await self.kit.memory.keep(spot.chat, query.from_user.id, Recalled(told))

    def _told_by(self, press: Press) -> Subject:
        """What a press has told its presser, for a follow-up; empty where it only asked or showed another side."""
        if press.action is Action.FIND:
            end = self.kit.engine.finder.step(press.detail)
            return Subject(end.codes if end else ())
        return press.subject if press.action is Action.CODE else Subject()

    def _look(self, press: Press, *, thumbs: bool) -> Shown:
        about, voted = press.subject, Intent.CODE if thumbs else None
        views, code = self.kit.views(about.on, about.payer), about.codes[0]
        match press.action:
            case Action.CODE:
                reply = self.kit.told(about)
                return render.answer(reply)[0], keyboards.under(reply, self.kit.today(), views, thumbs=thumbs)
            case Action.PAYERS:
                return render.full(views.payers(code))[0], keyboards.payers(about, views)
            case Action.MODIFIERS:
                card = views.modifiers(code)
            case Action.SOURCES:
                card = views.sources(code)
            case _:
                card = views.whole(code)
        return render.full(card)[0], keyboards.looks(about, views, press.action, thumbs=voted)

    async def _try(self, bot: Bot, query: CallbackQuery, number: int) -> None:
        """Answer an example as though it had been asked."""
        if not isinstance(query.message, Message) or not 0 < number <= len(EXAMPLES):
            await acknowledge(query, texts.OLD_BUTTON)
            return
        await acknowledge(query)
        await self.conversation.example(bot, query.message, number)

    async def _vote(self, bot: Bot, query: CallbackQuery, spot: Spot, press: Press) -> None:
        """Count a thumb; one that is down first asks for its reason."""
        reason, _, intent = press.detail.rpartition("-")
        if press.action is Action.DOWN:
            await self.kit.sender.rearm(bot, spot, keyboards.reasons(press.subject, intent))
            await acknowledge(query, feedback.THANKS_AND_WHY)
            return
        is_slip = press.action is Action.WHY and reason == feedback.NEVER_MIND
        if press.action is Action.WHY:
            about = press.subject
            back = keyboards.looks(about, self.kit.views(about.on, about.payer), thumbs=Intent(intent))
            await self.kit.sender.rearm(bot, spot, back)
        if is_slip:
            await acknowledge(query)
            return
        if spot.chat is not None and spot.message is not None:
            why = feedback.REASONS[int(reason)] if reason else None
            vote = Vote(why is None, why, press.subject.codes, Intent(intent))
            await self.kit.memory.vote(spot.chat, spot.message, query.from_user.id, vote)
        await acknowledge(query, feedback.THANKS)

    async def _edit(self, bot: Bot, query: CallbackQuery, spot: Spot, shown: Shown) -> None:
        try:
            await self.kit.sender.rewrite(bot, spot, *shown)
        except BadRequest as error:
            # A second tap finds the card already there; anything else means the message is gone or too old.
            await acknowledge(query, None if "not modified" in error.message else texts.LOST_MESSAGE)
        else:
            await acknowledge(query)
