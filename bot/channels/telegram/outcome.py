"""What became of an update in hand: noted by whoever learns of it, read by the intake.

python-telegram-bot tells its caller nothing: `process_update` returns normally when a handler failed. So each update
travels with a ticket, in a context variable of the task that answers it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How an update ended."""

    ANSWERED = "answered"
    """Its handler came to an end: what there was to say was sent."""
    REFUSED = "refused"
    """Telegram will not take an answer: the chat is gone, or has blocked the bot."""
    GIVEN_UP = "given_up"
    """An answer could not be sent for a minute."""
    UNCERTAIN = "uncertain"
    """Telegram had the answer and did not say in time that it was sent; it most likely was."""
    FAULT = "fault"
    """A fault of ours; the asker was told where that was possible."""
    MALFORMED = "malformed"
    """It could not be read."""
    INTERRUPTED = "interrupted"
    """The service stops: whoever gets it next answers it."""


class CalledOff(BaseException):
    """No further call is begun for an update, because the service stops; no handler catches it as an error."""


@dataclass(slots=True, eq=False)
class Ticket:
    """What is known of an update in hand."""

    until: float
    """When its answer is given up, by the limiter's clock."""
    outcome: Outcome = Outcome.ANSWERED
    is_begun: bool = False
    """Whether part of its answer was sent."""
    is_called_off: bool = False
    """Whether the service stops; what is begun is finished all the same."""


TICKET: Final[ContextVar[Ticket | None]] = ContextVar("ticket", default=None)
"""The ticket of the update that the running task answers."""


def note(outcome: Outcome) -> None:
    """Note how the update in hand ended, if there is one."""
    if (ticket := TICKET.get()) is not None:
        ticket.outcome = outcome
