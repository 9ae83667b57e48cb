"""What holds for every question: seeded samples here, a hundred thousand inputs with -m full."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.engine import Engine
from bot.core.models import Outcome, Question
from bot.core.plain import as_dict, full
from bot.core.reading import Reader
from bot.core.text import CLAUSE, fold, plain, words
from tests.conftest import LABELLED, ROOT, TODAY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply
    from tests.conftest import Ask

MANY = 100_000
POOL = [row["q"] for row in LABELLED if not row.get("context") and row["q"].strip()]
"""Real questions to vary; follow-ups need their context and stay out."""
PLAIN_POOL = [
    text for text in POOL if text.isascii() and not re.search(r"[.,;:!?()\n]", text) and len(text.split()) <= 12
]
"""Questions of one clause, to which a clause may be added without changing how they fall apart."""
HOSTILE = [
    "\x00",
    "\ud800",
    "\u202epos 10",
    "\ufeffpos 10",
    "\u0661\u0660",
    "pos \u00b2",
    "pos \u2461",
    "pos \u0663",
    "((((((((",
    "a" * 5000,
    "pos " * 2000,
    "1 " * 3000,
    "not " * 1000,
    "home " * 800,
    "02 vs " * 700,
    "1/1/2024 " * 400,
    "%s %d {0} {code}",
    "'; DROP TABLE codes; --",
    "../../etc/passwd",
    "\\",
    "|",
    "pos 10 | pos 11",
    "-1",
    "1e9",
    "pos 1\u0338",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u0130stanbul pos 10",
    "0/0/0000",
    "9999-99-99",
    "12/31/9999 pos 10",
    "feb 29 2100",
]


def essence(reply: Reply) -> tuple[Outcome, tuple[str, ...], tuple[str, ...]]:
    """What a reply comes down to."""
    return reply.outcome, reply.codes, tuple(choice.code for choice in reply.choices)


def held_to_contract(reply: Reply, knowledge: Knowledge) -> None:
    """Assert what the contract says of every reply."""
    names = {*reply.codes, *(choice.code for choice in reply.choices)}
    assert names <= set(knowledge.codes)
    assert len(set(reply.codes)) == len(reply.codes)
    if reply.outcome is Outcome.CLARIFY:
        assert 2 <= len(reply.choices) <= 4
        assert reply.codes == ()
    else:
        assert reply.choices == ()
    if reply.outcome is Outcome.DECLINE:
        assert reply.codes == ()
    assert 0 <= reply.confidence <= 1
    told = as_dict(reply)
    assert told["text"].strip()
    assert told["short"].strip()


# Clothing changes nothing


@pytest.mark.parametrize(
    "dress",
    [
        pytest.param(str.upper, id="upper case"),
        pytest.param(str.title, id="title case"),
        pytest.param("hi {}".format, id="hi"),
        pytest.param("Hello, {}".format, id="hello"),
        pytest.param("please {}".format, id="please before"),
        pytest.param("{} please".format, id="please behind"),
        pytest.param("{} thanks".format, id="thanks"),
        pytest.param("{}, thank you!".format, id="thank you"),
        pytest.param("{}?".format, id="question mark"),
        pytest.param("{}!!".format, id="exclamation marks"),
        pytest.param("{} ...".format, id="dots"),
        pytest.param("  {}\n".format, id="space around"),
        pytest.param("\u200b{}\ufeff".format, id="invisible characters"),
        pytest.param(lambda text: text.replace(" ", "  "), id="double spaces"),
    ],
)
def test_clothing_changes_nothing(ask: Ask, dress: Any) -> None:
    """Case, politeness, trailing punctuation and spaces change neither outcome nor codes nor suggestions."""
    changed = {}
    for text in PLAIN_POOL:
        before, after = essence(ask(text)), essence(ask(dress(text)))
        if before != after:
            changed[text] = (before, after)
    assert len(PLAIN_POOL) > 100
    assert changed == {}


@given(text=st.sampled_from(POOL), data=st.data())
@settings(max_examples=200)
def test_case_changes_nothing(ask: Ask, text: str, data: st.DataObject) -> None:
    """Any mix of upper and lower case reads the same."""
    flips = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    mixed = "".join(
        letter.swapcase() if flip and letter.isascii() else letter for letter, flip in zip(text, flips, strict=True)
    )
    assert essence(ask(mixed)) == essence(ask(text))


def test_asking_twice_is_answered_alike(ask: Ask) -> None:
    """The engine holds no state: the same question gets the same reply, whatever was asked between."""
    first = [as_dict(ask(text)) for text in POOL[:80]]
    again = [as_dict(ask(text)) for text in reversed(POOL[:80])]
    assert first == again[::-1]


# No input raises, every reply keeps the contract


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text(ask: Ask, knowledge: Knowledge, text: str) -> None:
    """Control characters, other scripts' digits, endless repetition and injected code get an ordinary reply."""
    held_to_contract(ask(text), knowledge)


