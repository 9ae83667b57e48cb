"""A team's own cheat sheet: read from CSV or XLSX, its columns found, every fault told, taken whole or not at all."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook

from bot.channels.answering import Answering
from bot.channels.cheatsheet import (
    MOST_BYTES,
    MOST_ROWS,
    Columns,
    SheetError,
    Table,
    chosen,
    guessed,
    lessons_of,
    read_table,
)
from bot.channels.teaching import Teaching
from bot.core.lessons import ALIAS, NOTE
from bot.core.models import Question
from tests.conftest import TODAY
from tests.fakes.stores import running

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.engine import Engine
    from bot.store.taught import Taught

HEADER = ("POS", "Phrases", "Comments", "Insurance")
ROWS: tuple[tuple[Any, ...], ...] = (
    (13, "Brookdale Villa; Tall Oaks Tower", None, None),
    ("POS 31", "SNF Part A", "Ask the business office for the dates.", None),
    (2, None, "They want 95 on it.", "Aetna"),
    (None, None, None, None),
    ("12", "seven hills dome", "", ""),
)


def csv(*rows: tuple[Any, ...], sign: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as a CSV file."""
    lines = [sign.join(f'"{"" if cell is None else cell}"' for cell in row) for row in rows]
    return "\r\n".join(lines).encode(encoding)


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    """Rows as a workbook."""
    book = Workbook()
    sheet = book.create_sheet(index=0)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FORMS = {
    "sheet.csv": csv(HEADER, *ROWS),
    "semicolons.csv": csv(HEADER, *ROWS, sign=";"),
    "tabs.txt": csv(HEADER, *ROWS, sign="\t"),
    "marked.csv": csv(HEADER, *ROWS, encoding="utf-8-sig"),
    "windows.csv": csv(HEADER, *ROWS, encoding="cp1252"),
    "wide.csv": csv(HEADER, *ROWS, encoding="utf-16"),
    "book.xlsx": xlsx(HEADER, *ROWS),
}


def read(engine: Engine, table: Table, columns: Columns) -> tuple[list[tuple[int, Taught]], list[str]]:
    """What a table teaches."""
    return lessons_of(table, columns, engine.payer, engine.knowledge.vocabulary.filler, (TODAY, "somebody"))


@pytest.mark.parametrize("name", FORMS)
def test_a_sheet_is_read_in_whatever_form_it_comes(engine: Engine, name: str) -> None:
    """Commas, semicolons, tabs, a workbook, any common encoding: the same rows, under their own numbers."""
    table = read_table(name, FORMS[name])
    lessons, faults = read(engine, table, guessed(table.header))
    assert faults == []
    told = [(row, lesson.kind, lesson.code, lesson.phrase or lesson.text, lesson.payer) for row, lesson in lessons]
    assert told == [
        (2, ALIAS, "13", "brookdale villa", ""),
        (2, ALIAS, "13", "tall oaks tower", ""),
        (3, ALIAS, "31", "snf part a", ""),
        (3, NOTE, "31", "Ask the business office for the dates.", ""),
        (4, NOTE, "02", "They want 95 on it.", "aetna"),
        (6, ALIAS, "12", "seven hills dome", ""),
    ]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("x.csv", b"", "empty"),
        ("x.csv", b"POS,Phrase\r\n", "nothing below"),
        ("x.csv", b"x" * (MOST_BYTES + 1), "larger than"),
        ("x.csv", csv(*[("1", "x")] * (MOST_ROWS + 2)), "more than 2,000 rows"),
        ("x.xlsx", b"PK\x03\x04 no book", "XLSX"),
        ("x.xlsx", b"not even packed", "XLSX"),
        ("x.csv", b'"\x00\x00', "nothing below"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_told_in_a_sentence(name: str, data: bytes, why: str) -> None:
    """No file makes it fail otherwise."""
    with pytest.raises(SheetError, match=why):
        read_table(name, data)


def test_columns_are_found_by_their_headings_or_chosen() -> None:
    """Common headings are known, and a curator may choose others; what is no column chooses none."""
    assert guessed(["Place", "POS code #", "Rule", "Link"]) == Columns(code=1, phrase=0, note=2, url=3)
    assert guessed(["a", "b"]).lacking == "Choose the column that holds the POS code."
    assert guessed(["POS", "b"]).lacking == "Choose the column that holds the phrases, or the notes."
    assert chosen({"code": "1", "phrase": "0", "note": "", "payer": "9", "url": "-1"}, ["a", "b"]) == Columns(1, 0)


def test_rows_that_say_nothing_of_use_are_told_by_number(engine: Engine) -> None:
    """Each by its own row, and the sound ones are read all the same."""
    table = read_table(
        "x.csv",
        csv(("POS", "Phrase", "Note", "Payer"), ("abc", "x"), ("", "y"), ("11", "", ""), ("11", "", "Ask.", "Acme"), ("12", "dome")),
    )  # fmt: skip
    lessons, faults = read(engine, table, guessed(table.header))
    assert [row for row, _ in lessons] == [6]
    assert faults == [
        'row 2: "abc" is no POS code.',
        "row 3: the POS code is missing.",
        "row 4: there is neither a phrase nor a note.",
        'row 5: there is no payer "Acme" here.',
    ]


async def test_a_sheet_is_taken_whole_or_not_at_all(tmp_path: Path, engine: Engine, base: Path) -> None:
    """Collisions and stolen questions are told row by row and nothing is taught; without them all of it is in force."""
    async with running(f"sqlite+aiosqlite:///{tmp_path}/posbot.db") as store:
        teaching = Teaching(Answering(engine, lambda: TODAY), store, [base])
        faulty = ("13,brookdale villa", "31,snf", "12,snf part a", "11,brookdale villa", "98,dome", "13,xq")
        judged = await teaching.teach_all(rows_of(engine, *faulty))
        assert [fault.partition(": ")[0] for fault in judged.faults] == ["row 3", "row 4", "row 5", "row 6", "row 7"]
        assert "stands in row 2 too" in judged.faults[2]
        assert teaching.lessons == ()

        stolen = await teaching.judge(rows_of(engine, "13,brookdale villa", "21,bed"))
        assert stolen.faults == (
            'row 3: With that, "Wait, he was discharged from Part A on Monday but kept the bed." would get 31 instead of 32.',
        )

        sound = rows_of(engine, "13,brookdale villa", "11,office", "14,tall oaks tower")
        judged = await teaching.judge(sound)
        assert judged.known == ('row 3: "office" is known already.',)
        assert teaching.lessons == ()
        await teaching.teach_all(sound)
        assert [lesson.phrase for lesson in await store.taught.active()] == ["brookdale villa", "tall oaks tower"]
        answer = teaching.answering.engine.answer(Question("tall oaks tower", TODAY))
        assert answer.codes == ("14",)
        assert (await teaching.teach_all(sound)).fresh == ()


def rows_of(engine: Engine, *lines: str) -> list[tuple[int, Taught]]:
    """What lines of code and phrase teach."""
    lessons, faults = read(engine, read_table("x.csv", "\n".join(["pos,phrase", *lines]).encode()), Columns(0, 1))
    assert faults == []
    return lessons


def test_a_day_in_a_cell_is_text(engine: Engine) -> None:
    """Whatever a workbook holds, a cell is read as text and judged as such."""
    table = read_table("x.xlsx", xlsx(("POS", "Phrase"), (date(2026, 1, 2), "dome")))
    assert read(engine, table, guessed(table.header))[1] == ['row 2: "2026-01-02 00:00:00" is no POS code.']
