"""The store as a whole, on both databases: start, secrets, what replicas see of each other, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


async def test_starts(tmp_path: Path, postgres_url: str) -> None:
    """Either database is made ready and answers."""
    for url in (f"sqlite+aiosqlite:///{tmp_path}/x.db", postgres_url):
        store = Store(url)
        await store.start()
        await store.ping()
        await store.close()
