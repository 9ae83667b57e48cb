"""Claims on updates: however many processes ask, one answers each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from bot.store.claims import Standing
from bot.store.stored_claims import LEASE_SECONDS
from bot.store.tables import CLAIMS
from tests.fakes.stores import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import Store

MANY = range(1, 501)


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Store]:
    """A process with a store."""
    async with running(database_url) as store:
        yield store


@pytest.fixture
async def other(one: Store, database_url: str) -> AsyncIterator[Store]:
    """Another process over the same database."""
    async with running(database_url) as store:
        yield store


async def lease_of(store: Store, update_id: int) -> float:
    """Until when an update is somebody's."""
    ((until,),) = await store.database.execute(select(CLAIMS.c.lease_until).where(CLAIMS.c.id == update_id))
    return float(until)


async def run_out(store: Store, update_id: int) -> None:
    """Let the lease of an update be over, as though its process had died long ago."""
    await store.database.execute(update(CLAIMS).where(CLAIMS.c.id == update_id).values(lease_until=1.0))


async def test_two_processes_racing_for_the_same_updates_get_each_once(one: Store, other: Store) -> None:
    """Each of 500 ids that both ask for at the same time is one's alone."""
    forwards = asyncio.gather(*(one.claims.claim(number) for number in MANY))
    backwards = asyncio.gather(*(other.claims.claim(number) for number in reversed(MANY)))
    ours, theirs = await forwards, list(reversed(await backwards))
    assert {frozenset(pair) for pair in zip(ours, theirs, strict=True)} == {
        frozenset({Standing.MINE, Standing.ELSEWHERE})
    }
    assert not one.is_away
    assert not other.is_away


async def test_many_processes_racing_for_what_a_dead_one_left_take_each_once(database_url: str) -> None:
    """Leases that ran out are taken over by one process only."""
    async with running(database_url) as dead:
        await asyncio.gather(*(dead.claims.claim(number) for number in MANY))
        await dead.database.execute(update(CLAIMS).values(lease_until=1.0))
    async with running(database_url) as first, running(database_url) as second, running(database_url) as third:
        told = await asyncio.gather(
            *(store.claims.claim(number) for number in MANY for store in (first, second, third))
        )
        assert told.count(Standing.MINE) == len(MANY)
        assert told.count(Standing.ELSEWHERE) == 2 * len(MANY)


async def test_what_is_done_is_done_everywhere_and_after_a_restart(one: Store, other: Store, database_url: str) -> None:
    """An update that was answered is confirmed without an answer, whoever gets it again."""
    await one.claims.claim(1)
    await one.claims.finish(1)
    assert await other.claims.claim(1) is Standing.DONE
    assert await one.claims.claim(1) is Standing.DONE
    async with running(database_url) as restarted:
        assert await restarted.claims.claim(1) is Standing.DONE


async def test_what_another_has_in_hand_is_left_until_its_lease_runs_out(one: Store, other: Store) -> None:
    """A live claim is respected, a dead one is not."""
    await one.claims.claim(1)
    assert await other.claims.claim(1) is Standing.ELSEWHERE
    await run_out(one, 1)
    assert await other.claims.claim(1) is Standing.MINE


async def test_what_is_given_back_is_anybodys(one: Store, other: Store) -> None:
    """A released update can be taken at once, by the same process or another."""
    await one.claims.claim(1)
    await one.claims.release(1)
    assert await other.claims.claim(1) is Standing.MINE
    await other.claims.release(1)
    assert await one.claims.claim(1) is Standing.MINE


async def test_giving_back_what_was_taken_over_changes_nothing(one: Store, other: Store) -> None:
    """A slow process cannot give away what is another's by now."""
    await one.claims.claim(1)
    await run_out(one, 1)
    await other.claims.claim(1)
    await one.claims.release(1)
    assert await one.claims.claim(1) is Standing.ELSEWHERE


async def test_a_late_finish_counts_though_another_took_over(one: Store, other: Store, database_url: str) -> None:
    """An answer that was sent was sent, whoever has the lease."""
    await one.claims.claim(1)
    await run_out(one, 1)
    await other.claims.claim(1)
    await one.claims.finish(1)
    async with running(database_url) as third:
        assert await third.claims.claim(1) is Standing.DONE


async def test_a_process_never_answers_an_update_twice(one: Store) -> None:
    """Even where the database has lost the claim, this process remembers what it has in hand and has done."""
    await one.claims.claim(1)
    await one.claims.claim(2)
    await one.claims.finish(2)
    await one.database.execute(CLAIMS.delete())
    assert await one.claims.claim(1) is Standing.ELSEWHERE
    assert await one.claims.claim(2) is Standing.DONE


async def test_an_update_asked_for_twice_at_once_is_ours_once(one: Store) -> None:
    """The second of two calls for one id is told that it is in hand."""
    told = await asyncio.gather(one.claims.claim(1), one.claims.claim(1))
    assert sorted(told, key=str) == sorted([Standing.MINE, Standing.ELSEWHERE], key=str)


async def test_leases_in_hand_are_lengthened_and_others_are_not(one: Store, other: Store) -> None:
    """Renewing keeps an update through a long wait for Telegram."""
    for number in (1, 2, 3):
        await one.claims.claim(number)
        await run_out(one, number)
    await one.claims.release(2)
    await other.claims.claim(3)
    await run_out(one, 2)
    theirs = await lease_of(one, 3)
    await one.claims.renew()
    assert await lease_of(one, 1) > LEASE_SECONDS
    assert await lease_of(one, 2) == 1.0
    assert await lease_of(one, 3) == theirs


async def test_claims_made_at_the_same_time_are_one_call(one: Store) -> None:
    """A hundred claims cost the database a few statements, not a hundred."""
    calls = []
    write = one.database.write

    async def counted(*arguments: object, **values: object) -> object:
        calls.append(arguments)
        return await write(*arguments, **values)  # type: ignore[arg-type]

    one.database.write = counted  # type: ignore[method-assign,assignment]
    await asyncio.gather(*(one.claims.claim(number) for number in range(100)))
    await asyncio.gather(*(one.claims.finish(number) for number in range(100)))
    assert len(calls) <= 4


async def test_a_claim_given_up_half_way_is_no_fault(one: Store) -> None:
    """Who stops waiting for a claim may claim again."""
    asking = asyncio.create_task(one.claims.claim(1))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait((asking,))
    assert await one.claims.claim(1) is Standing.MINE


async def test_an_id_no_database_holds_is_known_to_this_process_only(one: Store) -> None:
    """Whatever pretends to be an update does not keep the store from working."""
    number = 10**30
    told = await asyncio.gather(one.claims.claim(number), one.claims.claim(1))
    assert set(told) == {Standing.MINE}
    await one.claims.renew()
    assert await one.claims.claim(number) is Standing.ELSEWHERE
    await one.claims.finish(number)
    assert await one.claims.claim(number) is Standing.DONE
    await one.claims.catch_up()
    assert not one.is_away


async def test_updates_beyond_32_bits_are_claimed_too(one: Store, other: Store) -> None:
    """Telegram may count on for long."""
    number = 2**52 - 1
    assert await one.claims.claim(number) is Standing.MINE
    assert await other.claims.claim(number) is Standing.ELSEWHERE
