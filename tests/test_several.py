"""Several questions in one message: when it is taken apart, when it is not, and the one reply that answers all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.models import Intent, Match, Outcome, Part
from bot.core.plain import SCREEN, as_dict, full, short
from bot.core.several import LEFT_OUT
from tests.conftest import LABELLED, NAMES

if TYPE_CHECKING:
    from bot.core.models import Reply
    from tests.conftest import Ask


def heads(reply: Reply) -> list[str]:
    """The headings of a reply's cards."""
    return [card.head for card in reply.cards]


def is_numbered(reply: Reply) -> bool:
    """Whether a reply answers several questions."""
    return full(reply).startswith("1. ")


SEVERAL = [
    ("pos for snf video visit\nis 22 facility\nwhy M77", ("02", "22")),
    ("hi team,\npos for snf video\nis 22 facility\nthanks!", ("02", "22")),
    ("snf resident on video\npatient at home by phone", ("02", "10")),
    ("pos for group home?\nurgent care?\nambulatory surgery center?", ("14", "20", "24")),
    ("what is pos 12; what is pos 13", ("12", "13")),
    ("1. pos for snf video 2. is 22 facility 3. why M77", ("02", "22")),
    ("1) county jail 2) homeless shelter\n3) house call", ("09", "04", "12")),
    ("q1: what is pos 25? q2: what is pos 26?", ("25", "26")),
    ("is 22 facility? 2) why M77", ("22",)),
    ("- snf resident on video\n- is 22 facility", ("02", "22")),
    ("what pos for video visits: 1) patient at home 2) patient at school", ("10", "02")),
    ("is 22 or 11 the facility one? and what is pos 24?", ("22", "11", "24")),
    ("what is pos 02? what is pos 10?", ("02", "10")),
    ("pos for snf video? is 24 facility?", ("02", "24")),
    ("why CO-5? what is M77?", ()),
    ("which box does pos go in? what is pos 11?", ("11",)),
    ("pos for er visit? also which modifier for a phone visit at home?", ("23", "10")),
    ("pos for a house call also what is pos 34", ("12", "34")),
    ("what pos for urgent care? another question: is 23 facility", ("20", "23")),
    ("pos for snf video? second question: is 24 facility?", ("02", "24")),
    ("video at a clinic? phone at home?", ("02", "10")),
]


@pytest.mark.parametrize(("text", "codes"), SEVERAL, ids=[text for text, _ in SEVERAL])
def test_each_question_is_answered(ask: Ask, text: str, codes: tuple[str, ...]) -> None:
    """Lists, lines and sentences that each ask something get a numbered card each, and the codes of all in order."""
    reply = ask(text)
    assert reply.outcome is Outcome.ANSWER
    assert reply.codes == codes
    assert not reply.choices
    assert [head.split(" ")[0] for head in heads(reply)] == [f"{at}." for at in range(1, len(reply.cards) + 1)]
    assert len(reply.cards) > 1


@pytest.mark.parametrize(
    "text",
    [
        "what pos? pt was at home on video",
        "02 or 10?",
        "02 or 10? pt at school",
        "02 vs 10? which one for home?",
        "is it 11? or 22?",
        "is it 11 or 22? hospital owns us",
        "hi! pos for snf video?",
        "pos for snf video? thanks!",
        "pos for video at home\n\nthanks so much\nJane",
        "quick question? pos for snf video?",
        "pt in snf\npart a stay\nvideo with our doc in the office\nwhich pos?",
        "our doc was at home\npatient at the clinic on video",
        "patient lives in assisted living; seen in our office",
        "1. patient at home 2. doctor at the clinic 3. video, what pos",
        "what pos for er? is 23 right?",
        "what is pos 22? is it the same as 19?",
        "is pos 10 right when the patient is at home? doc is in the hospital?",
        "denied? M77? pos was 11 pt in er?",
        "why was it denied? co-5, pos 21",
        "what is pos 31? what is pos 31?",
        "can i also use 02 for a snf resident on video",
        "is 95 also needed for pos 10",
        "what is the pos for a patient seen by video? The patient is in the SNF, the doctor at home. Is it 02?",
        "if the patient is at home is it 10 and if not 02?",
        "dos 5/1/2021\nmedicare\nvideo\npatient at home",
    ],
)
def test_one_question_stays_one(ask: Ask, text: str) -> None:
    """A story, a comparison, detail behind a question, a guess at the answer and a greeting make no second question."""
    assert not is_numbered(ask(text))


@pytest.mark.parametrize(
    "label", [label for label in LABELLED if "1)" not in label["q"]], ids=lambda label: label["id"]
)
def test_labelled_question_is_one(ask: Ask, label: dict[str, str]) -> None:
    """No labelled question is taken for several."""
    assert not is_numbered(ask(label["q"]))


