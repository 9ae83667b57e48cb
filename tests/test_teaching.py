"""What a curator teaches: taken in at once, told as the team's own, and never against the knowledge."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.check import check
from bot.core.checked import Told, read_checked, told
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.lessons import ALIAS, NOTE, OUT_OF_SCOPE, Lesson, files
from bot.core.models import Intent, Outcome, Question
from bot.core.phrasing import phrase
from bot.core.plain import as_dict, full, short
from bot.core.teaching import RefusedError, Teacher
from tests.conftest import TODAY

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.models import Reply

DAY = date(2026, 11, 28)
PATIENT_ENOUGH = 2.5
"""Seconds of work; it takes one and a half."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Something taught."""

    kind: str
    phrase: str = ""
    code: str | None = None
    text: str = ""
    payer: str = ""
    source_title: str = ""
    source_url: str = ""
    day: date = DAY
    id: int = 1


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    """A teacher over the built-in knowledge with its checked questions."""
    questions, faults = read_checked([built_in()])
    assert faults == []
    return Teacher(Engine(load([built_in()])), questions)


@pytest.fixture(scope="module")
def trusting(teacher: Teacher) -> Teacher:
    """A teacher that asks nothing before it believes, for what has nothing to do with that."""
    return Teacher(teacher.base)


def asked(engine: Engine, text: str) -> Reply:
    """What an engine says on the day of the facts."""
    return engine.answer(Question(text, TODAY))


def refusal(teacher: Teacher, lesson: Lesson, others: tuple[Lesson, ...] = ()) -> str:
    """The sentence with which something is refused."""
    with pytest.raises(RefusedError) as refused:
        teacher.taught(lesson, others, teacher.base)
    assert str(refused.value).count("\n") == 0
    return str(refused.value)


class TestTaking:
    """What is taught is answered."""

    def test_an_alias_is_answered_with_its_code(self, trusting: Teacher) -> None:
        """A name only the team knows leads to its code, inside a longer question too."""
        assert asked(trusting.base, "which pos for brookdale villa").codes != ("13",)
        engine = trusting.taught(Taught(ALIAS, "brookdale villa", "13"), (), trusting.base)
        reply = asked(engine, "which pos for the round at Brookdale Villa")
        assert (reply.outcome, reply.codes) == (Outcome.ANSWER, ("13",))

    def test_a_note_stands_beside_what_was_known(self, trusting: Teacher) -> None:
        """A team's note is told as its own with its source and date, in the short form too, and replaces nothing."""
        note = Taught(NOTE, code="10", text="Our clinic puts the room into box 19.", source_title="Front desk binder")
        engine = trusting.taught(note, (), trusting.base)
        before, after = asked(trusting.base, "pos 10"), asked(engine, "pos 10")
        told_now = "Team note: Our clinic puts the room into box 19. [Team: Front desk binder, 11/28/2026]"
        assert told_now in full(after)
        assert told_now in short(after)
        assert set(full(before).splitlines()) <= set(full(after).splitlines())

    def test_a_note_without_a_page_never_looks_like_cms(self, trusting: Teacher) -> None:
        """A rule that stands on no page is told as the team's, whatever it is called, and has no address."""
        note = Taught(NOTE, code="10", text="Our clinic puts the room into box 19.", source_title="CMS manual")
        sources = as_dict(asked(trusting.taught(note, (), trusting.base), "pos 10"))["sources"]
        assert {"title": "Team: CMS manual", "url": "", "checked": "2026-11-28"} in sources

    def test_a_note_of_a_payer_is_told_where_the_payer_is_asked_about(self, trusting: Teacher) -> None:
        """Others are not bothered with it."""
        note = Taught(NOTE, code="10", text="They want the room in box 19.", payer="aetna")
        engine = trusting.taught(note, (), trusting.base)
        assert "box 19" not in full(asked(engine, "pos 10"))
        assert "box 19" in full(engine.answer(Question("pos 10", TODAY, payer="aetna")))

    def test_what_is_out_of_scope_is_declined_as_such(self, trusting: Teacher) -> None:
        """What nobody asks a bot about codes for is no longer a question it did not understand."""
        assert asked(trusting.base, "parking validation form").confidence < 0.5
        engine = trusting.taught(Taught(OUT_OF_SCOPE, "parking validation"), (), trusting.base)
        reply = asked(engine, "parking validation form")
        assert reply.intent is Intent.OUT_OF_SCOPE
        assert reply.confidence > 0.5

    def test_undoing_leaves_no_trace(self, trusting: Teacher) -> None:
        """An engine without what was taught is the one there was before."""
        assert trusting.engine([]).knowledge.version == trusting.base.knowledge.version

    def test_it_does_not_take_long(self, teacher: Teacher) -> None:
        """A curator does not wait: building the engine and asking all checked questions takes a moment."""
        start = time.process_time()
        teacher.taught(Taught(ALIAS, "brookdale villa", "13"), (), teacher.base)
        assert time.process_time() - start < PATIENT_ENOUGH


