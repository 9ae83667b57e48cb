"""The tables come to be as the code expects them, once, and are recognised as such without loading Alembic."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.store import migrations
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.migrating import bring_up_to_date, is_up_to_date, run_alembic
from bot.store.store import Store
from bot.store.tables import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

START = """
import asyncio, sys
from bot.store.store import Store

async def main():
    store = Store(sys.argv[1])
    await store.start()
    await store.close()
    print(store.secret.decode(), "alembic" in sys.modules)

asyncio.run(main())
"""


async def start(url: str) -> tuple[str, bool]:
    """Start a store in a process of its own: the secret key it has, and whether it loaded Alembic."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", START, url),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    secret, loaded = printed.decode().split()
    return secret, loaded == "True"


async def differences(database: Database) -> list[object]:
    """How the tables of a database differ from those the code works with."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differences)


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


async def test_a_new_database_has_the_tables_the_code_works_with(database_url: str) -> None:
    """To the last column, and only the first process has anything to do."""
    database = Database(database_url)
    assert not await is_up_to_date(database)
    assert await bring_up_to_date(database)
    assert await is_up_to_date(database)
    assert not await bring_up_to_date(database)
    assert await differences(database) == []
    await database.close()


async def test_the_steps_come_to_the_same_tables(database_url: str) -> None:
    """A database that is brought up to date step by step is as one made anew."""
    database = Database(database_url)
    async with database.engine.connect() as connection:
        await connection.run_sync(run_alembic)
    assert await is_up_to_date(database)
    assert await differences(database) == []
    await database.close()


def test_every_step_is_listed() -> None:
    """What a database may be at is known without loading Alembic."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == migrations.REVISIONS


async def test_processes_that_start_at_the_same_time_make_them_once(database_url: str) -> None:
    """All of them start, with the same secret key; later ones do not load Alembic."""
    started = await asyncio.gather(*(start(database_url) for _ in range(2)))
    assert len({secret for secret, _ in started}) == 1
    assert await start(database_url) == (started[0][0], False)


async def test_tables_of_another_program_are_left_alone(database_url: str) -> None:
    """With nothing of ours beside them: half a set of tables would be worse than none."""
    database = Database(database_url)
    async with database.engine.connect() as connection:
        await connection.execute(text("CREATE TABLE votes (id INTEGER)"))
    with pytest.raises(StoreError, match="tables of another program"):
        await bring_up_to_date(database)
    async with database.engine.connect() as connection:
        await connection.execute(text("DROP TABLE votes"))
    assert await bring_up_to_date(database)
    await database.close()


async def test_a_newer_database_is_left_alone(database_url: str) -> None:
    """Who went back to an older posbot is told what to do."""
    store = Store(database_url)
    await store.start()
    await store.database.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreError, match="newer posbot"):
        await Store(database_url).start()


async def test_a_start_without_migrating_says_what_to_run(database_url: str) -> None:
    """And works once that was done."""
    with pytest.raises(StoreError, match="posbot migrate"):
        await Store(database_url).start(migrate=False)
    for migrate in (True, False):
        store = Store(database_url)
        await store.start(migrate=migrate)
        await store.ping()
        await store.close()
