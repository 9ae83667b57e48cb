"""The measurements in tests/bench: what they are made from, and how they sort what they find."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from bot.core.check import check
from bot.core.knowledge import built_in
from bot.core.models import Choice, Intent, Outcome, Reply
from bot.core.scoring import Label, score
from tests.bench import rivals, synthetic, variants
from tests.bench.edits import EDITS
from tests.bench.labelled import DEV, WRITTEN, labels, tuned
from tests.bench.misses import Cause, cause
from tests.conftest import TODAY

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.knowledge import Knowledge

# Synthetic teams


def test_a_synthetic_team_is_a_sound_folder(tmp_path: Path) -> None:
    """A made-up team's folder holds the places asked for and has no fault over the built-in knowledge."""
    team = synthetic.entries(3, 500)
    assert len(team) == 500
    assert check([built_in(), synthetic.write(tmp_path / "team", team)]) == []


def test_a_synthetic_team_comes_from_its_seed() -> None:
    """The same seed gives the same places, a longer run begins with a shorter one, and another seed gives others."""
    assert synthetic.entries(3, 200)[:100] == synthetic.entries(3, 100)
    assert synthetic.entries(3, 100) != synthetic.entries(4, 100)


def test_a_synthetic_team_is_as_large_as_asked() -> None:
    """So many phrases, or what the last place has more, and no phrase twice."""
    phrases = [phrase for entry in synthetic.entries_with(3, 2000) for phrase in entry.aliases]
    assert 2000 <= len(phrases) < 2003
    assert len(set(phrases)) == len(phrases)


# Rivals


@pytest.mark.parametrize("name", [name for name in rivals.RIVALS if name != rivals.EMBEDDING])
def test_a_rival_finds_what_it_was_given(knowledge: Knowledge, name: str) -> None:
    """Each finds a team's place among all the others by its name."""
    team = [synthetic.Entry("Zephyr ward", "21", ("zephyr ward",), own_place=False)]
    find = rivals.RIVALS[name](rivals.material(knowledge, team))
    assert find("zephyr ward") == "21"


# Variants


def test_variants_come_from_their_seed(knowledge: Knowledge) -> None:
    """The same seed gives the same edits and the same phrases in frames, another seed others."""
    questions = tuned([DEV])
    first, again, other = (list(variants.edited(questions, knowledge.words, seed, 60)) for seed in (7, 7, 8))
    assert first == again != other
    assert len(first) > 40
    framed = [variants.framed(knowledge, seed, 60) for seed in (7, 7, 8)]
    assert framed[0] == framed[1] != framed[2]


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_changes_no_number(kind: str) -> None:
    """Whatever an edit does to words, the digits stay as they are, and it does apply to some question."""
    chance = random.Random(5)  # noqa: S311 - a repeatable sample, no secret
    pairs = [(label.q, EDITS[kind](chance, label.q)) for label in tuned([DEV, *WRITTEN])]
    assert any(before != after for before, after in pairs)
    assert [before for before, after in pairs if re.findall(r"\d", before) != re.findall(r"\d", after)] == []


def test_frames_ask_for_the_code_of_the_phrase(knowledge: Knowledge) -> None:
    """A phrase seen in person wants its own code, by video the code for a patient there."""
    wanted = {one.frame: one for one in variants.framed(knowledge, 7, 40_000) if one.phrase == "urgent care center"}
    assert {frame: one.wanted for frame, one in wanted.items()} == {
        **dict.fromkeys(variants.HERE, frozenset({"20"})),
        **dict.fromkeys(variants.REMOTE, frozenset({"02"})),
    }


# Misses


def reply(outcome: Outcome, intent: Intent, *codes: str, offered: tuple[str, ...] = ()) -> Reply:
    """A reply with nothing said."""
    return Reply("q", outcome, intent, TODAY, (), codes=codes, choices=tuple(Choice(code, "") for code in offered))


@pytest.mark.parametrize(
    ("label", "given", "why"),
    [
        (
            Label("x1", "q", "out_of_scope"),
            reply(Outcome.ANSWER, Intent.CODE, "11"),
            Cause.OUTSIDE,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.DECLINE, Intent.OUT_OF_SCOPE),
            Cause.NOT_UNDERSTOOD,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.DECLINE, Intent.UNASSIGNED),
            Cause.INTENT,
        ),
        (
            Label("x1", "q", "modifier", facts=("no modifier",)),
            reply(Outcome.ANSWER, Intent.CODE, "10"),
            Cause.INTENT,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.CLARIFY, Intent.DESCRIBE, offered=("20", "11")),
            Cause.ASKED,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.CLARIFY, Intent.DESCRIBE, offered=("22", "19")),
            Cause.ASKED_AMISS,
        ),
        (
            Label("x1", "q", "describe", codes=("31",)),
            reply(Outcome.ANSWER, Intent.TELEHEALTH, "02"),
            Cause.WAY,
        ),
        (
            Label("x1", "q", "describe", codes=("31", "02")),
            reply(Outcome.ANSWER, Intent.DESCRIBE, "31"),
            Cause.BESIDE,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.ANSWER, Intent.DESCRIBE, "49"),
            Cause.PLACE,
        ),
        (
            Label("x1", "q", "code", codes=("20",), facts=("urgent",)),
            reply(Outcome.ANSWER, Intent.CODE, "20"),
            Cause.FACT,
        ),
    ],
)
def test_a_miss_has_a_cause(label: Label, given: Reply, why: Cause) -> None:
    """What the reply is beside what was wanted tells why it missed."""
    assert cause(score(label, given)) is why


def test_the_tuned_part_holds_nothing_held_out() -> None:
    """What may be read while tuning leaves out every question whose number divides by three."""
    every, kept = labels([DEV, *WRITTEN]), tuned([DEV, *WRITTEN])
    assert 0 < len(kept) < len(every)
    assert all(int(re.sub(r"\D", "", label.id)) % 3 for label in kept)
