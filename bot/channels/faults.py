"""Tells what went wrong without repeating what somebody wrote."""

from __future__ import annotations

import traceback
from pathlib import Path

OURS = str(Path(__file__).parents[1])
APOLOGY = "Something went wrong on my side. Please ask again in a moment."


def kind_of(error: BaseException | None) -> str:
    """Name the class of a fault and where in our code it arose, without its words."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    frames = [frame for frame in frames if frame.filename.startswith(OURS)] or frames
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