@pytest.mark.parametrize(
    ("text", "codes", "stated"),
    [
        ("video visit at home, what pos? and by phone?", ("10",), "93"),
        ("video visit at home, what pos? which modifier?", ("10",), "Modifier 95"),
        ("pos for telehealth at home? what if the patient is at work?", ("10", "02"), "workplace"),
        ("snf resident on video, which pos? and at home?", ("02", "10"), "POS 10 - "),
    ],
)
def test_tail_leans_on_the_first(ask: Ask, text: str, codes: tuple[str, ...], stated: str) -> None:
    """A short second question takes what it leaves unsaid from the one before."""
    reply = ask(text)
    assert is_numbered(reply)
    assert reply.codes == codes
    assert stated in full(reply).split("\n\n2. ")[1]


def test_what_stands_alone_does_not_lean(ask: Ask) -> None:
    """A second question with a code of its own is answered as if the first had not been asked."""
    assert ask("pt at home on video, what pos? what is pos 22?").codes == ("10", "22")


def test_follow_up_leans_on_the_last(ask: Ask) -> None:
    """What is asked after a message of several questions takes up the last of them."""
    assert ask("and at home?", context=["what is pos 24? pos for snf video?"]).codes[:1] == ("10",)


def test_reply_of_several(ask: Ask) -> None:
    """The reply is as sure as the least sure part, names the sources of all and keeps the whole message."""
    text = "is 22 facility? pos for video at home?\nwhy M77?"
    parts = [ask(part) for part in ("is 22 facility", "pos for video at home", "why M77")]
    reply = ask(text)
    assert reply.question == text
    assert reply.intent is Intent.RATE
    assert reply.confidence == min(part.confidence for part in parts)
    assert list(Match).index(reply.match) == max(list(Match).index(part.match) for part in parts)
    urls = {source["url"] for source in as_dict(reply)["sources"]}
    assert urls == {source["url"] for part in parts for source in as_dict(part)["sources"]}


def test_full_form_keeps_everything(ask: Ask) -> None:
    """Nothing that a question alone is told is lost when it is one of several."""
    whole = full(ask("1) 02 vs 10 2) is 24 facility"))
    for part in ("02 vs 10", "is 24 facility"):
        for card in ask(part).cards:
            assert all(line in whole for block in card.blocks for line in block.lines)


def test_open_question_among_others(ask: Ask) -> None:
    """A part that must be asked back is a card with its choices; the reply as a whole offers none."""
    reply = ask("1) seen in person at the snf 2) is 24 facility")
    assert reply.outcome is Outcome.ANSWER
    assert reply.codes == ("24",)
    assert heads(reply)[0].startswith("1. Which one")
    assert {"31", "32"} <= set(heads(reply)[0].replace(":", " ").replace("?", " ").split())
    assert "1. 32 - Nursing Facility" in full(reply)
    assert not any(block.part is Part.CHOICES for card in reply.cards for block in card.blocks)


def test_only_open_questions(ask: Ask) -> None:
    """Where every part is open the first one's choices are offered, and no code leads."""
    reply = ask("1) seen in person at the snf 2) ambulance ride")
    assert (reply.outcome, reply.codes) == (Outcome.CLARIFY, ())
    assert {choice.code for choice in reply.choices} == {"31", "32"}


def test_declined_part(ask: Ask) -> None:
    """A value without a meaning is told so in its card; what is answered leads."""
    reply = ask("pos 30? pos 10?")
    assert (reply.outcome, reply.intent, reply.codes) == (Outcome.ANSWER, Intent.CODE, ("10",))
    assert heads(reply) == ["1. POS 30 - unassigned", f"2. POS 10 - {NAMES['10']}"]
    both = ask("pos 30? pos 35?")
    assert (both.outcome, both.intent, both.codes) == (Outcome.DECLINE, Intent.UNASSIGNED, ())


def test_repeated_question_is_answered_once(ask: Ask) -> None:
    """The same question twice in a message is one."""
    reply = ask("what is pos 31? is 24 facility? What is POS 31?")
    assert reply.codes == ("31", "24")
    assert len(reply.cards) == 2


def test_at_most_five(ask: Ask) -> None:
    """The first five are answered, and the reply says so, in the short form too."""
    asked = [f"what is pos {code}?" for code in ("11", "12", "20", "22", "23", "24")]
    reply = ask(" ".join(asked))
    assert reply.codes == ("11", "12", "20", "22", "23")
    assert LEFT_OUT in full(reply)
    assert LEFT_OUT in short(reply)
    assert LEFT_OUT not in full(ask(" ".join(asked[:5])))


@pytest.mark.parametrize("text", [text for text, _ in SEVERAL])
def test_short_form_shows_every_question(ask: Ask, text: str) -> None:
    """The short form of two or three questions fits a phone screen and shows each card."""
    reply = ask(text)
    lines = short(reply).splitlines()
    assert len(short(reply)) <= SCREEN
    assert [line for line in lines if line in heads(reply)] == heads(reply)


def test_both_sides_of_a_dispute_are_shown(ask: Ask) -> None:
    """An unsettled part shows both sides in the short form, or none."""
    for text in ("1) pt in car on video 2) is 24 facility", "1) snf in person 2) pt in car on video 3) why M77"):
        sides = [line for line in short(ask(text)).splitlines() if line.startswith("- ")]
        assert len(sides) == 2
