"""The labelled questions that measurements are made on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.scoring import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

_TESTS = Path(__file__).parents[1]
DEV = _TESTS / "data" / "dev_questions.jsonl"
WRITTEN = sorted((_TESTS / "questions").glob("*.jsonl"))
"""Further questions, written for posbot: tests/questions/README.md tells how."""
TODAY = date(2026, 11, 23)
"""The day the labels are true of."""


def labels(files: Iterable[Path]) -> list[Label]:
    """The labelled questions of these files, in order."""
    return [
        Label.of(json.loads(line)) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()
    ]


def tuned(files: Iterable[Path]) -> list[Label]:
    """Those that may be read while tuning."""
    return [label for label in labels(files) if not label.held_out]
