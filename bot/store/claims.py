"""Who answers an update: each update id is claimed before it is answered, so that no two processes answer it."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol


class Standing(Enum):
    """What a claim on an update came to."""

    MINE = auto()
    """This process answers it now."""
    DONE = auto()
    """It was answered: confirm it and do nothing."""
    ELSEWHERE = auto()
    """Another process has it in hand, or this one does already: leave it."""


class Claims(Protocol):
    """Claims on updates by their ids; never raises and never takes longer than a moment."""

    async def claim(self, update_id: int) -> Standing:
        """Claim an update, or learn who has it."""

    async def finish(self, update_id: int) -> None:
        """Note that a claimed update was answered, or never can be."""

    async def release(self, update_id: int) -> None:
        """Give a claimed update back unanswered: whoever gets it next may take it at once."""


class LocalClaims:
    """Claims of a process that is alone and keeps no store."""

    def __init__(self) -> None:
        """Begin with none."""
        self._held: dict[int, Standing] = {}

    async def claim(self, update_id: int) -> Standing:
        """Claim an update, or learn who has it."""
        known = self._held.setdefault(update_id, Standing.MINE)
        if known is Standing.MINE:
            self._held[update_id] = Standing.ELSEWHERE
        return known

    async def finish(self, update_id: int) -> None:
        """Note that a claimed update was answered, or never can be."""
        self._held[update_id] = Standing.DONE

    async def release(self, update_id: int) -> None:
        """Give a claimed update back unanswered."""
        self._held.pop(update_id, None)
