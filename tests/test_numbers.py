"""Which numbers of a question are place of service codes, and which are something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.models import Intent, Outcome

if TYPE_CHECKING:
    from tests.conftest import Ask


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("pos 2", "02"),
        ("pos 02", "02"),
        ("POS02", "02"),
        ("Pos2", "02"),
        ("pos-11", "11"),
        ("pos:23", "23"),
        ("pos = 24", "24"),
        ("pos#31", "31"),
        ("POS #31", "31"),
        ("pos(99)", "99"),
        ("(POS 99)", "99"),
        ('"pos 20"', "20"),
        ("pos code 49", "49"),
        ("pos codes 49", "49"),
        ("pos no. 12", "12"),
        ("pos number 12", "12"),
        ("code 02", "02"),
        ("#22", "22"),
        ("# 22", "22"),
        ("place of service 81", "81"),
        ("place of service code 81", "81"),
        ("Place Of Service: 13", "13"),
        ("place of service is 13", "13"),
        ("P.O.S. 12", "12"),
        ("p o s ten", "10"),
        ("p o s 10", "10"),
        ("place of service ten", "10"),
        ("pos twenty one", "21"),
        ("pos twenty-one", "21"),
        ("pos code sixty-five", "65"),
        ("pos oh two", "02"),
        ("pos zero two", "02"),
        ("pos two", "02"),
        ("eighty one", "81"),
        ("eleven", "11"),
        ("02", "02"),
        ("21?", "21"),
        ("what is 21", "21"),
        ("what does 57 mean", "57"),
        ("is 22 facility", "22"),
        ("\uff50\uff4f\uff53 \uff11\uff10", "10"),
        ("pos\u00a010", "10"),
        ("pos\u200b 10", "10"),
        ("  pos   10  ", "10"),
        ("pos\n10", "10"),
        ("the claim has 32 as pos", "32"),
    ],
)
def test_code_number_in_any_clothing(ask: Ask, text: str, code: str) -> None:
    """However a code number is written, the reply leads with that code and no other."""
    reply = ask(text)
    assert (reply.outcome, reply.codes) == (Outcome.ANSWER, (code,))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("02/10", {"02", "10"}),
        ("02 / 10?", {"02", "10"}),
        ("02 or 10", {"02", "10"}),
        ("10 vs 12", {"10", "12"}),
        ("10 vs. 12", {"10", "12"}),
        ("10 v 12", {"10", "12"}),
        ("10 versus 12", {"10", "12"}),
        ("pos 22 or 11", {"22", "11"}),
        ("pos 19 and pos 22", {"19", "22"}),
        ("pos 31 & 32", {"31", "32"}),
        ("difference between 55 and 56", {"55", "56"}),
        ("POS02 vs POS10", {"02", "10"}),
        ("pos nineteen vs twenty-two", {"19", "22"}),
        ("13, 14 or 33?", {"13", "14", "33"}),
    ],
)
def test_several_code_numbers(ask: Ask, text: str, codes: set[str]) -> None:
    """Several code numbers in one question are compared, all of them."""
    reply = ask(text)
    assert (reply.intent, set(reply.codes)) == (Intent.COMPARE, codes)


NO_CODES = [
    "99213",
    "cpt 99213",
    "G0463",
    "99213 with modifier 25",
    "modifier 95",
    "mod 93",
    "the 95 modifier",
    "the copay is $20",
    "$ 11",
    "she owes 22 dollars",
    "patient is 65 years old",
    "65 yo",
    "65y/o male",
    "a 12-year-old",
    "age 12",
    "we had 2 patients today",
    "3 of my claims",
    "10 visits this month",
    "call 555-123-4567",
    "call (555) 123-4567",
    "555.123.4567",
    "open 24/7",
    "box 24B",
    "box 24b",
    "item 32",
    "box 32",
    "denied CO-5",
    "CO 5",
    "CARC 58",
    "N428",
    "M77",
    "MA114",
    "DRG 57",
    "revenue code 0510",
    "rev code 51",
    "bill type 131",
    "condition code 41",
    "icd-10",
    "icd 10",
    "discharge status 20",
    "ndc 21",
    "taxonomy 207Q00000X",
    "dos 3/11/2024",
    "dos 03-11-24",
    "2024-03-11",
    "March 11, 2024",
    "11 March 2024",
    "the claim was from 2022",
    "q1 2024",
    "appointment at 10:30",
    "at 11 am",
    "2pm",
    "room 12",
    "suite 14",
    "11th floor",
    "zip 90210",
    "10%",
    "99 percent",
    "10.50",
    "covid-19",
    "type 2 diabetes",
    "stage 4",
    "waited 15 minutes",
    "15 miles away",
    "250 yards",
    "a 12 bed unit",
    "ub-04",
    "837p",
    "cms 1500",
    "p.l. 93-638",
    "member id 123456789",
    "john12@mail.example",
    "https://x.example/10/02",
]


@pytest.mark.parametrize("text", NO_CODES)
def test_other_numbers_are_no_codes(ask: Ask, text: str) -> None:
    """Money, ages, counts, dates, phones, modifiers, denials and form boxes are never read as a code."""
    reply = ask(text)
    assert reply.codes == ()
    assert reply.intent not in {Intent.UNASSIGNED, Intent.INVALID, Intent.COMPARE}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("99213 with pos 11", "11"),
        ("pos 10 modifier 95?", "10"),
        ("65 yo, what is pos 12", "12"),
        ("$20 copay, pos 17", "17"),
        ("what is pos 23? call me at 555-123-4567", "23"),
        ("box 24B says 13, what does pos 13 mean", "13"),
        ("icd 10 is F32.1 what is pos 53", "53"),
    ],
)
def test_the_code_among_other_numbers(ask: Ask, text: str, code: str) -> None:
    """A code stands out among the other numbers of the same message."""
    assert ask(text).codes[:1] == (code,)


@pytest.mark.parametrize("text", ["pos 19", "pos 18", "pos 91", "pos 81", "pos 61", "pos 16"])
def test_numbers_are_never_fuzzy(ask: Ask, text: str) -> None:
    """A number is read as it stands, assigned or not; it is never moved to one that looks like it."""
    reply = ask(text)
    number = text.removeprefix("pos ")
    assert reply.codes == (() if number == "91" else (number,))


@pytest.mark.parametrize(
    "text",
    ["pos 0", "pos 00", "pos 100", "pos 1000", "pos 2a", "pos 3.5", "place of service 101", "POS 022", "pos 999"],
)
def test_what_cannot_be_a_code(ask: Ask, text: str) -> None:
    """What is called a code but has not two digits from 01 is told to be invalid, and leads with nothing."""
    reply = ask(text)
    assert (reply.outcome, reply.intent, reply.codes) == (Outcome.DECLINE, Intent.INVALID, ())
