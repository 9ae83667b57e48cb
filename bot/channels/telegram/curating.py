"""The curator's commands: what nobody could be told, and how it is taught."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.channels.flood import Verdict
from bot.channels.missed import KEY_DIGITS
from bot.channels.telegram import render, texts
from bot.channels.telegram.dictating import HOW, Undo, in_force, read_lesson, told_of
from bot.channels.telegram.hearing import card_replied_to
from bot.channels.telegram.render import clean
from bot.channels.telegram.sending import Spot, acknowledge
from bot.channels.telegram.texts import said
from bot.core.dates import us
from bot.core.models import Block, Card, Part, Question
from bot.core.redaction import BLANK
from bot.core.teaching import RefusedError
from bot.store.errors import StoreError
from bot.store.taught import Taught, TaughtKind

if TYPE_CHECKING:
    from telegram import Bot, CallbackQuery, Message, Update

    from bot.channels.missed import Missed
    from bot.channels.teaching import Teaching
    from bot.channels.telegram.kit import Context, Kit

OF_MISSES = r"^miss:"
"""What the data of these buttons starts with."""
AT_ONCE = 8
"""Questions shown in one message."""
A_ROW = 4
MOST_ALIKE = 4
"""Further wordings of a question that are shown."""
MOST_CODES = 3
"""Codes offered for a question in which nothing was left out."""
AWAY = "What I remember cannot be reached right now, so nothing was changed. Please try again in a minute."
GONE = "That question is no longer on the list. /misses shows what is."
NONE = "No question is without an answer."

_PRESS = re.compile(
    rf"miss:(?:(?P<all>list)|(?P<what>show|out|drop|as(?P<code>[0-9]{{2}}))-(?P<key>[0-9a-f]{{{KEY_DIGITS}}})"
    r"|undo-(?P<number>[0-9]{1,9}))"
)

Shown = tuple[Card, InlineKeyboardMarkup | None]


@dataclass(slots=True)
class Curating:
    """Answers those who may curate; all a button needs is in the data it carries."""

    kit: Kit
    teaching: Teaching

    async def misses(self, update: Update, context: Context) -> None:
        """Show what nobody could be told."""
        try:
            card, buttons = _listed(await self.teaching.missed())
        except StoreError:
            card, buttons = said(AWAY), None
        await self.kit.say(context.bot, update.message, card, buttons)

    async def teach(self, update: Update, context: Context) -> None:
        """Take what stands behind /teach, or show how it is done and what is in force."""
        message = update.message
        if message is None or message.from_user is None:
            return
        asked = read_lesson(context.args or [], self.kit.engine, self.kit.today(), self._hash(message.from_user.id))
        if asked is None:
            card: Card = Card("How to teach me", (HOW, *in_force(self.teaching.lessons)))
            await self.kit.say(context.bot, message, card)
            return
        card, buttons = await self._done(asked, self._key_replied_to(context.bot, message))
        await self.kit.say(context.bot, message, card, buttons)

    async def pressed(self, update: Update, context: Context) -> None:
        """Do what a button under a list of misses asks for."""
        query = update.callback_query
        if query is None:
            return
        press, spot = _PRESS.fullmatch(query.data or ""), Spot.of(query)
        if press is None or spot is None or query.from_user.id not in self.kit.access.admins:
            await acknowledge(query, texts.OLD_BUTTON)
        elif self.kit.flood.judge(query.from_user.id) is not Verdict.ANSWER:
            await acknowledge(query, texts.SLOW_DOWN)
        else:
            try:
                card, buttons = await self._look(press, query)
            except StoreError:
                await acknowledge(query, AWAY)
            else:
                await self._rewrite(context.bot, query, spot, card, buttons)

    async def _look(self, press: re.Match[str], query: CallbackQuery) -> Shown:
        if press["number"]:
            return await self._done(Undo(int(press["number"])))
        if press["all"]:
            return _listed(await self.teaching.missed())
        missed = await self._missed(press["key"])
        if missed is None:
            return said(GONE), _back()
        if press["what"] == "show":
            return self._one(missed)
        if press["what"] == "drop":
            await self.teaching.settle(missed)
            return _listed(await self.teaching.missed())
        kind = TaughtKind.ALIAS if press["code"] else TaughtKind.OUT_OF_SCOPE
        by, today = self._hash(query.from_user.id), self.kit.today()
        lesson = Taught(kind=kind, phrase=missed.text, code=press["code"], day=today, by=by)
        return await self._done(lesson, missed.key)

    async def _done(self, asked: Taught | Undo, key: str | None = None) -> Shown:
        """Teach or undo, and what is said of that."""
        try:
            if isinstance(asked, Undo):
                undone = await self.teaching.undo(asked.number)
                return said(f"No. {asked.number} is taken back." if undone else asked.unknown), _back()
            kept = await self.teaching.teach(asked, await self._missed(key) if key else None)
        except RefusedError as refused:
            return said(f"Not taught. {refused}"), _back()
        except StoreError:
            return said(AWAY), None
        undo = InlineKeyboardButton("Undo", callback_data=f"miss:undo-{kept.id}")
        return told_of(kept, self.kit.knowledge), InlineKeyboardMarkup([[undo, *_back().inline_keyboard[0]]])

    async def _missed(self, key: str) -> Missed | None:
        return next((missed for missed in await self.teaching.missed() if missed.key == key), None)

    def _one(self, missed: Missed) -> Shown:
        """A question with what can be done about it."""
        asked = f"Asked {_times(missed.count)}, last on {us(missed.last)}."
        others = tuple(group.text for group in missed.groups[1 : MOST_ALIKE + 1])
        examples = ("/teach 31 skilled bed", "/teach note 31 We add the room number.", "/teach out parking validation")
        blocks = (
            Block(Part.NOTE, "", (asked,)),
            *([Block(Part.NOTE, "Much the same", others)] if others else []),
            Block(Part.EXAMPLES, "Reply to this with the words that name the place, in the manner of", examples),
        )
        rows = []
        if missed.is_whole:
            rows = [[_button(self._pick(code), f"as{code}", missed)] for code in self._likely(missed.text)]
        idle = [_button("Out of scope", "out", missed)] if missed.is_whole else []
        rows.append([*idle, _button("Drop it", "drop", missed)])
        return Card(missed.text, blocks), InlineKeyboardMarkup([*rows, *_back().inline_keyboard])

    def _likely(self, text: str) -> list[str]:
        """Codes that a question's words point to."""
        reply = self.kit.engine.answer(Question(text.replace(BLANK, ""), self.kit.today()))
        return [choice.code for choice in reply.choices][:MOST_CODES]

    def _pick(self, code: str) -> str:
        return f"{code} - {clean(self.kit.knowledge.codes[code].pick)}"

    def _hash(self, person: int) -> str:
        return self.teaching.store.hashed("person", person)

    @staticmethod
    def _key_replied_to(bot: Bot, message: Message) -> str | None:
        """The question that a message of ours shows, where this one replies to it."""
        replied = card_replied_to(message, bot.bot)
        rows = replied.reply_markup.inline_keyboard if replied and replied.reply_markup else ()
        pressed = (_PRESS.fullmatch(str(button.callback_data)) for row in rows for button in row)
        return next((press["key"] for press in pressed if press and press["what"] == "drop"), None)

    async def _rewrite(
        self, bot: Bot, query: CallbackQuery, spot: Spot, card: Card, buttons: InlineKeyboardMarkup | None
    ) -> None:
        words = None
        try:
            await self.kit.sender.rewrite(bot, spot, render.full(card)[0], buttons)
        except BadRequest as error:
            words = None if "not modified" in error.message.lower() else texts.LOST_MESSAGE
        await acknowledge(query, words)


def _listed(found: list[Missed]) -> Shown:
    """The questions on one screen, with a number to tap for each."""
    if not found:
        return said(NONE), None
    shown = found[:AT_ONCE]
    lines = [f"{number}. {each.text} ({_times(each.count)}, {us(each.last)})" for number, each in enumerate(shown, 1)]
    more = [f"{len(found) - AT_ONCE} more are asked less often."] if len(found) > AT_ONCE else []
    how = "Names, numbers and words I don't know were left out before anything was kept. Tap one to teach me."
    numbers = [_button(str(number), "show", each) for number, each in enumerate(shown, 1)]
    rows = [numbers[at : at + A_ROW] for at in range(0, len(numbers), A_ROW)]
    blocks = (Block(Part.NOTE, "", (*lines, *more)), Block(Part.NOTICE, "", (how,)))
    return Card("Questions without an answer", blocks), InlineKeyboardMarkup(rows)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _button(label: str, what: str, missed: Missed) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"miss:{what}-{missed.key}")


def _back() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("All misses", callback_data="miss:list")]])
