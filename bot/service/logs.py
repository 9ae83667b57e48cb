"""Log lines: what is told, and what never is.

Staff paste patients' names, and every library that touches a message may put it into its own words. So only our own
modules are quoted. Of everybody else's lines the log tells who reports a fault and of what kind; those that report
none are left out. Of an exception it tells the class and the places it passed through, never the words, which may
hold what somebody wrote. Known secrets are struck out on top of that.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from structlog.typing import Processor

logger = logging.getLogger(__name__)

OURS = "bot"
LOUD = ("aiohttp", "alembic", "asyncio", "httpcore", "httpx", "sqlalchemy", "telegram", "uvicorn")
"""Libraries that have much to say below a warning; none of it is told, so none of it need be made."""
SHORTEST_SECRET = 6
"""Letters from which a secret is struck out: a shorter one would strike out ordinary words."""
STRUCK = "<secret>"
MOST_PLACES = 12


def start_logging(
    level: str, layout: str | None = None, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send log lines to standard error: for people on a terminal, else as JSON, where no layout is asked for."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.addFilter(Discreet(secrets))
    is_console = layout == "console" or (layout is None and out.isatty())
    handler.setFormatter(_formatter(is_console=is_console, colors=out.isatty()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The library's way to tell of a log line that could not be made is to print all that should have gone into it.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs], logger_factory=structlog.stdlib.LoggerFactory()
    )
    _report_what_nobody_caught()


def _formatter(*, is_console: bool, colors: bool) -> logging.Formatter:
    on_each: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
    ]
    shape: list[Processor]
    if is_console:
        shape = [
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=colors),
        ]
    else:
        shape = [
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ]
    bare = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=on_each, processors=[bare, *shape])


def told_of(error: BaseException | None) -> str:
    """Class and places of a fault and of those behind it, innermost place last, without a word of theirs."""
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        told.append(f"{type(error).__name__}{_places(error.__traceback__)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return ", after ".join(told) or "no exception"


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-MOST_PLACES:]
    path = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
    return f" at {path}" if path else ""


class Discreet(logging.Filter):
    """Rewrites every record that passes, so that it holds nothing but what may be told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Remember what must never be printed; the longest first, as one may hold another."""
        super().__init__()
        self._secrets = sorted((each for each in secrets if len(each) >= SHORTEST_SECRET), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place, or leave it out."""
        if not _is_ours(record.name):
            if record.levelno < logging.WARNING:
                return False
            told = f"{record.name} reports a fault"
        else:
            told = self._struck(_message(record))
        if record.exc_info:
            told = f"{told}: {self._struck(told_of(record.exc_info[1]))}"
        record.msg, record.args = told, ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True

    def _struck(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, STRUCK)
        return text


def _is_ours(name: str) -> bool:
    return name == OURS or name.startswith(f"{OURS}.")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return "a log line could not be made"


def _report_what_nobody_caught() -> None:
    """Have Python tell of such exceptions in the log, in place of tracebacks that quote them."""

    def end(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        logger.critical("ended by %s", told_of(error))

    def ignored(unraisable: sys.UnraisableHookArgs) -> None:
        logger.error("ignored %s", told_of(unraisable.exc_value))

    def in_thread(failed: threading.ExceptHookArgs) -> None:
        logger.error("a thread ended by %s", told_of(failed.exc_value))

    sys.excepthook, sys.unraisablehook, threading.excepthook = end, ignored, in_thread
