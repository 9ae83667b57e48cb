"""Reads what stands behind /teach, and tells what was made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.core.dates import us
from bot.core.models import Block, Card, Part
from bot.store.taught import Taught, TaughtKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge

MOST_IN_FORCE = 10
"""The latest of what is in force, shown with how to teach."""
HOW = Block(
    Part.EXAMPLES,
    "Behind /teach stand a code and a phrase, or what else it is",
    (
        "/teach 31 skilled bed",
        "/teach note 10 Our clinic adds the room number.",
        "/teach note 10 aetna: They want 95. https://team.example/grid",
        "/teach out parking validation",
        "/teach undo 3",
    ),
)
_CODE = re.compile(r"\d{1,2}", re.ASCII)
_NUMBER = re.compile(r"#?\d{1,9}", re.ASCII)
_OF_PAYER = re.compile(r"(?P<payer>[\w .&-]{2,40}):\s+(?P<text>.+)", re.DOTALL)
_ADDRESS = re.compile(r"https?://\S+")
FEWEST_OF_NOTE = 3
"""Words of a note's command: note, the code, and one of its text at least."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A wish to take something back."""

    number: int

    @property
    def unknown(self) -> str:
        """What is said where there is no such thing."""
        return f"Nothing with the number {self.number} is in force. /teach shows what is."


def read_lesson(words: Sequence[str], engine: Engine, today: date, by: str) -> Taught | Undo | None:
    """What is to be taught or undone; None where the words are no such command."""
    first, *rest = words or [""]
    match first.lower():
        case "undo" if len(rest) == 1 and _NUMBER.fullmatch(rest[0]):
            return Undo(int(rest[0].lstrip("#")))
        case "out" if rest:
            return Taught(kind=TaughtKind.OUT_OF_SCOPE, phrase=" ".join(rest), day=today, by=by)
        case "note" if len(words) >= FEWEST_OF_NOTE and _CODE.fullmatch(rest[0]):
            return _note(rest[0].zfill(2), rest[1:], engine, today, by)
        case _ if rest and _CODE.fullmatch(first):
            phrase = " ".join(rest)
            return Taught(kind=TaughtKind.ALIAS, phrase=phrase, code=first.zfill(2), day=today, by=by)
    return None


def _note(code: str, words: Sequence[str], engine: Engine, today: date, by: str) -> Taught:
    """A note: the payer whose rule it is may stand before it, the address of its page behind it."""
    *text, last = words
    url = last if text and _ADDRESS.fullmatch(last) else ""
    told = " ".join(text if url else words)
    of_payer = _OF_PAYER.fullmatch(told)
    payer = engine.payer(of_payer["payer"]) if of_payer else None
    return Taught(
        kind=TaughtKind.NOTE,
        code=code,
        text=of_payer["text"] if of_payer and payer else told,
        payer=payer.payer if payer else "",
        source_title=urlsplit(url).hostname or "",
        source_url=url,
        day=today,
        by=by,
    )


def told_of(kept: Taught, knowledge: Knowledge) -> Card:
    """That something is in force, and how to take it back."""
    line = f"{_what(kept, knowledge)} from now on. /teach undo {kept.id} takes it back."
    return Card("Taught", (Block(Part.NOTE, "", (line,)),))


def in_force(lessons: Sequence[Taught]) -> list[Block]:
    """What was taught last."""
    lines = tuple(f"{each.id}. {_brief(each)} ({us(each.day)})" for each in lessons[: -MOST_IN_FORCE - 1 : -1])
    label = "In force" if len(lessons) <= MOST_IN_FORCE else f"In force, the latest of {len(lessons)}"
    return [Block(Part.NOTE, label, lines)] if lines else []


def _what(kept: Taught, knowledge: Knowledge) -> str:
    if kept.kind is TaughtKind.OUT_OF_SCOPE:
        return f'"{kept.phrase}" is out of scope'
    name = f"POS {kept.code} - {knowledge.codes[kept.code or ''].name[-1].text}"
    return f"Your note stands under {name}" if kept.kind is TaughtKind.NOTE else f'"{kept.phrase}" means {name}'


def _brief(kept: Taught) -> str:
    match kept.kind:
        case TaughtKind.ALIAS:
            return f"{kept.phrase}: POS {kept.code}"
        case TaughtKind.NOTE:
            return f"note on POS {kept.code}: {kept.text}"
    return f"{kept.phrase}: out of scope"
