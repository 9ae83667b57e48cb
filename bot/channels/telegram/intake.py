"""What every update passes, however it comes: claimed, read, answered in its chat's turn, and only then confirmed."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

from structlog.contextvars import bind_contextvars
from telegram import Update

from bot.channels.faults import kind_of
from bot.channels.telegram.lanes import KINDS, Lanes, lane_of
from bot.channels.telegram.outcome import TICKET, CalledOff, Outcome, Ticket
from bot.channels.telegram.tally import Tally
from bot.store.claims import Standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.channels.telegram.app import App
    from bot.channels.telegram.lanes import Lane, Turn
    from bot.store.claims import Claims

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

MOST_IN_HAND = 256
"""Updates taken and not yet answered; further ones stay in Telegram's queue."""
LONGEST = 150.0
"""Seconds after which the answering of one update is cut off, whatever it waits for."""
LAST_CALLS = 3.0
"""Seconds before the end of a stop in which nothing new is begun, so that nothing is cut off in the middle."""
NOTING_SECONDS = 1.0
"""How long a stop waits for the last notes of what was done."""


class Verdict(Enum):
    """What Telegram is told of an update."""

    CONFIRM = auto()
    """It was answered, or never can be: Telegram may forget it."""
    AGAIN = auto()
    """It was not answered here: Telegram should bring it again."""


