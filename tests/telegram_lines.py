"""Runs the Telegram application against the double in either mode, and puts it under load."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels.answering import Answering
from bot.channels.telegram.app import AT_ONCE, build_application
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.limiter import Limiter
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.registration import Registration
from bot.channels.telegram.webhook import Webhook
from bot.store.claims import LocalClaims
from tests.conftest import TODAY
from tests.fakes.botapi import PRIVATE, TOKEN, BotApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.channels.telegram.app import App
    from bot.channels.telegram.line import Line
    from bot.core.engine import Engine
    from bot.store.claims import Claims
    from tests.fakes.botapi import Raw

POLLING, WEBHOOK = MODES = ("polling", "webhook")
SECRET = "a-secret-of-the-webhook"
PATIENCE = 40
"""Seconds a test waits for what should come at once."""
HASTE = 5
"""How much faster the limiter's time runs than ours."""


def hasty(haste: float = HASTE) -> Limiter:
    """A limiter whose seconds pass quickly."""
    return Limiter(
        AT_ONCE, clock=lambda: time.monotonic() * haste, sleep=lambda seconds: asyncio.sleep(seconds / haste)
    )


def build(api: BotApi, engine: Engine, limiter: Limiter | None = None, token: str = TOKEN) -> App:
    """The application as the service builds it."""
    return build_application(token, Kit(Answering(engine, lambda: TODAY)), base_url=api.base_url, limiter=limiter)


@dataclass
class Running:
    """A bot at work."""

    line: Line
    intake: Intake
    address: str = ""
    """Where its webhook is."""


@asynccontextmanager
async def running(
    api: BotApi, application: App, mode: str, claims: Claims | None = None, **options: Any
) -> AsyncIterator[Running]:
    """Run an application in one of the modes; `options` are the line's."""
    intake = Intake(application, claims or LocalClaims())
    stop = asyncio.Event()
    async with _listening(intake) if mode == WEBHOOK else _nothing() as address:
        line: Line = (
            Registration(application, intake, first_pause=0.01, url=address, secret=SECRET, **options)
            if mode == WEBHOOK
            else Poller(application, intake, first_pause=0.01, **options)
        )
        service = asyncio.create_task(line.run(stop))
        try:
            async with asyncio.timeout(PATIENCE):
                yield Running(line, intake, address)
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await service


@asynccontextmanager
async def _nothing() -> AsyncIterator[str]:
    yield ""


@asynccontextmanager
async def _listening(intake: Intake) -> AsyncIterator[str]:
    """Serve the webhook on a free port."""
    app = Starlette(routes=[Route("/hook", Webhook(intake, SECRET, room_seconds=0.1))])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        finally:
            server.should_exit = True
            await serving


def chat(number: int) -> Raw:
    """One of many clerks' private chats."""
    return PRIVATE | {"id": 8000 + number}


async def ask_many(api: BotApi, engine: Engine, chats: int, each: int) -> list[Raw]:
    """Let so many clerks ask so many questions each, all at once, and give back the questions."""
    asking = [chat(number) for number in range(chats)]
    api.chats |= {each["id"]: each for each in asking}
    codes = cycle(engine.knowledge.codes)
    asked = [api.message(f"pos {next(codes)}", who) for _ in range(each) for who in asking]
    await api.push(*(api.update(message=message) for message in asked))
    return asked


@dataclass(frozen=True)
class Count:
    """What became of questions."""

    asked: int
    unanswered: int
    twice: int
    disordered: int
    """Chats whose questions were not answered in the order they were asked."""

    def __str__(self) -> str:
        """For the table of the full matrix."""
        return f"asked {self.asked}, unanswered {self.unanswered}, twice {self.twice}, chats out of order {self.disordered}"


def count(api: BotApi, asked: list[Raw]) -> Count:
    """Compare the questions with the answers that quote them."""
    times: Counter[int] = Counter()
    order: dict[int, list[int]] = defaultdict(list)
    for sent in api.sent:
        question = sent["reply_to_message"]["message_id"]
        times[question] += 1
        if times[question] == 1:
            order[sent["chat"]["id"]].append(question)
    return Count(
        asked=len(asked),
        unanswered=sum(not times[question["message_id"]] for question in asked),
        twice=sum(times[question["message_id"]] > 1 for question in asked),
        disordered=sum(questions != sorted(questions) for questions in order.values()),
    )


async def until(condition: Callable[[], object]) -> None:
    """Wait for what happens in the bot, which tells nobody."""
    while not condition():  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.01)
