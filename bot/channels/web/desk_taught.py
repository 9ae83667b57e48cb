"""What was taught: in force or undone, to take back, and as files to review."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from bot.channels.web.pages import page

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.channels.teaching import Teaching
    from bot.channels.web.web import Web

MOST_SHOWN = 300
NAME = "posbot-taught.zip"
READ_ME = """\
What a team taught its posbot, as a folder of knowledge (see knowledge/README.md of posbot).

Check it:   posbot check .
Use it:     put this folder into POSBOT_KNOWLEDGE, then undo at the desk what stands in it.
"""
MOST_DIGITS = 9


@dataclass(slots=True)
class TaughtPages:
    """The pages of what was taught."""

    web: Web
    teaching: Teaching

    async def show(self, request: Request) -> Response:
        """Everything that was taught, the latest first."""
        lessons = (await self.teaching.store.taught.all())[:MOST_SHOWN]
        in_force = {lesson.id for lesson in self.teaching.lessons}
        undone = request.query_params.get("undone", "")
        return page(
            self.web,
            "desk/taught.html",
            lessons=lessons,
            in_force=in_force,
            undone=undone,
            files=self.teaching.export(),
        )

    async def undo(self, request: Request) -> Response:
        """Take one thing back."""
        async with request.form() as fields:
            number = str(fields.get("id", ""))
        if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS:
            await self.teaching.undo(int(number))
        return RedirectResponse(f"/desk/taught?undone={number[:MOST_DIGITS]}", HTTPStatus.SEE_OTHER)

    async def export(self, _request: Request) -> Response:
        """What is in force as a team's folder, packed."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
            folder.writestr("README.md", READ_ME)
            for path, text in self.teaching.export().items():
                folder.writestr(path, text)
        headers = {"content-disposition": f'attachment; filename="{NAME}"'}
        return Response(packed.getvalue(), media_type="application/zip", headers=headers)
