"""The question of a program: a JSON object `{q, id?, context?, on?, payer?}`, by the same rules wherever it comes in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from bot.core.models import Question


class AskError(ValueError):
    """What is no question; the message says in one sentence what is wrong."""

    def __init__(self, sentence: str, identity: Any = None, *, is_json: bool = True) -> None:
        super().__init__(sentence)
        self.identity = identity
        """The asker's own `id`, where it could be read."""
        self.is_json = is_json
        """Whether it was JSON at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what its asker calls it."""

    question: Question
    identity: Any


def read(raw: bytes, today: date, *, thing: str = "line") -> Asked:
    """Read a question from JSON; `thing` is what the sentence of an AskError calls the bytes."""
    try:
        row = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise AskError(f"The {thing} is not UTF-8.", is_json=False) from None
    except AskError:
        raise
    except (ValueError, RecursionError):
        raise AskError(f"The {thing} is not valid JSON.", is_json=False) from None
    if not isinstance(row, dict):
        raise AskError(f"The {thing} is not a JSON object.")
    identity = row.get("id")
    if fault := _fault(row):
        raise AskError(fault, identity)
    context, payer = tuple(map(readable, row.get("context") or ())), row.get("payer")
    named = None if payer is None else readable(payer)
    question = Question(readable(row["q"]), today, on=_day(row.get("on")), payer=named, context=context)
    return Asked(question, identity)


def readable(text: str) -> str:
    """The text with what is no character (half of a pair, bytes of another encoding) shown as a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _fault(row: dict[str, Any]) -> str:
    """What keeps an object from being a question; empty for nothing."""
    context, on, payer = row.get("context"), row.get("on"), row.get("payer")
    if not isinstance(row.get("q"), str):
        return '"q" is missing or no text.'
    is_list = isinstance(context, list) and all(isinstance(earlier, str) for earlier in context)
    if context is not None and not is_list:
        return '"context" is not a list of earlier questions.'
    if payer is not None and not isinstance(payer, str):
        return '"payer" is no text.'
    if on is not None and _day(on) is None:
        return '"on" is no date like 2023-05-01.'
    return ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _no_number(constant: str) -> NoReturn:
    raise AskError(f"{constant} is no JSON number.", is_json=False)
