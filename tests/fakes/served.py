"""A real `posbot serve` in a process of its own, to talk to and to end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOT = Path(__file__).parents[2]
PATIENCE = 30
"""Seconds a test waits for what should come at once."""
ADDRESS = re.compile(r"http://\S+/")


@dataclass(slots=True)
class Served:
    """The running process."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    log_file: Path
    told: list[str]
    """The lines printed at the start."""

    @property
    def address(self) -> str:
        """What it says a browser should open."""
        found = ADDRESS.search(self.told[-1])
        assert found, self.told
        return found[0]

    @property
    def log(self) -> str:
        """Everything logged so far."""
        return self.log_file.read_text("utf-8")

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """What /readyz says."""
        answer = await self.http.get("/readyz")
        return answer.status_code, answer.json()

    async def until(self, holds: Callable[[int, dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask /readyz until what it says holds, and give that back."""
        seen: dict[str, Any] = {}

        async def looked() -> bool:
            status, body = await self.ready()
            seen.update(body)
            return holds(status, body)

        await until(looked)
        return seen

    async def metrics(self) -> str:
        """What /metrics says."""
        return (await self.http.get("/metrics")).text

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it to end, and wait for its exit code."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until something holds; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def environment(**settings: str) -> dict[str, str]:
    """Nothing of this machine's settings, and a database in the folder."""
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("POSBOT_", "TELEGRAM_", "PYTHON"))
    }
    bare.pop("DATABASE_URL", None)
    return {**bare, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "POSBOT_PORT": "0", **settings}


async def start(folder: Path, log_file: Path, **settings: str) -> asyncio.subprocess.Process:
    """Start it in a folder, its log into a file."""
    with log_file.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-B", "-m", "bot", "serve"),
            cwd=folder,
            env=environment(**settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )


@asynccontextmanager
async def served(folder: Path, **settings: str) -> AsyncIterator[Served]:
    """Start it, and wait for the line with its address; afterwards it is gone."""
    log_file = folder / "log"
    process = await start(folder, log_file, **settings)
    try:
        told = await _told(process, log_file)
        async with httpx.AsyncClient(base_url=ADDRESS.findall(told[-1])[0], timeout=PATIENCE) as http:
            yield Served(process, http, log_file, told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _told(process: asyncio.subprocess.Process, log_file: Path) -> list[str]:
    assert process.stdout
    told: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not told or not ADDRESS.search(told[-1]):
            line = (await process.stdout.readline()).decode()
            assert line, log_file.read_text("utf-8")  # noqa: ASYNC240 - only where it ended
            told.append(line.rstrip("\n"))
    return told
