"""The store from the command line: brought up to date, backed up and put back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.service.settings import load_settings, plain
from bot.store import backup
from bot.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def migrate() -> str:
    """Bring the tables up to date; what was done. Raises SettingsError or StoreError, as all of these do."""
    settings = load_settings()
    asyncio.run(_migrated(Store(settings.database_url.text, plain(settings.posbot_secret_key))))
    return "the database is up to date"


async def _migrated(store: Store) -> None:
    await store.start()
    await store.close()


def back_up(file: Path) -> str:
    """Copy the embedded database into a file."""
    backup.back_up(load_settings().database_url.text, file)
    return f"backed up to {file}; it holds the secret key, so keep it as safe as the database"


def restore(file: Path) -> str:
    """Put a backup in the place of the embedded database."""
    backup.restore(load_settings().database_url.text, file)
    return f"restored from {file}"
