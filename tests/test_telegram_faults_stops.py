"""The service stopped, killed and started again under load: every question is answered, none twice without need."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from tests.fakes.botapi import BotApi
from tests.telegram_lines import MODES, POLLING, WEBHOOK, ask_many, count
from tests.telegram_served import Served, done, let_leases_end, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.core.engine import Engine
    from tests.conftest import Tell, UrlOf
    from tests.fakes.botapi import Raw

    End = Callable[[Engine, Served, int, int], Awaitable[str]]


PATIENCE = 60
TAKEN_OVER_WITHIN = 15
"""Seconds after which another process polls."""
KINDS = ("sqlite", "postgresql")
USUAL = list(zip(MODES, KINDS, strict=True))
REST = [(mode, kind) for mode in MODES for kind in KINDS]


def answered_twice(api: BotApi) -> set[int]:
    """The questions that were answered more than once."""
    quoted = [sent["reply_to_message"]["message_id"] for sent in api.sent]
    return {question for question in quoted if quoted.count(question) > 1}


async def stopped(engine: Engine, service: Served, chats: int, each: int) -> str:
    """Stop the service under load and start it again."""
    api = service.api
    async with serving(service), asyncio.timeout(PATIENCE):
        asked = await ask_many(api, engine, chats, each)
        await api.until(lambda: len(api.sent) > len(asked) // 4)
        assert await service.stop() == 0
        answered = len(api.sent)
        await service.start()
        await api.confirmed()
    counted = count(api, asked)
    assert (counted.unanswered, counted.disordered) == (0, 0), str(counted)
    assert counted.twice == 0 or service.was_without_store, str(counted)
    return f"{counted}; {answered} before the end"


async def killed(engine: Engine, service: Served, chats: int, each: int) -> str:
    """Kill the service under load and start it again."""
    api = service.api
    async with serving(service), asyncio.timeout(PATIENCE):
        asked = await ask_many(api, engine, chats, each)
        await api.until(lambda: len(api.sent) > len(asked) // 4)
        await service.stop(signal.SIGKILL)
        sent = {message["reply_to_message"]["message_id"] for message in api.sent}
        noted = questions(asked, await done(service.database_url))
        await let_leases_end(service.database_url)
        await service.start()
        await api.confirmed()
    counted = count(api, asked)
    assert counted.unanswered == 0, str(counted)
    # What was on its way to Telegram when the process died may arrive after `sent` was counted.
    without_need = set() if service.was_without_store else answered_twice(api) & noted
    assert without_need == set(), "what was noted may not come twice"
    away = "; the store was away" if service.was_without_store else ""
    return f"{counted}; {len(sent)} sent before the kill, {len(noted)} of them noted{away}"


def questions(asked: list[Raw], updates: set[int]) -> set[int]:
    """The questions that came with these updates: the double gives each message and its update ids of one sequence."""
    first = min(message["message_id"] for message in asked)
    return {update - len(asked) for update in updates if update - len(asked) >= first}


@pytest.mark.parametrize(("mode", "kind"), USUAL)
async def test_sigterm_under_load_finishes_what_is_in_hand(
    engine: Engine, url_of: UrlOf, tmp_path: Path, mode: str, kind: str
) -> None:
    async with BotApi(latency=0.02) as api:
        await stopped(engine, Served(api, mode, tmp_path, url_of(kind)), 10, 4)


@pytest.mark.parametrize(("mode", "kind"), [(mode, kind) for mode, kind in REST if (mode, kind) not in USUAL])
async def test_sigkill_under_load_loses_nothing(
    engine: Engine, url_of: UrlOf, tmp_path: Path, mode: str, kind: str
) -> None:
    async with BotApi(latency=0.02) as api:
        await killed(engine, Served(api, mode, tmp_path, url_of(kind)), 10, 4)


@pytest.mark.full
@pytest.mark.parametrize("end", [stopped, killed])
@pytest.mark.parametrize(("mode", "kind"), REST)
async def test_an_end_under_heavy_load_loses_nothing(  # noqa: PLR0917 - a test may ask for many fixtures
    engine: Engine, url_of: UrlOf, tmp_path: Path, told: Tell, mode: str, kind: str, end: End
) -> None:
    async with BotApi(latency=0.02) as api:
        words = await end(engine, Served(api, mode, tmp_path, url_of(kind)), 60, 10)
    told(f"{end.__name__} by {mode} on {kind}: {words}")


async def replicas(engine: Engine, api: BotApi, folder: Path, url: str, chats: int) -> str:
    """Three processes behind a load balancer, one of which is killed under load."""
    services = [Served(api, WEBHOOK, folder, url) for _ in range(3)]
    async with serving(*services), asyncio.timeout(PATIENCE):
        api.webhook.balanced = [service.address for service in services]
        asked = await ask_many(api, engine, chats, 5)
        await api.until(lambda: len(api.sent) > len(asked) // 3)
        await services[0].stop(signal.SIGKILL)
        sent = {message["reply_to_message"]["message_id"] for message in api.sent}
        noted = questions(asked, await done(url))
        await let_leases_end(url)
        await api.confirmed()
    counted = count(api, asked)
    assert counted.unanswered == 0, str(counted)
    is_excused = any(service.was_without_store for service in services)
    without_need = set() if is_excused else answered_twice(api) - (sent - noted)
    assert without_need == set(), "only what was sent and not yet noted may come twice"
    away = "; the store was away" if is_excused else ""
    return f"{counted}; {len(sent)} sent before the kill, {len(noted)} of them noted{away}"


async def test_one_of_three_replicas_killed_under_load_loses_nothing(
    engine: Engine, postgres_url: str, tmp_path: Path
) -> None:
    async with BotApi(latency=0.02) as api:
        await replicas(engine, api, tmp_path, postgres_url, 12)


@pytest.mark.full
async def test_one_of_three_replicas_killed_under_heavy_load_loses_nothing(
    engine: Engine, postgres_url: str, tmp_path: Path, told: Tell
) -> None:
    async with BotApi(latency=0.02) as api:
        told(f"three replicas, one killed: {await replicas(engine, api, tmp_path, postgres_url, 200)}")


async def test_when_the_process_that_polls_is_killed_another_takes_over(postgres_url: str, tmp_path: Path) -> None:
    async with BotApi() as api, asyncio.timeout(PATIENCE):
        first, second = (Served(api, POLLING, tmp_path, postgres_url) for _ in range(2))
        async with serving(first):
            await api.say("pos 10")
            await api.confirmed()
            async with serving(second):
                await api.until(lambda: len(api.called("getMe")) == 2)
                await first.stop(signal.SIGKILL)
                await api.say("pos 11")
                async with asyncio.timeout(TAKEN_OVER_WITHIN):
                    await api.confirmed()
    assert [sent["text"][:6] for sent in api.sent] == ["POS 10", "POS 11"]
