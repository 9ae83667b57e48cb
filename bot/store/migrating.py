"""Brings the tables up to date, one process at a time."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.address import plainly, try_file
from bot.store.errors import StoreError
from bot.store.migrations import REVISIONS
from bot.store.tables import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.database import Database

LOCK = 0x706F73626F74
"""The advisory lock under which PostgreSQL's tables are changed: "posbot"."""
LONGEST = 60.0
"""Seconds to wait for another process that changes the tables."""
NEWER = "the database was made by a newer posbot: run that one, or restore a backup from before the upgrade"
VERSIONS = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, as it makes it."""


async def bring_up_to_date(database: Database) -> bool:
    """Make or change the tables where they are not as this posbot needs them; whether there was anything to do.

    Raises StoreError, also where a newer posbot has been at work.
    """
    if await is_up_to_date(database):
        return False
    try:
        await _upgrade(database)
    except (SQLAlchemyError, OSError) as error:
        raise plainly(error, database.url) from None
    return True


async def is_up_to_date(database: Database) -> bool:
    """Whether the tables are as this posbot needs them; raises StoreError, also where they are a newer one's."""
    try_file(database.url)
    try:
        async with database.engine.connect() as connection:
            return await connection.run_sync(_is_at_head)
    except (SQLAlchemyError, OSError) as error:
        raise plainly(error, database.url) from None


async def require_up_to_date(database: Database) -> None:
    """Raise StoreError where the tables are not as this posbot needs them."""
    if not await is_up_to_date(database):
        raise StoreError("the database is not up to date: run posbot migrate")


def _is_at_head(connection: Connection) -> bool:
    if not inspect(connection).has_table(VERSIONS.name):
        return False
    found = connection.scalar(select(VERSIONS.c.version_num))
    if found is not None and found not in REVISIONS:
        raise StoreError(NEWER)
    return bool(found == REVISIONS[-1])


async def _upgrade(database: Database) -> None:
    """Lock, look again, and upgrade in one transaction."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            await connection.execute(text(f"PRAGMA busy_timeout={int(LONGEST * 1000)}"))
            await connection.execute(text("BEGIN IMMEDIATE"))
        else:
            await connection.execute(text("BEGIN"))
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(text(f"SET LOCAL lock_timeout = {int(LONGEST * 1000)}"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        try:
            await connection.run_sync(_make_or_change)
            await connection.execute(text("COMMIT"))
        finally:
            # Neither the open transaction of a failure nor the long wait may go back to the others.
            await connection.invalidate()


def _make_or_change(connection: Connection) -> None:
    if _is_at_head(connection):
        return
    if inspect(connection).get_table_names():
        run_alembic(connection)
    else:
        make_anew(connection)


def make_anew(connection: Connection) -> None:
    """Make the tables of an empty database as they are now, which is what all the steps would come to."""
    METADATA.create_all(connection, checkfirst=False)
    VERSIONS.create(connection)
    connection.execute(VERSIONS.insert().values(version_num=REVISIONS[-1]))


def run_alembic(connection: Connection) -> None:
    """Run the steps that a database lacks."""
    # Loading it takes longer than most of a start and several megabytes, and it is hardly ever needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
