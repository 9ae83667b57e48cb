"""What an answer was about, in a form short enough for a button, a link or a short memory.

It names codes, a date of service and a payer that the knowledge holds, never words of a message: that is all that is
remembered of a conversation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply

MOST_CODES = 4
_FORM = re.compile(
    r"(?P<codes>-|[0-9]{2}(?:\+[0-9]{2}){0,3})(?::(?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?::(?P<payer>[a-z0-9-]{1,24}))?)?"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Up to four codes, with the date of service and payer where they are not today's and everybody's."""

    codes: tuple[str, ...] = ()
    on: date | None = None
    payer: str | None = None

    @property
    def text(self) -> str:
        """The short form: `10`, `02+10`, `02:2021-12-15`, `10::aetna`, or `-` where it is about no code."""
        day = self.on.isoformat() if self.on else ""
        return ":".join(["+".join(self.codes) or "-", day, self.payer or ""]).rstrip(":")

    @property
    def question(self) -> str:
        """The question that is answered by these codes."""
        return " versus ".join(f"pos {code}" for code in self.codes)

    @property
    def context(self) -> tuple[str, ...]:
        """What a follow-up leans on, as earlier questions."""
        if not self.codes:
            return ()
        dated = f" on {self.on.isoformat()}" if self.on else ""
        return (f"{self.question}{dated} {self.payer or ''}".strip(),)

    def alone(self, code: str) -> Subject:
        """One of its codes, at the same date and for the same payer."""
        return Subject((code,), self.on, self.payer)


def of_reply(reply: Reply, today: date) -> Subject:
    """What a reply told, or offered to tell."""
    codes = reply.codes or tuple(choice.code for choice in reply.choices)
    return Subject(codes[:MOST_CODES], reply.as_of if reply.as_of != today else None, reply.payer)


def read(text: str, knowledge: Knowledge) -> Subject | None:
    """Read the short form; None where it is malformed or names what the knowledge does not hold."""
    found = parse(text)
    if found is None or any(code not in knowledge.codes for code in found.codes):
        return None
    return found if found.payer is None or found.payer in knowledge.payers else None


def parse(text: str) -> Subject | None:
    """Read the short form as it stands; None where it is malformed."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    codes = () if found["codes"] == "-" else tuple(found["codes"].split("+"))
    try:
        on = date.fromisoformat(found["on"]) if found["on"] else None
    except ValueError:
        return None
    return Subject(codes, on, found["payer"])
