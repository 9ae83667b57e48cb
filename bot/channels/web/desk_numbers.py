"""How much is asked and how it ends, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.channels.noting import CODE, OUTCOME, TIME
from bot.channels.web.desk_charts import ENDS, by_day, most_asked, shares, times
from bot.channels.web.pages import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.teaching import Teaching
    from bot.channels.web.web import Web

SPANS = (7, 30, 90)
"""Days that can be looked at."""
USUAL = 30


@dataclass(slots=True)
class Numbers:
    """The page of charts."""

    web: Web
    teaching: Teaching

    async def show(self, request: Request) -> Response:
        """The charts of the last days."""
        asked = request.query_params.get("days", "")
        span = int(asked) if asked in map(str, SPANS) else USUAL
        today, tallies = self.web.today(), self.teaching.store.tallies
        since = today - timedelta(days=span - 1)
        days, highest = by_day(await tallies.read(since, OUTCOME), today, span)
        return page(
            self.web,
            "desk/numbers.html",
            span=span,
            spans=SPANS,
            days=days,
            highest=highest,
            ends=ENDS,
            shares=shares(days),
            codes=most_asked(await tallies.read(since, CODE)),
            times=times(await tallies.read(since, TIME)),
        )
