"""A new database is made at once, without going through the steps that older ones need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, select
from sqlalchemy.pool import NullPool

from bot.store.migrating import VERSIONS, make_anew, run_alembic
from bot.store.store import Store
from bot.store.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def shape_after(url: str, make: Callable[[Connection], None]) -> Any:
    """Every table with its columns and keys, and the version noted, after a database was made; nothing is kept."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        make(connection)
        looked = inspect(connection)
        shape = {
            table: (
                [{**column, "type": str(column["type"])} for column in looked.get_columns(table)],
                looked.get_pk_constraint(table),
                looked.get_indexes(table),
                looked.get_unique_constraints(table),
            )
            for table in sorted(looked.get_table_names())
        }
        version = connection.scalar(select(VERSIONS.c.version_num))
        connection.rollback()
    return shape, version


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_new_database_is_as_all_steps_would_have_made_it(kind: str, request: pytest.FixtureRequest) -> None:
    """Tables, columns, keys and the version noted are the same on either way."""
    url = "sqlite://" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    made = shape_after(url, make_anew)
    assert set(made[0]) == {*METADATA.tables, VERSIONS.name}
    assert made == shape_after(url, run_alembic)


async def test_a_new_database_needs_no_alembic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one loads nothing of Alembic."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
        monkeypatch.delitem(sys.modules, name)
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/posbot.db")
    await store.start()
    await store.close()
    assert "alembic" not in sys.modules
