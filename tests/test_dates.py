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
    "text",
    [
        "john dob 3/4/1950 at home",
        "patient born on 07/12/2003, video",
        "date of birth: 2001-05-06",
        "birthday is 3/15, at home",
        "born mar 15 2003, video",
        "kid born in march of 2015",
        "bday 15 march 2003",
        "born in 2015, in the office",
        "jane 3/15/62 at home",
    ],
)
def test_a_birthday_is_no_date_of_service(text: str) -> None:
    """A date said to be of birth, or too old or too far ahead for any claim, is not taken for the date of service."""
    assert found(text) is None


@pytest.mark.parametrize(
    "written",
    [
        "2021-12-15",
        "12/15/2021",
        "12/15/21",
        "12-15-2021",
        "12.15.2021",
        "12-15-21",
        "12.15.21",
        "Dec 15, 2021",
        "Dec. 15 2021",
        "December 15th, 2021",
        "15 December 2021",
        "15 dec 2021",
        "15th of december 2021",
        "dec 15 '21",
    ],
)
@pytest.mark.parametrize("around", ["{}", "date of service {}", "pos 10 on {}", "dos {}, pos 10?", "({})"])
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
        ("in '21", 2021, range(1, 13)),
        ("CY2023", 2023, range(1, 13)),
        ("Dec '21", 2021, [12]),
        ("mid 2022", 2022, range(4, 10)),
        ("mid-2022", 2022, range(4, 10)),
        ("early 2024", 2024, range(1, 5)),
        ("late 2023", 2023, range(9, 13)),
        ("end of 2023", 2023, [12]),
        ("at the beginning of 2022", 2022, [1]),
        ("spring 2020", 2020, [3, 4, 5, 6]),
        ("in the fall of 2021", 2021, [9, 10, 11]),
        ("Q1 2022", 2022, [1, 2, 3]),
        ("1Q22", 2022, [1, 2, 3]),
        ("Q3 '22", 2022, [7, 8, 9]),
        ("first quarter of 2022", 2022, [1, 2, 3]),
        ("4th qtr 2023", 2023, [10, 11, 12]),
        ("two years ago", 2024, range(1, 13)),
        ("was 3 yrs ago", 2023, range(1, 13)),
        ("last month", 2026, [10]),
        ("6 months ago", 2026, [5]),
        ("when covid started", 2020, [3]),
    ],
)
def test_a_longer_time_stands_for_a_day_in_it(written: str, year: int, months: range | list[int]) -> None:
    """A month, quarter or year stands for a day within it."""
    day = found(f"telehealth {written}")
    assert day is not None
    assert day.year == year
    assert day.month in months


@pytest.mark.parametrize("written", ["in 2026", "this year", "CY2026"])
def test_this_year_is_today(written: str) -> None:
    """The running year means today, not a day gone by."""
    assert found(f"which pos {written}") == TODAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("dos 3/15", date(2026, 3, 15)),
        ("dos 12/25, at home", date(2025, 12, 25)),
        ("date of service: 11/22", date(2026, 11, 22)),
        ("video visit on 3/15", date(2026, 3, 15)),
        ("pos 10 on 3/15", date(2026, 3, 15)),
        ("seen Mar 15", date(2026, 3, 15)),
        ("seen 15 mar", date(2026, 3, 15)),
        ("Dec 1 at home", date(2025, 12, 1)),
        ("on may 10", date(2026, 5, 10)),
        ("dos 2/29", date(2024, 2, 29)),
    ],
)
def test_a_day_without_its_year_is_the_last_gone_by(text: str, day: date) -> None:
    """Month and day alone, where they cannot be codes, mean the nearest such day in the past."""
    assert found(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("since 2022", date(2022, 1, 1)),
        ("from 2022 on", date(2022, 1, 1)),
        ("between Jan and Mar 2022", date(2022, 1, 1)),
        ("feb-apr 2022", date(2022, 2, 1)),
        ("from jan 2022 to mar 2022", date(2022, 1, 1)),
        ("2020-2023", date(2020, 1, 1)),
        ("1/1/22-3/31/22", date(2022, 1, 1)),
        ("before 2022", date(2021, 12, 31)),
        ("prior to march 2020", date(2020, 2, 29)),
        ("after 2023", date(2024, 1, 1)),
    ],
)
def test_a_stretch_of_time_stands_for_its_edge(text: str, day: date) -> None:
    """A range means its first day, "before" the last day before it, "after" the first day behind it."""
    assert found(f"telehealth at home {text}") == day


