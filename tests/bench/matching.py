"""Matching: how often the right code leads, and what a question costs in CPU time, ours beside the rivals."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.knowledge import built_in, load
from bot.core.scoring import Label, Mark, Tally, score
from bot.core.text import stem
from tests.bench import rivals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply

    Build = Callable[[], Callable[[Label], Reply]]

QUESTIONS = Path(__file__).parents[1] / "data" / "dev_questions.jsonl"
TODAY = date(2026, 11, 23)
RUNS = 5
OURS = "posbot"


@dataclass(frozen=True)
class Measured:
    """How one way of matching did."""

    name: str
    tally: Tally
    seconds: tuple[float, ...]
    """CPU time of each question, the median of the runs."""

    @property
    def median(self) -> float:
        """CPU time of the middle question."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """CPU time that 99 of 100 questions stay within."""
        return sorted(self.seconds)[int(0.99 * (len(self.seconds) - 1))]


def labels() -> list[Label]:
    """The labelled questions kept with the tests."""
    return [Label.of(json.loads(line)) for line in QUESTIONS.read_text("utf-8").splitlines()]


def measure(name: str, build: Build, questions: Sequence[Label]) -> Measured:
    """Answer every question in five runs, each with a matcher built anew, so that no cache helps the next run."""
    runs: list[list[float]] = []
    replies: list[Reply] = []
    for _ in range(RUNS):
        stem.cache_clear()
        answer = build()
        answer(Label("warm", "warm up", "smalltalk"))
        replies, spent = [], []
        for question in questions:
            began = time.process_time()
            replies.append(answer(question))
            spent.append(time.process_time() - began)
        runs.append(spent)
    tally = Tally([score(question, reply) for question, reply in zip(questions, replies, strict=True)])
    return Measured(name, tally, tuple(statistics.median(each) for each in zip(*runs, strict=True)))


def measure_all() -> list[Measured]:
    """Ours first, then the rivals in their order."""
    knowledge = load([built_in()])
    builds: dict[str, Build] = {OURS: partial(rivals.ours, knowledge, TODAY)}
    for name, rival in rivals.RIVALS.items():
        builds[name] = partial(_build, rival, knowledge)
    questions = labels()
    return [measure(name, build, questions) for name, build in builds.items()]


def _build(rival: Callable[[Knowledge], rivals.Find], knowledge: Knowledge) -> rivals.Answer:
    return rivals.leading(rival(knowledge), TODAY)


def table(measured: Sequence[Measured]) -> str:
    """One table: shares of all questions, right where a code is wanted, CPU time, and that time relative to ours."""
    lines = [
        f"{'':32}{'right':>8}{'of codes':>10}{'harm':>8}{'declined':>10}{'median ms':>11}{'p99 ms':>9}{'x ours':>8}"
    ]
    for one in measured:
        wanted = one.tally.of(lambda each: bool(each.label.codes))
        outside = one.tally.of(lambda each: each.label.kind == "out_of_scope")
        shares = f"{_percent(one.tally, Mark.RIGHT):>8}{_percent(wanted, Mark.RIGHT):>10}{_percent(one.tally, Mark.HARM):>8}{_percent(outside, Mark.RIGHT):>10}"
        times = f"{1000 * one.median:>11.3f}{1000 * one.p99:>9.3f}{one.median / measured[0].median:>8.2f}"
        lines.append(f"{one.name:32}{shares}{times}")
    return "\n".join(lines)


def _percent(tally: Tally, mark: Mark) -> str:
    return f"{100 * tally.share(mark):.1f}%"


NOTES = f"""
{{questions}} labelled questions (tests/data). right: of all, by the rules of bot/core/scoring.py. of codes: of those that
want a code. harm: a code that would do damage leads. declined: of those out of scope, no code leads. CPU time a question,
median of {RUNS} runs, each with a matcher built anew; x ours: median time relative to posbot's, whatever the machine."""


def run() -> None:
    """Print the table."""
    measured = measure_all()
    print(table(measured))
    print(NOTES.format(questions=len(measured[0].tally.scores)))
