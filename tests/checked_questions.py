"""Writes knowledge/checked.toml anew: questions the engine answers right, some of each kind, with the answers it gives.

Run it with `python -m tests.checked_questions` after the engine has learnt something; read what changed before keeping it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import rtoml

from bot.core.checked import Told
from bot.core.engine import Engine
from bot.core.knowledge import CHECKED, built_in, load
from bot.core.models import Question
from bot.core.scoring import Mark, mark
from tests.bench.labelled import DEV, WRITTEN, labels

if TYPE_CHECKING:
    from bot.core.scoring import Label

SHARES = {"describe": 150, "telehealth": 80}
"""How many of the kinds with the most to get wrong are kept."""
OTHERS = 22
"""How many of every other kind."""
OF_A_CODE = 4
"""How many at least, where there are as many, that each code leads."""
HEAD = """\
# Questions that must keep their answers: `posbot check` asks them, and nothing is taught that changes one of them.
# Each was labelled first and is answered right; written by tests/checked_questions.py.

"""


def _drawn(label: Label) -> str:
    """An order that has nothing to do with when a question was written."""
    return hashlib.sha256(label.q.encode()).hexdigest()


def main() -> None:
    """Ask all that may be read, keep some of each kind that are right."""
    engine = Engine(load([built_in()]))
    today = engine.knowledge.newest
    kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
    led: Counter[str] = Counter()
    files = [DEV, *(file for file in WRITTEN if file.stem != "unread")]
    for label in sorted(labels(files), key=_drawn):
        reply = engine.answer(Question(label.q, today, context=label.context))
        if mark(label, reply) is not Mark.RIGHT or not label.q.strip():
            continue
        lead = reply.codes[0] if reply.codes else ""
        if len(kept[label.kind]) < SHARES.get(label.kind, OTHERS) or (lead and led[lead] < OF_A_CODE):
            led[lead] += 1
            told = Told.of(reply)
            context = {"context": list(label.context)} if label.context else {}
            codes = {"codes": list(told.codes)} if told.codes else {}
            kept[label.kind].append({"q": label.q, **context, "outcome": told.outcome, **codes})
    rows = [row for kind in sorted(kept) for row in kept[kind]]
    (built_in() / CHECKED).write_text(HEAD + rtoml.dumps({"question": rows}), "utf-8")
    print(f"{len(rows)} questions kept")  # noqa: T201 - a script tells what it did


if __name__ == "__main__":
    main()
