"""Payer and date of service, end to end: who leads, what follows, and how today's rule differs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.models import Intent, Outcome
from bot.core.plain import as_dict, full, short

if TYPE_CHECKING:
    from bot.core.knowledge import Knowledge
    from tests.conftest import Ask

ASKED = {
    Intent.TELEHEALTH: "video visit, patient at home",
    Intent.CODE: "what is pos 10",
    Intent.COMPARE: "02 vs 10",
    Intent.RATE: "does pos 10 pay facility",
    Intent.MODIFIER: "which modifier for a video visit at home",
    Intent.DENIAL: "CO-5 on a video visit at home",
}
"""A question of each kind that speaks of telehealth."""
PAYERS = {
    "cigna": "Cigna",
    "unitedhealthcare": "UHC",
    "aetna": "aetna",
    "tricare": "Tricare East",
    "horizon": "horizon",
}
"""Payers as callers write them."""


# Payers


@pytest.mark.parametrize("intent", ASKED)
@pytest.mark.parametrize("payer", PAYERS)
def test_payer_leads_and_medicare_follows(ask: Ask, knowledge: Knowledge, payer: str, intent: Intent) -> None:
    """The payer's own rule stands first with where it was read, Medicare's behind it with its sources."""
    reply = ask(ASKED[intent], payer=PAYERS[payer])
    rule = knowledge.payers[payer].note[0]
    text = full(reply)
    assert reply.intent is intent
    assert text.index(rule.text[:20]) < text.index("Medicare's rule and the code set's:")
    assert rule.text[:20] in short(reply)
    urls = {source["url"] for source in as_dict(reply)["sources"]}
    assert {knowledge.sources[name].url for name in rule.sources} <= urls
    assert {source["url"] for source in as_dict(ask(ASKED[intent]))["sources"]} <= urls


@pytest.mark.parametrize("intent", ASKED)
def test_payer_in_the_text_counts_as_one_of_the_caller(ask: Ask, intent: Intent) -> None:
    """A payer named in the question leads just as one handed over beside it."""
    named, given = ask(f"{ASKED[intent]} cigna"), ask(ASKED[intent], payer="cigna")
    assert "Cigna asked that it not be billed" in full(named)
    assert named.codes == given.codes


@pytest.mark.parametrize("text", ["office visit", "what is pos 11", "11 vs 22", "which box on the 1500"])
def test_telehealth_rule_stays_out_of_other_questions(ask: Ask, text: str) -> None:
    """The payers' rules are about telehealth: where that is not asked the reply is the same for any known payer."""
    assert full(ask(text, payer="cigna")) == full(ask(text))


@pytest.mark.parametrize("written", ["atena", "AETNA PPO", " aetna ", "Aetna"])
def test_payer_is_known_however_it_is_written(ask: Ask, written: str) -> None:
    """Case, spaces and a slip do not hide a payer."""
    assert "Aetna (April 2026 reading)" in full(ask("pos 10", payer=written))


@pytest.mark.parametrize("text", [*ASKED.values(), "pos 11", "seen in person at the snf"])
def test_unknown_payer_is_said_in_a_sentence(ask: Ask, text: str) -> None:
    """A payer nobody knows changes no code, and the reply says once that its rules are not known."""
    reply, plain = ask(text, payer="Nobody  Mutual"), ask(text)
    assert (reply.outcome, reply.codes, reply.choices) == (plain.outcome, plain.codes, plain.choices)
    assert full(reply).count("No rules of Nobody Mutual are known here") == 1
    assert "Nobody Mutual" in short(reply)


def test_known_payer_in_the_text_outweighs_an_unknown_one_of_the_caller(ask: Ask) -> None:
    """What the question says of the payer counts before what was set for the chat."""
    text = full(ask("cigna video at home", payer="Nobody Mutual"))
    assert "Nobody" not in text
    assert "Cigna" in text


def test_unknown_payer_is_not_medicare(ask: Ask) -> None:
    """In 2021 Medicare alone wanted the in-person place: any other payer, known or not, took 02."""
    question, day = "video visit, patient at home", date(2021, 5, 1)
    assert ask(question, on=day).codes == ("11",)
    assert ask(question, on=day, payer="Medicare").codes == ("11",)
    assert ask(question, on=day, payer="Nobody Mutual").codes == ("02",)


@pytest.mark.parametrize("text", ["hi", "write a poem", "pos 30", "pos 100"])
def test_decline_says_nothing_of_payers(ask: Ask, text: str) -> None:
    """Where nothing is answered there is nothing to say of the payer."""
    assert full(ask(text, payer="Nobody Mutual")) == full(ask(text))


# Dates


