"""A double of the Bot API made for load: fast, forgiving, and measuring what it offers and gets back.

tests/fakes/botapi.py tells right from wrong; this one tells quick from slow. Its clock starts when an update is due,
not when the bot asks for it, so waiting in Telegram's queue counts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

from tests.fakes.botapi import BOT, MIDNIGHT, parse_html
from tests.fakes.botapi.world import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from tests.fakes.botapi import Raw

TOKEN = "4242:double-for-load"
FIRST_CHAT = 10_000_000
"""Every update comes from a chat of its own, numbered from here."""
BATCH = 100
"""The most updates that one getUpdates gives."""
AGAIN = (3.0, 0.5)
"""Seconds within which the same request for updates is not kept waiting, and within which it gets one update."""
TRY_AGAIN_SECONDS = 1.0
"""How long a webhook's refusal holds back an update."""


@dataclass(slots=True)
class Asked:
    """One update and what became of it; moments are of the monotonic clock."""

    number: int
    """The update's id; its chat is FIRST_CHAT more."""
    due: float
    raw: str
    """The update as JSON."""
    is_given: bool = False
    is_confirmed: bool = False
    answered: float | None = None

    @property
    def waited(self) -> float:
        """Seconds from due to answered; endless where it was not."""
        return float("inf") if self.answered is None else self.answered - self.due


