"""Who waits for whom: the updates of a chat are answered one after another, those of different chats side by side."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Lane: TypeAlias = tuple[str, int]

KINDS = ("message", "edited_message", "callback_query", "inline_query")
"""The kinds of update that are answered."""


class Turn:
    """A place in the line of a lane."""

    __slots__ = ("_called", "_line")

    def __init__(self, line: list[Turn]) -> None:
        """Stand at the end of a line."""
        self._line = line
        self._called: asyncio.Future[None] | None = None
        line.append(self)

    async def comes(self) -> None:
        """Wait until nobody is ahead."""
        if self._line[0] is not self:
            self._called = asyncio.get_running_loop().create_future()
            await self._called

    def leave(self) -> None:
        """Leave the line; who leaves from the middle lets nobody pass those ahead."""
        self._line.remove(self)
        if self._line:
            self._line[0].call()

    def call(self) -> None:
        """Tell whoever waits that nobody is ahead any more."""
        if self._called is not None and not self._called.done():
            self._called.set_result(None)


class Lanes:
    """The lines of all lanes in use."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: dict[Lane, list[Turn]] = {}

    def enter(self, lane: Lane | None) -> Turn:
        """Stand in line in a lane; None is a lane of one's own."""
        return Turn([] if lane is None else self._lines.setdefault(lane, []))

    def leave(self, lane: Lane | None, turn: Turn) -> None:
        """Leave the line, and forget a lane nobody is in."""
        turn.leave()
        if lane is not None and not self._lines[lane]:
            del self._lines[lane]


def lane_of(raw: dict[str, Any]) -> Lane | None:
    """Whose updates are answered one after another: a chat's, or where there is no chat a person's; None has no order."""
    for kind in KINDS:
        content = raw.get(kind)
        if not isinstance(content, dict):
            continue
        message = content.get("message") if kind == "callback_query" else content
        if isinstance(message, dict) and (chat := _id_in(message.get("chat"))) is not None:
            return "chat", chat
        if (person := _id_in(content.get("from"))) is not None:
            return "person", person
    return None


def _id_in(raw: object) -> int | None:
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if isinstance(found, int) else None
