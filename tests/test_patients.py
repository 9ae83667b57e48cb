"""Messages that hold data of a patient are told so, and nothing of it comes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.core.models import Question
from bot.core.patients import LEAVE_OUT
from bot.core.plain import as_dict, full, short
from tests.bench.labelled import DEV, labels
from tests.conftest import TODAY

if TYPE_CHECKING:
    from bot.core.engine import Engine
    from tests.conftest import Ask

TELLING = {
    "pt John Doe on video at home, pos?": "Doe",
    "Mrs. Doe was seen at the SNF, which pos": "Doe",
    "Patient Jane Q. Doe in the ER": "Jane",
    "DOB 3/4/1950, pt at home on the phone": "3/4/1950",
    "born march 4 1950, seen at home": "1950",
    "mrn 00445566 video visit at home": "00445566",
    "member id W000456789 telehealth at home": "W000456789",
    "call me at 555-010-0199 about pos 10": "0199",
    "000-12-3456 telehealth at home": "000-12-3456",
    "jane.doe@example.org wants to know 02 or 10": "example.org",
    "lives at 412 Maple Street, phone visit": "Maple",
    "1EG4-TE5-MK73 seen in the snf": "TE5",
}
INNOCENT = (
    "Patient Seen At Home By Video",
    "POS For Patient Home Visit",
    "DOS 3/15/2021 video at home",
    "npi 1234567890 bills pos 11",
    "cpt 99213 in pos 22",
    "is 200 yards from the main hospital 22",
    "Dr. Smith at the office, patient at home",
)


@pytest.mark.parametrize("text", TELLING)
def test_patient_data_is_asked_to_be_left_out(ask: Ask, text: str) -> None:
    """A message that looks like it names somebody gets its answer, with one line that asks to leave that out."""
    reply = ask(text)
    assert full(reply).count(LEAVE_OUT) == 1
    assert LEAVE_OUT in short(reply)


@pytest.mark.parametrize(("text", "planted"), TELLING.items())
def test_nothing_of_the_patient_comes_back(engine: Engine, text: str, planted: str) -> None:
    """Beyond the question that the asker's own program gets back, no part of a reply repeats it."""
    reply = as_dict(engine.answer(Question(text, TODAY)))
    assert reply.pop("question") == text
    assert re.search(rf"\b{re.escape(planted)}\b", str(reply), re.IGNORECASE) is None


@pytest.mark.parametrize("text", INNOCENT)
def test_ordinary_messages_are_not_reproached(ask: Ask, text: str) -> None:
    """Dates of service, capitals, providers and claim numbers are no patient data."""
    assert LEAVE_OUT not in full(ask(text))


def test_no_labelled_question_is_reproached(ask: Ask) -> None:
    """Of the labelled questions, none of which holds patient data, none is told to leave it out."""
    assert not [label.id for label in labels([DEV]) if LEAVE_OUT in full(ask(label.q))]


@pytest.mark.parametrize("number", ["00445566", "123456789", "x" * 4000])
def test_a_long_number_in_place_of_a_code_is_not_repeated(ask: Ask, number: str) -> None:
    """What cannot be a code may be a member's number."""
    told = full(ask(f"pos {number}"))
    assert "not a valid POS code" in told
    assert number not in told
