"""The store as a whole: its secret key, its hashes, and every fault of use told in one plain sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.store.errors import StoreError
from bot.store.store import Store
from tests.fakes.postgres import Postgres, name_of

if TYPE_CHECKING:
    from pathlib import Path


NOTES = "not a database " * 100


def sqlite_at(path: Path) -> str:
    """The DATABASE_URL of a file."""
    return f"sqlite+aiosqlite:///{path}"


async def fault_of(url: str) -> str:
    """What is said of a database that cannot be used; one sentence on one line."""
    with pytest.raises(StoreError) as raised:
        await Store(url).start()
    said = str(raised.value)
    assert "\n" not in said
    assert len(said) < 250
    assert raised.value.__cause__ is None
    return said


def files_in(folder: Path) -> list[Path]:
    """The files of a folder."""
    return list(folder.iterdir())


def content(file: Path) -> str:
    """What is in a file."""
    return file.read_text()


def notes_in(folder: Path) -> Path:
    """A file that is no database."""
    file = folder / "notes.txt"
    file.write_text(NOTES)
    return file


async def test_the_secret_key_is_made_once_and_kept(database_url: str) -> None:
    """Hashes stay what they were over restarts."""
    hashes = set()
    for _ in range(2):
        store = Store(database_url)
        await store.start()
        assert len(store.secret) >= 32
        hashes.add(store.hashed("chat", 7001))
        await store.close()
    assert len(hashes) == 1


async def test_a_secret_key_that_is_given_counts_and_is_not_kept(database_url: str) -> None:
    """Several replicas get it from their settings."""
    store = Store(database_url, "a key of our own")
    await store.start()
    assert store.secret == b"a key of our own"
    await store.close()
    other = Store(database_url)
    await other.start()
    assert other.secret != store.secret
    assert other.hashed("chat", 1) != store.hashed("chat", 1)
    await other.close()


def test_a_hash_tells_kinds_and_values_apart_and_not_what_they_were() -> None:
    """The same id as a chat and as a person are two."""
    store = Store("sqlite+aiosqlite:///posbot.db", "a key of our own")
    made = {store.hashed(kind, value) for kind in ("chat", "person") for value in (1, 2, "1x")}
    assert len(made) == 6
    assert {len(each) for each in made} == {32}
    assert store.hashed("chat", 1) == store.hashed("chat", 1)


async def test_making_a_store_connects_nothing(tmp_path: Path) -> None:
    """No file is made before it is started, and closing it is no fault."""
    store = Store(sqlite_at(tmp_path / "posbot.db"))
    await store.close()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    [
        "mysql+aiomysql://clerk:hunter2@db/posbot",
        "postgresql+asyncpg://clerk:hunter2@db/posbot",
        "sqlite+pysqlite:///posbot.db",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "posbot.db",
        "postgresql+psycopg://clerk:hunter2@db:port/posbot",
        "",
    ],
)
def test_an_address_of_no_use_is_refused_with_what_is_right(url: str) -> None:
    """Before anything connects, and without repeating a password."""
    with pytest.raises(StoreError, match="sqlite\\+aiosqlite:///") as raised:
        Store(url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
async def test_the_short_name_of_postgresql_will_do(scheme: str, postgres_url: str) -> None:
    """Hosts hand out addresses without a driver."""
    store = Store(postgres_url.replace("postgresql+psycopg", scheme))
    await store.start()
    await store.ping()
    await store.close()


async def test_an_unreachable_server_is_told_without_the_password() -> None:
    """With where it was looked for."""
    said = await fault_of("postgresql+psycopg://clerk:hunter2@127.0.0.1:1/posbot")
    assert said == "PostgreSQL at 127.0.0.1:1 cannot be reached: check DATABASE_URL and that it runs there"


async def test_a_missing_database_is_told_by_name(postgres_url: str) -> None:
    """With what to do."""
    assert "has no database missing: make it" in await fault_of(postgres_url.replace(name_of(postgres_url), "missing"))


async def test_a_refused_user_is_told_as_that(postgres: Postgres, postgres_url: str) -> None:
    """A role that may not log in, here."""
    postgres.run("CREATE ROLE clerk NOLOGIN PASSWORD 'hunter2'")
    said = await fault_of(postgres_url.replace("postgres@", "clerk:hunter2@"))
    assert "refuses the connection: check the user, password and database" in said
    assert "hunter2" not in said


async def test_a_role_that_may_not_make_tables_is_told_what_it_lacks(postgres: Postgres, postgres_url: str) -> None:
    """PostgreSQL gives nobody but the owner that right of itself."""
    postgres.run("CREATE ROLE guest LOGIN")
    assert "grant it CREATE" in await fault_of(postgres_url.replace("postgres@", "guest@"))


async def test_a_missing_folder_is_told_by_name(tmp_path: Path) -> None:
    """SQLite alone would say that it is unable to open the database file."""
    folder = tmp_path / "nowhere"
    assert f"the folder {folder} does not exist" in await fault_of(sqlite_at(folder / "posbot.db"))


async def test_a_file_that_cannot_be_written_is_told_by_name(tmp_path: Path) -> None:
    """Such as a folder in its place."""
    assert f"{tmp_path} cannot be opened for writing" in await fault_of(sqlite_at(tmp_path))


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """Somebody's notes are not written over."""
    notes = notes_in(tmp_path)
    assert "no sound SQLite database" in await fault_of(sqlite_at(notes))
    assert content(notes) == NOTES


async def test_a_file_another_program_holds_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it does so for long."""
    monkeypatch.setattr("bot.store.migrating.LONGEST", 0.2)
    file = tmp_path / "posbot.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        assert f"{file} is locked by another program" in await fault_of(sqlite_at(file))
