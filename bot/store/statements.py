"""Statements that take many rows at once as JSON, compiled once, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import JSON, Column, Text, bindparam, cast, func, select, true

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from sqlalchemy import ClauseElement, ColumnElement, Dialect, Select, Table
    from sqlalchemy.dialects import postgresql, sqlite

    Insert: TypeAlias = postgresql.Insert | sqlite.Insert


class Prepared(NamedTuple):
    """A statement in the words of one database, with the constants it holds."""

    sql: str
    constants: Mapping[str, Any]


def storable(text: str) -> str:
    """The text without what no database keeps: null characters and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def prepared(statement: ClauseElement, dialect: Dialect) -> Prepared:
    """Compile a statement once for many calls of the driver itself; parameters go by name."""
    if dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - the words of one database only

        dialect = sqlite.dialect(paramstyle="named")
    compiled = statement.compile(dialect=dialect)
    return Prepared(str(compiled), {name: value for name, value in compiled.params.items() if value is not None})


def given(dialect: Dialect, *columns: Column[Any]) -> dict[str, ColumnElement[Any]]:
    """The fields of the rows passed in as the parameter `rows`, a JSON list of objects."""
    rows = bindparam("rows", type_=Text)
    if dialect.name == "sqlite":
        value: ColumnElement[Any] = func.json_each(rows).table_valued("value").c.value
        return {column.name: func.json_extract(value, f"$.{column.name}") for column in columns}
    typed: list[Column[Any]] = [Column(column.name, column.type) for column in columns]
    table = func.json_to_recordset(cast(rows, JSON)).table_valued(*typed).render_derived(name="given", with_types=True)
    return {column.name: table.c[column.name] for column in columns}


def inserted(dialect: Dialect, table: Table, rows: Select[Any] | None = None) -> Insert:
    """Insert the rows passed in, or what a selection over them gives."""
    insert = _insert(dialect, table)
    if rows is None:
        fields = given(dialect, *table.columns)
        rows = select(*fields.values())
    # SQLite takes the ON of "on conflict" for that of a join unless a condition stands before it.
    return insert.from_select([column.name for column in table.columns], rows.where(true()))


def _insert(dialect: Dialect, table: Table) -> Insert:
    if dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - as above

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - as above

    return postgresql.insert(table)


def upserted(dialect: Dialect, table: Table, *, adding: str | None = None) -> Prepared:
    """Insert the rows passed in or write them over those of the same key; `adding` names what is added up instead."""
    insert = inserted(dialect, table)
    values: dict[str, ColumnElement[Any]] = {
        column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key
    }
    if adding:
        values[adding] = table.c[adding] + insert.excluded[adding]
    keys = list(table.primary_key.columns)
    return prepared(insert.on_conflict_do_update(index_elements=keys, set_=values), dialect)
