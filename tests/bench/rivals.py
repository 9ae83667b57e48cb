"""Other ways to find a code, each over the very aliases and texts our own knowledge holds.

Each leads with the code of the best text. None declines by itself, so none is given a floor tuned for it here.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import bm25s
from rapidfuzz import fuzz, process, utils

from bot.core.engine import Engine
from bot.core.models import Intent, Outcome, Question, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.scoring import Label

    Find = Callable[[str], str | None]
    """The leading code for a question, if any."""
    Answer = Callable[[Label], Reply]
    """The reply to a labelled question."""

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def aliases(knowledge: Knowledge) -> list[tuple[str, str]]:
    """Every alias, shared phrase and official name, with its code."""
    return [
        (phrase, code)
        for code, record in knowledge.codes.items()
        for phrase in dict.fromkeys([*record.aliases, *record.shared, record.name[-1].text.lower()])
    ]


def texts(knowledge: Knowledge) -> list[tuple[str, str]]:
    """One text a code: its aliases, settings and meaning."""
    phrases: dict[str, list[str]] = {code: [] for code in knowledge.codes}
    for phrase, code in aliases(knowledge):
        phrases[code].append(phrase)
    return [
        (" ; ".join([*phrases[code], *record.settings, *(note.text for note in record.meaning)]), code)
        for code, record in knowledge.codes.items()
    ]


def ours(knowledge: Knowledge, today: date) -> Answer:
    """The engine, with the asker's earlier questions."""
    engine = Engine(knowledge)
    return lambda label: engine.answer(Question(label.q, today, context=label.context))


def leading(find: Find, today: date) -> Answer:
    """A way to find codes as one that replies."""

    def answer(label: Label) -> Reply:
        code = find(label.q)
        outcome, intent = (Outcome.ANSWER, Intent.CODE) if code else (Outcome.DECLINE, Intent.OUT_OF_SCOPE)
        return Reply(label.q, outcome, intent, today, cards=(), codes=(code,) if code else ())

    return answer


def rapidfuzz(knowledge: Knowledge, scorer: Callable[..., float]) -> Find:
    """`process.extractOne` over the aliases, both sides cleaned by rapidfuzz's own processor."""
    pairs = aliases(knowledge)
    cleaned = [utils.default_process(alias) for alias, _ in pairs]

    def find(question: str) -> str | None:
        best = process.extractOne(utils.default_process(question), cleaned, scorer=scorer)
        return pairs[best[2]][1] if best and best[1] > 0 else None

    return find


def wratio(knowledge: Knowledge) -> Find:
    """The default scorer of rapidfuzz."""
    return rapidfuzz(knowledge, fuzz.WRatio)


def token_set(knowledge: Knowledge) -> Find:
    """The scorer that compares sets of words."""
    return rapidfuzz(knowledge, fuzz.token_set_ratio)


def fts5(knowledge: Knowledge) -> Find:
    """SQLite full-text search with its stemmer, any word of the question, ranked by its bm25."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE texts USING fts5(text, code UNINDEXED, tokenize='porter unicode61')")
    base.executemany("INSERT INTO texts VALUES (?, ?)", texts(knowledge))

    def find(question: str) -> str | None:
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question.lower())))
        if not wanted:
            return None
        found = base.execute("SELECT code FROM texts WHERE texts MATCH ? ORDER BY bm25(texts), code LIMIT 1", (wanted,))
        row = found.fetchone()
        return str(row[0]) if row else None

    return find


def bm25(knowledge: Knowledge) -> Find:
    """The bm25s package with its default weights and English stop words."""
    pairs = texts(knowledge)
    index = bm25s.BM25()
    index.index(bm25s.tokenize([text for text, _ in pairs], stopwords="en", show_progress=False), show_progress=False)

    def find(question: str) -> str | None:
        tokens = bm25s.tokenize([question], stopwords="en", return_ids=False, show_progress=False)
        if not tokens[0]:
            return None
        found, scores = index.retrieve(tokens, k=1, show_progress=False, n_threads=0)
        return pairs[int(found[0][0])][1] if scores[0][0] > 0 else None

    return find


def number_then_bm25(knowledge: Knowledge) -> Find:
    """The first number of one or two digits where there is one, assigned or not; else bm25s."""
    by_words = bm25(knowledge)

    def find(question: str) -> str | None:
        number = _NUMBER.search(question)
        if number is None:
            return by_words(question)
        code = number[0].zfill(2)
        return code if code in knowledge.codes else None

    return find


RIVALS: dict[str, Callable[[Knowledge], Find]] = {
    "rapidfuzz extractOne, WRatio": wratio,
    "rapidfuzz extractOne, token_set": token_set,
    "SQLite FTS5": fts5,
    "bm25s": bm25,
    "number first, then bm25s": number_then_bm25,
}
