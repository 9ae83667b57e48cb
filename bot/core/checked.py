"""The questions that must keep their answers, whatever a team adds: checked.toml of a knowledge folder.

`posbot check` asks them, and nothing is taught that would change the answer to one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import rtoml

from bot.core.errors import Fault
from bot.core.knowledge import CHECKED, dotted
from bot.core.models import Question
from bot.core.schema import Checked
from bot.core.shape import ShapeError, shaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from bot.core.engine import Engine
    from bot.core.models import Reply
    from bot.core.schema import CheckedQuestion


class Told(NamedTuple):
    """How a question ended, as far as it must stay so."""

    outcome: str
    codes: tuple[str, ...]
    """The codes answered, or those asked back with."""

    @classmethod
    def of(cls, reply: Reply) -> Told:
        """What a reply told."""
        return cls(reply.outcome.value, reply.codes or tuple(choice.code for choice in reply.choices))

    def __str__(self) -> str:
        codes = " and ".join(self.codes)
        if self.outcome == "decline":
            return "no code"
        return f"the choice of {codes}" if self.outcome == "clarify" else codes or "no code"


def read_checked(layers: Sequence[Path]) -> tuple[list[CheckedQuestion], list[Fault]]:
    """The checked questions of all layers, in order, and what is wrong with their files."""
    questions: list[CheckedQuestion] = []
    faults: list[Fault] = []
    for layer in layers:
        file = layer / CHECKED
        if not file.is_file():
            continue
        try:
            questions += shaped(Checked, rtoml.loads(file.read_text("utf-8"))).question
        except UnicodeDecodeError:
            faults.append(Fault(CHECKED, "", "not readable as UTF-8 text"))
        except rtoml.TomlParsingError as error:
            faults.append(Fault(CHECKED, "", f"not readable as TOML: {error}"))
        except ShapeError as error:
            faults.extend(Fault(CHECKED, dotted(where), what) for where, what in error.faults)
    return questions, faults


def told(engine: Engine, questions: Iterable[CheckedQuestion], today: date) -> list[Told]:
    """How an engine answers these questions on a day."""
    return [Told.of(engine.answer(Question(asked.q, today, context=asked.context))) for asked in questions]


def changed(engine: Engine, questions: Sequence[CheckedQuestion]) -> Iterator[Fault]:
    """Checked questions that an engine no longer answers as stated."""
    for index, (asked, now) in enumerate(zip(questions, told(engine, questions, engine.knowledge.newest), strict=True)):
        stated = Told(asked.outcome, asked.codes)
        if now != stated:
            yield Fault(CHECKED, f"question[{index}]", f'"{asked.q}" should be answered with {stated}, but gets {now}')
