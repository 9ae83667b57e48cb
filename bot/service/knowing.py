"""Reads the knowledge anew while the service runs, and keeps the old one where the new one is faulty."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.core.errors import KnowledgeError
from bot.service.health import FINE, Condition, State
from bot.service.loading import engine_over, told_of_faults, uncollected

if TYPE_CHECKING:
    from bot.channels.teaching import Teaching

logger = logging.getLogger(__name__)

BETWEEN_PIECES = 0.02
"""Seconds for answers between two pieces of what is made ready."""
OLD_KEPT = "what is in its folders now cannot be used; what was read before is in force"


class Knowing:
    """Tells what is in force, and exchanges it."""

    def __init__(self, folders: str | None, teaching: Teaching) -> None:
        """Take POSBOT_KNOWLEDGE, and what exchanges the engine and keeps what was taught in it."""
        self._folders, self._teaching = folders, teaching
        self._is_stale = False

    async def condition(self) -> Condition:
        """Whether what is in the folders is in force."""
        return Condition(State.DEGRADED, OLD_KEPT) if self._is_stale else FINE

    async def reload(self) -> None:
        """Read the folders anew; where they are faulty the old knowledge stays."""
        try:
            engine = await asyncio.to_thread(engine_over, self._folders)
        except KnowledgeError as error:
            self._is_stale = True
            logger.error("the old knowledge stays in force: %s", told_of_faults(error))  # noqa: TRY400 - one line
            return
        await self._teaching.reload(engine)
        self._is_stale = False
        logger.info("knowledge %s is in force", self._teaching.knowledge.version)
        await self.warm()

    async def warm(self) -> None:
        """Make ready what is otherwise made when first needed, beside the answering."""
        with uncollected():
            for _ in self._teaching.answering.engine.warming():
                await asyncio.sleep(BETWEEN_PIECES)
