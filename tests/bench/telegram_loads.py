"""The loads that a bot is put under, and what each tells."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.telegram_bots import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.bench.telegram_bots import Bot
    from tests.bench.telegram_double import Asked, Double

OUTSTANDING = 300
"""Updates that saturation keeps waiting."""
WARM_UP = 1.0
"""Seconds of a heavy load that do not count."""
KEEPS_UP = 0.97
"""The share of what is offered that must come back for a rate to count as sustained."""
SHARES = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.5, 0.4)
"""Rates tried, as shares of the rate at saturation."""
SETTLES_WITHIN = 30.0
SEED = 11


@dataclass(frozen=True, slots=True)
class Steady:
    """How a bot fares at a rate it can bear."""

    p50: float
    p99: float
    most: float
    """Seconds."""
    cpu: float
    """CPU seconds an answer."""


@dataclass(frozen=True, slots=True)
class Heavy:
    """How a bot fares under more than it can bear, or just as much."""

    rate: float
    """Answers a second."""
    cpu: float
    """CPU seconds an answer."""


def in_step(rate: float, seconds: float) -> Iterator[float]:
    """When updates come that come evenly, in seconds from the start."""
    return (number / rate for number in range(int(rate * seconds)))


def at_random(rate: float, seconds: float) -> Iterator[float]:
    """When updates come from people, who do not ask in step; the same moments each time."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable sample, no secret
    at = chance.expovariate(rate)
    while at < seconds:
        yield at
        at += chance.expovariate(rate)


async def offered(double: Double, moments: Iterable[float]) -> list[Asked]:
    """Offer updates at these moments, whatever becomes of them."""
    began = time.monotonic()
    every = []
    for at in moments:
        wait = began + at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        every.append(double.offer(began + at))
    return every


async def steady(bot: Bot, rate: float, seconds: float) -> Steady:
    """Offer an easy rate and time the answers."""
    await settle(bot)
    before = bot.cpu
    every = await offered(bot.double, at_random(rate, seconds))
    await settle(bot)
    spent = bot.cpu - before
    waited = sorted(asked.waited for asked in every)
    return Steady(
        statistics.median(waited), waited[int(0.99 * (len(waited) - 1))], waited[-1], spent / max(1, len(every))
    )


async def saturated(bot: Bot, seconds: float) -> Heavy:
    """Keep a queue before the bot, each answer followed by the next question: as fast as it can."""
    await settle(bot)
    double = bot.double
    double.on_answer = double.offer
    for _ in range(OUTSTANDING):
        double.offer()
    try:
        await asyncio.sleep(WARM_UP)
        return await _counted(bot, seconds)
    finally:
        double.on_answer = None
        double.withdraw()


async def sustained(bot: Bot, top: float, seconds: float) -> float:
    """The highest rate at which the queue does not grow, looked for below the rate at saturation."""
    for share in SHARES:
        rate = top * share
        await settle(bot)
        load = asyncio.create_task(offered(bot.double, in_step(rate, WARM_UP + seconds)))
        await asyncio.sleep(WARM_UP)
        before = bot.double.open
        answered = await _counted(bot, seconds)
        grown = (bot.double.open - before) / seconds
        await load
        bot.double.withdraw()
        if grown <= (1 - KEEPS_UP) * answered.rate:
            return rate
    raise BenchError(f"{bot.name} ({bot.mode}) sustains less than {SHARES[-1]:.0%} of {top:.0f} updates a second")


async def overloaded(bot: Bot, rate: float, seconds: float) -> Heavy:
    """Offer a rate it cannot bear, and see what still comes back."""
    await settle(bot)
    load = asyncio.create_task(offered(bot.double, in_step(rate, WARM_UP + seconds)))
    await asyncio.sleep(WARM_UP)
    answered = await _counted(bot, seconds)
    await load
    bot.double.withdraw()
    return answered


async def killed(bot: Bot) -> int:
    """Kill it while a queue always waits, and count what nobody will ever answer."""
    await settle(bot)
    double = bot.double
    double.on_answer = double.offer
    for _ in range(OUTSTANDING):
        double.offer()
    await asyncio.sleep(WARM_UP)
    bot.kill()
    double.on_answer = None
    await bot.stop()
    await asyncio.sleep(double.delay)  # what is on its way to Telegram still arrives
    return double.lost


async def settle(bot: Bot) -> None:
    """Wait until all is answered and confirmed."""
    double = bot.double
    if not await double.until(lambda: not double.open and not double.unconfirmed, SETTLES_WITHIN):
        left = f"{double.open} unanswered and {double.unconfirmed} unconfirmed"
        raise BenchError(f"{bot.name} ({bot.mode}) left {left}: {bot.last_words()}")


async def _counted(bot: Bot, seconds: float) -> Heavy:
    answers, cpu, began = bot.double.answers, bot.cpu, time.monotonic()
    await asyncio.sleep(seconds)
    answers, cpu, elapsed = bot.double.answers - answers, bot.cpu - cpu, time.monotonic() - began
    return Heavy(answers / elapsed, cpu / max(1, answers))
