"""Inline buttons and the data they carry back.

The data is all the state there is, so that old buttons work after a restart; anyone can forge it, so it is
read strictly and only names things that anyone may ask for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.render import clean, has_more

if TYPE_CHECKING:
    from collections.abc import Container

    from bot.core.models import Reply

_DATA = re.compile(r"(?P<action>code|more):(?P<code>[0-9]{2})(?::(?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2}))?")


class Action(StrEnum):
    """What a button asks for."""

    CODE = "code"
    """The card of the code that was chosen."""
    MORE = "more"
    """Everything known about the code."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button's wish: `code:31`, `more:10`, or `more:10:2021-12-15` for another date of service than today's."""

    action: Action
    code: str
    on: date | None = None

    @property
    def data(self) -> str:
        """The form that travels in the button, far below Telegram's 64 bytes."""
        return ":".join([self.action, self.code, *([self.on.isoformat()] if self.on else [])])


def read(data: str | None, codes: Container[str]) -> Press | None:
    """Read a button's data; None where it is not ours, forged, or names no known code."""
    found = _DATA.fullmatch(data or "")
    if found is None or found["code"] not in codes:
        return None
    try:
        on = date.fromisoformat(found["on"]) if found["on"] else None
    except ValueError:
        return None
    return Press(Action(found["action"]), found["code"], on)


def under(reply: Reply, today: date) -> InlineKeyboardMarkup | None:
    """Draw the buttons of a reply: its choices, or More for each code card that has more to tell."""
    on = reply.as_of if reply.as_of != today else None
    choices = [
        (Press(Action.CODE, choice.code, on), f"{choice.code} - {clean(choice.label)}") for choice in reply.choices
    ]
    coded = [card for card in reply.cards if card.code is not None]
    more = [
        (Press(Action.MORE, card.code, on), "More" if len(coded) == 1 else f"More on {card.code}")
        for card in coded
        if card.code is not None and has_more(card, len(reply.cards) - 1)
    ]
    rows = [[InlineKeyboardButton(label, callback_data=press.data)] for press, label in choices]
    if more and not choices:
        rows = [[InlineKeyboardButton(label, callback_data=press.data) for press, label in more[:4]]]
    return InlineKeyboardMarkup(rows) if rows else None


def after_more(shown: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """Keep the buttons where several codes share a message, so that each stays a tap away."""
    buttons = [button for row in shown.inline_keyboard for button in row] if shown else []
    return shown if len(buttons) > 1 else None
