"""Starts `posbot serve`: settings are there already, then the knowledge is read, and only then the rest is imported.

In this order what reading the knowledge needed for a while is used again for the rest, which saves a sixth of the
memory that the service takes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from bot.core.errors import KnowledgeError
from bot.service.errors import StartError
from bot.service.listening import listen
from bot.service.loading import engine_over, told_of_faults, uncollected

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.settings import Settings

SWITCH_SECONDS = 0.0005
"""How long a thread that works may keep those that answer waiting: a tenth of what Python has it do."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises StartError where it cannot start, or Telegram refuses the token."""
    leave_out()
    sys.setswitchinterval(SWITCH_SECONDS)
    from bot.service.logs import start_logging  # noqa: PLC0415 - see above

    start_logging(settings.posbot_log_level, settings.posbot_log_format, settings.secrets)
    listener = listen(settings)
    with uncollected():
        try:
            engine = engine_over(settings.posbot_knowledge)
        except KnowledgeError as error:
            raise StartError(told_of_faults(error)) from None
        from bot.service.service import Service  # noqa: PLC0415 - see above

        service = Service(settings, engine)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(service.serve(listener))


def leave_out() -> None:
    """Keep out what libraries load where it is there and nobody wants here, ten megabytes and a fifth of a second of it.

    structlog draws exceptions with rich, which are only named here; httpx has a command line client.
    """
    for unwanted in ("rich", "httpx._main"):
        sys.modules.setdefault(unwanted, None)  # type: ignore[arg-type]


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not to be had everywhere
    except ImportError:
        return None
    return uvloop.new_event_loop
