"""What the curator works with: misses, thumbs, what was taught, counts; and how long each stays."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.core.models import Intent
from bot.store import watching
from bot.store.errors import RefusedError
from bot.store.feedback import Down
from bot.store.memory import Vote
from bot.store.misses import MissGroup
from bot.store.tables import CLAIMS, MISSES, TALLIES, TAUGHT, VOTES
from bot.store.tallies import Tally
from bot.store.taught import Taught, TaughtKind
from tests.fakes.stores import SOON, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Table

    from bot.store.store import Store

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Store]:
    """A process with a store, at noon."""
    async with running(database_url, lambda: NOON) as store:
        yield store


@pytest.fixture
async def other(one: Store, database_url: str) -> AsyncIterator[Store]:
    """Another process over the same database."""
    async with running(database_url, lambda: NOON) as store:
        yield store


async def rows_of(store: Store, table: Table) -> int:
    """How many rows a table has."""
    return len(await store.database.execute(select(table)))


def alias(phrase: str, code: str = "10") -> Taught:
    """Something a curator teaches."""
    return Taught(kind=TaughtKind.ALIAS, phrase=phrase, code=code, day=TODAY, by="somebody")


class TestMisses:
    """Questions without an answer."""

    async def test_equal_ones_are_counted_together(self, one: Store, other: Store) -> None:
        """On all replicas and days, the most frequent first."""
        await one.misses.add("pos for ___ visit", "decline", YESTERDAY)
        await other.misses.add("pos for ___ visit", "decline", TODAY)
        other.misses.note("pos for ___ visit", "clarify", TODAY)
        other.misses.note("tent", "decline", TODAY)
        other.misses.note("van", "decline", YESTERDAY)
        assert await other.misses.grouped(10) == [
            MissGroup("pos for ___ visit", 3, YESTERDAY, TODAY),
            MissGroup("tent", 1, TODAY, TODAY),
            MissGroup("van", 1, YESTERDAY, YESTERDAY),
        ]
        assert len(await other.misses.grouped(2)) == 2

    async def test_a_settled_one_is_off_the_list(self, one: Store) -> None:
        """Whether it was written yet or not."""
        await one.misses.add("tent", "decline", TODAY)
        one.misses.note("tent", "decline", TODAY)
        await one.misses.settle("tent")
        assert await one.misses.grouped(10) == []

    async def test_a_long_one_is_cut_and_odd_characters_do_no_harm(self, one: Store) -> None:
        """PostgreSQL knows no null character and has a longest key."""
        await one.misses.add("a\0b " + "\N{OK HAND SIGN}" * 4096, "decline", TODAY)
        (group,) = await one.misses.grouped(10)
        assert group.text.startswith("ab ")
        assert len(group.text) == 500
        assert not one.is_away

    async def test_half_a_character_is_left_out(self, one: Store) -> None:
        """As Telegram may send it, and no database keeps it."""
        await one.misses.add("tent \ud83d", "decline", TODAY)
        assert await one.misses.grouped(10) == [MissGroup("tent", 1, TODAY, TODAY)]
        kept = await one.taught.add(alias("home \0video\ud83d"))
        assert kept.phrase == "home video"
        assert await one.taught.active() == [kept]


class TestFeedback:
    """Thumbs."""

    async def test_thumbs_down_are_told_with_their_reasons(self, one: Store) -> None:
        """Grouped, without a word of who gave them."""
        wrong = Vote(is_up=False, reason="Wrong code", codes=("02", "10"), intent=Intent.COMPARE)
        no_code = Vote(is_up=False, reason=None, codes=(), intent=Intent.TOPIC)
        await one.chats.vote(1, 1, 1, wrong)
        await one.chats.vote(1, 1, 2, wrong)
        await one.chats.vote(1, 2, 1, no_code)
        await one.chats.vote(1, 3, 1, Vote(is_up=True, reason=None, codes=("11",), intent=Intent.CODE))
        assert await one.feedback.down(10) == [
            Down(("02", "10"), "compare", "Wrong code", 2, TODAY),
            Down((), "topic", None, 1, TODAY),
        ]
        counts = await one.feedback.counts(TODAY)
        assert (counts.up, counts.down) == (1, 3)
        assert (await one.feedback.counts(TODAY + timedelta(days=1))).up == 0


class TestTaught:
    """What the curator taught."""

    async def test_it_is_in_force_until_it_is_undone(self, one: Store, other: Store) -> None:
        """Everywhere, and the record stays."""
        first = await one.taught.add(alias("home video"))
        second = await one.taught.add(
            Taught(kind=TaughtKind.NOTE, code="10", text="Ask Pat.", payer="aetna", day=TODAY, by="somebody")
        )
        assert await other.taught.active() == [first, second]
        assert await other.taught.undo(first.id)
        assert not await other.taught.undo(first.id)
        assert not await other.taught.undo(999)
        assert await one.taught.active() == [second]
        assert [(taught.id, taught.undone) for taught in await one.taught.all()] == [
            (second.id, False),
            (first.id, True),
        ]

    async def test_several_are_kept_in_their_order(self, one: Store) -> None:
        """A whole cheat sheet at once."""
        kept = await one.taught.add_all([alias(phrase) for phrase in ("a", "b", "c")])
        assert [taught.phrase for taught in kept] == ["a", "b", "c"]
        assert await one.taught.active() == kept
        assert await one.taught.add_all([]) == []

    async def test_a_number_is_never_given_twice(self, one: Store) -> None:
        """What was undone keeps its own."""
        numbers = [(await one.taught.add(alias(phrase))).id for phrase in ("a", "b", "c")]
        assert sorted(set(numbers)) == numbers

    async def test_another_replica_hears_of_it_within_five_seconds(self, one: Store, other: Store) -> None:
        """Of what is taught and of what is undone."""
        heard: asyncio.Queue[list[str]] = asyncio.Queue()

        async def hear() -> None:
            heard.put_nowait([taught.phrase for taught in await other.taught.active()])

        other.watch(hear)
        taught = await one.taught.add(alias("home video"))
        async with asyncio.timeout(5):
            assert await heard.get() == ["home video"]
        await one.taught.undo(taught.id)
        async with asyncio.timeout(5):
            assert await heard.get() == []

    async def test_this_process_hears_of_its_own_too(self, one: Store) -> None:
        """What was taught here is in force here."""
        heard = asyncio.Event()

        async def hear() -> None:
            heard.set()

        one.watch(hear)
        await one.taught.add(alias("home video"))
        async with asyncio.timeout(5):
            await heard.wait()


async def test_what_does_not_fit_is_refused_and_the_store_stays(postgres_url: str) -> None:
    """A fault of the caller is no fault of the database; SQLite takes text of any length."""
    async with running(postgres_url) as store:
        with pytest.raises(RefusedError):
            await store.taught.add(alias("home video", code="1000"))
        assert not store.is_away


async def test_a_row_that_cannot_be_kept_takes_no_others_along(postgres_url: str) -> None:
    """It is given up with a word, and the rest is written."""
    async with running(postgres_url) as store:
        store.tallies.count(TODAY, "outcome", "answer", 2**70)
        store.tallies.count(TODAY, "outcome", "clarify")
        assert await store.tallies.read(TODAY, "outcome") == [Tally(TODAY, "clarify", 1)]
        assert not store.is_away


async def test_a_fault_in_taking_up_what_was_taught_ends_nothing(one: Store, caplog: pytest.LogCaptureFixture) -> None:
    """The rest of the background work goes on, and the next change is told again."""
    heard = asyncio.Event()

    async def stumble() -> None:
        raise ValueError("words of a phrase")

    async def hear() -> None:
        heard.set()

    one.watch(stumble)
    one.watch(hear)
    for phrase in ("home video", "tent"):
        heard.clear()
        await one.taught.add(alias(phrase))
        async with asyncio.timeout(SOON):
            await heard.wait()
    assert "could not be taken up: ValueError" in caplog.text
    assert "words of a phrase" not in caplog.text


async def test_a_change_nobody_told_of_is_found(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that missed the word looks by itself."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", {"sqlite": 0.05, "postgresql": 0.05})
    heard = asyncio.Event()

    async def hear() -> None:
        heard.set()

    async with running(database_url) as store:
        store.watch(hear)
        await store.database.execute(TAUGHT.insert().values(_row("home video")))
        async with asyncio.timeout(SOON):
            await heard.wait()


def _row(phrase: str) -> dict[str, object]:
    names = [column.name for column in TAUGHT.columns if column.name != "id"]
    taught = alias(phrase)
    return {name: getattr(taught, name) for name in names}


class TestTallies:
    """Counts by day."""

    async def test_replicas_add_up(self, one: Store, other: Store) -> None:
        """By day, kind and key."""
        for _ in range(3):
            one.tallies.count(TODAY, "outcome", "answer")
        one.tallies.count(YESTERDAY, "outcome", "answer", 5)
        one.tallies.count(TODAY, "code", "10")
        await one.tallies.behind.flush()
        other.tallies.count(TODAY, "outcome", "answer", 4)
        assert await other.tallies.read(YESTERDAY, "outcome") == [
            Tally(YESTERDAY, "answer", 5),
            Tally(TODAY, "answer", 7),
        ]
        assert await other.tallies.read(TODAY, "code") == [Tally(TODAY, "10", 1)]

    async def test_counts_are_written_without_being_asked_for(self, one: Store, other: Store) -> None:
        """A replica that only counts is seen by the others soon."""
        one.tallies.count(TODAY, "outcome", "answer")
        async with asyncio.timeout(SOON):
            while not await other.tallies.read(TODAY, "outcome"):  # noqa: ASYNC110 - it happens in the database
                await asyncio.sleep(0.01)


async def test_what_is_past_its_time_is_swept(one: Store) -> None:
    """Claims after a day, misses and thumbs after the days set, counts after years; what was taught stays."""
    old = TODAY - timedelta(days=91)
    await one.claims.claim(1)
    await one.claims.claim(2)
    await one.database.execute(CLAIMS.update().where(CLAIMS.c.id == 1).values(seen=NOON - 24 * 3600 - 1))
    one.misses.note("tent", "decline", old)
    one.misses.note("tent", "decline", TODAY)
    await one.misses.behind.flush()
    vote = Vote(is_up=True, reason=None, codes=("10",), intent=Intent.CODE)
    await one.chats.vote(1, 1, 1, vote)
    await one.chats.vote(1, 1, 2, vote)
    await one.chats.votes.flush()
    await one.database.execute(VOTES.update().where(VOTES.c.person == one.hashed("person", 1)).values(day=old))
    one.tallies.count(old, "outcome", "answer")
    one.tallies.count(date(2020, 1, 1), "outcome", "answer")
    await one.tallies.behind.flush()
    await one.taught.add(Taught(kind=TaughtKind.ALIAS, phrase="tent", code="04", day=date(2020, 1, 1), by="somebody"))
    assert await one.sweep(90) == 4
    assert [await rows_of(one, table) for table in (CLAIMS, MISSES, VOTES, TALLIES, TAUGHT)] == [1] * 5
    assert await one.sweep(90) == 0


async def test_a_sweep_of_many_goes_in_small_steps(one: Store) -> None:
    """However much there is, none of it is left."""
    old = TODAY - timedelta(days=91)
    for number in range(1200):
        one.misses.note(f"tent {number}", "decline", old)
    assert await one.misses.grouped(1)
    assert await one.sweep(90) == 1200
    assert await rows_of(one, MISSES) == 0
