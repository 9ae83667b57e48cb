"""The knowledge in force: read at the start, read anew while the service runs."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.core.errors import KnowledgeError
from bot.service.health import FINE, Condition, State
from bot.service.loading import engine_over, told_of_faults

if TYPE_CHECKING:
    from bot.channels.answering import Answering
    from bot.service.metrics import Metrics

logger = logging.getLogger(__name__)

OLD_KEPT = "what is in its folders now cannot be used; what was read before is in force"


class Knowing:
    """Exchanges the engine that answers."""

    def __init__(self, folders: str | None, answering: Answering, metrics: Metrics) -> None:
        """Tell what is known at the start."""
        self._folders, self._answering, self._metrics = folders, answering, metrics
        self._one_at_a_time = asyncio.Lock()
        self._is_stale = False
        metrics.knows(answering.engine.knowledge)

    async def condition(self) -> Condition:
        """Whether what is in the folders is in force."""
        return Condition(State.DEGRADED, OLD_KEPT) if self._is_stale else FINE

    async def reload(self) -> None:
        """Read the folders anew; where they are faulty the old knowledge stays."""
        async with self._one_at_a_time:
            try:
                engine = await asyncio.to_thread(engine_over, self._folders)
            except KnowledgeError as error:
                self._is_stale = True
                logger.error("the old knowledge stays in force: %s", told_of_faults(error))  # noqa: TRY400 - one line
                return
            self._is_stale = False
            self._answering.engine = engine
            self._metrics.knows(engine.knowledge)
            logger.info("knowledge %s is in force", engine.knowledge.version)
            await self.warm()

    async def warm(self) -> None:
        """Make ready what is otherwise made when first needed, beside the answering."""
        await asyncio.to_thread(self._answering.engine.warm)
