"""Prints how the engine does on labelled questions: all, tuned and held out, by kind, with the misses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.core.models import Question
from bot.core.scoring import Label, Mark, Score, Tally, score

if TYPE_CHECKING:
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
            click.echo(_miss(one))
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


def _miss(one: Score) -> str:
    wanted = ",".join(one.label.codes) or "no code"
    given = ",".join(one.reply.codes) or (
        "asks " + ",".join(choice.code for choice in one.reply.choices)
        if one.reply.choices
        else one.reply.outcome.value
    )
    facts = f", {one.facts_found} of {len(one.label.facts)} facts" if one.label.facts else ""
    return f"{one.mark.value:6} {one.label.id} {one.label.kind}: {one.label.q!r} wanted {wanted}, got {given}{facts}"
