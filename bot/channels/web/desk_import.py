"""Brings in a team's own cheat sheet: look first, then take all of it or nothing."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse

from bot.channels.cheatsheet import Columns, SheetError, Table, chosen, guessed, lessons_of, read_table
from bot.channels.web.desk import CURATOR
from bot.channels.web.pages import page
from bot.core.teaching import Judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.channels.teaching import Teaching
    from bot.channels.web.web import Web
    from bot.store.taught import Taught

NO_FILE = "Please choose a CSV or XLSX file."
LOST = "The sheet got lost on the way. Please choose the file again."
LARGEST = 4_000_000
"""Bytes of a sheet that comes back from its preview, unpacked."""
MOST_SHOWN = 200
"""Rows of each kind that a preview lists."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A sheet that was looked at, with what would become of it."""

    table: Table
    columns: Columns
    rows: list[tuple[int, Taught]]
    judged: Judged

    @property
    def packed(self) -> str:
        """The sheet, for the form that takes it."""
        return pack(self.table)


@dataclass(slots=True)
class Importing:
    """The pages of an import; between them the browser holds the sheet, and nothing is kept here."""

    web: Web
    teaching: Teaching

    async def show(self, request: Request) -> Response:
        """Ask for a file."""
        taken = request.query_params.get("taken", "")
        return self._page(taken=taken if taken.isascii() and taken.isdigit() else "")

    async def look(self, request: Request) -> Response:
        """Show what a file, or a sheet with other columns, would teach."""
        async with request.form() as fields:
            try:
                table, columns = await _sheet(fields)
                looked = await self._looked(table, columns)
            except SheetError as error:
                return self._page(str(error))
        return self._page(looked=looked)

    async def take(self, request: Request) -> Response:
        """Put a sheet in force as it was shown, all of it or nothing."""
        async with request.form() as fields:
            try:
                table, columns = await _sheet(fields)
                looked = await self._looked(table, columns, take=True)
            except SheetError as error:
                return self._page(str(error))
        if looked.judged.faults:
            return self._page(looked=looked)
        return RedirectResponse(f"/desk/import?taken={len(looked.judged.fresh)}", HTTPStatus.SEE_OTHER)

    async def _looked(self, table: Table, columns: Columns, *, take: bool = False) -> Looked:
        if columns.lacking:
            return Looked(table, columns, [], Judged())
        made = self.web.today(), self.teaching.store.hashed("person", CURATOR)
        rows, faults = lessons_of(table, columns, self.web.engine.payer, self.web.knowledge.vocabulary.filler, made)
        judge = self.teaching.teach_all if take and not faults else self.teaching.judge
        judged = await judge(rows)
        return Looked(
            table, columns, rows, Judged(judged.fresh, judged.known, (*faults, *judged.faults), judged.engine)
        )

    def _page(self, fault: str = "", looked: Looked | None = None, taken: str = "") -> Response:
        is_wrong = bool(fault) or (looked is not None and bool(looked.judged.faults))
        status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
        names = {name: getattr(looked.columns, name) for name in asdict(looked.columns)} if looked else {}
        return page(
            self.web, "desk/import.html", status, fault=fault, looked=looked, taken=taken, chosen=names, most=MOST_SHOWN
        )


async def _sheet(fields: Mapping[str, object]) -> tuple[Table, Columns]:
    """The sheet of a form: a file, or one that was shown before with the columns chosen; raises SheetError."""
    file = fields.get("file")
    if isinstance(file, UploadFile) and file.size:
        table = read_table(file.filename or "", await file.read())
        return table, guessed(table.header)
    packed = fields.get("sheet")
    if not isinstance(packed, str) or not packed:
        raise SheetError(NO_FILE)
    table = unpack(packed)
    return table, chosen({name: str(value) for name, value in fields.items()}, table.header)


def pack(table: Table) -> str:
    """A sheet as text that a form can hold."""
    return base64.b64encode(zlib.compress(json.dumps([table.header, table.rows]).encode())).decode("ascii")


def unpack(packed: str) -> Table:
    """The sheet in a form; raises SheetError where it is none."""
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), LARGEST)
        header, rows = json.loads(data)
        return Table(tuple(map(str, header)), tuple((int(number), tuple(map(str, row))) for number, row in rows))
    except (binascii.Error, zlib.error, ValueError, TypeError):
        raise SheetError(LOST) from None
