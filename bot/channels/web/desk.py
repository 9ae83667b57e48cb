"""The curator's desk: questions without an answer, and a form under each to give one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from bot.channels.asking import readable
from bot.channels.web.pages import page
from bot.core.models import Question
from bot.core.redaction import BLANK
from bot.core.teaching import RefusedError
from bot.store.taught import Taught, TaughtKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.missed import Missed
    from bot.channels.teaching import Teaching
    from bot.channels.web.web import Web

SHOWN = 40
"""Questions on one page."""
MOST_CODES = 3
"""Codes offered for a question in which nothing was left out."""
LONGEST = 2_000
"""Characters read of a field."""
CURATOR = "desk"
"""Whose hash stands under what is taught here: the desk has one password for all."""
NO_KIND = "Please choose what it is: a phrase for a code, a note, or out of scope."


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form at the desk says."""

    kind: str = ""
    phrase: str = ""
    code: str = ""
    text: str = ""
    payer: str = ""
    source_title: str = ""
    source_url: str = ""
    miss: str = ""
    """The question it answers, by its key; empty where it answers none."""

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Typed:
        """Read the fields of a form; those that are no text count as empty."""
        said = {name: fields.get(name) for name in cls.__dataclass_fields__}
        return cls(
            **{name: readable(value)[:LONGEST].strip() for name, value in said.items() if isinstance(value, str)}
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A question on the page."""

    missed: Missed
    likely: tuple[tuple[str, str], ...]
    """Codes its words point to, each with when to pick it; where nothing was left out of it."""


@dataclass(slots=True)
class Desk:
    """The page of questions without an answer."""

    web: Web
    teaching: Teaching

    async def show(self, request: Request) -> Response:
        """The questions, the most frequent first."""
        return await self._page(taught=request.query_params.get("taught", ""))

    async def teach(self, request: Request) -> Response:
        """Put in force what a form says, or tell why not."""
        async with request.form() as fields:
            typed = Typed.of(fields)
        if typed.kind not in set(TaughtKind):
            return await self._page(typed, NO_KIND)
        missed = next((each for each in await self.teaching.missed() if each.key == typed.miss), None)
        try:
            kept = await self.teaching.teach(self._lesson(typed), missed)
        except RefusedError as refused:
            return await self._page(typed, str(refused))
        return RedirectResponse(f"/desk?taught={kept.id}", HTTPStatus.SEE_OTHER)

    async def drop(self, request: Request) -> Response:
        """Take a question off the list."""
        async with request.form() as fields:
            key = Typed.of(fields).miss
        for missed in await self.teaching.missed():
            if missed.key == key:
                await self.teaching.settle(missed)
        return RedirectResponse("/desk", HTTPStatus.SEE_OTHER)

    def _lesson(self, typed: Typed) -> Taught:
        kind = TaughtKind(typed.kind)
        empty = Taught(kind=kind, day=self.web.today(), by=self.teaching.store.hashed("person", CURATOR))
        if kind is TaughtKind.OUT_OF_SCOPE:
            return replace(empty, phrase=typed.phrase)
        code = typed.code[:2].zfill(2) if typed.code else None
        if kind is TaughtKind.ALIAS:
            return replace(empty, phrase=typed.phrase, code=code)
        known = self.web.engine.payer(typed.payer) if typed.payer else None
        payer = known.payer if known else typed.payer
        return replace(
            empty, code=code, text=typed.text, payer=payer, source_title=typed.source_title, source_url=typed.source_url
        )

    async def _page(self, typed: Typed | None = None, fault: str = "", taught: str = "") -> Response:
        missed = await self.teaching.missed()
        rows = [Row(each, self._likely(each)) for each in missed[:SHOWN]]
        shown = {row.missed.key for row in rows}
        done = next((lesson for lesson in self.teaching.lessons if str(lesson.id) == taught), None)
        return page(
            self.web,
            "desk/misses.html",
            HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            rows=rows,
            more=max(0, len(missed) - SHOWN),
            typed=typed or Typed(),
            typed_for=typed.miss if typed and typed.miss in shown else "",
            fault=fault,
            done=done,
            payers=self.web.views().listed_payers(),
        )

    def _likely(self, missed: Missed) -> tuple[tuple[str, str], ...]:
        if not missed.is_whole:
            return ()
        reply = self.web.engine.answer(Question(missed.text.replace(BLANK, ""), self.web.today()))
        return tuple((choice.code, choice.label) for choice in reply.choices[:MOST_CODES])
