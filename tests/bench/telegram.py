"""Measures the Telegram bot under load beside a bare python-telegram-bot echo bot: `python -m tests.bench telegram`.

Needs nothing but this checkout with its test dependencies; takes under six minutes, `--quick` under one. Both bots run
as processes of their own against a double of the Bot API on loopback, take turns under each load, and have one core
while the double and the load have another. Rows:

- start: from starting the process to the answer to an update that was already waiting, the median of several;
- p50, p99, most: at 100 updates a second from as many chats, from when the update was due to when its answer came;
- saturated: answers a second while a queue always waits; CPU: of all threads, for an answer under that load;
- sustained: the highest rate offered at which the queue does not grow;
- at twice that: what still comes back when twice the sustained rate is offered, as a share of it;
- lost: updates that were confirmed and never answered when the process is killed while a queue waits;
- memory: resident, after all that, and at its most.

Each load runs with nothing and with 50 ms (there and back) between bot and Bot API, which is about where Telegram is.
Ours is the real `posbot serve` with a SQLite database and its rate limiter, which chats that ask once never meet; the
echo bot has none. Machines wander: the two take turns, the better of two turns counts, and only figures of one run can
be compared. `--profile` says where the CPU time of each goes instead.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import uvloop

from tests.bench import telegram_loads as loads
from tests.bench import telegram_profile
from tests.bench.labelled import DEV, WRITTEN, labels
from tests.bench.telegram_bots import COMMANDS, ECHO, OURS, POLLING, WEBHOOK, BenchError, keep_to_one_core, make

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.bench.telegram_bots import Bot

DELAYS = (0.0, 0.05)
"""Seconds between bot and Bot API, there and back."""
RATE = 100.0
"""Updates a second at which answers are timed."""
ROUNDS = 2
"""How often the bots take turns under each load; the better turn of each counts, as others use the machine too."""
SECONDS, QUICK_SECONDS = 3.0, 0.5
STARTS, QUICK_STARTS = 5, 1
MODES = {POLLING: [POLLING], WEBHOOK: [WEBHOOK], "both": [POLLING, WEBHOOK]}
MB = 1 << 20

Seen = TypeVar("Seen")


@dataclass(slots=True)
class Row:
    """One figure of both bots, and how ours should compare."""

    title: str
    ours: float
    echo: float
    shown: Callable[[float], str]
    wanted: str = ""
    is_met: bool | None = None

    def __str__(self) -> str:
        ratio = f"{self.ours / self.echo:.2f}" if self.echo else "-"
        verdict = {None: "", True: "met", False: "MISSED"}[self.is_met]
        return f"  {self.title:<24}{self.shown(self.ours):>12}{self.shown(self.echo):>12}{ratio:>8}  {self.wanted:<16}{verdict}"


def questions() -> list[str]:
    """Labelled questions that stand alone, mixed."""
    alone = [label.q for label in labels([DEV, *WRITTEN]) if label.q.strip() and not label.context]
    random.Random(5).shuffle(alone)  # noqa: S311 - a repeatable order, no secret
    return alone


@dataclass(slots=True)
class Course:
    """How long and how often to measure."""

    seconds: float
    starts: int
    questions: list[str] = field(default_factory=questions)

    def asked(self) -> Iterator[str]:
        """The questions in the same order for each bot, over and over."""
        return cycle(self.questions)


def run(seconds: float | None, mode: str, *, quick: bool, profile: bool) -> None:
    """Measure and print."""
    course = Course(seconds or (QUICK_SECONDS if quick else SECONDS), QUICK_STARTS if quick else STARTS)
    keep_to_one_core()
    with tempfile.TemporaryDirectory() as folder:
        for each in MODES[mode]:
            try:
                if profile:
                    uvloop.run(telegram_profile.profile(each, Path(folder), course.asked(), course.seconds))
                else:
                    uvloop.run(_measured(each, Path(folder), course))
            except BenchError as error:
                print(f"{each}: {error}")


async def _measured(mode: str, folder: Path, course: Course) -> None:
    starts = await _starts(mode, folder, course)
    async with AsyncExitStack() as stack:
        both = [await _running(stack, name, mode, folder, course) for name in (ECHO, OURS)]
        tables = [await _under_load(both, delay, course.seconds) for delay in DELAYS]
        echo, ours = both
        memory = [
            Row("memory", ours.memory, echo.memory, _megabytes, "<= 2.2", ours.memory <= 2.2 * echo.memory),
            Row("memory at its most", ours.peak, echo.peak, _megabytes, "<= 2.2", ours.peak <= 2.2 * echo.peak),
        ]
    lost = [await _lost(mode, folder, course, delay) for delay in DELAYS]
    print(f"{mode:<26}{'posbot':>12}{'echo':>12}{'ratio':>8}  {'wanted':<16}")
    for row in (starts, *memory):
        print(row)
    for delay, table, last in zip(DELAYS, tables, lost, strict=True):
        print(f"  with {1000 * delay:.0f} ms to the Bot API")
        for row in (*table, last):
            print(row)
    print(flush=True)


async def _starts(mode: str, folder: Path, course: Course) -> Row:
    """Start both in turn, several times."""
    took: dict[str, list[float]] = {OURS: [], ECHO: []}
    for _ in range(course.starts):
        for name, times in took.items():
            async with AsyncExitStack() as stack:
                bot = await _made(stack, name, mode, folder, course)
                times.append(await bot.start())
    ours, echo = (statistics.median(took[name]) for name in (OURS, ECHO))
    return Row("start to first answer", ours, echo, _milliseconds, "<= 3", ours <= 3 * echo)


async def _under_load(both: list[Bot], delay: float, seconds: float) -> list[Row]:
    for bot in both:
        bot.double.delay = delay
    echo, ours = await _in_turn(both, lambda bot: loads.steady(bot, RATE, seconds), lambda seen: -seen.p99)
    full_echo, full_ours = await _in_turn(both, lambda bot: loads.saturated(bot, seconds), lambda seen: seen.rate)
    tops = dict(zip((bot.name for bot in both), (full_echo.rate, full_ours.rate), strict=True))
    bears_echo, bears_ours = [await loads.sustained(bot, tops[bot.name], seconds) for bot in both]
    bears = {bot.name: rate for bot, rate in zip(both, (bears_echo, bears_ours), strict=True)}
    twice_echo, twice_ours = await _in_turn(
        both, lambda bot: loads.overloaded(bot, 2 * bears[bot.name], seconds), lambda seen: seen.rate
    )
    shares = twice_ours.rate / bears_ours, twice_echo.rate / bears_echo
    return [
        Row("p50", ours.p50, echo.p50, _milliseconds, "within 5 ms", ours.p50 <= echo.p50 + 0.005),
        Row("p99", ours.p99, echo.p99, _milliseconds, "within 25 ms", ours.p99 <= echo.p99 + 0.025),
        Row("longest", ours.most, echo.most, _milliseconds),
        Row("CPU at 100 a second", ours.cpu, echo.cpu, _milliseconds),
        Row("saturated", full_ours.rate, full_echo.rate, _a_second),
        Row("CPU an answer", full_ours.cpu, full_echo.cpu, _milliseconds, "<= 2", full_ours.cpu <= 2 * full_echo.cpu),
        Row("sustained", bears_ours, bears_echo, _a_second, ">= 0.6", bears_ours >= 0.6 * bears_echo),
        Row("at twice that", *shares, _percent, ">= 80 %", shares[0] >= 0.8),
    ]


async def _in_turn(
    both: list[Bot], load: Callable[[Bot], Awaitable[Seen]], goodness: Callable[[Seen], float]
) -> list[Seen]:
    """Put both under a load in turn, several times, and give the better turn of each."""
    seen: list[list[Seen]] = [[] for _ in both]
    for _ in range(ROUNDS):
        for bot, turns in zip(both, seen, strict=True):
            turns.append(await load(bot))
    return [max(turns, key=goodness) for turns in seen]


async def _lost(mode: str, folder: Path, course: Course, delay: float) -> Row:
    """Kill both under load."""
    lost = {}
    for name in (OURS, ECHO):
        async with AsyncExitStack() as stack:
            bot = await _running(stack, name, mode, folder, course)
            bot.double.delay = delay
            lost[name] = await loads.killed(bot)
    return Row("lost when killed", lost[OURS], lost[ECHO], "{:.0f}".format, "none", lost[OURS] == 0)


async def _running(stack: AsyncExitStack, name: str, mode: str, folder: Path, course: Course) -> Bot:
    bot = await _made(stack, name, mode, folder, course)
    await bot.start()
    return bot


async def _made(stack: AsyncExitStack, name: str, mode: str, folder: Path, course: Course) -> Bot:
    """A bot that is ended, with its double, when the stack is."""
    bot = make(name, mode, folder, course.asked(), COMMANDS[name])
    await stack.enter_async_context(bot.double)
    stack.push_async_callback(bot.stop)
    return bot


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def _megabytes(size: float) -> str:
    return f"{size / MB:.0f} MB"


def _a_second(rate: float) -> str:
    return f"{rate:.0f}/s"


def _percent(share: float) -> str:
    return f"{share:.0%}"