@given(text=st.text(max_size=300))
@settings(max_examples=400)
def test_any_text(ask: Ask, knowledge: Knowledge, text: str) -> None:
    """Any Unicode text gets a reply that keeps the contract."""
    held_to_contract(ask(text), knowledge)


WORDS = sorted({word for text in POOL for word in text.split()})


@given(said=st.lists(st.sampled_from(WORDS), max_size=14), earlier=st.lists(st.sampled_from(POOL), max_size=2))
@settings(max_examples=500)
def test_any_words(ask: Ask, knowledge: Knowledge, said: list[str], earlier: list[str]) -> None:
    """Words of the trade in any order, after any talk, get a reply that keeps the contract."""
    held_to_contract(ask(" ".join(said), context=earlier), knowledge)


def mutated(chance: random.Random, text: str) -> str:
    """The text with a few letters dropped, doubled, swapped or replaced, or another question glued on."""
    letters = list(text)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(letters) + 1)
        kind = chance.randrange(6)
        if kind == 0 and at < len(letters):
            del letters[at]
        elif kind == 1 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind == 2:
            letters.insert(at, chance.choice("aeinorst 0123456789/-.,?!#|'"))
        elif kind == 3:
            letters.insert(at, chr(chance.randrange(1, 0xD7FF)))
        elif kind == 4:
            letters[at:at] = letters[max(0, at - 3) : at]
        else:
            letters.extend(" " + chance.choice(POOL))
    return "".join(letters)


