"""Counts of what the intake takes, for metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.channels.telegram.outcome import Outcome


@dataclass(slots=True)
class Tally:
    """Counts for metrics."""

    kinds: Counter[str] = field(default_factory=Counter)
    """Updates taken, by kind; `other` is what no handler takes."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """Updates that came to an end here."""
    redelivered: int = 0
    """Updates that came again while in hand, or had been answered before."""
    elsewhere: int = 0
    """Updates that another process had in hand."""
    nameless: int = 0
    """What came without an id, and so can be neither answered nor confirmed."""
    last_at: float | None = None
    """When the last update came, in seconds since 1970."""
    last_done_at: float | None = None
    """When the last update was done."""
