"""The two bots that are measured, each a process of its own, and what the kernel says of them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.telegram.app import AT_ONCE
from tests.bench.telegram_double import TOKEN, Double

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
OURS, ECHO = "posbot", "echo"
POLLING, WEBHOOK = "polling", "webhook"
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST_START = 30.0
STOPS_WITHIN = 10.0
CORES = sorted(os.sched_getaffinity(0))
"""Those we may use: the double and its load have the first, the bot has the last."""


class BenchError(Exception):
    """A bot that does not do what it is measured at."""


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass(slots=True)
class Bot:
    """A bot's process with its double of the Bot API."""

    name: str
    mode: str
    double: Double
    folder: Path
    """Where it keeps its database and what it writes to standard error."""
    command: Callable[[Bot, int], list[str]]
    """The command line for a free port."""
    process: asyncio.subprocess.Process | None = None
    port: int = field(default_factory=free_port)

    async def start(self) -> float:
        """Start it with one update waiting, and give the seconds from there to its answer."""
        asked = self.double.offer()
        with (self.folder / "stderr").open("ab") as errors:
            began = time.monotonic()
            self.process = await asyncio.create_subprocess_exec(
                *self.command(self, self.port), env=self._environment(), cwd=self.folder, stdout=errors, stderr=errors
            )
        os.sched_setaffinity(self.process.pid, {CORES[-1]})
        if not await self.double.until(lambda: asked.answered is not None, LONGEST_START):
            raise BenchError(f"{self.name} ({self.mode}) did not answer: {self.last_words()}")
        assert asked.answered is not None
        return asked.answered - began

    def _environment(self) -> dict[str, str]:
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE": self.double.base_url,
            "POSBOT_PORT": str(self.port),
            "POSBOT_LOG_LEVEL": "warning",
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.folder / 'posbot.db'}",
        }
        if self.mode == WEBHOOK:
            environment["TELEGRAM_WEBHOOK_URL"] = f"http://127.0.0.1:{self.port}/telegram"
            environment["TELEGRAM_WEBHOOK_SECRET"] = "a-secret-of-the-bench"
        return environment

    def kill(self) -> None:
        """End it as the kernel ends what takes too much memory."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOPS_WITHIN):
                    await self.process.wait()
            except TimeoutError:
                self.kill()
        if self.process:
            await self.process.wait()

    @property
    def cpu(self) -> float:
        """CPU seconds so far, of all its threads."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> int:
        """Bytes of resident memory now."""
        return self._status("VmRSS")

    @property
    def peak(self) -> int:
        """The most bytes of resident memory so far."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        line = next(line for line in self._proc("status").splitlines() if line.startswith(name + ":"))
        return int(line.split()[1]) * 1024

    def _proc(self, name: str) -> str:
        assert self.process is not None
        try:
            return Path(f"/proc/{self.process.pid}/{name}").read_text("utf-8")
        except OSError:
            raise BenchError(f"{self.name} ({self.mode}) is gone: {self.last_words()}") from None

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        said = (self.folder / "stderr").read_text("utf-8", "replace").strip()
        return said[-2000:] or "it said nothing"


def ours(_: Bot, __: int) -> list[str]:
    """The command that runs ours."""
    return [sys.executable, "-m", "bot", "serve"]


def echo(bot: Bot, port: int) -> list[str]:
    """The command that runs the echo bot, bounded as ours is."""
    more = [str(port)] if bot.mode == WEBHOOK else []
    return [sys.executable, "-m", "tests.bench.telegram_echo", bot.mode, bot.double.base_url, str(AT_ONCE), *more]


COMMANDS = {OURS: ours, ECHO: echo}


def make(name: str, mode: str, folder: Path, questions: Iterator[str], command: Callable[[Bot, int], list[str]]) -> Bot:
    """A bot that is not yet running; its double is not either."""
    # A database of its own each time: update ids begin anew, and an old one would know them.
    place = Path(tempfile.mkdtemp(prefix=f"{name}-{mode}-", dir=folder))
    return Bot(name, mode, Double(questions), place, command)


def keep_to_one_core() -> None:
    """Leave the bots a core of their own."""
    os.sched_setaffinity(0, {CORES[0]})