def answer_mutations(ask: Ask, knowledge: Knowledge, seed: int, count: int) -> None:
    """Ask many mutated questions and hold each reply to the contract."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    for number in range(count):
        text = mutated(chance, chance.choice(POOL))
        context = [chance.choice(POOL)] if number % 5 == 0 else []
        try:
            held_to_contract(ask(text, context=context), knowledge)
        except Exception as error:
            error.add_note(f"question {text!r} after {context!r}")
            raise


def test_mutated_questions(ask: Ask, knowledge: Knowledge) -> None:
    """Mistyped, torn and glued questions get a reply that keeps the contract (a seeded sample)."""
    answer_mutations(ask, knowledge, seed=2, count=1500)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_mutated_questions_in_full(ask: Ask, knowledge: Knowledge, seed: int) -> None:
    """A hundred thousand mistyped, torn and glued questions get replies that keep the contract."""
    answer_mutations(ask, knowledge, seed=1000 + seed, count=MANY // 10)


@pytest.mark.full
@given(text=st.text(max_size=200))
@settings(max_examples=MANY // 5)
def test_any_text_in_full(ask: Ask, knowledge: Knowledge, text: str) -> None:
    """Twenty thousand random Unicode texts get replies that keep the contract."""
    held_to_contract(ask(text), knowledge)


def test_codes_in_the_text_exist(ask: Ask, knowledge: Knowledge) -> None:
    """No reply names a place of service that does not exist, except to say that there is no such one."""
    known = set(knowledge.codes)
    strange = {}
    for text in POOL:
        reply = ask(text)
        if reply.intent in {"unassigned", "invalid"}:
            continue
        named = set(re.findall(r"(?<!no )\bPOS (\d\d)\b", full(reply)))
        if not named <= known:
            strange[text] = named - known
    assert strange == {}


# Cleaning


@given(text=st.text(max_size=200))
@settings(max_examples=500)
def test_folding_twice_is_folding_once(text: str) -> None:
    """What was folded once stays as it is."""
    assert fold(fold(text)) == fold(text)


@given(
    text=st.one_of(
        st.text(max_size=100), st.text(alphabet="abehinostwxyz '/&.,-0129", max_size=60), st.sampled_from(POOL)
    )
)
@settings(max_examples=1000)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """What was cleaned once stays as it is."""
    assert plain(plain(text)) == plain(text)


@given(text=st.lists(st.one_of(st.sampled_from(WORDS), st.integers(0, 99999).map(str)), max_size=10).map(" ".join))
@settings(max_examples=500)
def test_speller_never_changes_a_number(reader: Reader, text: str) -> None:
    """Spelling is mended in words only: numbers come out as they went in and in order (P.L. 93-638 is one law's name)."""
    before = [token for token in words(fold(text)) if token.isdigit()]
    after = [token for token in reader.tokens(fold(text)) if token.isdigit()]
    rest = iter(after)
    assert all(number in rest for number in before if number not in {"93", "638"})


@given(number=st.integers(0, 999999).map(str))
def test_speller_leaves_a_bare_number(reader: Reader, number: str) -> None:
    """A number alone is itself."""
    assert [token for token in reader.tokens(number) if token != CLAUSE] == [number]


@pytest.fixture(scope="module")
def reader(knowledge: Knowledge) -> Reader:
    """A reader over the built-in knowledge."""
    return Reader(knowledge)


# Order


def shuffled(chance: random.Random, knowledge: Knowledge) -> Knowledge:
    """The same knowledge with files and phrases in another order; notes keep theirs, the first one leads."""

    def mixed(items: Any) -> Any:
        if isinstance(items, tuple):
            return tuple(chance.sample(items, len(items)))
        return dict(chance.sample(list(items.items()), len(items)))

    def record(one: BaseModel) -> BaseModel:
        phrases = {name: mixed(getattr(one, name)) for name in ("aliases", "shared", "hints") if hasattr(one, name)}
        return one.model_copy(update=phrases)

    def folder(records: Mapping[str, Any]) -> dict[str, Any]:
        return {name: record(one) for name, one in mixed(dict(records)).items()}

    words_ = knowledge.vocabulary
    vocabulary = words_.model_copy(
        update={
            "filler": mixed(words_.filler),
            "idioms": mixed(words_.idioms),
            "expand": mixed(words_.expand),
            "groups": {name: mixed(group) for name, group in mixed(words_.groups).items()},
        }
    )
    return replace(
        knowledge,
        codes=folder(knowledge.codes),
        places=folder(knowledge.places),
        modifiers=folder(knowledge.modifiers),
        topics=folder(knowledge.topics),
        denials=folder(knowledge.denials),
        payers=folder(knowledge.payers),
        vocabulary=vocabulary,
    )


@pytest.mark.parametrize("seed", range(3))
def test_order_of_files_and_phrases_does_not_matter(engine: Engine, knowledge: Knowledge, seed: int) -> None:
    """Files and phrases read in any other order give the same answers."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    other = Engine(shuffled(chance, knowledge))
    changed = {}
    for text in POOL:
        before, after = (essence(one.answer(Question(text, TODAY))) for one in (engine, other))
        if before != after:
            changed[text] = (before, after)
    assert changed == {}


def test_the_run_decides_nothing(tmp_path: Path) -> None:
    """Two processes with other hash seeds answer the same questions word for word alike."""
    lines = "".join(
        json.dumps({"q": q}) + "\n" for q in ("box 32 vs 24b", "snf or hospital on video", "denied pos 11 mod 95")
    )
    said = [
        subprocess.run(
            [sys.executable, "-m", "bot", "ask", "--jsonl"],
            input=lines.encode(),
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "3")
    ]
    assert said[0] == said[1]
