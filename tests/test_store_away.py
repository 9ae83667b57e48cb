"""A database that is slow, locked or gone stops no answer and delays none; when it is back it learns what happened."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING

import psycopg
import pytest

from bot.core.models import Intent
from bot.core.subject import Subject
from bot.store import address
from bot.store.claims import Standing
from bot.store.errors import StoreError
from bot.store.guard import Guard, begin_answer
from bot.store.memory import AtHand, ChatSettings, Recalled, Vote
from bot.store.statements import Prepared
from tests.fakes.postgres import Postgres, name_of
from tests.fakes.stores import running, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractContextManager

    from bot.store.store import Store

LONGEST = 0.6
"""Seconds an answer may be held up in all; promised are 0.25, and the machine of a test may be slow."""
CHAT, PERSON = -100_777, 7001
TOLD = Recalled(Subject(("10",), payer="aetna"))


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Store]:
    """A process with a store."""
    async with running(database_url) as store:
        yield store


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds the database, so that nothing in it can be written or, on PostgreSQL, read."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.partition("///")[2], isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
        return
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("LOCK TABLE claims, memory IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


async def answered(store: Store, update_id: int) -> tuple[Standing, float]:
    """Go through an answer's calls; the claim, and the seconds until the answer was ready to be sent."""
    start = time.perf_counter()
    standing = await store.claims.claim(update_id)
    await store.chats.at_hand(CHAT, PERSON)
    waited = time.perf_counter() - start
    await store.chats.keep(CHAT, PERSON, TOLD)
    await store.chats.keep_answer(CHAT, update_id, update_id + 1)
    await store.claims.finish(update_id)
    return standing, waited


async def is_back(store: Store) -> bool:
    """Whether the database counts again."""
    return not store.is_away


@pytest.fixture
def lock(database_url: str) -> AbstractContextManager[None]:
    """Holds the database for as long as it is entered."""
    return locked(database_url)


async def test_a_locked_database_holds_up_the_first_answer_a_moment_and_the_next_not_at_all(
    one: Store, lock: AbstractContextManager[None]
) -> None:
    """The first call in vain opens the breaker; whoever comes later goes on at once."""
    with lock:
        first, waited = await answered(one, 1)
        assert first is Standing.MINE
        assert waited < LONGEST
        assert one.is_away
        start = time.perf_counter()
        told = await asyncio.gather(*(answered(one, number) for number in range(2, 52)))
        assert time.perf_counter() - start < LONGEST
        assert {standing for standing, _ in told} == {Standing.MINE}
        with pytest.raises(StoreError):
            await one.ping()
    await until(lambda: is_back(one))
    await one.ping()


async def test_answers_under_way_when_it_locks_wait_no_longer_than_the_first(
    one: Store, lock: AbstractContextManager[None]
) -> None:
    """A hundred at once are all let go together."""
    with lock:
        start = time.perf_counter()
        told = await asyncio.gather(*(answered(one, number) for number in range(100)))
        assert time.perf_counter() - start < LONGEST
        assert {standing for standing, _ in told} == {Standing.MINE}
    await until(lambda: is_back(one))


async def test_while_it_is_away_a_process_knows_what_it_has_in_hand_and_has_done(
    one: Store, lock: AbstractContextManager[None]
) -> None:
    """No update is answered twice by one process, whatever the database does."""
    await one.claims.claim(1)
    await one.claims.finish(1)
    with lock:
        await one.claims.claim(2)
        assert one.is_away
        await one.claims.claim(3)
        await one.claims.finish(3)
        assert await one.claims.claim(1) is Standing.DONE
        assert await one.claims.claim(2) is Standing.ELSEWHERE
        assert await one.claims.claim(3) is Standing.DONE
        await one.claims.release(2)
        assert await one.claims.claim(2) is Standing.MINE


async def test_what_was_done_while_it_was_away_is_written_when_it_is_back(
    one: Store, database_url: str, lock: AbstractContextManager[None]
) -> None:
    """Other processes then know of it: claims, settings, follow-ups, votes, misses and counts."""
    async with running(database_url) as other:
        with lock:
            await one.claims.claim(1)
            assert one.is_away
            await one.claims.finish(1)
            await one.claims.claim(2)
            await one.claims.claim(3)
            await one.claims.release(3)
            await one.chats.set_payer(CHAT, "aetna")
            await one.chats.keep(CHAT, PERSON, TOLD)
            await one.chats.vote(CHAT, 5, PERSON, Vote(is_up=True, reason=None, codes=("10",), intent=Intent.CODE))
            assert await one.chats.at_hand(CHAT, PERSON) == AtHand(ChatSettings("aetna"), TOLD)
        await until(lambda: is_back(one))
        await until(lambda: is_back(other))
        assert await other.claims.claim(1) is Standing.DONE
        assert await other.claims.claim(2) is Standing.ELSEWHERE
        assert await other.claims.claim(3) is Standing.MINE
        assert await other.chats.at_hand(CHAT, PERSON) == AtHand(ChatSettings("aetna"), TOLD)
        assert (await other.feedback.counts()).up == 1