@dataclass(slots=True)
class Double:
    """A server on a free port of 127.0.0.1 with a queue of updates, for one bot."""

    questions: Iterator[str]
    """What is asked, without end."""
    delay: float = 0.0
    """Seconds that a call and its answer spend on the way, together."""
    asked: dict[int, Asked] = field(default_factory=dict)
    open: int = 0
    """How many of them have no answer."""
    answers: int = 0
    on_answer: Callable[[], object] | None = None
    """Called at each answer."""
    queue: deque[Asked] = field(default_factory=deque)
    """What is not yet confirmed; towards a webhook also not on its way."""
    calls: int = 0

    _came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something in the queue."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an update was answered or confirmed."""
    _runner: web.AppRunner | None = None
    _client: ClientSession | None = None
    _asked_from: tuple[int, float] = (-1, 0.0)
    """The offset of the last request for updates, and when that was."""
    _hook: dict[str, str] = field(default_factory=dict)
    """The parameters of setWebhook."""
    _under_way: dict[asyncio.Task[None], Asked] = field(default_factory=dict)
    """What is on its way to the webhook."""
    _last: int = 0
    _address: str = ""

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"http://{host}:{port}/bot"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._unhook()
        if self._runner:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """What python-telegram-bot takes as base_url."""
        return self._address

    @property
    def unconfirmed(self) -> int:
        """Updates that Telegram still keeps."""
        return len(self.queue) + len(self._under_way)

    @property
    def lost(self) -> int:
        """Updates that the bot has confirmed and not answered: Telegram will not offer them again."""
        return sum(asked.is_confirmed and asked.answered is None for asked in self.asked.values())

    def offer(self, due: float | None = None) -> Asked:
        """Queue the next question, from a chat that has never asked before."""
        self._last += 1
        raw = json.dumps(_update(self._last, next(self.questions)))
        asked = self.asked[self._last] = Asked(self._last, time.monotonic() if due is None else due, raw)
        self.queue.append(asked)
        self.open += 1
        self._came.set()
        self._deliver()
        return asked

    def withdraw(self) -> None:
        """Take back what the bot has not seen."""
        for asked in self.queue:
            if not asked.is_given:
                del self.asked[asked.number]
                self.open -= 1
        self.queue = deque(asked for asked in self.queue if asked.is_given)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition on the answers holds, but not for ever; it is looked at after each."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    # What Telegram does

    async def _serve(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionResetError:  # the bot was killed
            return web.Response()
        await self._travel()
        self.calls += 1
        params = dict(parse_qsl(body.decode(), keep_blank_values=True)) | dict(request.query)
        try:
            result = await self._call(request.match_info["method"], params)
        except RefusedError as refused:
            answer = json.dumps({"ok": False, "error_code": refused.code, "description": str(refused)})
        else:
            answer = f'{{"ok":true,"result":{result}}}'
        await self._travel()
        return web.Response(text=answer, content_type="application/json")

    async def _call(self, method: str, params: dict[str, str]) -> str:
        if method == "sendMessage":
            return self._send_message(params)
        if method == "getUpdates":
            return await self._get_updates(params)
        if method == "setWebhook":
            return await self._set_webhook(params)
        known = {
            "getMe": BOT,
            "getMyDescription": {"description": ""},
            "getMyShortDescription": {"short_description": ""},
            "getMyCommands": [],
            "getWebhookInfo": {
                "url": self._hook.get("url", ""),
                "has_custom_certificate": False,
                "pending_update_count": self.unconfirmed,
            },
        }
        return json.dumps(known.get(method, True))

    async def _travel(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay / 2)

    def _send_message(self, params: dict[str, str]) -> str:
        chat = int(params["chat_id"])
        content = _content(params["text"], params.get("parse_mode", ""))
        asked = self.asked.get(chat - FIRST_CHAT)
        if asked is not None and asked.answered is None:
            asked.answered = time.monotonic()
            self.open -= 1
            self.answers += 1
            self._changed.set()
            if self.on_answer:
                self.on_answer()
        beside = f',"reply_markup":{params["reply_markup"]}' if "reply_markup" in params else ""
        if "reply_parameters" in params and asked is not None:
            beside += f',"reply_to_message":{_message(chat - FIRST_CHAT, asked.raw)}'
        sender = json.dumps({"from": BOT, "chat": _person(chat) | {"type": "private"}, "date": MIDNIGHT})
        return f'{{"message_id":{self.calls + 1_000_000},{sender[1:-1]},{content}{beside}}}'

    async def _get_updates(self, params: dict[str, str]) -> str:
        offset, most, until = self._terms(params)
        while self.queue and self.queue[0].number < offset:
            self.queue.popleft().is_confirmed = True
            self._changed.set()
        while not self.queue and (left := until - time.monotonic()) > 0:
            self._came.clear()
            try:
                async with asyncio.timeout(left):
                    await self._came.wait()
            except TimeoutError:
                break
        given = list(islice(self.queue, most))
        for asked in given:
            asked.is_given = True
        return f"[{','.join(asked.raw for asked in given)}]"

    def _terms(self, params: dict[str, str]) -> tuple[int, int, float]:
        """From which update on, how many at most, and until when to wait for one.

        As Telegram's own server has it: who asks for the same again within three seconds does not wait, and within half
        a second gets one update.
        """
        now, offset = time.monotonic(), int(params.get("offset", 0))
        most, wait = min(BATCH, int(params.get("limit", BATCH))), float(params.get("timeout", 0))
        before, self._asked_from = self._asked_from, (offset, now)
        since = now - before[1] if before[0] == offset else AGAIN[0]
        return offset, 1 if since < AGAIN[1] else most, now if since < AGAIN[0] else now + wait

    async def _set_webhook(self, params: dict[str, str]) -> str:
        await self._unhook()
        if params.get("url"):
            self._client = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(60))
            self._hook = params
            self._deliver()
        return "true"

    async def _unhook(self) -> None:
        self._hook = {}
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._client:
            await self._client.close()
            self._client = None

    def _deliver(self) -> None:
        """Send to the webhook what it has room for."""
        while self._hook and self.queue and len(self._under_way) < int(self._hook.get("max_connections", 40)):
            asked = self.queue.popleft()
            asked.is_given = True
            task = asyncio.create_task(self._send(asked))
            self._under_way[task] = asked
            task.add_done_callback(self._sent)

    async def _send(self, asked: Asked) -> None:
        asked.is_confirmed = await self._posted(asked.raw)
        if not asked.is_confirmed:
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _sent(self, task: asyncio.Task[None]) -> None:
        asked = self._under_way.pop(task)
        if not asked.is_confirmed:
            self.queue.appendleft(asked)
        self._changed.set()
        self._deliver()

    async def _posted(self, raw: str) -> bool:
        assert self._client is not None
        secret = self._hook.get("secret_token", "")
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
        await self._travel()
        try:
            async with self._client.post(self._hook["url"], data=raw, headers=headers) as response:
                is_taken = response.ok
        except (ClientError, TimeoutError):
            return False
        await self._travel()
        return is_taken


def _person(number: int) -> Raw:
    return {"id": number, "first_name": "Casey"}


def _update(number: int, text: str) -> Raw:
    chat = FIRST_CHAT + number
    sender = _person(chat) | {"is_bot": False, "language_code": "en"}
    message = {"message_id": number, "date": MIDNIGHT, "from": sender, "chat": _person(chat) | {"type": "private"}}
    return {"update_id": number, "message": message | {"text": text}}


def _message(number: int, raw: str) -> str:
    """The message inside an update of ours."""
    return raw[len(f'{{"update_id": {number}, "message": ') : -1]


@lru_cache(maxsize=20_000)
def _content(text: str, mode: str) -> str:
    """Text and entities as Telegram gives them back, without the braces around; refused where they are no good."""
    plain, entities = parse_html(text) if mode.lower() == "html" else (text, [])
    content: dict[str, Any] = {"text": plain, "entities": entities} if entities else {"text": plain}
    return json.dumps(content)[1:-1]