def test_yesterday_is_the_day_before() -> None:
    """A visit of yesterday is asked about for that day."""
    assert found("saw him yesterday at home") == TODAY - timedelta(days=1)
    assert found("yesterday's video visit") == TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "stroke 5 years ago, video at home",
        "pt had surgery 3 years ago video visit",
        "discharged yesterday, seen at home today",
        "video visit for a fall last month",
        "moved in with her daughter 4 years ago and now on video",
    ],
)
def test_history_is_no_date_of_service(text: str) -> None:
    """How long ago something befell the patient says nothing of when the visit was."""
    assert found(text) is None


@pytest.mark.parametrize(
    ("written", "before"),
    [
        ("before covid", date(2020, 3, 1)),
        ("pre-pandemic", date(2020, 3, 1)),
        ("prepandemic", date(2020, 3, 1)),
        ("pre-phe", date(2020, 3, 1)),
        ("before the public health emergency", date(2020, 3, 1)),
    ],
)
def test_before_the_emergency(written: str, before: date) -> None:
    """Before the pandemic is a day before March 2020, when the rules still were the old ones."""
    day = found(f"telehealth {written}")
    assert day is not None
    assert day < before


@pytest.mark.parametrize("time", ["the pandemic", "the PHE", "covid", "lockdown", "the public health emergency"])
def test_during_the_emergency(time: str) -> None:
    """During the pandemic is a day within the public health emergency."""
    day = found(f"video visit during {time}")
    assert day is not None
    assert date(2020, 3, 1) <= day <= date(2023, 5, 11)


@pytest.mark.parametrize(
    "written", ["after the PHE ended", "when the phe ended", "once the pandemic was over", "post-phe"]
)
def test_after_the_emergency(written: str) -> None:
    """After the emergency is from the day behind its last."""
    assert found(f"telehealth {written}") == date(2023, 5, 12)


@pytest.mark.parametrize("text", ["in the covid ward", "during covid testing", "post covid clinic", "covid-19 vaccine"])
def test_the_illness_is_no_time(text: str) -> None:
    """Covid as an illness, a test or a vaccine is no date."""
    assert found(text) is None


@pytest.mark.parametrize(
    "written",
    ["2/30/2023", "13/13/2023", "2023-02-29", "2023-13-01", "0/5/2023", "Feb 30, 2023", "32 March 2023 pm"],
)
def test_unreal_dates_are_no_such_day(written: str) -> None:
    """A date that no calendar has is never moved to another day; at most its year or month counts."""
    day = found(f"dos {written}")
    assert day is None or (day.day == 1 or (day.month, day.day) == dates.MIDYEAR)


@pytest.mark.parametrize(
    "written",
    [
        *("12/2", "24/7", "99213", "10:30", "555-123-4567", "$2022", "02/10", "1/2", "item 32", "11/22", "11/22?"),
        *("modifier on 02/10", "pos 11/22", "dos 24/7", "FY2023", "may 10 be used", "what decides 02 or 10", "Q3014"),
        *("separate 19 and 22", "in march or 15", "mar 15 or 16", "sepsis 21", "99441-99443", "g2012"),
    ],
)
def test_other_numbers_are_no_dates(written: str) -> None:
    """Phones, prices, hours and pairs of codes are no dates of service."""
    assert found(written) is None


def test_unreal_date_does_not_stop_the_answer(ask: Ask) -> None:
    """A code asked for with an impossible date is still that code."""
    assert ask("pos 11 on 2/30/2026").codes == ("11",)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("what decides 02 or 10", ("02", "10")),
        ("dos 3/15, 11 or 22", ("11", "22")),
        ("is it 11/22", ("11", "22")),
        ("may 10 be used", ("10",)),
        ("pos 10 jan 2022", ("10",)),
    ],
)
def test_a_date_neither_hides_a_code_nor_becomes_one(ask: Ask, text: str, codes: tuple[str, ...]) -> None:
    """The numbers of a date are no codes, and a word that begins like a month hides none."""
    assert ask(text).codes == codes


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
