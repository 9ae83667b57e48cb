"""Reads a team's own cheat sheet, CSV or XLSX, into what can be taught: columns mapped, faults told row by row.

table = read_table(name, data)             # raises SheetError with one sentence
columns = guessed(table.header)            # what its headings say; a curator may choose others
rows, faults = lessons_of(table, columns, day, by)
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from bot.core import phrasing
from bot.store.taught import Taught, TaughtKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import date

    from bot.core.schema import Payer

MOST_BYTES = 2_000_000
MOST_UNPACKED = 40_000_000
"""Bytes of an XLSX file when unpacked."""
MOST_ROWS = 2_000
MOST_COLUMNS = 40
LONGEST_CELL = 2_000

HEADINGS: dict[str, tuple[str, ...]] = {
    "code": ("code", "pos", "pos code", "place of service", "place of service code", "pos number", "number"),
    "phrase": ("phrase", "phrases", "alias", "aliases", "place", "words", "name", "location", "facility", "site", "setting", "term", "terms", "keyword", "keywords", "description"),
    "note": ("note", "notes", "comment", "comments", "rule", "rules", "remark", "remarks", "billing note", "instruction", "instructions"),
    "payer": ("payer", "payor", "insurance", "plan", "carrier"),
    "source": ("source", "reference", "where from"),
    "url": ("url", "link", "address", "web", "page"),
}  # fmt: skip
"""What headings are taken for each column."""

_CODE = re.compile(r"(?:pos\s*[#:-]?\s*)?0*(?P<digits>\d{1,2})(?:\.0+)?", re.IGNORECASE | re.ASCII)
_PARTS = re.compile(r"[;|\n]|,(?=\s)")
"""What stands between two phrases of one cell."""


class SheetError(ValueError):
    """The file cannot be read as a sheet; says so in one sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it was read, without its empty rows."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Each with its number in the sheet, the heading being row 1."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row each thing stands; None where it does not."""

    code: int | None = None
    phrase: int | None = None
    note: int | None = None
    payer: int | None = None
    source: int | None = None
    url: int | None = None

    @property
    def lacking(self) -> str | None:
        """What is missing for the sheet to say anything, in a sentence."""
        if self.code is None:
            return "Choose the column that holds the POS code."
        if self.phrase is None and self.note is None:
            return "Choose the column that holds the phrases, or the notes."
        return None


def read_table(name: str, data: bytes) -> Table:
    """The first sheet of a file; raises SheetError."""
    if len(data) > MOST_BYTES:
        raise SheetError(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    is_book = data.startswith(b"PK") or name.lower().endswith((".xlsx", ".xlsm"))
    numbered = [
        (number, row) for number, row in enumerate(_book(data) if is_book else _comma_separated(data), 1) if any(row)
    ]
    if not numbered:
        raise SheetError("The sheet is empty.")
    (_, header), *rows = numbered
    if not rows:
        raise SheetError("The sheet holds a heading and nothing below it.")
    return Table(header, tuple(rows))


def guessed(header: Iterable[str]) -> Columns:
    """The columns by what their headings say."""
    named = [" ".join(re.sub(r"[^a-z]+", " ", heading.lower()).split()) for heading in header]
    found: dict[str, int] = {}
    for key, headings in HEADINGS.items():
        at = next((named.index(heading) for heading in headings if heading in named), None)
        if at is not None and at not in found.values():
            found[key] = at
    return Columns(**found)


def chosen(values: dict[str, str], header: Collection[str]) -> Columns:
    """The columns a curator chose, by number from 0; what is no such number chooses none."""
    found = {
        field.name: int(values[field.name])
        for field in fields(Columns)
        if values.get(field.name, "").isascii() and values.get(field.name, "").isdigit()
    }
    return Columns(**{key: at for key, at in found.items() if at < len(header)})


def lessons_of(
    table: Table,
    columns: Columns,
    known: Callable[[str], Payer | None],
    filler: Collection[str],
    made: tuple[date, str],
) -> tuple[list[tuple[int, Taught]], list[str]]:
    """What the rows teach, each with its row, and what is wrong with rows that say nothing of use.

    `known` finds a payer by its name, `made` is the day and the keyed hash of who brings the sheet.
    """
    lessons: list[tuple[int, Taught]] = []
    faults: list[str] = []
    for number, row in table.rows:
        try:
            lessons += [(number, lesson) for lesson in _lessons_in(_Row(row, columns), known, filler, made)]
        except SheetError as error:
            faults.append(f"row {number}: {error}")
    return lessons, faults


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's cells by what they hold."""

    cells: tuple[str, ...]
    columns: Columns

    def __getitem__(self, key: str) -> str:
        at = getattr(self.columns, key)
        return self.cells[at].strip() if at is not None and at < len(self.cells) else ""


def _lessons_in(
    row: _Row, known: Callable[[str], Payer | None], filler: Collection[str], made: tuple[date, str]
) -> Iterator[Taught]:
    day, by = made
    code = _CODE.fullmatch(row["code"])
    if code is None:
        raise SheetError(f'"{row["code"]}" is no POS code.' if row["code"] else "the POS code is missing.")
    digits = code["digits"].zfill(2)
    if not row["phrase"] and not row["note"]:
        raise SheetError("there is neither a phrase nor a note.")
    payer = known(row["payer"]) if row["payer"] else None
    if row["payer"] and payer is None and row["note"]:
        raise SheetError(f'there is no payer "{row["payer"]}" here.')
    for part in _PARTS.split(row["phrase"]):
        if part.strip():
            phrase = phrasing.phrase(part, filler)
            yield Taught(kind=TaughtKind.ALIAS, phrase=phrase, code=digits, day=day, by=by)
    if row["note"]:
        yield Taught(
            kind=TaughtKind.NOTE,
            code=digits,
            text=" ".join(row["note"].split()),
            payer=payer.payer if payer else "",
            source_title=row["source"],
            source_url=row["url"],
            day=day,
            by=by,
        )


def _comma_separated(data: bytes) -> Iterator[tuple[str, ...]]:
    text = _text(data)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        yield from _bounded(csv.reader(io.StringIO(text, newline=""), dialect))
    except csv.Error:
        raise SheetError("The file is not readable as CSV.") from None


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("The file is not readable as text; save it as CSV in UTF-8, or as XLSX.")


def _book(data: bytes) -> Iterator[tuple[str, ...]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to import, and rarely needed

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True) if unpacked <= MOST_UNPACKED else None
    except Exception:  # noqa: BLE001 - a broken workbook can fail anywhere in the library
        raise SheetError("The file is not readable as an XLSX workbook.") from None
    if book is None:
        raise SheetError("The workbook is too large.")
    try:
        yield from _bounded(book.worksheets[0].iter_rows(values_only=True))
    except SheetError:
        raise
    except Exception:  # noqa: BLE001 - the same, row by row
        raise SheetError("The file is not readable as an XLSX workbook.") from None
    finally:
        book.close()


def _bounded(rows: Iterable[Iterable[Any]]) -> Iterator[tuple[str, ...]]:
    """The rows as text; raises SheetError where there are too many."""
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise SheetError(f"The sheet has more than {MOST_ROWS:,} rows.")
        cells = [_cell(value) for _, value in zip(range(MOST_COLUMNS), row, strict=False)]
        yield tuple(cells)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:LONGEST_CELL]
