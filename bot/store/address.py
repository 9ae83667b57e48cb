"""Reads DATABASE_URL and makes the engine for it; what fails is told in one sentence without its credentials."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

SQLITE, POSTGRES = "sqlite+aiosqlite", "postgresql+psycopg"
WHAT_IS_RIGHT = f"DATABASE_URL should begin with {SQLITE}:/// or {POSTGRES}://"
_DRIVERS = {"sqlite": SQLITE, "postgres": POSTGRES, "postgresql": POSTGRES, SQLITE: SQLITE, POSTGRES: POSTGRES}

BUSY_MILLISECONDS = 1_000
"""How long SQLite waits for another writer before it fails; answers have gone on by themselves long before."""
CACHED_KILOBYTES = 512
"""What SQLite keeps of the file for each connection; of itself it keeps four times as much."""
SERVER_MILLISECONDS = 5_000
"""How long PostgreSQL works on a statement."""
CHECKPOINT_PAGES = 20_000
"""Where SQLite's writer itself tidies up its log, which takes it long; of itself it does so after a thousand pages."""
PERSISTENT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "posbot",
}
"""A PostgreSQL host that died without a word is noticed within seconds."""


def read_address(text: str) -> URL:
    """Read DATABASE_URL; raises StoreError where it names no database posbot can use."""
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise StoreError(f"DATABASE_URL cannot be read: {WHAT_IS_RIGHT}") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StoreError(f"DATABASE_URL names {url.drivername}, which posbot does not use: {WHAT_IS_RIGHT}")
    if driver == SQLITE and (not url.database or ":memory:" in url.database):
        raise StoreError(f"DATABASE_URL names no file: write {SQLITE}:///posbot.db, or four slashes and a full path")
    return url.set(drivername=driver)


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.drivername == SQLITE else None


def try_file(url: URL) -> None:
    """Open an SQLite file once, plainly; raises StoreError where it is of no use.

    aiosqlite leaves a thread behind where it cannot open one, which then complains of its own.
    """
    file = file_of(url)
    if file is None:
        return
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise plainly(error, url) from None


def make_engine(url: URL) -> AsyncEngine:
    """An engine on which each statement stands for itself; it connects to nothing yet."""
    if url.drivername == POSTGRES:
        query = {name: value for name, value in PERSISTENT.items() if name not in url.query}
        engine = create_async_engine(url, connect_args=query, pool_size=3, pool_pre_ping=True, **_SETTINGS)
        event.listen(engine.sync_engine, "connect", _limit)
        return engine
    # It would log every statement with what is in it, secrets among it.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    engine = create_async_engine(url, pool_size=2, **_SETTINGS)
    event.listen(engine.sync_engine, "connect", _tune)
    return engine


_SETTINGS: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "hide_parameters": True,
}


def _limit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Have the server give up what nobody waits for any more, or one that stands still would gather it up."""
    cursor = connection.cursor()
    cursor.execute(f"SET statement_timeout = {SERVER_MILLISECONDS}")
    cursor.close()


def _tune(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers and one writer at a time, no wait for the disk at each write, and a short one for other writers."""
    cursor = connection.cursor()
    # The first, so that two processes at a new file wait for each other.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA cache_size=-{CACHED_KILOBYTES}")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


FOREIGN = "has tables of another program: give posbot a database of its own in DATABASE_URL"


def plainly(error: BaseException, url: URL) -> StoreError:
    """What an error of the database means, for the administrator."""
    file = file_of(url)
    original = getattr(error, "orig", None) or error
    return StoreError(_of_file(str(original), file) if file else _of_server(original, url))


def _of_file(said: str, file: Path) -> str:
    if "not a database" in said or "malformed" in said:
        return f"{file} is no sound SQLite database: restore a backup, or let DATABASE_URL name another file"
    if "already exists" in said:
        return f"{file} {FOREIGN}"
    if "locked" in said:
        return f"{file} is locked by another program: end what holds it and start again"
    if "full" in said:
        return f"{file} cannot grow: the disk is full"
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist: make it, or let DATABASE_URL name a file elsewhere"
    return (
        f"{file} cannot be opened for writing: check who may write it and the folder {folder}, or change DATABASE_URL"
    )


def _of_server(error: BaseException, url: URL) -> str:
    where = f"PostgreSQL at {url.host or 'its socket'}{f':{url.port}' if url.port else ''}"
    # What goes wrong while connecting has no SQLSTATE, only words.
    said = f"{getattr(error, 'sqlstate', None) or ''} {error}"
    if "database" in said and "does not exist" in said:
        return f"{where} has no database {url.database}: make it, or check DATABASE_URL"
    if "42P07" in said:
        return f"{where} {FOREIGN}"
    if "55P03" in said:
        return f"another process at {where} holds the tables: end it and start again"
    if "42501" in said or "3F000" in said:
        return f"{where} does not let this user make tables: grant it CREATE on its schema"
    if "FATAL" in said or "password" in said:
        return f"{where} refuses the connection: check the user, password and database in DATABASE_URL"
    return f"{where} cannot be reached: check DATABASE_URL and that it runs there"
