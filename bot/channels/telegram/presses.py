"""What a button asks for, as the data it carries back.

The data is all the state there is, so that old buttons work after a restart; anyone can forge it, so it is read
strictly and only names things that anyone may ask for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.channels.feedback import NEVER_MIND, REASONS
from bot.core import subject
from bot.core.models import Intent

if TYPE_CHECKING:
    from bot.core.knowledge import Knowledge
    from bot.core.subject import Subject

_FORM = re.compile(r"(?P<action>[a-z]{2,5}):(?P<subject>[^/]{1,48})(?:/(?P<detail>[a-z0-9_-]{1,12}))?")


class Action(StrEnum):
    """What is wanted of the subject."""

    CODE = "code"
    """The answer itself: a code's card, or several compared."""
    MORE = "more"
    """Everything known about the first code."""
    MODIFIERS = "mods"
    PAYERS = "pays"
    SOURCES = "srcs"
    UP = "up"
    """A thumb up for the answer; the detail is the kind of question."""
    DOWN = "down"
    """A thumb down: asks for the reason. The detail is the kind of question."""
    WHY = "why"
    """The reason of a thumb down; the detail is its number and the kind of question: `2-rate`."""
    FIND = "find"
    """A step of the finder; the detail is the path of answers to it."""
    TRY = "try"
    """An example of a question; the detail is its number."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button's wish: `code:31`, `more:10:2021-12-15`, `why:10::aetna/2-rate`."""

    action: Action
    subject: Subject
    detail: str = ""

    @property
    def data(self) -> str:
        """The form that travels in the button, below Telegram's 64 bytes."""
        return f"{self.action}:{self.subject.text}" + (f"/{self.detail}" if self.detail else "")


def read(data: str | None, knowledge: Knowledge) -> Press | None:
    """Read a button's data; None where it is not ours, forged, or names what is not known."""
    found = _FORM.fullmatch(data or "")
    if found is None or found["action"] not in _ACTIONS:
        return None
    of = subject.read(found["subject"], knowledge)
    action, detail = Action(found["action"]), found["detail"] or ""
    if of is None or not _is_whole(action, of, detail):
        return None
    return Press(action, of, detail)


def _is_whole(action: Action, of: Subject, detail: str) -> bool:
    """Whether the data holds what its action needs, and nothing else."""
    match action:
        case Action.UP | Action.DOWN:
            return detail in _INTENTS
        case Action.WHY:
            reason, _, intent = detail.partition("-")
            return reason in {NEVER_MIND, *map(str, REASONS)} and intent in _INTENTS
        case Action.TRY:
            return detail.isdigit() and not of.codes
        case Action.FIND:
            return not of.codes and (detail.isalnum() or not detail)
        case _:
            return bool(of.codes) and not detail


_ACTIONS = frozenset(action.value for action in Action)
_INTENTS = frozenset(intent.value for intent in Intent)
