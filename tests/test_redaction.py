"""What is kept of a question that found no answer: the bot's own words, and nothing that is somebody's."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.models import Match, Outcome, Question
from bot.core.redaction import BLANK, MOST_WORDS, Redactor
from bot.core.text import LONGEST, fold
from tests.bench.labelled import DEV, WRITTEN, labels, tuned
from tests.conftest import TODAY
from tests.fakes.patients import Message, composed

if TYPE_CHECKING:
    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@pytest.fixture(scope="module")
def redactor(knowledge: Knowledge) -> Redactor:
    """A redactor over the built-in knowledge."""
    return Redactor(knowledge)


def survivors(message: Message, redacted: str) -> list[str]:
    """The planted details that can still be read, beyond what the sentence around them says itself."""
    have, own = Counter(redacted.split()), Counter(_WORD.findall(message.frame.lower()))
    found = []
    for value in map(str.lower, message.planted):
        words = _WORD.findall(value)
        whole = value in redacted and value not in message.frame.lower()
        if whole or (len(words) == 1 and have[words[0]] > own[words[0]]):
            found.append(value)
    return found


@pytest.mark.parametrize("seed", [1, 2, 11])
def test_no_planted_detail_survives(redactor: Redactor, seed: int) -> None:
    """Of 500 messages with names, dates of birth, numbers and addresses, many of them words of the trade, none can be read."""
    messages = composed(500, seed)
    found = [(message.text, survivors(message, redactor.redact(message.text))) for message in messages]
    planted = sum(len(message.planted) for message in messages)
    print(f"{planted} details planted in {len(messages)} messages, {sum(len(left) for _, left in found)} survive")  # noqa: T201
    assert [each for each in found if each[1]] == []


def test_what_was_asked_is_still_told(engine: Engine, redactor: Redactor) -> None:
    """Of the words that carry meaning in questions without an answer, at least three quarters stay."""
    kept = total = 0
    for label in tuned([DEV, *WRITTEN]):
        reply = engine.answer(Question(label.q, TODAY, context=label.context))
        guessed = reply.outcome is Outcome.CLARIFY and reply.match is Match.FUZZY
        if not guessed and not (reply.outcome is Outcome.DECLINE and reply.confidence < 0.5):
            continue
        have = Counter(redactor.redact(label.q).split())
        for word in _WORD.findall(fold(label.q)):
            if len(word) > 1 and word.isalpha() and redactor.says_something(word):
                total += 1
                kept += have[word] > 0
                have[word] -= 1
    print(f"{kept} of {total} words stay")  # noqa: T201
    assert total > 100
    assert kept / total > 0.75


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("video visit, pt in a yurt near the church", "video visit pt in a yurt near the church"),
        ("Patient Hope Rose seen at home by video", "patient ___ seen at home by video"),
        ("Virginia Home was seen in the ER", "___ was seen in the er"),
        ("PATIENT VIRGINIA HOME SEEN IN NURSING HOME", "patient ___ seen in nursing home"),
        ("Mrs. Home on the phone at home", "___ on the phone at home"),
        ("do I bill 02 vs 10 for Bill", "do i bill 02 vs 10 for ___"),
        ("the ED physician saw her in summer camp", "the ed physician saw her in summer camp"),
        ("lives at 412 Maple Street, Hope, AR 71801, phone visit", "lives at ___ phone visit"),
        ("rose@home.example.com or @rose_home wants a code", "___ or ___ wants a code"),
        ("seen in Nursing Home", "seen in nursing home"),
        ("Jos\u00e9 Ho\u200bpe on video", "___ on video"),
        ("\u0420\u043e\u0437\u0430 on video", "___ on video"),
        ("", ""),
    ],
)  # fmt: skip
def test_words_of_the_trade_stay_and_names_go(redactor: Redactor, text: str, kept: str) -> None:
    """A word that is a name too stays only where it plainly means a thing."""
    assert redactor.redact(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pos 11 or 22?", "pos 11 or 22"),
        ("pos11", "pos 11"),
        ("POS-02", "pos 02"),
        ("11 vs 22", "11 vs 22"),
        ("place of service 31, then 32", "place of service 31 then ___"),
        ("modifier 95 or GT modifier", "modifier 95 or gt modifier"),
        ("dob 11/02/1950", "___"),
        ("born 11 02 1950, pos 11 02 1950", "___ pos ___"),
        ("room 11, apt 22, age 12", "room ___ apt ___ age ___"),
        ("pos 1134567", "pos ___"),
        ("pos 30", "pos ___"),
        ("zip code 11", "zip code ___"),
        ("1EG4-TE5-MK73", "___"),
        ("pos \u0661\u0661", "pos ___"),
    ],
)  # fmt: skip
def test_digits_stay_only_as_a_code(redactor: Redactor, text: str, kept: str) -> None:
    """A number stays where the message calls it a code or a modifier that there is, and nowhere else."""
    assert re.sub(r"\b(?:dob|zip) ", "", redactor.redact(text)) == re.sub(r"\b(?:dob|zip) ", "", kept)


@pytest.mark.parametrize(
    ("text", "said"), [("___ at ___", False), ("do i bill pos 22", False), ("a yurt", True), ("", False)]
)
def test_whether_anything_is_said(redactor: Redactor, text: str, said: bool) -> None:
    """Blanks, filler and numbers alone tell nobody what was asked."""
    assert redactor.says_something(redactor.redact(text)) is said


@given(text=st.text(max_size=300))
def test_whatever_is_written_only_known_words_come_out(knowledge_redactor: Redactor, text: str) -> None:
    """No text makes it fail, and all that comes out are words of the bot, codes and blanks, only so many."""
    out = knowledge_redactor.redact(text).split()
    assert len(out) <= MOST_WORDS
    assert all(word == BLANK or word.isascii() for word in out)


@pytest.fixture(scope="session")
def knowledge_redactor(knowledge: Knowledge) -> Redactor:
    """A redactor for the tests whose inputs are drawn."""
    return Redactor(knowledge)


def test_redacting_twice_changes_nothing(redactor: Redactor) -> None:
    """What was redacted holds nothing more to take out."""
    for label in labels([DEV]):
        once = redactor.redact(label.q)
        assert set(redactor.redact(once).split()) <= {*once.split(), BLANK}


@pytest.mark.parametrize(
    "part",
    ["a", "patient 1 ", "12 a b c d ", "Rose, Home ", "1 ", "x@y.", "pos 11 or ", "12 ab st, ", "Mr ", "a'", "12 ab, "],
)
def test_no_message_takes_long(redactor: Redactor, part: str) -> None:
    """The longest message there can be is redacted within a moment, whatever it repeats."""
    start = time.process_time()
    redactor.redact(part * (LONGEST // len(part)))
    assert time.process_time() - start < 0.15
