"""How the blocks of a card stand together on a page, alike in every channel that draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.models import Block

SIDE = "- "
"""What the engine puts before each reading of a debated fact."""


def passages(blocks: Iterable[Block]) -> list[list[Block]]:
    """Put blocks without a label to the labelled one of the same part before them."""
    found: list[list[Block]] = []
    for block in blocks:
        if found and not block.label and found[-1][0].label and found[-1][0].part is block.part:
            found[-1].append(block)
        else:
            found.append([block])
    return found