async def test_what_a_process_read_before_holds_while_the_database_is_away(
    one: Store, lock: AbstractContextManager[None]
) -> None:
    """A chat's payer is not forgotten, as the answer would change."""
    await one.chats.set_payer(CHAT, "aetna")
    await one.chats.keep(CHAT, PERSON, TOLD)
    await one.chats.keep_answer(CHAT, 5, 6)
    await one.chats.memory.flush()
    with lock:
        await one.claims.claim(1)
        assert one.is_away
        assert await one.chats.at_hand(CHAT, PERSON) == AtHand(ChatSettings("aetna"), TOLD)
        assert await one.chats.answer_to(CHAT, 5) == 6


async def test_a_setting_is_set_though_the_database_locks_meanwhile(
    one: Store, database_url: str, lock: AbstractContextManager[None]
) -> None:
    """Who sets a chat is not kept waiting either, and the setting arrives later."""
    with lock:
        start = time.perf_counter()
        await one.chats.set_thumbs(CHAT, wanted=False)
        assert time.perf_counter() - start < LONGEST
    await until(lambda: is_back(one))
    async with running(database_url) as other:
        assert not (await other.chats.settings(CHAT)).thumbs


async def test_a_server_that_is_gone_is_found_again(postgres: Postgres, postgres_url: str) -> None:
    """Connections broken and refused, with answers all the time; when it is back everybody knows everything."""
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.claims.claim(1)
        with postgres.cut_off(postgres_url):
            told = [await answered(one, number) for number in range(2, 20)]
            assert {standing for standing, _ in told} == {Standing.MINE}
            assert max(waited for _, waited in told) < LONGEST
            with pytest.raises(StoreError, match="refuses the connection"):
                await one.taught.active()
        await until(lambda: is_back(one))
        await other.claims.claim(100)
        await until(lambda: is_back(other))
        assert await other.claims.claim(1) is Standing.ELSEWHERE
        assert await other.claims.claim(2) is Standing.DONE
        assert await one.taught.active() == []


@pytest.mark.full
async def test_a_server_that_was_stopped_is_found_again() -> None:
    """Stopped and started again as an administrator does, with answers all the time."""
    with Postgres() as server:
        async with running(server.new_url()) as one:
            server.stop()
            told = [await answered(one, number) for number in range(20)]
            assert {standing for standing, _ in told} == {Standing.MINE}
            assert max(waited for _, waited in told) < LONGEST
            server.start()
            await until(lambda: is_back(one))
            assert await one.taught.active() == []


async def test_a_server_that_stands_still_is_given_up(postgres_url: str) -> None:
    """A frozen connection is replaced, and waited for by nobody."""
    async with running(postgres_url) as one:
        ((pid,),) = await one.database.quick(Prepared("SELECT pg_backend_pid()", {}))
        os.kill(pid, signal.SIGSTOP)
        try:
            standing, waited = await answered(one, 1)
            assert standing is Standing.MINE
            assert waited < LONGEST
            await until(lambda: is_back(one))
            assert await one.claims.claim(1) is Standing.DONE
        finally:
            os.kill(pid, signal.SIGCONT)


async def test_a_server_is_not_left_with_questions_nobody_waits_for(
    postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits there for a lock ends by itself, or its connections would run out."""
    monkeypatch.setattr(address, "SERVER_MILLISECONDS", 300)
    waiting = "SELECT datname FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    async def somebody_waits() -> bool:
        return (name_of(postgres_url),) in postgres.run(waiting)

    async def nobody_waits() -> bool:
        return not await somebody_waits()

    async with running(postgres_url) as one:
        held = locked(postgres_url)
        with held:
            await one.claims.claim(1)
            assert one.is_away
            await until(somebody_waits)
            await one.close()
            await until(nobody_waits)


async def test_a_server_that_stands_still_holds_up_no_stop(postgres_url: str) -> None:
    """Closing the store does not wait for it, nor does giving up its background work."""
    async with running(postgres_url) as one:
        ((pid,),) = await one.database.quick(Prepared("SELECT pg_backend_pid()", {}))
        os.kill(pid, signal.SIGSTOP)
        one.tallies.count(date(2026, 11, 23), "outcome", "answer")
        start = time.perf_counter()
    try:
        assert time.perf_counter() - start < 3
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_process_that_is_busy_itself_blames_no_database(one: Store) -> None:
    """Under load the loop may take longer than the budget; that is no reason to go on without the store."""
    await one.claims.claim(1)
    for number in (2, 3):
        claim = asyncio.create_task(one.claims.claim(number))
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - this is what is tested: the loop stands still
        assert await claim is Standing.MINE
    assert not one.is_away


async def test_all_calls_of_one_answer_share_one_budget() -> None:
    """What a claim has waited is not there for the next call."""
    guard, never = Guard(), asyncio.get_running_loop().create_future
    begin_answer()
    slow: asyncio.Future[int] = never()
    asyncio.get_running_loop().call_later(0.15, slow.set_result, 1)
    start = time.perf_counter()
    assert await guard.within(slow) == 1
    with pytest.raises(StoreError):
        await guard.within(never())
    assert time.perf_counter() - start < LONGEST
    assert guard.is_away