class Intake:
    """Takes raw updates, as parsed from JSON, and sees that each is answered once and those of a chat in order.

    `Intake(application, claims)` makes one; `open()` lets updates in once the application is initialized, `drain()`
    ends it. At most `most` updates are meant to be in hand: who feeds it looks at `has_room` or waits for `room()`.
    """

    def __init__(self, application: App, claims: Claims, *, most: int = MOST_IN_HAND) -> None:
        """Begin closed, with nothing in hand."""
        self.application, self.claims, self.most = application, claims, most
        self.tally = Tally()
        self.is_open = False
        self._in_hand: dict[int, asyncio.Task[Verdict]] = {}
        self._tickets: dict[int, Ticket] = {}
        self._lanes = Lanes()
        self._noting: set[asyncio.Task[None]] = set()
        """Updates whose end is just being noted."""
        self._freed = asyncio.Event()

    @property
    def in_hand(self) -> int:
        """How many updates are being answered or wait for their turn."""
        return len(self._in_hand)

    @property
    def has_room(self) -> bool:
        """Whether another update may be begun."""
        return len(self._in_hand) < self.most

    def holds(self, raw: dict[str, Any]) -> bool:
        """Whether an update is in hand already."""
        update_id = raw.get("update_id")
        return isinstance(update_id, int) and update_id in self._in_hand

    def open(self) -> None:
        """Let updates in."""
        self.is_open = True

    async def room(self) -> None:
        """Wait until another update may be begun."""
        while not self.has_room:
            self._freed.clear()
            await self._freed.wait()

    async def take(self, raw: object) -> Verdict:
        """Answer one update; tells whether Telegram may forget it. Cancelling the call does not stop the answer."""
        return await verdict_of(self.begin(raw))

    def begin(self, raw: object) -> asyncio.Future[Verdict]:
        """Begin to answer one update; one already in hand is not begun again, and ends with the same verdict."""
        if not isinstance(raw, dict) or type(raw.get("update_id")) is not int:
            self.tally.nameless += 1
            logger.warning("an update without an id was passed over (%s so far)", self.tally.nameless)
            return _settled(Verdict.CONFIRM)
        update_id: int = raw["update_id"]
        self.tally.last_at = time()
        if known := self._in_hand.get(update_id):
            self.tally.redelivered += 1
            return known
        if not self.is_open:
            return _settled(Verdict.AGAIN)
        ticket = Ticket(self.application.bot.limiter.deadline())
        lane = lane_of(raw)
        turn = self._lanes.enter(lane)
        task = asyncio.get_running_loop().create_task(self._answer(raw, update_id, ticket, turn))
        self._in_hand[update_id], self._tickets[update_id] = task, ticket
        task.add_done_callback(self._putting_down(update_id, lane, turn))
        return task

    def _putting_down(self, update_id: int, lane: Lane | None, turn: Turn) -> Callable[[asyncio.Task[Verdict]], None]:
        def put_down(_: asyncio.Task[Verdict]) -> None:
            del self._in_hand[update_id], self._tickets[update_id]
            self._lanes.leave(lane, turn)
            self._freed.set()

        return put_down

    async def _answer(self, raw: dict[str, Any], update_id: int, ticket: Ticket, turn: Turn) -> Verdict:
        """Claim the update, wait for its turn, answer it, and note that."""
        bind_contextvars(update=update_id)  # for every log line of this task
        try:
            match await _unharmed(update_id, self.claims.claim(update_id)) or Standing.MINE:
                case Standing.DONE:
                    self.tally.redelivered += 1
                    return Verdict.CONFIRM
                case Standing.ELSEWHERE:
                    self.tally.elsewhere += 1
                    return Verdict.AGAIN
            self.tally.kinds[kind_of_update(raw)] += 1
            outcome = await self._outcome(raw, update_id, ticket, turn)
        except asyncio.CancelledError:
            outcome = Outcome.INTERRUPTED
        self.tally.outcomes[outcome] += 1
        if outcome is Outcome.INTERRUPTED:
            await _unharmed(update_id, self.claims.release(update_id))
            return Verdict.AGAIN
        self._note_done(update_id)
        self.tally.last_done_at = time()
        return Verdict.CONFIRM

    def _note_done(self, update_id: int) -> None:
        """Note that an update is done, while Telegram is told so: it need not wait for the database.

        A process killed in between leaves no more behind than one killed before Telegram was told.
        """
        noting = asyncio.get_running_loop().create_task(_unharmed(update_id, self.claims.finish(update_id)))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _outcome(self, raw: dict[str, Any], update_id: int, ticket: Ticket, turn: Turn) -> Outcome:
        update = self._read(raw, update_id)
        if update is None:
            return Outcome.MALFORMED
        await turn.comes()
        if ticket.is_called_off:
            return Outcome.INTERRUPTED
        TICKET.set(ticket)
        try:
            async with asyncio.timeout(LONGEST):
                await self.application.process_update(update)
        except CalledOff:
            return Outcome.INTERRUPTED
        except TimeoutError:
            logger.error("update %s: given up after %s seconds", update_id, LONGEST)  # noqa: TRY400 - a traceback may hold what somebody wrote
            return Outcome.GIVEN_UP
        except Exception as error:  # noqa: BLE001 - the desk takes what handlers raise; this is for faults outside them
            logger.error("update %s: %s outside its handlers", update_id, kind_of(error))  # noqa: TRY400 - as above
            return Outcome.FAULT
        return ticket.outcome

    def _read(self, raw: dict[str, Any], update_id: int) -> Update | None:
        try:
            return Update.de_json(raw, self.application.bot)
        except Exception:  # noqa: BLE001 - a malformed update can fail anywhere in the library
            so_far = self.tally.outcomes[Outcome.MALFORMED] + 1
            logger.warning("update %s: malformed, passed over (%s so far)", update_id, so_far)
            return None

    async def drain(self, seconds: float) -> None:
        """Let nothing more in, finish what is in hand, and give back what is not finished after so many seconds."""
        await self._drain(seconds)
        if self._noting:
            await asyncio.wait(self._noting, timeout=NOTING_SECONDS)

    async def _drain(self, seconds: float) -> None:
        self.is_open = False
        last = min(LAST_CALLS, seconds)
        if await self._finished_within(seconds - last):
            return
        for ticket in self._tickets.values():
            ticket.is_called_off = True
        if not await self._finished_within(last):
            logger.warning("%s updates were not answered before the end; Telegram brings them again", self.in_hand)
            for task in self._in_hand.values():
                task.cancel()
            await self._finished_within(1)

    async def _finished_within(self, seconds: float) -> bool:
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=max(0.0, seconds))
        return not self._in_hand


async def _unharmed(update_id: int, call: Awaitable[Result]) -> Result | None:
    """What a claim came to, None where it failed: claims are there to keep answers from coming twice, not from coming."""
    try:
        return await call
    except Exception as error:  # noqa: BLE001 - see above
        logger.error("update %s: %s with its claim", update_id, kind_of(error))  # noqa: TRY400 - as above
        return None


async def verdict_of(begun: asyncio.Future[Verdict]) -> Verdict:
    """Wait for the verdict on an update; one that was cut off comes again."""
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        if begun.cancelled():
            return Verdict.AGAIN
        raise


def kind_of_update(raw: dict[str, Any]) -> str:
    """What kind of update it is, `other` where no handler takes it."""
    return next((kind for kind in KINDS if kind in raw), "other")


def _settled(verdict: Verdict) -> asyncio.Future[Verdict]:
    future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
    future.set_result(verdict)
    return future