class TestRefusing:
    """Taught never overrules."""

    @pytest.mark.parametrize(
        ("text", "code", "why"),
        [
            ("snf", "31", "already means POS 31 or 32"),
            ("office", "12", "already means POS 11"),
            ("assisted living facility", "32", "already means POS 13"),
            ("swing bed", "23", "already points to POS"),
            ("horse barn", "12", "names a place of its own"),
            ("video", "10", "points to POS 02"),
            ("appointment by phone", "10", "too general"),
            ("new patient", "11", "too general"),
            ("table", "11", "too general"),
            ("xq", "11", "too general"),
            ("bed", "21", "would get 31 instead of 32"),
            ("main hospital", "11", "would get 11 instead of 22"),
            ("brookdale villa", "98", "no assigned POS code 98"),
            ("___ villa", "13", "Fill in the blanks"),
            ("villa member id 00445566", "13", "patient details"),
            ("villa of pos 31", "31", "number out"),
            ("video visit at the gazebo", "12", "would still get 10"),
            ("", "12", "no words of a place"),
            (" ".join(["villa"] * 11), "13", "at most 10 words"),
        ],
    )  # fmt: skip
    def test_an_alias_that_does_not_fit_is_refused_with_the_reason(
        self, teacher: Teacher, text: str, code: str, why: str
    ) -> None:
        """What collides with the knowledge, says nothing, or steals a checked question is named in one sentence."""
        assert why in refusal(teacher, Taught(ALIAS, text, code))

    @pytest.mark.parametrize(
        ("text", "why"),
        [("nursing home", "already means POS 31 or 32"), ("printer", "already out of scope"), ("video", "POS 02"), ("patient", "too general")],
    )  # fmt: skip
    def test_what_is_in_scope_cannot_be_put_out_of_it(self, teacher: Teacher, text: str, why: str) -> None:
        """What the knowledge answers stays answered."""
        assert why in refusal(teacher, Taught(OUT_OF_SCOPE, text))

    @pytest.mark.parametrize(
        ("note", "why"),
        [
            ({"text": "x"}, "10 to 240 characters"),
            ({"text": "x" * 241}, "10 to 240 characters"),
            ({"text": "Call 555-010-0199 for the room."}, "patient details"),
            ({"text": "Put the room into box 19.", "payer": "acme"}, "no payer"),
            ({"text": "Put the room into box 19.", "source_title": "x" * 101}, "at most 100"),
            ({"text": "Put the room into box 19.", "source_url": "binder"}, "web address"),
            ({"text": "Put the room into box 19.", "code": "98"}, "no assigned POS code"),
        ],
    )  # fmt: skip
    def test_a_note_that_does_not_fit_is_refused(self, teacher: Teacher, note: dict[str, Any], why: str) -> None:
        """A note says something, of somebody known, and holds nothing of a patient."""
        assert why in refusal(teacher, replace(Taught(NOTE, code="10"), **note))

    def test_nothing_is_taught_twice(self, teacher: Teacher) -> None:
        """A phrase taught before names what it was taught as, and the number to undo it by."""
        before = Taught(ALIAS, "brookdale villa", "13", id=7)
        assert "already taught as POS 13 (no. 7)" in refusal(teacher, replace(before, code="14"), (before,))

    def test_the_plan_of_a_phrase_is_the_same_however_it_is_typed(self, teacher: Teacher) -> None:
        """Filler around it, capitals and marks go."""
        filler = teacher.base.knowledge.vocabulary.filler
        assert phrase("What POS for the Brookdale  Villa?", filler) == "brookdale villa"
        assert phrase("at Brookdale's villa, please", filler) == "at brookdale's villa"
        assert phrase("a snf under Part A?", filler) == "snf under part a"


