"""Runs the Telegram channel by long polling, from start to a clean stop."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click
from telegram.error import InvalidToken

from bot.channels.answering import Answering
from bot.channels.telegram.access import Access
from bot.channels.telegram.app import build_application
from bot.channels.telegram.errors import kind_of
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.polling import Poller
from bot.store.claims import LocalClaims

if TYPE_CHECKING:
    from bot.channels.telegram.app import App
    from bot.core.engine import Engine
    from bot.service.settings import Settings

HOW_TO_START = (
    "TELEGRAM_BOT_TOKEN is not set: open a chat with @BotFather in Telegram, send /newbot, and set the token it gives."
)
REFUSED = "Telegram refused the bot token: check TELEGRAM_BOT_TOKEN, or ask @BotFather for a new one."
QUOTED_BY_KIND = ("telegram", "httpx", "httpcore")
"""Libraries that see messages and the token: what their log lines say is not repeated."""


def run_polling(settings: Settings, engine: Engine) -> int:
    """Serve Telegram until SIGTERM or SIGINT and return the exit code: 0, or 2 where the token is no use."""
    if settings.telegram_bot_token is None:
        click.echo(HOW_TO_START, err=True)
        return 2
    token = settings.telegram_bot_token.get_secret_value()
    start_logging(settings.posbot_log_level, settings.posbot_log_format, token)
    access = Access(
        settings.posbot_allowed_chats,
        settings.posbot_allowed_users,
        settings.posbot_admins,
        members=settings.posbot_allow_members,
    )
    application = build_application(
        token, Kit(Answering(engine, date.today), access=access), base_url=settings.telegram_api_base
    )
    try:
        asyncio.run(_serve_until_signal(application))
    except InvalidToken:
        click.echo(REFUSED, err=True)
        return 2
    return 0


async def _serve_until_signal(application: App) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Poller(application, Intake(application, LocalClaims())).run(stop)


def start_logging(level: str, layout: str | None, token: str) -> None:
    """Send log lines to stderr, without the token and without the words of libraries that see messages."""
    output = logging.StreamHandler()
    output.addFilter(Discreet(token))
    is_console = layout == "console" or (layout is None and sys.stderr.isatty())
    output.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s") if is_console else JsonLines()
    )
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)
    for name in QUOTED_BY_KIND:
        logging.getLogger(name).setLevel(logging.WARNING)


class Discreet(logging.Filter):
    """Takes secrets out of every record that passes a log handler, from its traceback too."""

    def __init__(self, token: str) -> None:
        """Remember what must never be printed."""
        super().__init__()
        self.token = token

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it is always kept."""
        error = record.exc_info[1] if record.exc_info else None
        if record.name.partition(".")[0] in QUOTED_BY_KIND:
            record.msg = f"reports {kind_of(error)}" if error else "reports a fault"
            record.exc_text = record.stack_info = None
        else:
            record.msg = self._without_token(record.getMessage())
            record.exc_text = self._without_token(_traceback(record)) or None
            record.stack_info = self._without_token(record.stack_info or "") or None
        record.args, record.exc_info = (), None
        return True

    def _without_token(self, text: str) -> str:
        return text.replace(self.token, "<token>") if self.token else text


def _traceback(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else record.exc_text or ""


class JsonLines(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(line | ({"traceback": record.exc_text} if record.exc_text else {}))
