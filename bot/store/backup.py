"""Backup and restore of the embedded database, while posbot runs or not. The secret key is in the backup too."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import TYPE_CHECKING

from bot.store.address import file_of, plainly, read_address
from bot.store.errors import StoreError
from bot.store.migrating import NEWER
from bot.store.migrations import REVISIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_EMBEDDED = "posbot backs up its own SQLite database only: use pg_dump and pg_restore for PostgreSQL"
LONGEST = 10.0
"""Seconds to wait for whoever writes."""


def back_up(address: str, to: Path) -> None:
    """Copy the database that DATABASE_URL names into a file, whole even while it is written to.

    The file is replaced where there is one, and only once the copy is complete. Raises StoreError.
    """
    database = _embedded(address)
    if not database.is_file():
        raise StoreError(f"there is no database {database} to back up")
    if to.exists() and to.samefile(database):
        raise StoreError(f"{to} is the database itself: name another file for the backup")
    try:
        with NamedTemporaryFile(dir=to.absolute().parent, prefix=f".{to.name}.", delete=False) as file:
            copy = Path(file.name)
    except OSError:
        raise StoreError(f"the folder {to.absolute().parent} cannot be written: name another place") from None
    try:
        with _told_plainly(address), _opened(database) as source:
            _require_ours(source, database)
            with _opened(copy) as target:
                source.backup(target, progress=_patience())
                # A single file, without the two that stand beside a database in use.
                target.execute("PRAGMA journal_mode=DELETE")
        copy.replace(to)
    finally:
        copy.unlink(missing_ok=True)


def restore(address: str, from_file: Path) -> None:
    """Put a backup in the place of the database that DATABASE_URL names; raises StoreError where it is no sound one."""
    database = _embedded(address)
    if not from_file.is_file():
        raise StoreError(f"there is no file {from_file}")
    if database.exists() and from_file.samefile(database):
        raise StoreError(f"{from_file} is the database itself: name a backup")
    unsound = StoreError(f"{from_file} is no sound backup of posbot: nothing was restored")
    with _opened(from_file, read_only=True) as source:
        try:
            _require_ours(source, from_file)
            ((found,),) = source.execute("PRAGMA integrity_check(1)")
        except sqlite3.Error:
            raise unsound from None
        if found != "ok":
            raise unsound
        with _told_plainly(address), _opened(database) as target:
            source.backup(target, progress=_patience())
            target.execute("PRAGMA journal_mode=WAL")


def _embedded(address: str) -> Path:
    file = file_of(read_address(address))
    if file is None:
        raise StoreError(NOT_EMBEDDED)
    return file


@contextmanager
def _opened(file: Path, *, read_only: bool = False) -> Iterator[sqlite3.Connection]:
    name = f"{file.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    with closing(sqlite3.connect(name, timeout=LONGEST, isolation_level=None, uri=True)) as connection:
        yield connection


@contextmanager
def _told_plainly(address: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise plainly(error, read_address(address)) from None


def _patience() -> Callable[[int, int, int], None]:
    """Ends a copy that waits too long for a writer; of itself it would wait for ever."""
    until = monotonic() + LONGEST

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return look


def _require_ours(connection: sqlite3.Connection, file: Path) -> None:
    """Raise StoreError where a database is not posbot's, or a newer posbot's."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "claims", "memory"} <= tables:
        raise StoreError(f"{file} is no database of posbot")
    found = [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
    if not set(found) <= set(REVISIONS):
        raise StoreError(NEWER)
