"""What the bot remembers of chats: known to every replica, never by name or id, and only as long as it is needed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.core.models import Intent
from bot.core.subject import Subject
from bot.store.chats import ANSWER_SECONDS
from bot.store.memory import RECALL_SECONDS, AtHand, ChatSettings, Memory, Recalled, Vote
from bot.store.tables import METADATA
from tests.fakes.stores import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.memory import ChatMemory
    from bot.store.store import Store

CHAT, SUPERGROUP, PERSON, COLLEAGUE = -100_777_333, -100_888_444, 70_017_001, 80_028_002
TOLD = Recalled(Subject(("02", "10"), date(2021, 12, 15), "aetna"), is_choice=True)
UP = Vote(is_up=True, reason=None, codes=("10",), intent=Intent.CODE)
DOWN = Vote(is_up=False, reason="Wrong code", codes=("10",), intent=Intent.CODE)


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of both processes."""
    return Clock()


@pytest.fixture
async def one(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    """A process with a store."""
    async with running(database_url, clock) as store:
        yield store


@pytest.fixture
async def other(one: Store, database_url: str, clock: Clock) -> AsyncIterator[Store]:
    """Another process over the same database."""
    async with running(database_url, clock) as store:
        yield store


async def everything_in(store: Store) -> str:
    """All that the database holds, as text."""
    rows = [await store.database.execute(select(table)) for table in METADATA.sorted_tables]
    return repr(rows)


@pytest.mark.parametrize("kind", ["memory", "store"])
async def test_the_process_and_the_database_remember_alike(kind: str, one: Store) -> None:
    """Whichever is behind it, the bot finds the same."""
    chats: ChatMemory = Memory() if kind == "memory" else one.chats
    assert await chats.at_hand(CHAT, PERSON) == AtHand(ChatSettings(), None)
    await chats.set_payer(CHAT, "aetna")
    await chats.set_thumbs(CHAT, wanted=False)
    await chats.set_listening(CHAT, None, wanted=True)
    await chats.set_listening(CHAT, 7, wanted=True)
    await chats.set_listening(CHAT, None, wanted=False)
    await chats.keep(CHAT, PERSON, TOLD)
    await chats.keep(CHAT, COLLEAGUE, Recalled(Subject()))
    await chats.keep(CHAT, None, TOLD)
    await chats.keep_answer(CHAT, 5, 6)
    settings = ChatSettings("aetna", thumbs=False, listening=frozenset({7}))
    assert await chats.settings(CHAT) == settings
    assert await chats.at_hand(CHAT, PERSON) == AtHand(settings, TOLD)
    assert await chats.recalled(CHAT, PERSON) == TOLD
    assert await chats.recalled(CHAT, COLLEAGUE) is None
    assert await chats.recalled(CHAT, None) is None
    assert await chats.recalled(SUPERGROUP, PERSON) is None
    assert await chats.answer_to(CHAT, 5) == 6
    assert await chats.answer_to(CHAT, 6) is None
    await chats.move(CHAT, SUPERGROUP)
    assert await chats.settings(SUPERGROUP) == settings
    assert await chats.settings(CHAT) == ChatSettings()
    await chats.move(CHAT, SUPERGROUP)
    assert await chats.settings(SUPERGROUP) == settings
    await chats.set_payer(SUPERGROUP, None)
    assert (await chats.settings(SUPERGROUP)).payer is None


async def test_another_replica_knows_a_setting_at_once(one: Store, other: Store) -> None:
    """A setting is written before the person is told that it is set."""
    await one.chats.set_payer(CHAT, "aetna")
    assert (await other.chats.settings(CHAT)).payer == "aetna"
    await other.chats.set_payer(CHAT, None)
    assert (await one.chats.settings(CHAT)).payer is None


async def test_two_settings_changed_at_once_on_two_replicas_both_hold(one: Store, other: Store) -> None:
    """Each setting is a row of its own."""
    await asyncio.gather(one.chats.set_payer(CHAT, "aetna"), other.chats.set_thumbs(CHAT, wanted=False))
    assert await one.chats.settings(CHAT) == ChatSettings("aetna", thumbs=False)


async def test_another_replica_knows_what_was_told(one: Store, other: Store) -> None:
    """A follow-up and an edit may reach any of them."""
    await one.chats.keep(CHAT, PERSON, TOLD)
    await one.chats.keep_answer(CHAT, 5, 6)
    await one.chats.memory.flush()
    assert await other.chats.at_hand(CHAT, PERSON) == AtHand(ChatSettings(), TOLD)
    assert await other.chats.answer_to(CHAT, 5) == 6


async def test_ones_own_word_holds_before_it_is_written(one: Store, other: Store) -> None:
    """The newest of this process goes before what the database has."""
    await other.chats.keep(CHAT, PERSON, Recalled(Subject(("22",))))
    await other.chats.memory.flush()
    await one.chats.keep(CHAT, PERSON, TOLD)
    assert await one.chats.recalled(CHAT, PERSON) == TOLD
    await one.chats.memory.flush()
    assert await other.chats.recalled(CHAT, PERSON) == TOLD


async def test_what_was_told_is_forgotten_after_ten_minutes_and_answers_after_two_days(
    one: Store, other: Store, clock: Clock
) -> None:
    """On every replica, and a sweep takes it out of the database."""
    await one.chats.keep(CHAT, PERSON, TOLD)
    await one.chats.keep_answer(CHAT, 5, 6)
    await one.chats.set_payer(CHAT, "aetna")
    clock.now += RECALL_SECONDS
    assert await one.chats.recalled(CHAT, PERSON) is None
    assert await other.chats.recalled(CHAT, PERSON) is None
    assert await other.chats.answer_to(CHAT, 5) == 6
    clock.now += ANSWER_SECONDS
    assert await other.chats.answer_to(CHAT, 5) is None
    assert await other.sweep(90) == 2
    assert await other.chats.settings(CHAT) == ChatSettings("aetna")


async def test_a_person_has_one_vote_on_a_message(one: Store, other: Store) -> None:
    """The last thumb counts, whichever replica took it."""
    await one.chats.vote(CHAT, 5, PERSON, UP)
    await one.chats.vote(CHAT, 5, COLLEAGUE, UP)
    await one.chats.votes.flush()
    await other.chats.vote(CHAT, 5, PERSON, DOWN)
    counts = await other.feedback.counts()
    assert (counts.up, counts.down) == (1, 1)


async def test_the_database_holds_neither_ids_of_chats_nor_of_people(one: Store) -> None:
    """A private chat's id is its person's, so both are kept as keyed hashes only."""
    for chat in (CHAT, PERSON):
        await one.chats.set_payer(chat, "aetna")
        await one.chats.set_listening(chat, 7, wanted=True)
        await one.chats.keep(chat, PERSON, TOLD)
        await one.chats.keep_answer(chat, 5, 6)
        await one.chats.vote(chat, 5, PERSON, DOWN)
    await one.chats.memory.flush()
    await one.chats.votes.flush()
    held = await everything_in(one)
    assert one.hashed("chat", CHAT) in held
    assert one.hashed("person", PERSON) in held
    assert not any(str(abs(number)) in held for number in (CHAT, PERSON))


async def test_a_hundred_chats_asked_about_at_once_are_one_read(one: Store) -> None:
    """Reads that come together go together."""
    calls = []
    quick = one.database.quick

    async def counted(*arguments: object, **values: object) -> object:
        calls.append(arguments)
        return await quick(*arguments, **values)  # type: ignore[arg-type]

    one.database.quick = counted  # type: ignore[method-assign,assignment]
    await asyncio.gather(*(one.chats.at_hand(chat, PERSON) for chat in range(100)))
    assert len(calls) == 1


async def test_what_another_version_wrote_harms_nobody(one: Store) -> None:
    """A value that cannot be read is as though there were none."""
    key = one.chats._recall_key(CHAT, PERSON)
    one.chats.memory.put({"key": key, "value": '["no subject at all", false]', "until": None})
    assert await one.chats.recalled(CHAT, PERSON) is None
