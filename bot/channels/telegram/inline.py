"""Inline mode: cards offered in any chat while a question is typed after the bot's name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channels.answering import Channel
from bot.channels.telegram import keyboards, render
from bot.channels.telegram.sending import NO_PREVIEW
from bot.core import subject
from bot.core.models import Intent, Outcome, Part, Question
from bot.core.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telegram import Update

    from bot.channels.telegram.kit import Context, Kit
    from bot.core.models import Card, Reply

MOST = 10
FIRST = ("02", "10", "11", "22")
"""Offered before anything is typed."""
CACHED_SECONDS = 300
LINE = 120
"""Characters of a description: about what a phone shows."""
FINDER = InlineQueryResultsButton("Find the code step by step", start_parameter="find")


@dataclass(slots=True)
class Inline:
    """Answers inline queries."""

    kit: Kit

    async def asked(self, update: Update, _: Context) -> None:
        """Offer up to ten cards, the best first."""
        query = update.inline_query
        if query is None:
            return
        results = self._results(query.query)
        with suppress(BadRequest):  # the asker has typed on, and nobody waits for this one
            await query.answer(
                results, cache_time=CACHED_SECONDS, is_personal=not self.kit.access.is_open, button=FINDER
            )

    def _results(self, text: str) -> list[InlineQueryResultArticle]:
        found: dict[str, InlineQueryResultArticle] = {}
        for name, reply in self._replies(text):
            found.setdefault(name, self._article(name, reply))
        return list(found.values())[:MOST]

    def _replies(self, text: str) -> Iterator[tuple[str, Reply]]:
        """Replies worth offering, each with its name: what was asked, then the codes it speaks of, then their like."""
        codes: list[str] = list(FIRST)
        if text.strip():
            reply = self.kit.answering.ask(Question(text, self.kit.today()), Channel.INLINE)
            codes = [*reply.codes, *(choice.code for choice in reply.choices)]
            is_card = len(reply.codes) == 1 and reply.cards[0].code in reply.codes
            if reply.outcome is Outcome.ANSWER or reply.intent in {Intent.UNASSIGNED, Intent.INVALID}:
                yield (reply.codes[0] if is_card else "asked"), reply
            codes += [row.code for code in codes for row in self.kit.knowledge.codes[code].confused]
        for code in dict.fromkeys(codes):
            yield code, self.kit.told(Subject((code,)))

    def _article(self, name: str, reply: Reply) -> InlineQueryResultArticle:
        about = subject.of_reply(reply, self.kit.today())
        return InlineQueryResultArticle(
            id=name,
            title=reply.cards[0].head or "Place of Service",
            description=_line(reply.cards[0]),
            input_message_content=InputTextMessageContent(
                render.answer(reply)[0], parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW
            ),
            reply_markup=keyboards.looks(about, self.kit.views(about.on, about.payer)),
        )


def _line(card: Card) -> str:
    """What a card says first, on one line."""
    told = next((line for block in card.blocks if block.part is not Part.EXAMPLES for line in block.lines if line), "")
    plain = " ".join(render.clean(told).split())
    return plain if len(plain) <= LINE else f"{plain[:LINE].rsplit(' ', 1)[0]} ..."
