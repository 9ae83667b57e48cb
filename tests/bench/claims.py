"""What claims cost: CPU time of this process for a claim and its finish, by how many come at the same time."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

from bot.core.subject import Subject
from bot.store.memory import Recalled
from bot.store.store import Store
from tests.fakes.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AT_ONCE = (1, 4, 16, 64)
UPDATES = 2_000


class Cost(NamedTuple):
    """Per update, in microseconds."""

    cpu: float
    wait: float
    """From the claim to its answer."""


async def claim_and_finish(store: Store, update_id: int) -> float:
    """What each update costs at the least; the seconds its claim took."""
    start = perf_counter()
    await store.claims.claim(update_id)
    waited = perf_counter() - start
    await store.claims.finish(update_id)
    return waited


async def answer(store: Store, update_id: int) -> float:
    """The same with what an answer reads and keeps."""
    start = perf_counter()
    await store.claims.claim(update_id)
    await store.chats.at_hand(update_id, update_id)
    waited = perf_counter() - start
    await store.chats.keep_answer(update_id, update_id, update_id)
    await store.chats.keep(update_id, update_id, Recalled(Subject(("10",))))
    await store.claims.finish(update_id)
    return waited


async def measure(
    store: Store, work: Callable[[Store, int], Awaitable[float]], at_once: int, numbers: count[int]
) -> Cost:
    """Do the work for many updates, so many at a time all along."""
    waits: list[float] = []

    async def worker() -> None:
        waits.extend([await work(store, next(numbers)) for _ in range(UPDATES // at_once)])

    cpu = process_time()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    cpu = process_time() - cpu
    return Cost(1e6 * cpu / len(waits), 1e6 * sum(waits) / len(waits))


async def bench(name: str, url: str) -> None:
    """Print the table of one database."""
    store = Store(url)
    await store.start()
    background = asyncio.create_task(store.run())
    numbers = count(1)
    await measure(store, answer, 16, numbers)
    for title, work in (("claim + finish", claim_and_finish), ("with chat memory", answer)):
        for at_once in AT_ONCE:
            cost = await measure(store, work, at_once, numbers)
            print(f"{name:<12}{title:<18}{at_once:>8} at once {cost.cpu:>8.0f} us CPU {cost.wait:>9.0f} us until known")
    background.cancel()
    with suppress(asyncio.CancelledError):
        await background
    await store.close()


def run() -> None:
    """Measure both databases, on the event loop the service runs on."""
    loops = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - there is none for Windows

        loops = uvloop.new_event_loop
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(Postgres())
        for name, url in (("SQLite", f"sqlite+aiosqlite:///{Path(folder)}/bench.db"), ("PostgreSQL", server.new_url())):
            with asyncio.Runner(loop_factory=loops) as runner:
                runner.run(bench(name, url))
