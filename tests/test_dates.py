"""The date of service in a question: its forms, and what it changes in the reply."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import dates
from bot.core.text import fold
from tests.conftest import TODAY

if TYPE_CHECKING:
    from tests.conftest import Ask


def found(text: str) -> date | None:
    """The date of service read from a text."""
    service = dates.find(fold(text), TODAY)
    return service.day if service else None


@pytest.mark.parametrize(
    "text", ["john dob 3/4/1950 at home", "patient born on 07/12/2003, video", "date of birth: 2001-05-06"]
)
def test_a_birthday_is_no_date_of_service(text: str) -> None:
    """A date said to be of birth, or too old for any claim, is not taken for the date of service."""
    assert found(text) is None


@pytest.mark.parametrize(
    "written",
    [
        "2021-12-15",
        "12/15/2021",
        "12/15/21",
        "12-15-2021",
        "12.15.2021",
        "Dec 15, 2021",
        "Dec. 15 2021",
        "December 15th, 2021",
        "15 December 2021",
        "15 dec 2021",
    ],
)
@pytest.mark.parametrize("around", ["{}", "pos 10 on {}", "dos {}, pos 10?", "({})"])
def test_forms_of_one_day(written: str, around: str) -> None:
    """A day is the same day in every way US staff write it, month first."""
    assert found(around.format(written)) == date(2021, 12, 15)


@pytest.mark.parametrize("written", ["1/5/2023", "01/05/2023", "1/5/23", "1-5-23", "Jan 5 2023", "january 5, 2023"])
def test_month_comes_first(written: str) -> None:
    """Digits are read in US order, with and without leading zeros."""
    assert found(f"dos {written}") == date(2023, 1, 5)


@pytest.mark.parametrize(
    ("written", "year", "months"),
    [
        ("in 2019", 2019, range(1, 13)),
        ("march 2021", 2021, [3]),
        ("Mar of 2021", 2021, [3]),
        ("3/2021", 2021, [3]),
        ("q2 2021", 2021, [4, 5, 6]),
        ("Q4 of 2022", 2022, [10, 11, 12]),
        ("last year", 2025, range(1, 13)),
        ("next year", 2027, range(1, 13)),
    ],
)
def test_a_longer_time_stands_for_a_day_in_it(written: str, year: int, months: range | list[int]) -> None:
    """A month, quarter or year stands for a day within it."""
    day = found(f"telehealth {written}")
    assert day is not None
    assert day.year == year
    assert day.month in months


def test_this_year_is_today() -> None:
    """The running year named bare means today, not a day gone by."""
    assert found("which pos in 2026") == TODAY


@pytest.mark.parametrize(
    ("written", "before"), [("before covid", date(2020, 3, 1)), ("pre-pandemic", date(2020, 3, 1))]
)
def test_before_the_emergency(written: str, before: date) -> None:
    """Before the pandemic is a day before March 2020, when the rules still were the old ones."""
    day = found(f"telehealth {written}")
    assert day is not None
    assert day < before


def test_during_the_emergency() -> None:
    """During the pandemic is a day within the public health emergency."""
    day = found("video visit during the pandemic")
    assert day is not None
    assert date(2020, 3, 1) <= day <= date(2023, 5, 11)


@pytest.mark.parametrize(
    "written",
    ["2/30/2023", "13/13/2023", "2023-02-29", "2023-13-01", "0/5/2023", "Feb 30, 2023", "32 March 2023 pm"],
)
def test_unreal_dates_are_no_such_day(written: str) -> None:
    """A date that no calendar has is never moved to another day; at most its year or month counts."""
    day = found(f"dos {written}")
    assert day is None or (day.day == 1 or (day.month, day.day) == dates.MIDYEAR)


@pytest.mark.parametrize(
    "written", ["12/2", "24/7", "99213", "10:30", "555-123-4567", "$2022", "02/10", "1/2", "item 32"]
)
def test_other_numbers_are_no_dates(written: str) -> None:
    """Phones, prices, hours and pairs of codes are no dates of service."""
    assert found(written) is None


def test_unreal_date_does_not_stop_the_answer(ask: Ask) -> None:
    """A code asked for with an impossible date is still that code."""
    assert ask("pos 11 on 2/30/2026").codes == ("11",)


@given(st.dates(min_value=dates.OLDEST, max_value=date(2060, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    """Any day a claim can be of, written as our replies write it or as ISO, is read back as that day."""
    assert found(f"dos {dates.us(day)}") == day
    assert found(f"pos 11 on {day.isoformat()}") == day


def test_as_of_is_the_day_answered_for(ask: Ask) -> None:
    """The reply says which day it answers for: the date of service where one is given, else today."""
    assert ask("pos 11").as_of == TODAY
    assert ask("pos 11 on 5/1/2023").as_of == date(2023, 5, 1)
    assert ask("pos 11", on=date(2020, 1, 2)).as_of == date(2020, 1, 2)


def test_a_day_ahead(ask: Ask) -> None:
    """A date of service still to come is answered for that day."""
    tomorrow = TODAY + timedelta(days=1)
    assert ask("pos 11", on=tomorrow).as_of == tomorrow
