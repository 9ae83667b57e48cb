"""The finder: every path of taps ends in an answer that the engine gives to anyone who asks in words."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.check import check
from bot.core.finder import DEEPEST, Finder
from bot.core.knowledge import built_in
from bot.core.models import Outcome, Part
from bot.core.schema import FinderTree
from tests.conftest import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.engine import Engine
    from tests.conftest import Ask


def test_every_end_is_answered_with_the_codes_it_states(engine: Engine, ask: Ask) -> None:
    for end in engine.finder.ends():
        reply = ask(end.question)
        assert (reply.outcome, set(reply.codes)) == (Outcome.ANSWER, set(end.codes)), end.crumbs


def test_every_assigned_code_can_be_found(engine: Engine) -> None:
    assert {code for end in engine.finder.ends() for code in end.codes} == set(NAMES)


def test_no_end_takes_more_than_four_taps(engine: Engine) -> None:
    assert max(len(end.path) for end in engine.finder.ends()) == DEEPEST


@pytest.mark.parametrize(("path", "modifier"), [("vh", "95"), ("th", "93")])
def test_the_modifier_of_the_way_is_told(engine: Engine, ask: Ask, path: str, modifier: str) -> None:
    end = engine.finder.step(path)
    assert end is not None
    blocks = [block for card in ask(end.question).cards for block in card.blocks]
    assert any(modifier in block.text for block in blocks if block.part is Part.MODIFIERS)


@pytest.mark.parametrize("path", ["vw", "vk", "vl"])
def test_a_debated_place_shows_both_codes(engine: Engine, ask: Ask, path: str) -> None:
    end = engine.finder.step(path)
    assert end is not None
    assert set(ask(end.question).codes) == {"02", "10"}


def test_the_steps_on_the_way_are_named(engine: Engine) -> None:
    step = engine.finder.step("px")
    assert step is not None
    assert step.crumbs == ("In person", "Hospital")
    assert ("pxi", "Inpatient") in step.options


@pytest.mark.parametrize("path", ["z", "vz", "vhh", "VH", "vh ", "v\0"])
def test_a_path_that_is_not_there_leads_nowhere(engine: Engine, path: str) -> None:
    assert engine.finder.step(path) is None


@given(path=st.text(max_size=12) | st.text("pvtxhn", max_size=6))
def test_any_path_leads_to_a_step_of_its_own_or_nowhere(engine: Engine, path: str) -> None:
    step = engine.finder.step(path)
    assert step is None or (step.path == path and bool(step.options) != bool(step.question))


def test_a_base_without_a_finder_has_none() -> None:
    assert Finder(FinderTree()).step("") is None
    assert list(Finder(FinderTree()).ends()) == []


LOOP = """
start = "a"
[step.a]
ask = "Again?"
option = [{ key = "y", label = "Yes", to = "a" }, { key = "n", label = "No", say = "pos 11", codes = ["11"] }]
"""


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (LOOP, "finder.toml:step: more than 4 answers are needed somewhere"),
        (LOOP.replace('"n", label', '"y", label'), "option[1].key: y already stands before another answer"),
        (LOOP.replace('to = "a"', 'to = "b"'), "option[0].to: there is no step b"),
        (LOOP.replace('start = "a"', 'start = "c"'), "start: there is no step c"),
        (LOOP.replace(', codes = ["11"]', ""), "option[1]: needs either a further step or the codes it ends with"),
        (LOOP.replace('["11"]', '["30"]'), "option[1].codes: there is no assigned code 30"),
        (LOOP.replace('to = "a"', 'codes = ["22"], say = "pos 11"'), "path y: states 22, but the answer is 11"),
    ],
)
def test_the_checker_names_what_is_wrong_with_a_finder(tmp_path: Path, content: str, fault: str) -> None:
    base = tmp_path / "base"
    shutil.copytree(built_in(), base)
    (base / "finder.toml").write_text(content, "utf-8")
    assert any(fault in str(found) for found in check([base]))
