"""How Telegram delivers updates to a webhook.

Each chat has a queue of its own, whose next update waits until the one before was taken; chats go side by side, over
so many connections at most. What is not taken with a 2xx comes again: after the pause that a Retry-After asks for, else
at once for the first time and then after pauses that double.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.fakes.botapi.queue import is_wanted
from tests.fakes.botapi.world import RefusedError

if TYPE_CHECKING:
    from tests.fakes.botapi.queue import Queue
    from tests.fakes.botapi.world import Raw

LONGEST_PAUSE = 60.0
MOST_CONNECTIONS = 100
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(slots=True)
class Delivery:
    """The webhook as it is set, and the deliveries to it."""

    queue: Queue
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    allowed: list[str] | None = None
    balanced: list[str] = field(default_factory=list)
    """Where deliveries go in turn instead of the address, as by a load balancer that stands there."""
    hurry: float = 0.01
    """What Telegram's pauses are multiplied by, so that tests need not wait as long."""
    gives_up_after: float = 60.0
    """Seconds without an answer after which a connection is closed."""
    statuses: list[int] = field(default_factory=list)
    """How each delivery was answered; 0 where it was not."""
    error: tuple[int, str] | None = None
    """When the last delivery failed, and why."""
    _running: asyncio.Task[None] | None = None

    @property
    def info(self) -> Raw:
        """What getWebhookInfo says."""
        info: Raw = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue.waiting),
            "max_connections": self.max_connections,
        }
        if self.allowed:
            info["allowed_updates"] = self.allowed
        if self.error:
            info |= {"last_error_date": self.error[0], "last_error_message": self.error[1]}
        return info

    async def set(self, params: Raw) -> bool:
        """Set the webhook, or remove it where the address is empty."""
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if url and not re.match(r"https://|http://127\.0\.0\.1[:/]", url):
            raise RefusedError("bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise RefusedError("secret token contains unallowed characters")
        await self.stop()
        self.url, self.secret, self.error = url, secret, None
        self.max_connections = min(max(int(params.get("max_connections", 40)), 1), MOST_CONNECTIONS)
        self.allowed = params.get("allowed_updates", self.allowed)
        if params.get("drop_pending_updates"):
            self.queue.waiting = []
        if url:
            self._running = asyncio.create_task(self._deliver())
        return True

    async def stop(self) -> None:
        """End all deliveries."""
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def _deliver(self) -> None:
        """Hand updates to their chats' queues until cancelled."""
        chats: dict[Any, deque[tuple[int, Any]]] = {}
        known: set[int] = set()
        connections = asyncio.Semaphore(self.max_connections)
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(self.gives_up_after)
            ) as session,
            asyncio.TaskGroup() as group,
        ):

            async def empty(chat: Any) -> None:
                while chats[chat]:
                    number, update = chats[chat].popleft()
                    await self._bring(session, connections, update)
                    self.queue.forget(number)
                    known.discard(number)
                    await self.queue.notify()
                del chats[chat]

            while True:
                for number, update in self.queue.waiting[:: 1 if self.queue.is_orderly else -1]:
                    if number in known:
                        continue
                    if not is_wanted(update, self.allowed):
                        self.queue.forget(number)
                        continue
                    known.add(number)
                    chat = queue_of(number, update) if self.queue.is_orderly else number
                    if chat in chats:
                        chats[chat].append((number, update))
                    else:
                        chats[chat] = deque([(number, update)])
                        group.create_task(empty(chat))
                async with self.queue.changed:
                    await self.queue.changed.wait_for(
                        lambda: any(number not in known for number, _ in self.queue.waiting)
                    )

    async def _bring(self, session: aiohttp.ClientSession, connections: asyncio.Semaphore, update: Any) -> None:
        """Deliver one update until it is taken, and so often more as updates are repeated."""
        copies = [self._bring_once(session, connections, update) for _ in range(1 + self.queue.repeats)]
        await asyncio.gather(*copies)
        if self.queue.repeats:
            await self._bring_once(session, connections, update)

    async def _bring_once(self, session: aiohttp.ClientSession, connections: asyncio.Semaphore, update: Any) -> None:
        pause = 1.0
        failed = 0
        while True:
            async with connections:
                status, after = await self._post(session, update)
            self.statuses.append(status)
            if 200 <= status < 300:
                return
            self.error = int(time.time()), f"Wrong response from the webhook: {status}"
            await self.queue.notify()
            if after is None and failed:
                pause = min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep((after if after is not None else pause if failed else 0.0) * self.hurry)
            failed += 1

    async def _post(self, session: aiohttp.ClientSession, update: Any) -> tuple[int, float | None]:
        """Send an update; gives back the status, 0 for none, and the pause that was asked for."""
        url = self.url
        if self.balanced:
            url = self.balanced[len(self.statuses) % len(self.balanced)]
        try:
            async with session.post(url, json=update, headers={HEADER: self.secret}) as response:
                await response.read()
                asked = response.headers.get("Retry-After")
                return response.status, float(asked) if asked else None
        except (aiohttp.ClientError, TimeoutError):
            return 0, None


def queue_of(number: int, update: Any) -> Any:
    """Whose updates wait for one another: a chat's, else a person's; what belongs to nobody waits for nothing."""
    content = next((each for each in update.values() if isinstance(each, dict)), {}) if isinstance(update, dict) else {}
    message = content.get("message", content)
    for holder, key in ((message, "chat"), (content, "from")):
        owner = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(owner, dict) and "id" in owner:
            return key, owner["id"]
    return "alone", number
