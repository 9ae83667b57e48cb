"""What goes wrong between the bot and Telegram: every question is answered all the same, and none twice."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.channels.telegram.outcome import Outcome
from tests.fakes.botapi import GROUP, BotApi, Fault
from tests.telegram_lines import MODES, ask_many, build, chat, count, hasty, running, settled

if TYPE_CHECKING:
    from bot.core.engine import Engine
    from tests.fakes.botapi import Raw

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
    "429": lambda: Case(every(7, Fault.too_many(2))),
    "500": lambda: Case(every(5, Fault.internal())),
    "502": lambda: Case(both(every(5, Fault.bad_gateway()), every(3, Fault.bad_gateway(), "getUpdates"))),
    "dropped": lambda: Case(both(every(5, Fault.dropped()), every(3, Fault.dropped(), "getUpdates"))),
    "slow": lambda: Case(both(every(5, Fault.slow(0.3)), every(3, Fault.slow(0.1), "getUpdates")), far),
    "duplicates": lambda: Case(prepare=repeated),
    "out of order": lambda: Case(prepare=shuffled, keeps_order=False),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
async def test_every_question_is_answered_once_and_in_order(engine: Engine, name: str, mode: str) -> None:
    case = CASES[name]()
    async with BotApi(trouble=case.trouble) as api:
        case.prepare(api)
        async with running(api, build(api, engine, hasty()), mode):
            asked = await ask_many(api, engine, chats=8, each=5)
            await settled(api)
        counted = count(api, asked)
        assert (counted.unanswered, counted.twice) == (0, 0), str(counted)
        assert not (case.keeps_order and counted.disordered), str(counted)


@pytest.mark.parametrize("mode", MODES)
async def test_malformed_updates_harm_no_other(engine: Engine, mode: str) -> None:
    async with BotApi() as api, running(api, build(api, engine), mode) as bot:
        for content in MALFORMED:
            await api.push(api.update(**content))
        asked = await ask_many(api, engine, chats=4, each=2)
        await settled(api)
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
        await settled(api)
        assert api.sent[-1]["chat"]["id"] == GROUP["id"]
        assert api.queue.asked - asked_before < 12 + 4 * (time.monotonic() - since)
