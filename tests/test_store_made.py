"""A new database is made at once; what its tables are like must not depend on that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from bot.store import migrating
from bot.store.database import Database
from bot.store.migrations import REVISIONS
from bot.store.tables import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection


def version(connection: Connection) -> str | None:
    """What Alembic takes the tables for."""
    return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[object]:
    """How the tables differ from those the code works with."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


async def test_made_at_once_or_step_by_step_the_tables_are_the_same(database_url: str) -> None:
    """Alembic finds both at the latest step, and no column that is not as the code has it."""
    database = Database(database_url)
    for make in (migrating._run_alembic, migrating._make):
        async with database.engine.connect() as connection:
            await connection.run_sync(make)
            assert await connection.run_sync(version) == REVISIONS[-1]
            assert await connection.run_sync(differences) == []
            assert (await connection.execute(select(migrating._ALEMBIC))).all() == [(REVISIONS[-1],)]
            await connection.run_sync(METADATA.drop_all)
            await connection.run_sync(migrating._ALEMBIC.drop)
    await database.close()
