"""Reads the knowledge and makes the engine, for every command that answers."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from bot.core.engine import Engine
from bot.core.knowledge import layers_from, load

if TYPE_CHECKING:
    from bot.core.errors import KnowledgeError


def engine_over(folders: str | None) -> Engine:
    """The engine over the built-in knowledge and these folders; raises KnowledgeError."""
    gc.disable()  # many thousand objects are made here that stay to the end: no use in searching them for garbage
    try:
        return Engine(load(layers_from(folders)))
    finally:
        gc.freeze()
        gc.enable()


def told_of_faults(error: KnowledgeError) -> str:
    """The first fault, and how many more there are."""
    more = f" (and {len(error.faults) - 1} more; see posbot check)" if len(error.faults) > 1 else ""
    return f"the knowledge cannot be used: {error.faults[0]}{more}"
