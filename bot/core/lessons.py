"""What can be taught, as a layer over the knowledge: in memory, and as a team's folder of TOML files.

Both say the same: the folder is what a reviewer reads, and passes `posbot check`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import rtoml
from msgspec import structs

from bot.core.cards import TEAM
from bot.core.schema import IntentCue, IntentWords, Note, SourceRecord
from bot.core.shape import shaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.core.knowledge import Knowledge

ALIAS, NOTE, OUT_OF_SCOPE = "alias", "note", "out_of_scope"
"""What can be taught: that a phrase means a code, a note on a code, that a phrase is none of the bot's business."""
TEAM_RULE = "Team rule"
"""What a note rests on that names nothing else."""


class Lesson(Protocol):
    """Something taught, as the store keeps it."""

    @property
    def id(self) -> int:
        """Its number; 0 where it is not kept yet."""

    @property
    def kind(self) -> str:
        """One of the three kinds."""

    @property
    def phrase(self) -> str:
        """Of an alias or what is out of scope, in the form phrasing.phrase gives it."""

    @property
    def code(self) -> str | None:
        """Of an alias or a note."""

    @property
    def text(self) -> str:
        """Of a note."""

    @property
    def payer(self) -> str:
        """Whose rule a note is; empty for everybody's."""

    @property
    def source_title(self) -> str:
        """What a note rests on."""

    @property
    def source_url(self) -> str:
        """The page it stands on; empty where it stands on none."""

    @property
    def day(self) -> date:
        """When it was taught."""


def laid_over(knowledge: Knowledge, lessons: Sequence[Lesson]) -> Knowledge:
    """The knowledge with these on top, their codes being there; raises ShapeError for what no file could hold either."""
    codes, sources = dict(knowledge.codes), dict(knowledge.sources)
    newest, cues = knowledge.newest, []
    for lesson in lessons:
        record = codes.get(lesson.code or "")
        if record is None:
            cues.append(lesson.phrase)
        elif lesson.kind == ALIAS:
            codes[record.code] = structs.replace(record, aliases=(*record.aliases, lesson.phrase))
        else:
            name, source = _source(lesson)
            note = shaped(Note, _note(lesson, name))
            sources[name] = shaped(SourceRecord, source)
            codes[record.code] = structs.replace(record, note=(*record.note, note))
            newest = max(newest, note.checked)
    kinds = dict(knowledge.intents.intent)
    outside = kinds.get(OUT_OF_SCOPE, IntentCue(cues=()))
    kinds[OUT_OF_SCOPE] = structs.replace(outside, cues=(*outside.cues, *cues))
    digest = hashlib.sha256("".join([knowledge.version, *files(lessons).values()]).encode()).hexdigest()[:12]
    return replace(
        knowledge,
        codes=codes,
        sources=sources,
        intents=IntentWords(intent=kinds),
        version=digest,
        newest=newest,
        added=knowledge.added.union(lesson.phrase for lesson in lessons if lesson.kind == ALIAS),
    )


def files(lessons: Iterable[Lesson]) -> dict[str, str]:
    """What was taught as a team's folder of TOML files, by their paths: ready for review and for `posbot check`."""
    codes: dict[str, dict[str, Any]] = defaultdict(dict)
    sources: dict[str, dict[str, str]] = {}
    cues: list[str] = []
    for lesson in lessons:
        if lesson.kind == OUT_OF_SCOPE:
            cues.append(lesson.phrase)
        elif lesson.kind == ALIAS:
            codes[lesson.code or ""].setdefault("aliases", []).append(lesson.phrase)
        else:
            name, source = _source(lesson)
            sources[name] = source
            codes[lesson.code or ""].setdefault("note", []).append(_note(lesson, name))
    written: dict[str, dict[str, Any]] = {f"codes/{code}.toml": {"code": code, **data} for code, data in codes.items()}
    written |= {"sources.toml": sources} if sources else {}
    written |= {"intents.toml": {"intent": {"out_of_scope": {"cues": cues}}}} if cues else {}
    return {path: rtoml.dumps(data, pretty=True) for path, data in sorted(written.items())}


def _note(lesson: Lesson, source: str) -> dict[str, Any]:
    payer = {"payer": lesson.payer} if lesson.payer else {}
    return {"text": lesson.text, **payer, "sources": [source], "checked": lesson.day}


def _source(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The team's own source of a note, by an id that tells it from all others; it never looks like one of CMS."""
    named = lesson.source_title.removeprefix("Team: ").strip()
    title = f"Team: {named}" if named else TEAM_RULE
    digest = hashlib.sha256(f"{title}\n{lesson.source_url}".encode()).hexdigest()[:8]
    return f"{TEAM}{digest}", {"title": title, **({"url": lesson.source_url} if lesson.source_url else {})}
