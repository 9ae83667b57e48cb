"""`posbot serve` as a process of its own against the double, to be stopped, killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.conftest import ROOT
from tests.telegram_lines import SECRET, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fakes.botapi import BotApi

STOP_SECONDS = 20
"""How long a stop may take on a busy machine; alone it takes 8 seconds at most."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Served:
    """The service: its settings, and its process while it runs."""

    api: BotApi
    mode: str
    folder: Path
    database_url: str
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Where its webhook is."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> Self:
        """Start it; it need not be ready when this returns."""
        own = {
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_BOT_TOKEN": self.api.token,
            "TELEGRAM_API_BASE": self.api.base_url,
            "DATABASE_URL": self.database_url,
            "POSBOT_SECRET_KEY": "a-key-that-all-replicas-share-0123456789",
            "POSBOT_PORT": str(self.port),
            "POSBOT_LOG_LEVEL": "warning",
        }
        if self.mode == WEBHOOK:
            own |= {"TELEGRAM_WEBHOOK_URL": self.address, "TELEGRAM_WEBHOOK_SECRET": SECRET}
        log = (self.folder / f"{self.port}.log").open("ab")
        with log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "serve", cwd=self.folder, env=os.environ | own, stdout=log, stderr=log
            )
        return self

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()

    @property
    def was_without_store(self) -> bool:
        """Whether the store was away for a while, as on a busy machine, so that answers could not be coordinated."""
        return "the database is away" in (self.folder / f"{self.port}.log").read_text("utf-8")

    async def end(self) -> None:
        """End it whatever state it is in."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@asynccontextmanager
async def serving(*services: Served) -> AsyncIterator[None]:
    """Start services, and end them at last."""
    try:
        for service in services:
            await service.start()
        yield
    finally:
        for service in services:
            await service.end()


async def done(database_url: str) -> set[int]:
    """The updates that the store knows to be done."""
    return {number for (number,) in await _execute(database_url, "SELECT id FROM claims WHERE done")}


async def let_leases_end(database_url: str) -> None:
    """Make the leases of whoever died end now; else they take half a minute."""
    await _execute(database_url, "UPDATE claims SET lease_until = 0 WHERE NOT done")


async def _execute(database_url: str, statement: str) -> list[tuple[int, ...]]:
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        with suppress(Exception):
            await engine.dispose()
