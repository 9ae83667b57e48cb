"""The finder: a page for each step, so that every one of them can be shared."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from bot.channels.web.pages import page
from bot.channels.web.turns import turn
from bot.core.models import Question

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.web.seal import Seal
    from bot.channels.web.web import Web
    from bot.core.finder import Step

NO_STEP = "There is no such step in the finder. Start again with how the patient was seen."


@dataclass(slots=True)
class Finding:
    """Walks people through the finder; the path so far is the address."""

    web: Web
    seal: Seal

    async def find(self, request: Request) -> Response:
        """A question, or at the end of a path the answer; raises HTTPException where there is no such path."""
        step = self.web.engine.finder.step(request.path_params.get("path", ""))
        if step is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, NO_STEP)
        answered = None
        if step.question:
            reply = self.web.engine.answer(Question(step.question, self.web.today()))
            answered = turn("", reply, self.web, self.seal)
        return page(self.web, "find.html", step=step, turn=answered, crumbs=_crumbs(step))


def _crumbs(step: Step) -> list[tuple[str, str]]:
    """The way here: what was chosen at each step, and the path back to that step."""
    return [(step.path[:at], label) for at, label in enumerate(step.crumbs)]
