"""How the bot calls Telegram: paced, held back where told to, tried again where that is safe."""

# ruff: noqa: D102, D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.channels.answering import Answering
from bot.channels.faults import APOLOGY
from bot.channels.telegram.app import AT_ONCE, build_application
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.limiter import BURST, FEW_LANES, PATIENCE, Limiter
from bot.channels.telegram.outcome import TICKET, Ticket
from bot.channels.telegram.request import NeverSentError
from tests.conftest import TODAY
from tests.fakes.botapi import GROUP, PRIVATE, TOKEN, BotApi, Fault
from tests.test_telegram import serving

if TYPE_CHECKING:
    from bot.core.engine import Engine

ONE, OTHER = 7001, 7002


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0
        self.slept: list[float] = []
        self.goes = asyncio.Event()
        """Whether time passes for who sleeps."""
        self.goes.set()

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass, when it does."""
        self.slept.append(seconds)
        await self.goes.wait()
        self.now += seconds


@pytest.fixture
def time() -> Time:
    """The limiter's clock."""
    return Time()


@pytest.fixture
def limiter(time: Time) -> Limiter:
    """A limiter on that clock."""
    return Limiter(4, clock=time, sleep=time.sleep)


class Telegram:
    """Carries calls out, or answers with the faults it was told to."""

    def __init__(self, *faults: Exception) -> None:
        """Fail so often, then do as asked."""
        self.faults = list(faults)
        self.done: list[Any] = []

    async def call(self, what: Any = None) -> bool:
        """Take one call."""
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        self.done.append(what)
        return True


async def send(
    limiter: Limiter, to: Telegram, chat: int | None, what: Any = None, endpoint: str = "sendMessage"
) -> Any:
    data = {} if chat is None else {"chat_id": chat}
    return await limiter.process_request(to.call, (what,), {}, endpoint, data, None)


async def test_a_429_holds_back_only_the_chat_it_names(limiter: Limiter, time: Time) -> None:
    telegram = Telegram(RetryAfter(timedelta(seconds=20)))
    time.goes.clear()
    held = asyncio.create_task(send(limiter, telegram, ONE, "first"))
    while telegram.faults:  # noqa: ASYNC110 - the call under test tells nobody when it has failed
        await asyncio.sleep(0)
    await send(limiter, telegram, OTHER, "other")
    assert telegram.done == ["other"]
    time.goes.set()
    await held
    assert time.slept == [20]
    assert telegram.done == ["other", "first"]


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("answerCallbackQuery", "callback_query_id"),
        ("answerInlineQuery", "inline_query_id"),
        ("getChatMember", "chat_id"),
    ],
)
async def test_a_429_on_what_writes_into_no_chat_holds_back_only_what_it_is_about(
    limiter: Limiter, time: Time, endpoint: str, name: str
) -> None:
    telegram = Telegram(RetryAfter(timedelta(seconds=20)))
    TICKET.set(Ticket(limiter.deadline()))
    time.goes.clear()
    held = asyncio.create_task(limiter.process_request(telegram.call, ("first",), {}, endpoint, {name: 1}, None))
    while telegram.faults:  # noqa: ASYNC110 - the call under test tells nobody when it has failed
        await asyncio.sleep(0)
    await limiter.process_request(telegram.call, ("other",), {}, endpoint, {name: 2}, None)
    assert telegram.done == ["other"]
    time.goes.set()
    await held
    assert telegram.done == ["other", "first"]


async def test_calls_of_one_chat_keep_their_order_through_a_429(limiter: Limiter) -> None:
    telegram = Telegram(RetryAfter(timedelta(seconds=5)))
    await asyncio.gather(*(send(limiter, telegram, ONE, number) for number in range(4)))
    assert telegram.done == [0, 1, 2, 3]


async def test_a_wait_beyond_what_an_answer_is_worth_is_given_up(limiter: Limiter, time: Time) -> None:
    with pytest.raises(RetryAfter):
        await send(limiter, Telegram(RetryAfter(timedelta(seconds=PATIENCE + 1))), ONE)
    assert time.slept == []


async def test_server_faults_are_tried_again_ever_more_slowly(limiter: Limiter, time: Time) -> None:
    telegram = Telegram(*[NetworkError("Bad Gateway")] * 4)
    assert await send(limiter, telegram, ONE)
    assert time.slept == [0.5, 1, 2, 4]


async def test_a_server_that_stays_away_is_given_up_after_a_minute(limiter: Limiter, time: Time) -> None:
    start = time.now
    with pytest.raises(NetworkError):
        await send(limiter, Telegram(*[NetworkError("Bad Gateway")] * 99), ONE)
    assert PATIENCE / 2 < time.now - start <= PATIENCE


@pytest.mark.parametrize("refusal", [BadRequest("no"), Forbidden("no")])
async def test_a_refusal_is_not_tried_again(limiter: Limiter, refusal: Exception) -> None:
    telegram = Telegram(refusal)
    with pytest.raises(type(refusal)):
        await send(limiter, telegram, ONE)
    assert telegram.done == []


async def test_a_message_that_may_have_arrived_is_not_sent_again_but_an_edit_is(limiter: Limiter) -> None:
    with pytest.raises(TimedOut):
        await send(limiter, Telegram(TimedOut()), ONE)
    assert await send(limiter, Telegram(TimedOut()), ONE, endpoint="editMessageText")
    assert await send(limiter, Telegram(NeverSentError()), ONE)


async def test_what_is_no_answer_is_tried_once(limiter: Limiter) -> None:
    with pytest.raises(NetworkError):
        await send(limiter, Telegram(NetworkError("Bad Gateway")), None, endpoint="setMyCommands")


async def test_a_burst_goes_out_at_once_and_a_flood_is_paced(limiter: Limiter, time: Time) -> None:
    telegram, start = Telegram(), time.now
    for _ in range(BURST):
        await send(limiter, telegram, ONE)
    assert time.now == start
    for _ in range(5):
        await send(limiter, telegram, ONE)
    assert time.now == pytest.approx(start + 5)


async def test_idle_chats_are_forgotten(limiter: Limiter, time: Time) -> None:
    telegram = Telegram()
    for chat in range(3 * FEW_LANES):
        await send(limiter, telegram, chat + 1)
        time.now += 10
    assert len(limiter._lanes) <= FEW_LANES + 1


class TestWithTelegram:
    """The same through the real library and HTTP."""

    @pytest.mark.parametrize("fault", [Fault.too_many(3), Fault.bad_gateway(), Fault(500, "Internal"), Fault.dropped()])
    async def test_an_answer_outlives_what_passes(self, engine: Engine, time: Time, fault: Fault) -> None:
        async with BotApi() as api:
            api.fail("sendMessage", fault, fault)
            limiter = Limiter(AT_ONCE, clock=time, sleep=time.sleep)
            application = build_application(
                TOKEN, Kit(Answering(engine, lambda: TODAY)), base_url=api.base_url, limiter=limiter
            )
            async with serving(api, application) as talk:
                assert (await talk.answer("pos 10", PRIVATE))["text"].startswith("POS 10")
                assert (await talk.answer("/pos 11", GROUP))["text"] != APOLOGY
            assert sum(time.slept) >= 1
