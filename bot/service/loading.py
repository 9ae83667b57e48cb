"""Reads the knowledge and makes the engine, for every command that answers."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.core.engine import Engine
from bot.core.knowledge import layers_from, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.errors import KnowledgeError


def engine_over(folders: str | None) -> Engine:
    """The engine over the built-in knowledge and these folders; raises KnowledgeError."""
    with uncollected():
        return Engine(load(layers_from(folders)))


@contextmanager
def uncollected() -> Iterator[None]:
    """Make what stays to the end, many thousand objects, without searching them for garbage now or later."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def told_of_faults(error: KnowledgeError) -> str:
    """The first fault, and how many more there are."""
    more = f" (and {len(error.faults) - 1} more; see posbot check)" if len(error.faults) > 1 else ""
    return f"the knowledge cannot be used: {error.faults[0]}{more}"
