"""Says where the CPU time of an answer goes: `python -m tests.bench telegram --profile`."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from tests.bench import telegram_loads as loads
from tests.bench.telegram_bots import COMMANDS, ECHO, OURS, BenchError, make
from tests.bench.telegram_sampled import OTHERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.bench.telegram_bots import Bot

GROUPS = {
    "HTTP client": r"/(httpx|httpcore|h11|anyio|aiohttp|yarl|multidict|propcache)/|bot/channels/telegram/request\.py",
    "HTTP server": r"/(uvicorn|starlette)/|bot/service/http|bot/channels/telegram/webhook",
    "python-telegram-bot": r"/site-packages/telegram/",
    "engine": r"/bot/(core|channels/answering)",
    "rendering": r"/bot/channels/telegram/(render|keyboards|texts|presses)|/markupsafe/",
    "limiter": r"/bot/channels/telegram/limiter",
    "other handling of updates": r"/bot/channels/|/telegram_echo\.py:echo",
    "store": r"/(sqlalchemy|aiosqlite|psycopg|greenlet)/|/bot/store/",
    "logs and metrics": r"/(structlog|logging|prometheus_client)/|bot/service/(logs|metrics)",
    "event loop": r"/asyncio/(base_events|events|runners|selector_events)|/uvloop/|/bot/|/runpy|/telegram_(echo|sampled)",
    OTHERS: f"^{OTHERS}$",
}
"""By what the innermost frame that is of any group matches; the standard library counts for who calls it."""
WRITTEN_WITHIN = 10.0
SHOWN = 15
"""Functions listed."""

Stacks = list[tuple[float, list[str]]]


async def profile(mode: str, folder: Path, asked: Iterator[str], seconds: float) -> None:
    """Saturate both in turn and print what their CPU time went to."""
    for name in (ECHO, OURS):
        file = folder / f"{name}-{mode}.json"
        bot = make(name, mode, folder, asked, partial(_sampled, file=file))
        async with bot.double:
            try:
                await bot.start()
                await loads.saturated(bot, 1.0)  # warm
                await loads.settle(bot)
                _show(bot, *await _stacks(bot, file, seconds))
            finally:
                await bot.stop()


def _sampled(bot: Bot, port: int, *, file: Path) -> list[str]:
    python, _, *module = COMMANDS[bot.name](bot, port)
    return [python, "-m", "tests.bench.telegram_sampled", str(file), *module]


async def _stacks(bot: Bot, file: Path, seconds: float) -> tuple[loads.Heavy, Stacks]:
    assert bot.process is not None
    bot.process.send_signal(signal.SIGUSR2)
    heavy = await loads.saturated(bot, seconds)
    bot.process.send_signal(signal.SIGUSR1)
    return heavy, await asyncio.to_thread(_read, file)


def _read(file: Path) -> Stacks:
    """What the sampler writes, once it has."""
    until = time.monotonic() + WRITTEN_WITHIN
    while not file.exists():
        if time.monotonic() > until:
            raise BenchError("the profile was not written")
        time.sleep(0.05)
    stacks: Stacks = json.loads(file.read_text("utf-8"))
    return stacks


def grouped(stacks: Stacks) -> dict[str, float]:
    """Seconds by group."""
    spent: dict[str, float] = defaultdict(float)
    for seconds, frames in stacks:
        spent[group_of(frames)] += seconds
    return spent


def group_of(frames: Iterable[str]) -> str:
    """The group of a stack, innermost frame first."""
    for frame in frames:
        for name, pattern in GROUPS.items():
            if re.search(pattern, frame):
                return name
    return "rest"


def _show(bot: Bot, heavy: loads.Heavy, stacks: Stacks) -> None:
    total = sum(seconds for seconds, _ in stacks)
    print(f"{bot.name}, {bot.mode}: {heavy.rate:.0f} answers a second, {1000 * heavy.cpu:.2f} ms of CPU each")
    for name, seconds in sorted(grouped(stacks).items(), key=lambda each: -each[1]):
        print(f"  {name:<28}{seconds / total:>6.1%}{1000 * heavy.cpu * seconds / total:>8.2f} ms")
    own: dict[str, float] = defaultdict(float)
    for seconds, frames in stacks:
        own[frames[0]] += seconds
    print("  most in")
    for function, seconds in sorted(own.items(), key=lambda each: -each[1])[:SHOWN]:
        where = "/".join(function.rsplit("/", 2)[-2:])
        print(f"    {where:<60}{seconds / total:>6.1%}")
    print(flush=True)
