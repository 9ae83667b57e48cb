"""Gathers what is asked of the database at about the same time into one call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.store.errors import AwayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

LARGEST = 500
"""Items in one call."""
PATIENCE = 0.01
"""Seconds for which one that can wait does so, to go along with others."""

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class Batches(Generic[Key, Item, Result]):
    """Calls `work` with all that came in while its last call ran; an item put in twice goes once, as it was last."""

    work: Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]]
    """Gives a result for every key."""
    _waiting: dict[Key, tuple[Item, asyncio.Future[Result]]] = field(default_factory=dict)
    _in_hand: dict[Key, tuple[Item, asyncio.Future[Result]]] = field(default_factory=dict)
    _running: asyncio.Task[None] | None = None
    _soon: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def put(self, key: Key, item: Item, *, can_wait: bool = False) -> asyncio.Future[Result]:
        """Add an item to the next call."""
        known = self._waiting.get(key)
        future = known[1] if known else asyncio.get_running_loop().create_future()
        self._waiting[key] = item, future
        if not can_wait:
            self._start()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(PATIENCE, self._start)
        return future

    def let_go(self) -> None:
        """Fail everything that is waiting or in hand, as the database is away."""
        # Not cancelled: a driver that is interrupted talks to the server about it, and that may be the one standing still.
        self._running = None
        for _, future in (*self._waiting.values(), *self._in_hand.values()):
            _fail(future, AwayError())
        self._waiting.clear()
        self._in_hand.clear()

    def _start(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._running is None:
            self._running = asyncio.create_task(self._run())
            self._tasks.add(self._running)
            self._running.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        me = asyncio.current_task()
        while self._waiting and self._running is me:
            taken = list(self._waiting)[:LARGEST]
            batch = self._in_hand = {key: self._waiting.pop(key) for key in taken}
            try:
                results = await self.work({key: item for key, (item, _) in batch.items()})
            except Exception as error:  # noqa: BLE001 - whatever it is goes to those who wait
                for _, future in batch.values():
                    _fail(future, error)
            else:
                for key, (_, future) in batch.items():
                    if not future.done():
                        future.set_result(results[key])
        if self._running is me:
            self._in_hand = {}
            self._running = None


def _fail(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # Nobody may be waiting any more, which is no fault.
        future.exception()
