"""The terminal channel: one question, a stream of them, or a conversation."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from typing import IO, TYPE_CHECKING

import click

from bot.channels import asking
from bot.channels.asking import readable
from bot.core.models import Part, Question, Reply
from bot.core.plain import as_dict, as_json, full, short, shortened, source_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bot.core.engine import Engine

REMEMBERED = 3
"""Earlier questions that a follow-up may lean on."""
KEPT = 4096
"""Replies of a stream that are kept in case a question comes again."""
WELCOME = (
    'Ask about a Place of Service code, for example "02 vs 10" or "snf resident on video". Empty line or Ctrl-D ends.'
)
MORE = {"more", "m"}


def answer_once(  # noqa: PLR0913 - the options of the command
    engine: Engine, text: str, *, today: date, on: date | None, payer: str | None, as_json: bool
) -> None:
    """Print the reply to one question."""
    reply = engine.answer(Question(readable(text), today, on=on, payer=payer))
    if as_json:
        click.echo(json.dumps(as_dict(reply), ensure_ascii=False, indent=2))
    else:
        _print(reply, whole=True)


def answer_lines(engine: Engine, lines: IO[bytes], out: IO[str], today: date) -> None:
    """Answer a JSON object a line, in order, each written out at once; a bad line gets one sentence.

    Lists of questions repeat themselves, so the replies last made are kept for as long as the stream runs.
    """
    answer = lru_cache(maxsize=KEPT)(engine.answer)
    for raw in lines:
        if raw.strip():
            out.write(_answer_line(answer, raw, today) + "\n")
            out.flush()


def _answer_line(answer: Callable[[Question], Reply], raw: bytes, today: date) -> str:
    try:
        asked = asking.read(raw, today)
    except asking.AskError as error:
        return json.dumps({"id": error.identity, "error": str(error)}, ensure_ascii=False)
    return as_json(answer(asked.question), asked.identity)


def chat(engine: Engine, today: date) -> None:
    """Talk until the input ends: follow-ups lean on what was asked, a number picks an offered choice."""
    talking = sys.stdin.isatty()
    if talking:
        click.echo(WELCOME)
    asked: list[str] = []
    last: Reply | None = None
    while (line := _line(talking=talking)) is not None:
        if not line and talking:
            break
        if not line:
            continue
        if line.casefold() in MORE and last is not None:
            _print(last, whole=True)
            continue
        text = _chosen(line, last) or line
        last = engine.answer(Question(readable(text), today, context=tuple(asked)))
        asked = [*asked, text][-REMEMBERED:]
        _print(last, whole=False)


def _line(*, talking: bool) -> str | None:
    try:
        return input("> " if talking else "").strip()
    except (EOFError, KeyboardInterrupt):
        return None
    except UnicodeDecodeError:
        return ""


def _chosen(line: str, last: Reply | None) -> str | None:
    """The code behind a typed number of an offered list."""
    if last is None or not last.choices or not line.isdecimal() or len(line) > 1:
        return None
    at = int(line)
    return f"pos {last.choices[at - 1].code}" if 1 <= at <= len(last.choices) else None


def _print(reply: Reply, *, whole: bool) -> None:
    if sys.stdout.isatty():
        _print_rich(reply, whole=whole)
    else:
        click.echo(full(reply) if whole else short(reply))
        click.echo()


def _print_rich(reply: Reply, *, whole: bool) -> None:
    """Headings bold, labels coloured, the width of the window kept."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, wanted on a terminal only
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    for card in reply.cards if whole else shortened(reply):
        if card.head:
            console.print(Text(card.head, style="bold"))
        for block in card.blocks:
            label = Text(f"{block.label}: " if block.label else "", style="cyan")
            style = "bold yellow" if block.part is Part.NOTICE else "default"
            console.print(label.append("\n".join(block.lines), style=style))
        for line in source_lines(card.sources, short=not whole):
            console.print(Text(line, style="dim"))
        console.print()
    if not whole and any(not block.short for card in reply.cards for block in card.blocks):
        console.print(Text("Type more for the rest.", style="dim"))
