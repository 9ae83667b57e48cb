"""Leadership: one replica holds a post, and another gets it when that one dies, in whatever way."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.store import leading
from bot.store.leadership import Alone
from bot.store.leading import LockedLeadership
from tests.fakes.stores import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import Store

TAKEOVER = 15.0
"""Seconds within which another replica leads."""
LEADER = """
import asyncio, sys
from bot.store.store import Store

async def main():
    store = Store(sys.argv[1])
    await store.start()
    await store.leadership("polling").gain()
    print("leads", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than the service does."""
    monkeypatch.setattr(leading, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(leading, "ANSWER_SECONDS", 0.5)


@pytest.fixture
async def one(postgres_url: str) -> AsyncIterator[Store]:
    """A replica."""
    async with running(postgres_url) as store:
        yield store


@pytest.fixture
async def other(one: Store, postgres_url: str) -> AsyncIterator[Store]:
    """Another replica."""
    async with running(postgres_url) as store:
        yield store


@asynccontextmanager
async def post(store: Store, name: str = "polling") -> AsyncIterator[LockedLeadership]:
    """A post of a replica, given up at the end."""
    held = store.leadership(name)
    assert isinstance(held, LockedLeadership)
    try:
        yield held
    finally:
        await held.resign()


async def backend_of(held: LockedLeadership) -> int:
    """The server's process behind a leader's connection."""
    assert held._lane is not None
    return int(await held._lane.ask(select(func.pg_backend_pid()), 5.0))


async def test_one_leads_until_it_resigns(one: Store, other: Store) -> None:
    """The other waits for as long."""
    async with post(one) as first, post(other) as second:
        await first.gain()
        waiting = asyncio.create_task(second.gain())
        done, _ = await asyncio.wait((waiting,), timeout=0.3)
        assert not done
        await first.resign()
        async with asyncio.timeout(TAKEOVER):
            await waiting
        await first.lost()


async def test_posts_of_different_names_are_held_apart(one: Store, other: Store) -> None:
    """Who polls need not be who sets the menus."""
    async with post(one) as first, post(other, "menus") as second:
        await first.gain()
        async with asyncio.timeout(TAKEOVER):
            await second.gain()


async def test_another_takes_over_from_a_killed_process(one: Store, postgres_url: str) -> None:
    """Within fifteen seconds of a SIGKILL, by the clock of the service."""
    leader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LEADER, postgres_url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert leader.stdout is not None
    assert await leader.stdout.readline() == b"leads\n"
    async with post(one) as held:
        waiting = asyncio.create_task(held.gain())
        done, _ = await asyncio.wait((waiting,), timeout=0.3)
        assert not done
        leader.kill()
        async with asyncio.timeout(TAKEOVER):
            await waiting
    await leader.wait()


async def test_a_broken_connection_ends_the_lead(one: Store, other: Store) -> None:
    """Whoever held the lock over it is told, and another one leads."""
    async with post(one) as first, post(other) as second:
        await first.gain()
        await one.database.execute(select(func.pg_terminate_backend(await backend_of(first))))
        async with asyncio.timeout(TAKEOVER):
            await first.lost()
            await second.gain()


async def test_a_server_that_stands_still_ends_the_lead(one: Store) -> None:
    """Who cannot ask any more whether it leads, does not."""
    async with post(one) as held:
        await held.gain()
        pid = await backend_of(held)
        os.kill(pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(TAKEOVER):
                await held.lost()
        finally:
            os.kill(pid, signal.SIGCONT)
        async with asyncio.timeout(TAKEOVER):
            await held.gain()


async def test_who_does_not_lead_has_nothing_to_lose(one: Store) -> None:
    """Losing is at once, resigning does nothing."""
    async with post(one) as held:
        await held.lost()
        await held.resign()


async def test_waiting_to_lead_can_be_given_up(one: Store, other: Store) -> None:
    """A replica that stops while it waits leaves nothing behind."""
    async with post(one) as first, post(other) as second:
        await first.gain()
        waiting = asyncio.create_task(second.gain())
        await asyncio.wait((waiting,), timeout=0.1)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert waiting.cancelled()


async def test_a_process_over_sqlite_has_no_peers(tmp_path: Path) -> None:
    """It leads at once."""
    async with running(f"sqlite+aiosqlite:///{tmp_path}/posbot.db") as store:
        held = store.leadership("polling")
        assert isinstance(held, Alone)
        await held.gain()
        await held.resign()
