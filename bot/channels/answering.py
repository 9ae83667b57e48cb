"""What every channel asks: the engine in force, and whoever wants to know what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bot.core.engine import Engine
    from bot.core.models import Question, Reply


EXAMPLES = ("02 vs 10?", "pt at home on the phone", "is 22 facility", "why M77")
"""Questions to try, each of another kind."""


class Channel(StrEnum):
    """Where a question came from."""

    TELEGRAM = "telegram"
    OVERHEARD = "overheard"
    """A group that is listened to: what is not understood there was mostly not said to the bot."""
    INLINE = "inline"
    """Half a question, asked again with every letter typed."""
    WEB = "web"
    API = "api"


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered, for counts and for the curator."""

    reply: Reply
    channel: Channel
    seconds: float
    """How long the engine took."""


@dataclass(slots=True)
class Answering:
    """Answers people's questions and tells of them; what a button shows is looked up in `engine` itself."""

    engine: Engine
    """Exchanged while the service runs, when knowledge is read anew or something was taught."""
    today: Callable[[], date]
    listeners: list[Callable[[Answered], None]] = field(default_factory=list)
    """Called after each answer; they return at once and never raise."""

    def ask(self, question: Question, channel: Channel) -> Reply:
        """Answer a question somebody put."""
        start = perf_counter()
        reply = self.engine.answer(question)
        self.tell(reply, channel, perf_counter() - start)
        return reply

    def tell(self, reply: Reply, channel: Channel, seconds: float) -> None:
        """Tell the listeners of an answer."""
        answered = Answered(reply, channel, seconds)
        for listener in self.listeners:
            listener(answered)
