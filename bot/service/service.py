"""The running service: its parts, the order in which they start, and a clean stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import click
from starlette.routing import Mount

from bot.channels.answering import Answering
from bot.channels.teaching import Teaching
from bot.core.knowledge import layers_from
from bot.service.errors import StartError
from bot.service.health import FINE, Condition, Health, State
from bot.service.http import build_app
from bot.service.knowing import Knowing
from bot.service.later import Later
from bot.service.listening import opening
from bot.service.logs import told_of
from bot.service.metrics import Metrics
from bot.service.serving import Server
from bot.service.settings import plain
from bot.store.errors import StoreError
from bot.store.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine, Iterable
    from typing import Any

    from starlette.routing import BaseRoute

    from bot.core.engine import Engine
    from bot.service.passage import Passage
    from bot.service.settings import Settings
    from bot.service.telegram import Telegram

logger = logging.getLogger(__name__)

READY_AFTER = 1.0
"""Seconds after the start in which answers to updates come before everything that can wait."""
CLOSING_SECONDS = 1.5
"""How long letting go of the store may take at the end."""


class Service:
    """Everything that runs."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Put the parts together; nothing runs yet. Raises StartError."""
        self.settings = settings
        self.metrics = Metrics()
        self.answering = Answering(engine, date.today, [self.metrics.answered])
        self.store = _store(settings)
        self.teaching = self._teaching()
        self.knowing = Knowing(settings.posbot_knowledge, self.teaching)
        self.metrics.measure("store_away", "1 while the database is away.", lambda: float(self.store.is_away))
        self.telegram = self._telegram()
        self.pages = Later(self._pages)
        self._stop = asyncio.Event()
        self._beside: set[asyncio.Task[None]] = set()

    def _teaching(self) -> Teaching:
        settings = self.settings
        teaching = Teaching(
            self.answering,
            self.store,
            layers_from(settings.posbot_knowledge),
            retention_days=settings.posbot_retention_days,
        )
        teaching.on_exchange = self.metrics.knows
        self.metrics.knows(teaching.knowledge)
        self.store.watch(teaching.refresh)
        return teaching

    def _telegram(self) -> Telegram | None:
        token = self.settings.telegram_bot_token
        if token is None:
            return None
        from bot.service.telegram import Telegram  # noqa: PLC0415 - much to import, and not everybody uses it

        telegram = Telegram(self.settings, token.text, self.teaching)
        telegram.tell(self.metrics)
        return telegram

    async def serve(self, listener: socket.socket) -> None:
        """Serve on a listener until told to stop; raises StartError, or whatever ended a part that has to run."""
        self._heed_signals()
        stopping = asyncio.create_task(self._stop.wait())
        try:
            starting = asyncio.create_task(self.store.start())
            await _first((stopping, starting))
            if await _is_done(starting):
                with suppress(StoreError):
                    await self.teaching.refresh()  # nobody is answered without what was taught
                await self._serve(listener, stopping)
        except StoreError as error:
            raise StartError(str(error)) from None
        finally:
            stopping.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self.store.close()

    async def _serve(self, listener: socket.socket, stopping: asyncio.Task[Any]) -> None:
        server = Server(self._app())
        serving = asyncio.create_task(server.serve([listener]))
        await _first((asyncio.create_task(server.is_serving.wait()), serving))
        click.echo(opening(self.settings, listener))
        keeping = asyncio.create_task(self.store.run(self.settings.posbot_retention_days))
        conversing = asyncio.create_task(self._converse())
        self.begin(self._get_ready())
        await _first((stopping, serving, keeping, conversing))
        self._stop.set()
        await _first((conversing,))  # answers what is in hand, which needs all the others
        server.should_exit = True
        for task in (keeping, *self._beside):
            task.cancel()
        await asyncio.wait((serving, keeping, *self._beside))
        for task in (conversing, serving, keeping):
            await _is_done(task)
        logger.info("ended")

    async def _converse(self) -> None:
        if self.telegram is None:
            await self._stop.wait()
        else:
            await self.telegram.run(self._stop)

    async def _get_ready(self) -> None:
        """What can wait until the first questions are answered."""
        await asyncio.sleep(READY_AFTER)
        if self.telegram is None:
            # Else who opens the first page waits a moment for them: not every bot's team looks at them, and they take
            # six megabytes.
            await self.pages.made()
        await self.teaching.start()
        await self.knowing.warm()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the serving, until it is done or the service stops."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("something beside the serving failed: %s", told_of(error))

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self.begin(self.knowing.reload()))

    def _app(self) -> Passage:
        checks = {"knowledge": self.knowing.condition, "database": self._database, "updates": self._updates}
        webhook = self.telegram.routes if self.telegram else []
        return build_app(Health(checks), self.metrics, [*webhook, Mount("", self.pages)])

    def _pages(self) -> list[BaseRoute]:
        from bot.channels.web.routes import routes  # noqa: PLC0415 - later, when it holds up nobody
        from bot.channels.web.web import Web  # noqa: PLC0415

        web = Web(
            self.answering,
            self.store.chats,
            self.store.secret,
            is_loopback=self.settings.is_local,
            password=plain(self.settings.posbot_web_password),
            trusted_proxies=tuple(map(str, self.settings.posbot_trusted_proxies)),
            teaching=self.teaching,
            desk_password=plain(self.settings.posbot_desk_password),
            retention_days=self.settings.posbot_retention_days,
        )
        return routes(web)

    async def _database(self) -> Condition:
        try:
            await self.store.ping()
        except StoreError:
            return Condition(State.DEGRADED, "away: answers come from memory, and nothing new is kept")
        return FINE

    async def _updates(self) -> Condition:
        return self.telegram.condition if self.telegram else Condition(State.OFF, "TELEGRAM_BOT_TOKEN is not set")


def _store(settings: Settings) -> Store:
    try:
        return Store(settings.database_url.text, plain(settings.posbot_secret_key))
    except StoreError as error:
        raise StartError(str(error)) from None


async def _first(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Wait until one of them ends."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _is_done(task: asyncio.Task[Any]) -> bool:
    """Whether a task came to its own end; one that still runs is cancelled, and what one ended with is raised."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
    if task.cancelled():
        return False
    task.result()
    return True
