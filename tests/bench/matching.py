"""Matching: how often the right code leads and what that costs, ours beside the rivals, also with far more knowledge."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.knowledge import built_in, load
from bot.core.scoring import Mark
from tests.bench import rivals, synthetic
from tests.bench.labelled import DEV, WRITTEN, labels
from tests.bench.worker import OURS, RUNS, Done, Task, installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.scoring import Label

SEED = 7
SIZES = (1, 10, 100)
"""How many times the phrases of the built-in knowledge."""
FEW = 100
"""Timed questions below which the 99th percentile says nothing."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") | {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a run may be."""

    sizes: tuple[int, ...]
    score_seconds: float
    time_seconds: float
    left_out: frozenset[str] = frozenset()


WHOLE = Plan(SIZES, score_seconds=10, time_seconds=12)
QUICK = Plan(SIZES[:2], score_seconds=3, time_seconds=2, left_out=frozenset({rivals.EMBEDDING}))


def run(*, quick: bool = False) -> None:
    """Print a pair of tables for each size of knowledge."""
    plan = QUICK if quick else WHOLE
    knowledge, questions = load([built_in()]), labels([DEV, *WRITTEN])
    print(NOTES.format(questions=len(questions), dev=len(labels([DEV])), runs=RUNS))
    for size in plan.sizes:
        with tempfile.TemporaryDirectory() as folder:
            made = _material(Path(folder), knowledge, size)
            print(f"\nKnowledge of {size} x the phrases: {made.phrases:,}", flush=True)
            done = {name: _measured(name, made, plan) for name in (OURS, *rivals.RIVALS) if name not in plan.left_out}
        print("\n".join([*accuracy(done, questions), "", *cost(done)]), flush=True)


@dataclass(frozen=True, slots=True)
class Made:
    """Knowledge of one size, for us and for the rivals."""

    layers: list[str]
    material: str
    phrases: int


def _material(folder: Path, knowledge: Knowledge, size: int) -> Made:
    """The built-in knowledge with a synthetic team's folder laid over it, and the same for the rivals."""
    phrases = len(rivals.material(knowledge).aliases)
    team = synthetic.entries_with(SEED, (size - 1) * phrases)
    given = rivals.material(knowledge, team)
    file = folder / "material.json"
    file.write_text(json.dumps(asdict(given)), "utf-8")
    layers = [built_in(), synthetic.write(folder / "team", team)] if team else [built_in()]
    return Made([str(layer) for layer in layers], str(file), len(given.aliases))


def _measured(name: str, made: Made, plan: Plan) -> Done | None:
    """What a worker found; None where the package is not installed."""
    if not installed(name):
        return None
    task = Task(name, made.layers, made.material, plan.score_seconds, plan.time_seconds)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.worker"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **ONE_THREAD},
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr}")
    found = json.loads(done.stdout)
    return Done(**found | {"marks": {int(at): mark for at, mark in found["marks"].items()}})


PARTS: dict[str, tuple[Mark, Callable[[Label], bool]]] = {
    "right": (Mark.RIGHT, lambda label: True),
    "in data": (Mark.RIGHT, lambda label: label.id.startswith("d")),
    "held out": (Mark.RIGHT, lambda label: label.held_out),
    "of codes": (Mark.RIGHT, lambda label: bool(label.codes)),
    "harm": (Mark.HARM, lambda label: True),
    "outside": (Mark.RIGHT, lambda label: label.kind == "out_of_scope"),
}
"""Columns of the table of accuracy: the share of questions of a part that got the mark."""


def accuracy(done: dict[str, Done | None], questions: Sequence[Label]) -> Iterator[str]:
    """The table of what was answered right."""
    yield f"{'':32}{'scored':>10}" + "".join(f"{name:>10}" for name in PARTS)
    for name, one in done.items():
        if one is None:
            yield f"{name:32}not installed; the extra named bench in pyproject.toml brings it"
        elif not one.marks:
            yield f"{name:32}not scored: only {rivals.MOST_EMBEDDED:,} phrases embedded, see the notes"
        else:
            shares = (_share(one, questions, mark, keep) for mark, keep in PARTS.values())
            yield f"{name:32}{len(one.marks):>10}" + "".join(f"{share:>10}" for share in shares)


def _share(done: Done, questions: Sequence[Label], mark: Mark, keep: Callable[[Label], bool]) -> str:
    marks = [given for at, given in done.marks.items() if keep(questions[at])]
    return f"{100 * marks.count(mark.value) / len(marks):.1f}%" if marks else "-"


def cost(done: dict[str, Done | None]) -> Iterator[str]:
    """The table of CPU time and memory, absolute and relative to ours."""
    yield f"{'':32}{'timed':>10}{'median ms':>11}{'p99 ms':>10}{'x ours':>8}{'load s':>10}{'x ours':>8}{'memory MB':>11}{'x ours':>8}"
    ours = done[OURS]
    assert ours is not None  # it needs no extra package
    for name, one in done.items():
        if one is None:
            continue
        median, ours_median = statistics.median(one.seconds), statistics.median(ours.seconds)
        p99 = f"{1000 * _p99(one.seconds):.2f}" if len(one.seconds) >= FEW else "-"
        loaded = f"{'~' if one.estimated else ''}{one.load:.2f}"
        yield (
            f"{name:32}{len(one.seconds):>10}{1000 * median:>11.3f}{p99:>10}{median / ours_median:>8.2f}"
            f"{loaded:>10}{one.load / ours.load:>8.2f}{one.memory / 1e6:>11.1f}{one.memory / ours.memory:>8.2f}"
        )


def _p99(seconds: Sequence[float]) -> float:
    """CPU time that 99 of 100 questions stay within."""
    return sorted(seconds)[int(0.99 * (len(seconds) - 1))]


NOTES = """\
{questions} labelled questions: {dev} in tests/data, the others in tests/questions. Marks are by bot/core/scoring.py.
scored, timed: questions; where all would take too long, an even sample. in data: those of tests/data alone. held out:
those kept out of tuning. of codes: those that want a code. harm: a code that would do damage leads. outside: those out of
scope, right when no code leads. CPU time a question: median of {runs} runs, each in a process whose caches are as cold as
after loading. load: CPU time until the first question can be asked (ours reads and checks the TOML folders, the others get
a list), imports left out. memory: resident memory that loading added. x ours: relative to posbot's, whatever the machine.
More knowledge is a made-up team's folder (tests/bench/synthetic.py, seed 7); the rivals get the same phrases. The sentence
embedding of more phrases than fit a minute is timed over repeated vectors, its load time reckoned (~), not scored."""
