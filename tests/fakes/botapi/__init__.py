"""A local double of Telegram's Bot API that refuses what Telegram refuses.

It serves HTTP on a free port of 127.0.0.1 and keeps chats, messages and the queue of updates in memory. Where
Telegram is lenient about markup but its manual is not (a bare `&` or `>`), the double follows the manual.
"""

from tests.fakes.botapi.api import BotApi, Call
from tests.fakes.botapi.faults import Fault
from tests.fakes.botapi.markup import MAX_TEXT, VISIBLE, parse_html
from tests.fakes.botapi.world import (
    BOT,
    CLERK,
    FORUM,
    GROUP,
    MAX_CALLBACK_DATA,
    MIDNIGHT,
    PRIVATE,
    TOKEN,
    TOPIC,
    Raw,
    buttons,
    entities_of,
    units,
)

__all__ = [
    "BOT",
    "CLERK",
    "FORUM",
    "GROUP",
    "MAX_CALLBACK_DATA",
    "MAX_TEXT",
    "MIDNIGHT",
    "PRIVATE",
    "TOKEN",
    "TOPIC",
    "VISIBLE",
    "BotApi",
    "Call",
    "Fault",
    "Raw",
    "buttons",
    "entities_of",
    "parse_html",
    "units",
]
