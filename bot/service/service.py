"""The running service: its parts, the order in which they start, and a clean stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import click

from bot.channels.answering import Answering
from bot.channels.web.routes import routes
from bot.channels.web.web import Web
from bot.service.errors import StartError
from bot.service.health import FINE, Condition, Health, State
from bot.service.http import build_app
from bot.service.knowing import Knowing
from bot.service.listening import opening
from bot.service.metrics import Metrics
from bot.service.serving import Server
from bot.service.settings import plain
from bot.store.errors import StoreError
from bot.store.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine
    from typing import Any

    from starlette.routing import BaseRoute

    from bot.core.engine import Engine
    from bot.service.passage import Passage
    from bot.service.settings import Settings
    from bot.service.telegram import Telegram

logger = logging.getLogger(__name__)

WARM_AFTER = 2.0
"""Seconds after the start in which answers come before what makes later ones quicker."""
CLOSING_SECONDS = 1.5
"""How long letting go of the store may take at the end."""


class Service:
    """Everything that runs."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Put the parts together; nothing runs yet. Raises StartError."""
        self.settings = settings
        self.metrics = Metrics()
        self.answering = Answering(engine, date.today, [self.metrics.answered])
        self.knowing = Knowing(settings.posbot_knowledge, self.answering, self.metrics)
        self.store = _store(settings)
        self.metrics.measure("store_away", "1 while the database is away.", lambda: float(self.store.is_away))
        self.telegram = self._telegram()
        self._stop = asyncio.Event()
        self._beside: set[asyncio.Task[None]] = set()

    def _telegram(self) -> Telegram | None:
        token = self.settings.telegram_bot_token
        if token is None:
            return None
        from bot.service.telegram import Telegram  # noqa: PLC0415 - much to import, and not everybody uses it

        telegram = Telegram(self.settings, token.text, self.answering, self.store)
        telegram.tell(self.metrics)
        return telegram

    async def serve(self, listener: socket.socket) -> None:
        """Serve on a listener until told to stop; raises StartError, or whatever ended a part that has to run."""
        self._heed_signals()
        try:
            await self.store.start()
            await self._serve(Server(self._app()), listener)
        except StoreError as error:
            raise StartError(str(error)) from None
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self.store.close()

    async def _serve(self, server: Server, listener: socket.socket) -> None:
        serving = asyncio.create_task(server.serve([listener]))
        keeping = asyncio.create_task(self.store.run(self.settings.posbot_retention_days))
        await server.is_serving.wait()
        click.echo(opening(self.settings, listener))
        conversing = asyncio.create_task(self._converse())
        self.begin(self._warm())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait((stopping, serving, keeping, conversing), return_when=asyncio.FIRST_COMPLETED)
        self._stop.set()
        await asyncio.wait((conversing,))  # answers what is in hand, which needs all the others
        server.should_exit = True
        for task in (keeping, stopping, *self._beside):
            task.cancel()
        await asyncio.wait((serving, keeping, stopping, *self._beside))
        logger.info("ended")
        for task in (conversing, serving, keeping):
            if not task.cancelled():
                task.result()

    async def _converse(self) -> None:
        if self.telegram is None:
            await self._stop.wait()
        else:
            await self.telegram.run(self._stop)

    async def _warm(self) -> None:
        await asyncio.sleep(WARM_AFTER)
        await self.knowing.warm()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the serving, until it is done or the service stops."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self.begin(self.knowing.reload()))

    def _app(self) -> Passage:
        checks = {"knowledge": self.knowing.condition, "database": self._database, "updates": self._updates}
        webhook = self.telegram.routes if self.telegram else []
        return build_app(Health(checks), self.metrics, [*webhook, *self._pages()])

    def _pages(self) -> list[BaseRoute]:
        web = Web(
            self.answering,
            self.store.chats,
            self.store.secret,
            is_loopback=self.settings.is_local,
            password=plain(self.settings.posbot_web_password),
            trusted_proxies=tuple(map(str, self.settings.posbot_trusted_proxies)),
        )
        return routes(web)

    async def _database(self) -> Condition:
        away = Condition(State.DEGRADED, "away: answers come from memory, and nothing new is kept")
        if self.store.is_away:
            return away
        try:
            await self.store.ping()
        except StoreError:
            return away
        return FINE

    async def _updates(self) -> Condition:
        return self.telegram.condition if self.telegram else Condition(State.OFF, "TELEGRAM_BOT_TOKEN is not set")


def _store(settings: Settings) -> Store:
    try:
        return Store(settings.database_url.text, plain(settings.posbot_secret_key))
    except StoreError as error:
        raise StartError(str(error)) from None
