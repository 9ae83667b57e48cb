"""What wants a curator's eye: answers with thumbs down, and notes past or near their review date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.channels.web.pages import page
from bot.core.schema import Note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.teaching import Teaching
    from bot.channels.web.web import Web
    from bot.core.knowledge import Knowledge

MOST_DOWN = 60
NEAR = timedelta(days=60)
"""How long before its review date a note is shown."""
KINDS = ("codes", "places", "modifiers", "topics", "denials", "payers")


@dataclass(frozen=True, slots=True)
class Due:
    """A note that is to be looked at again."""

    file: str
    """Where it stands in the knowledge."""
    code: str | None
    text: str
    review: date
    pages: tuple[tuple[str, str], ...]
    """Titles and addresses of its sources."""


@dataclass(slots=True)
class Review:
    """The page of what wants looking at."""

    web: Web
    teaching: Teaching

    async def show(self, _request: Request) -> Response:
        """Thumbs down, the latest first, then notes, the most overdue first."""
        feedback = self.teaching.store.feedback
        today = self.web.today()
        notes = sorted(due(self.web.knowledge, today + NEAR), key=lambda each: (each.review, each.file))
        down, counts = await feedback.down(MOST_DOWN), await feedback.counts()
        return page(self.web, "desk/review.html", down=down, counts=counts, notes=notes, today=today)


def due(knowledge: Knowledge, until: date) -> Iterator[Due]:
    """The notes whose review date is no later than that; the same words in several places count once."""
    seen: set[tuple[str, date]] = set()
    for kind in KINDS:
        for name, record in getattr(knowledge, kind).items():
            for note in _notes(record):
                if note.review is None or note.review > until or (note.text, note.review) in seen:
                    continue
                seen.add((note.text, note.review))
                pages = tuple((knowledge.sources[each].title, knowledge.sources[each].url) for each in note.sources)
                yield Due(f"{kind}/{name}", name if kind == "codes" else None, note.text, note.review, pages)


def _notes(record: object) -> Iterator[Note]:
    for name in getattr(record, "__struct_fields__", ()):
        value = getattr(record, name)
        if isinstance(value, tuple):
            yield from (row for row in value if isinstance(row, Note))
