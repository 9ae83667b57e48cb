"""What goes wrong between the bot and Telegram: every question is answered all the same, and none twice."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest

from bot.channels.telegram.outcome import Outcome
from tests.fakes.botapi import GROUP, BotApi, Fault
from tests.fakes.stores import running as running_store
from tests.telegram_lines import MODES, POLLING, WEBHOOK, ask_many, build, chat, count, hasty, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.engine import Engine
    from tests.conftest import Tell, UrlOf
    from tests.fakes.botapi import Raw
    from tests.telegram_lines import Count

Trouble = Callable[[str, dict[str, Any]], Fault | None]


def every(number: int, fault: Fault, method: str = "sendMessage") -> Trouble:
    """The same fault every so many calls."""
    calls = 0

    def trouble(called: str, _: Raw) -> Fault | None:
        nonlocal calls
        calls += called == method
        return fault if called == method and not calls % number else None

    return trouble


def both(*troubles: Trouble) -> Trouble:
    """The first of several that strikes."""
    return lambda method, params: next((fault for each in troubles if (fault := each(method, params))), None)


@dataclass(frozen=True)
class Case:
    """A kind of fault."""

    trouble: Trouble | None = None
    prepare: Callable[[BotApi], None] = field(default=lambda _: None)
    keeps_order: bool = True
    refuses: bool = False
    """Whether some messages are not carried out."""


MALFORMED: list[Any] = [
    {"message": "a text"},
    {"message": {"message_id": 1}},
    {"callback_query": []},
    {"hologram": {}},
    {},
]


def repeated(api: BotApi) -> None:
    api.queue.repeats = 1


def shuffled(api: BotApi) -> None:
    api.queue.is_orderly = False


def far(api: BotApi) -> None:
    api.latency = 0.02


CASES: dict[str, Callable[[], Case]] = {
    "429": lambda: Case(every(7, Fault.too_many(2)), refuses=True),
    "500": lambda: Case(every(5, Fault.internal()), refuses=True),
    "502": lambda: Case(both(every(5, Fault.bad_gateway()), every(3, Fault.bad_gateway(), "getUpdates")), refuses=True),
    "dropped": lambda: Case(both(every(5, Fault.dropped()), every(3, Fault.dropped(), "getUpdates")), refuses=True),
    "slow": lambda: Case(both(every(5, Fault.slow(0.3)), every(3, Fault.slow(0.1), "getUpdates")), far),
    "duplicates": lambda: Case(prepare=repeated),
    "out of order": lambda: Case(prepare=shuffled, keeps_order=False),
}


KINDS_OF_STORE = ("sqlite", "postgresql")
USUAL = [
    (name, mode, KINDS_OF_STORE[(case + number) % 2])
    for case, name in enumerate(CASES)
    for number, mode in enumerate(MODES)
]
"""Each fault once per mode, the stores alternating."""
MATRIX = [(name, mode, kind) for name in CASES for mode in MODES for kind in KINDS_OF_STORE]


@pytest.mark.parametrize(("name", "mode", "kind"), USUAL)
async def test_every_question_is_answered_once_and_in_order(
    engine: Engine, url_of: UrlOf, name: str, mode: str, kind: str
) -> None:
    await run_case(engine, url_of(kind), name, mode, chats=6, each=4)


@pytest.mark.full
@pytest.mark.parametrize(("name", "mode", "kind"), MATRIX)
async def test_every_question_of_many_is_answered_once_and_in_order(  # noqa: PLR0917 - a test may ask for many fixtures
    engine: Engine, url_of: UrlOf, name: str, mode: str, kind: str, told: Tell
) -> None:
    counted = await run_case(engine, url_of(kind), name, mode, chats=30, each=8)
    told(f"{name} by {mode} on {kind}: {counted}")


async def run_case(engine: Engine, url: str, name: str, mode: str, *, chats: int, each: int) -> Count:
    """Put the bot under load while things go wrong, and count."""
    case = CASES[name]()
    async with running_store(url) as store, BotApi(trouble=case.trouble) as api:
        case.prepare(api)
        async with running(api, build(api, engine, hasty()), mode, store.claims):
            asked = await ask_many(api, engine, chats, each)
            await api.confirmed()
        counted = count(api, asked)
        assert (counted.unanswered, counted.twice) == (0, 0), str(counted)
        assert not (case.keeps_order and counted.disordered), str(counted)
        assert any(call.method == "sendMessage" for call in api.refused) is case.refuses
        return counted


@pytest.mark.parametrize("mode", MODES)
async def test_malformed_updates_harm_no_other(engine: Engine, mode: str) -> None:
    async with BotApi() as api, running(api, build(api, engine), mode) as bot:
        for content in MALFORMED:
            await api.push(api.update(**content))
        asked = await ask_many(api, engine, chats=4, each=2)
        await api.confirmed()
        counted = count(api, asked)
        assert (counted.unanswered, counted.twice, counted.disordered) == (0, 0, 0)
        assert bot.intake.tally.outcomes[Outcome.MALFORMED] == 3


@pytest.mark.parametrize("mode", MODES)
async def test_a_429_holds_back_only_the_chat_it_names(engine: Engine, mode: str) -> None:
    """Others are answered meanwhile, without asking Telegram for updates all the time."""
    async with BotApi() as api, running(api, build(api, engine, hasty()), mode):
        api.chats |= {chat(number)["id"]: chat(number) for number in range(3)}
        api.hold_back(GROUP, 1.0)
        await api.say("/pos 10", GROUP)
        await api.until(lambda: bool(api.refused))
        asked_before, since = api.queue.asked, time.monotonic()
        others = await ask_many(api, engine, chats=3, each=2)
        async with asyncio.timeout(5):
            await api.until(lambda: len(api.sent) == len(others))
        assert [sent["chat"]["id"] for sent in api.sent if sent["chat"]["id"] == GROUP["id"]] == []
        await api.confirmed()
        assert api.sent[-1]["chat"]["id"] == GROUP["id"]
        assert api.queue.asked - asked_before < 12 + 4 * (time.monotonic() - since)


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Take the database away: another program locks it, or its server lets nobody in."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.partition("///")[2], isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
        return
    name = urlsplit(url).path[1:]
    with psycopg.connect(url.replace("+psycopg", "").replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false".encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true".encode())


@pytest.mark.parametrize(("mode", "kind"), [(POLLING, "postgresql"), (WEBHOOK, "sqlite")])
async def test_a_database_gone_and_back_costs_no_answer_and_repeats_none(
    engine: Engine, url_of: UrlOf, mode: str, kind: str
) -> None:
    await without_database(engine, url_of(kind), mode, 3)


@pytest.mark.full
@pytest.mark.parametrize(("mode", "kind"), [(mode, kind) for mode in MODES for kind in KINDS_OF_STORE])
async def test_a_database_gone_and_back_under_heavy_load(
    engine: Engine, url_of: UrlOf, told: Tell, mode: str, kind: str
) -> None:
    counted = await without_database(engine, url_of(kind), mode, 10)
    told(f"database gone and back by {mode} on {kind}: {counted}")


async def without_database(engine: Engine, url: str, mode: str, each: int) -> Count:
    """Ask before the database goes, while it is gone and after it is back; bring everything twice."""
    async with running_store(url) as store, BotApi() as api:
        api.queue.repeats = 1
        post = store.leadership("telegram")
        async with running(api, build(api, engine, hasty()), mode, store.claims, leadership=post):
            asked = await ask_many(api, engine, 10, each)
            await api.until(lambda: bool(api.sent))
            with gone(url):
                asked += await ask_many(api, engine, 10, each)
                await api.confirmed()
                assert store.is_away
            asked += await ask_many(api, engine, 10, each)
            await api.confirmed()
        counted = count(api, asked)
        assert (counted.unanswered, counted.twice, counted.disordered) == (0, 0, 0), str(counted)
        return counted
