"""Backup and restore of the embedded database: whole, sound, and nothing of somebody else's written over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.store.backup import back_up, restore
from bot.store.errors import StoreError
from bot.store.taught import Taught, TaughtKind
from tests.fakes.stores import running

if TYPE_CHECKING:
    from pathlib import Path

TENT = Taught(kind=TaughtKind.ALIAS, phrase="tent", code="04", day=date(2026, 11, 23), by="somebody")
CAMPER = Taught(kind=TaughtKind.ALIAS, phrase="camper", code="12", day=date(2026, 11, 23), by="somebody")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "posbot.db"


@pytest.fixture
def url(file: Path) -> str:
    """Its DATABASE_URL."""
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where the backup goes."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "monday.db"


def content(path: Path) -> bytes | None:
    """What a file holds; None where there is none."""
    return path.read_bytes() if path.exists() else None


def modes(folder: Path) -> dict[Path, int]:
    """Who may do what with each file of a folder."""
    return {file: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def halve(path: Path) -> None:
    """Lose the end of a file."""
    path.write_bytes(path.read_bytes()[:20_000])


def notes(folder: Path) -> Path:
    """A file that is no database."""
    file = folder / "notes.txt"
    file.write_text("not a database " * 100)
    return file


async def test_what_was_backed_up_comes_back(url: str, backup: Path) -> None:
    """With the secret key, so that hashes still fit; what came later is gone."""
    async with running(url) as store:
        await store.taught.add(TENT)
        secret = store.secret
        back_up(url, backup)
        await store.taught.add(CAMPER)
    restore(url, backup)
    async with running(url) as store:
        assert [taught.phrase for taught in await store.taught.active()] == ["tent"]
        assert store.secret == secret


async def test_a_backup_is_one_file_that_its_owner_alone_can_read(url: str, backup: Path) -> None:
    """The secret key is in it."""
    async with running(url):
        back_up(url, backup)
        back_up(url, backup)
    assert modes(backup.parent) == {backup: 0o600}


async def test_a_backup_can_be_restored_where_there_is_no_database_yet(url: str, backup: Path, tmp_path: Path) -> None:
    """On a new machine."""
    async with running(url) as store:
        await store.taught.add(TENT)
        back_up(url, backup)
    elsewhere = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    restore(elsewhere, backup)
    async with running(elsewhere) as store:
        assert len(await store.taught.active()) == 1


async def test_a_running_posbot_sees_what_was_restored(url: str, backup: Path) -> None:
    """It goes on over the restored tables."""
    async with running(url) as store:
        back_up(url, backup)
        await store.taught.add(TENT)
        restore(url, backup)
        assert await store.taught.active() == []
        await store.taught.add(CAMPER)
        assert len(await store.taught.active()) == 1


async def test_what_is_no_backup_of_posbot_is_not_restored(url: str, file: Path, tmp_path: Path) -> None:
    """Neither text nor another program's database nor half a file; the database stays as it was."""
    async with running(url) as store:
        await store.taught.add(TENT)
    text, foreign, half = notes(tmp_path), tmp_path / "foreign.db", tmp_path / "half.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE claims (id INTEGER)")
    back_up(url, half)
    halve(half)
    before = content(file)
    for wrong, said in ((text, "no sound backup"), (foreign, "no database of posbot"), (half, "no sound backup")):
        with pytest.raises(StoreError, match=said):
            restore(url, wrong)
    assert content(file) == before


async def test_a_newer_posbots_backup_is_not_restored(url: str, backup: Path) -> None:
    """This one would not know what to do with it."""
    async with running(url):
        back_up(url, backup)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StoreError, match="newer posbot"):
        restore(url, backup)


async def test_faults_of_use_are_told_plainly(url: str, file: Path, backup: Path, tmp_path: Path) -> None:
    """Each in a sentence, and nothing is written."""
    with pytest.raises(StoreError, match="there is no database"):
        back_up(url, backup)
    with pytest.raises(StoreError, match="there is no file"):
        restore(url, backup)
    async with running(url):
        pass
    with pytest.raises(StoreError, match="is the database itself"):
        back_up(url, file)
    with pytest.raises(StoreError, match="is the database itself"):
        restore(url, file)
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(url, tmp_path / "nowhere" / "monday.db")
    for call in (back_up, restore):
        with pytest.raises(StoreError, match="pg_dump"):
            call("postgresql+psycopg://db/posbot", backup)
    assert content(backup) is None
