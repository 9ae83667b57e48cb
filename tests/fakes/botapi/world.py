"""Who and what there is in the double's world, and how it says no."""

from __future__ import annotations

import re
from typing import Any

Raw = dict[str, Any]

TOKEN = "4242:double-of-the-bot-api"
BOT: Raw = {"id": 4242, "is_bot": True, "first_name": "POS", "username": "PosDoubleBot", "can_join_groups": True}
CLERK: Raw = {"id": 7001, "is_bot": False, "first_name": "Casey", "username": "casey_bills"}
PRIVATE: Raw = {"id": 7001, "type": "private", "first_name": "Casey", "username": "casey_bills"}
GROUP: Raw = {"id": -1001, "type": "supergroup", "title": "Billing team"}
FORUM: Raw = {"id": -1002, "type": "supergroup", "title": "Billing forum", "is_forum": True}
TOPIC = 77
MIDNIGHT = 1_795_392_000
"""The moment every message of the double is dated."""

MAX_CALLBACK_DATA = 64


class RefusedError(Exception):
    """Telegram's answer to a request it will not carry out."""

    def __init__(self, description: str, code: int = 400, **parameters: Any) -> None:
        """Put Telegram's usual words before the description."""
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 404: "Not Found: ", 409: "Conflict: "}.get(code, "")
        self.code, self.parameters = code, parameters
        super().__init__(prefix + description)


def buttons(message: Raw) -> list[Raw]:
    """The inline buttons under a message, row by row."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def entities_of(text: str) -> list[Raw]:
    """The commands and mentions that Telegram's clients mark, in UTF-16 units."""
    patterns = {"bot_command": r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?", "mention": r"(?<![\w/])@\w{3,32}"}
    return [
        {"type": kind, "offset": units(text[: found.start()]), "length": units(found[0])}
        for kind, pattern in patterns.items()
        for found in re.finditer(pattern, text)
    ]


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