class TestLayer:
    """What was taught is a team's folder."""

    LESSONS = (
        Taught(ALIAS, "brookdale villa", "13"),
        Taught(ALIAS, "tall oaks tower", "13"),
        Taught(NOTE, code="13", text='Our "villa" rounds: ask for the room.', payer="aetna", source_title="Binder"),
        Taught(NOTE, code="10", text="Put the room into box 19.", source_title="Grid", source_url="https://team.example/g"),
        Taught(OUT_OF_SCOPE, "parking validation"),
    )  # fmt: skip

    def test_the_export_is_a_sound_team_folder(self, tmp_path: Path, teacher: Teacher) -> None:
        """Written to a folder it passes `posbot check`, and answers as what was taught does."""
        for path, text in files(self.LESSONS).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, "utf-8")
        assert check([built_in(), tmp_path]) == []
        engine, folder = teacher.engine(self.LESSONS), Engine(load([built_in(), tmp_path]))
        for text in ("brookdale villa", "pos 10", "parking validation", "pos 13 for aetna"):
            assert full(asked(engine, text)) == full(asked(folder, text))

    def test_what_no_longer_fits_is_left_out(self, teacher: Teacher) -> None:
        """A newer knowledge may claim a phrase or lack a code: what was taught before gives way, the rest stands."""
        stale = (Taught(ALIAS, "snf", "12"), Taught(NOTE, code="98", text="Nothing of the kind."))
        odd = Taught(NOTE, code="10", text="Put the room into box 19.", source_url="binder")
        engine = teacher.engine([*stale, odd, *self.LESSONS])
        assert asked(engine, "brookdale villa").codes == ("13",)
        assert asked(engine, "snf").outcome is Outcome.CLARIFY

    def test_the_checked_questions_are_answered_as_stated(self, teacher: Teacher) -> None:
        """They hold for the knowledge as it is, hundreds of them, every assigned code among them."""
        questions, _ = read_checked([built_in()])
        assert len(questions) > 400
        assert {code for question in questions for code in question.codes} == set(teacher.base.knowledge.codes)
        stated = [Told(question.outcome, question.codes) for question in questions]
        assert told(teacher.base, questions, teacher.base.knowledge.newest) == stated

    def test_check_tells_of_a_folder_that_steals_a_checked_question(self, tmp_path: Path) -> None:
        """What a team's folder would change is a fault that names the question."""
        (tmp_path / "codes").mkdir()
        (tmp_path / "codes" / "21.toml").write_text('code = "21"\naliases = ["bed"]\n', "utf-8")
        faults = [str(fault) for fault in check([built_in(), tmp_path])]
        assert any(fault.startswith("checked.toml:question[") and "but gets" in fault for fault in faults)

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("[[question]]\n", "checked.toml:question[0].q"),
            ("question = 1\n", "checked.toml:question: should be a list"),
            ("\n= 1", "checked.toml:: not readable as TOML"),
            ('[[question]]\nq = "pos 10"\noutcome = "answer"\ncodes = ["11"]\n', "should be answered with 11, but gets 10"),
        ],
    )  # fmt: skip
    def test_check_tells_what_is_wrong_with_a_file_of_checked_questions(
        self, tmp_path: Path, text: str, fault: str
    ) -> None:
        """A team may add questions of its own, which are held to their shape."""
        (tmp_path / "checked.toml").write_text(text, "utf-8")
        assert any(fault in str(found) for found in check([built_in(), tmp_path]))
