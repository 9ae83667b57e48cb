"""Prints how the engine does on labelled questions: all, tuned and held out, by kind, the misses, and how sure it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.core.models import Question
from bot.core.scoring import BINS, SURE, Label, Mark, Score, Tally, bins, calibration_error, score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from bot.core.engine import Engine


class LabelError(ValueError):
    """The file is not one of labelled questions; the message names the line."""


def run(engine: Engine, file: Path, today: date) -> float:
    """Score every question, print the tables, give back the share that is right."""
    tally = Tally(
        [score(label, engine.answer(Question(label.q, today, context=label.context))) for label in _labels(file)]
    )
    tuned, held_out = tally.of(lambda one: not one.label.held_out), tally.of(lambda one: one.label.held_out)
    click.echo(f"{'':14}{'questions':>10}{'right':>8}{'soft':>8}{'wrong':>8}{'harm':>8}{'facts':>8}")
    for name, part in (("all", tally), ("tuned", tuned), ("held out", held_out)):
        click.echo(_row(name, part))
    click.echo()
    for kind in tally.kinds():
        click.echo(_row(kind, tally.of(lambda one, kind=kind: one.label.kind == kind)))  # type: ignore[misc]
    click.echo()
    for one in tally.scores:
        if one.mark is not Mark.RIGHT or one.facts_found < len(one.label.facts):
            click.echo(missed(one))
    click.echo()
    for line in _calibration(tally, held_out):
        click.echo(line)
    return tally.share(Mark.RIGHT)


def _labels(file: Path) -> list[Label]:
    labels = []
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise LabelError(f"{file.name} is not UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                labels.append(Label.of(json.loads(line)))
            except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
                raise LabelError(
                    f"{file.name} line {number} is no labelled question (id, q and kind are wanted)"
                ) from None
    if not labels:
        raise LabelError(f"{file.name} holds no labelled question")
    return labels


def _row(name: str, tally: Tally) -> str:
    marks = "".join(f"{100 * tally.share(mark):7.1f}%" for mark in (Mark.RIGHT, Mark.SOFT, Mark.WRONG, Mark.HARM))
    return f"{name:14}{len(tally.scores):>10}{marks}{100 * tally.facts:7.1f}%"


def _calibration(tally: Tally, held_out: Tally) -> Iterator[str]:
    """How far an answer can be taken at its word."""
    yield f"{'confidence':14}{'answers':>10}{'mean':>8}{'right':>8}{'soft':>8}"
    for one in bins(tally):
        name = f"{one.low:.1f} to {one.low + 1 / BINS:.1f}"
        shares = f"{100 * one.tally.share(Mark.RIGHT):7.1f}%{100 * one.tally.share(Mark.SOFT):7.1f}%"
        yield f"{name:14}{len(one.tally.scores):>10}{one.confidence:>8.3f}{shares}"
    yield f"expected calibration error: {calibration_error(tally):.3f}, held out {calibration_error(held_out):.3f}"
    for name, part in (("", tally.sure_answers), ("held out, ", held_out.sure_answers)):
        right = 100 * part.share(Mark.RIGHT)
        yield f"{name}answers given with {SURE} or more: {len(part.scores)}, right {right:.1f} %"


def missed(one: Score) -> str:
    """A line on one question: its mark, what was wanted and what came."""
    wanted = ",".join(one.label.codes) or "no code"
    given = ",".join(one.reply.codes) or (
        "asks " + ",".join(choice.code for choice in one.reply.choices)
        if one.reply.choices
        else one.reply.outcome.value
    )
    facts = f", {one.facts_found} of {len(one.label.facts)} facts" if one.label.facts else ""
    return f"{one.mark.value:6} {one.label.id} {one.label.kind}: {one.label.q!r} wanted {wanted}, got {given}{facts}"