def test_payer_rule_of_the_day(ask: Ask) -> None:
    """The payer's rule in force on the date of service leads, and its rule of today is told too."""
    text = full(ask("video visit, patient at home", on=date(2021, 5, 1), payer="cigna"))
    then, now = text.index("In 2021 Cigna wanted the in-person POS"), text.index("Cigna today: Cigna commercial")
    assert then < now
    assert "No rule of theirs is known for 5/1/2021" in full(ask("pos 10", on=date(2021, 5, 1), payer="horizon"))


@pytest.mark.parametrize(
    ("text", "payer", "on", "codes"),
    [
        ("video visit, patient at home", None, date(2016, 6, 1), ()),
        ("video visit, patient at home", None, date(2019, 6, 1), ("02",)),
        ("video visit, patient at home", None, date(2020, 2, 29), ("02",)),
        ("video visit, patient at home", None, date(2020, 3, 1), ("11",)),
        ("video visit, patient at home", None, date(2023, 12, 31), ("11",)),
        ("video visit, patient at home", None, date(2024, 1, 1), ("10",)),
        ("video visit, patient at home", "cigna", date(2021, 12, 31), ("02",)),
        ("video visit, patient at home", "uhc", date(2022, 1, 1), ("10",)),
        ("snf resident on video", "aetna", date(2022, 1, 1), ("02",)),
        ("which modifier for a phone visit at home", None, date(2021, 5, 1), ("11",)),
        ("which modifier for a phone visit at home", "uhc", date(2022, 5, 1), ("10",)),
        ("CO-5 on a video visit at home", None, date(2021, 5, 1), ("11",)),
        ("can i use 10 for a video visit at home", None, date(2021, 5, 1), ("11",)),
        ("does pos 10 pay facility", None, date(2021, 5, 1), ("02",)),
        ("off campus hospital outpatient clinic visit", None, date(2015, 3, 1), ("22",)),
        ("street outreach to a homeless man", None, date(2021, 5, 1), ()),
        ("street outreach to a homeless man", None, date(2023, 10, 1), ("27",)),
        ("pos 27", None, date(2021, 5, 1), ("27",)),
    ],
)
def test_code_of_the_day(ask: Ask, text: str, payer: str | None, on: date, codes: tuple[str, ...]) -> None:
    """What leads is what was right on the date of service, and no place before its code was in force."""
    reply = ask(text, on=on, payer=payer)
    assert (reply.outcome, reply.codes, reply.as_of) == (Outcome.ANSWER, codes, on)


@pytest.mark.parametrize(
    ("text", "on", "then", "today"),
    [
        ("video visit, patient at home", date(2021, 5, 1), "5/1/2021: POS 11", "The same visit today is POS 10"),
        ("video visit, patient at home", date(2016, 5, 1), "no telehealth place", "The same visit today is POS 10"),
        ("CO-5 on a video visit at home", date(2021, 5, 1), "place of service is 11", "The same visit today is POS 10"),
        ("which modifier for a phone visit at home", date(2021, 5, 1), "modifier 95", "Since 1/1/2022: Modifier 93"),
        ("what is pos 02", date(2021, 5, 1), "POS 02 - Telehealth\n", "Since 1/1/2022 it is Telehealth Provided Other"),
        ("what is pos 10", date(2022, 5, 1), "On 5/1/2022", "Since 1/1/2024 Medicare pays it the nonfacility rate"),
        (
            "does pos 10 pay facility",
            date(2022, 5, 1),
            "pays the facility rate",
            "Since 1/1/2024 Medicare pays it the non",
        ),
        (
            "does pos 10 pay facility",
            date(2021, 5, 1),
            "POS 10 did not exist",
            "Since 1/1/2024 Medicare pays it the non",
        ),
        ("02 vs 10", date(2021, 5, 1), "POS 10 did not exist on 5/1/2021", "Since 1/1/2022 it is Telehealth Provided"),
        ("19 vs 22", date(2015, 5, 1), "POS 19 did not exist", "Since 1/1/2016 it is On Campus-Outpatient Hospital"),
    ],
)
def test_today_differs(ask: Ask, text: str, on: date, then: str, today: str) -> None:
    """The rule in force that day is told, and how today's differs."""
    reply = full(ask(text, on=on))
    assert then in reply
    assert today in reply


@pytest.mark.parametrize("text", [*ASKED.values(), "pos 11", "office visit", "11 vs 22"])
def test_nothing_differs_today(ask: Ask, text: str) -> None:
    """Asked for today, no reply speaks of another day's rule."""
    for line in ("The same visit today", "did not exist", "Since 1/1/2024 Medicare pays", "today:"):
        assert line not in full(ask(text))


def test_decision_between_codes_of_the_day(ask: Ask) -> None:
    """What decides between two codes is told only where both existed."""
    assert "What decides" in full(ask("02 vs 10", on=date(2022, 5, 1)))
    assert "What decides" not in full(ask("02 vs 10", on=date(2021, 5, 1)))
