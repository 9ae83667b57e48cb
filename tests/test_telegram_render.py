"""Drawing replies for Telegram: pure functions from cards to messages and buttons."""

# ruff: noqa: D102, D103 - the name of a test is the sentence it proves

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import keyboards
from bot.channels.telegram.keyboards import Action, Press
from bot.channels.telegram.render import LIMIT, NOTHING, SCREEN, clean, full, has_more, short
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.models import Block, Card, Choice, Intent, Outcome, Part, Question, Reply, Source
from tests.fakes.botapi import MAX_CALLBACK_DATA, MAX_TEXT, VISIBLE, buttons, parse_html, units

TODAY = date(2026, 11, 23)
CMS = Source("CMS code set", "https://www.cms.gov/codes?a=1&b=2", TODAY)


def note(*lines: str, label: str = "", part: Part = Part.NOTE, is_short: bool = True) -> Block:
    return Block(part, label, lines, short=is_short)


def reply(*cards: Card, choices: tuple[Choice, ...] = (), as_of: date = TODAY) -> Reply:
    outcome = Outcome.CLARIFY if choices else Outcome.ANSWER
    return Reply("?", outcome, Intent.CODE, as_of, cards, choices=choices)


def shown(messages: list[str]) -> list[str]:
    """What people read, as the double reads it; refused markup raises."""
    return [parse_html(message)[0].strip() for message in messages]


class TestCards:
    """One card."""

    def test_the_lead_line_is_the_bold_heading(self) -> None:
        (message,) = full(Card("POS 10 - Telehealth Provided in Patient's Home", (note("At home."),)))
        text, entities = parse_html(message)
        assert text.splitlines()[0] == "POS 10 - Telehealth Provided in Patient's Home"
        assert entities[0] == {"type": "bold", "offset": 0, "length": 46}

    def test_one_line_stands_beside_its_label_and_several_below_it(self) -> None:
        card = Card("", (note("Facility.", label="Medicare rate"), note("one", "two", label="Mind")))
        assert shown(full(card)) == ["Medicare rate: Facility.\n\nMind:\n• one\n• two"]

    def test_what_follows_without_a_label_joins_the_part_before(self) -> None:
        card = Card("", (note("one", label="Notes"), note("two"), note("- a side of two"), note("x", part=Part.NOTICE)))
        assert shown(full(card)) == ["Notes:\n• one\n• two\n- a side of two\n\nx"]

    def test_a_source_is_a_link_with_the_day_it_was_checked(self) -> None:
        (message,) = full(Card("x", sources=(CMS,)))
        text, entities = parse_html(message)
        assert text.endswith("Source: CMS code set, checked 2026-11-23")
        assert entities[-1]["url"] == "https://www.cms.gov/codes?a=1&b=2"

    def test_many_sources_are_counted_after_the_first_five(self) -> None:
        assert shown(full(Card("x", sources=(CMS,) * 8)))[0].endswith("and 3 more, checked 2026-11-23 or later")

    def test_examples_can_be_copied_by_a_tap(self) -> None:
        (message,) = full(Card("", (note("02 vs 10?", part=Part.EXAMPLES, label="Try"),)))
        assert parse_html(message)[1][-1]["type"] == "code"

    def test_marks_of_html_are_shown_not_read(self) -> None:
        card = Card("<b>&amp;</b>", (note("1 < 2 & 3 > 2", label='"E&M"'),))
        assert shown(full(card)) == ['<b>&amp;</b>\n\n"E&M": 1 < 2 & 3 > 2']

    @pytest.mark.parametrize("text", ["", " \n ", "\u200b", "\0", "\u202e"])
    def test_a_card_with_nothing_to_see_still_says_something(self, text: str) -> None:
        assert full(Card(text, (note(text, label=text),))) == [NOTHING]

    def test_text_that_would_turn_the_line_around_is_taken_out(self) -> None:
        assert clean("pos\0 \u202e10\u2067\ud83c") == "pos 10"


class TestShortForm:
    """What fits one phone screen."""

    def test_blocks_beyond_one_screen_wait_under_more(self) -> None:
        card = Card("POS 10", (note("a" * 300), note("b" * 300), note("c" * 300)), code="10")
        (text,) = shown(short(reply(card)))
        assert "b" * 300 in text
        assert "c" * 300 not in text
        assert has_more(card)

    def test_a_notice_is_never_left_out(self) -> None:
        card = Card("POS 10", (note("a" * 690), note("Past its review date.", part=Part.NOTICE)), code="10")
        assert "Past its review date." in shown(short(reply(card)))[0]

    def test_a_debate_keeps_its_sides_however_many_cards_stand_beside_it(self) -> None:
        sides = note("Sources differ.", "- 10: " + "a" * 200, "- 02: " + "b" * 200)
        debate = Card("In a car", (note("Both readings are shown.", part=Part.NOTICE), note("a word first"), sides))
        (text,) = shown(short(reply(debate, *(Card(f"POS {code}", (note("c"),), code=code) for code in ("10", "02")))))
        assert "a" * 200 in text
        assert "b" * 200 in text

    def test_a_card_without_a_code_comes_whole(self) -> None:
        card = Card("Topic", (note("a" * 600), note("b" * 600, is_short=False)))
        assert "b" * 600 in shown(short(reply(card)))[0]

    def test_cards_beside_a_code_are_short_too_and_name_a_common_source_once(self) -> None:
        code = Card("POS 02", (note("a" * 100),), (CMS,), "02")
        beside = Card("Modifier 95", (note("b" * 100), note("c" * 600)), (CMS,))
        (text,) = shown(short(reply(code, beside)))
        assert "b" * 100 in text
        assert "c" * 600 not in text
        assert text.count("CMS code set, checked 2026-11-23") == 1

    def test_choices_are_left_to_the_buttons(self) -> None:
        card = Card("Which one?", (note("31 or 32?"), note("1. 31", part=Part.CHOICES)))
        choices = (Choice("31", "Part A stay"), Choice("32", "no Part A stay"))
        assert shown(short(reply(card, choices=choices))) == ["Which one?\n\n31 or 32?"]


class TestSplitting:
    """Long texts."""

    def test_messages_break_between_passages(self) -> None:
        messages = shown(full(Card("Head", (note("a" * 3000), note("b" * 3000)))))
        assert messages == ["Head\n\n" + "a" * 3000, "b" * 3000]

    def test_a_passage_longer_than_a_message_breaks_between_lines(self) -> None:
        lines = [f"{number:02} " + "x" * 100 for number in range(100)]
        messages = shown(full(Card("Head", (note(*lines),))))
        assert messages[0].startswith("Head\n\n00 ")
        assert [line for message in messages for line in message.splitlines() if line[:2].isdigit()] == lines

    def test_a_line_longer_than_a_message_breaks_after_a_sentence(self) -> None:
        messages = shown(full(Card("", (note("This is a sentence. " * 400),))))
        assert len(messages) == 2
        assert all(message.endswith("sentence.") for message in messages)

    def test_a_word_longer_than_a_message_loses_nothing(self) -> None:
        assert "".join(shown(full(Card("", (note("\N{HOSPITAL}" * 5000),))))) == "\N{HOSPITAL}" * 5000


ANY_TEXT = (
    st.text() | st.text(st.sampled_from('<>&";b/= \n\0\u200b\u202e\N{HOSPITAL}\ud83c')) | st.just("<b>&lt;" * 2000)
)
BLOCKS = st.builds(Block, st.sampled_from(Part), ANY_TEXT, st.lists(ANY_TEXT, max_size=4).map(tuple), st.booleans())
SOURCES = st.builds(Source, ANY_TEXT, ANY_TEXT, st.dates())
CARDS = st.builds(
    Card,
    ANY_TEXT,
    st.lists(BLOCKS, max_size=4).map(tuple),
    st.lists(SOURCES, max_size=7).map(tuple),
    st.sampled_from([None, "10"]),
)


@given(CARDS, ANY_TEXT)
def test_whatever_a_card_holds_telegram_takes_every_message(card: Card, label: str) -> None:
    answer = reply(card, choices=(Choice("31", label), Choice("32", label)))
    for message in [*full(card), *short(answer)]:
        text = parse_html(message)[0].strip()
        assert VISIBLE.search(text)
        assert units(text) <= LIMIT < MAX_TEXT
        message.encode()
    markup = keyboards.under(answer, TODAY)
    assert markup is not None
    for button in buttons({"reply_markup": markup.to_dict()}):
        assert button["text"].strip()
        assert len(button["callback_data"].encode()) <= MAX_CALLBACK_DATA


class TestButtons:
    """Buttons and their data."""

    @pytest.mark.parametrize(
        "press", [Press(Action.CODE, "31"), Press(Action.MORE, "10"), Press(Action.MORE, "02", date(2021, 12, 15))]
    )
    def test_data_is_read_back_as_it_was_written(self, press: Press) -> None:
        assert keyboards.read(press.data, {"31", "10", "02"}) == press

    @given(st.text())
    def test_other_data_is_read_as_nothing(self, data: str) -> None:
        press = keyboards.read(data, {"31"})
        assert press is None or press.data == data

    def test_a_code_that_does_not_exist_is_read_as_nothing(self) -> None:
        assert keyboards.read("code:30", {"31"}) is None

    def test_todays_answer_carries_no_date(self) -> None:
        card = Card("POS 10", (note("x"), note("y", is_short=False)), code="10")
        for day, data in ((TODAY, "more:10"), (date(2021, 12, 15), "more:10:2021-12-15")):
            markup = keyboards.under(reply(card, as_of=day), TODAY)
            assert markup is not None
            assert [button["callback_data"] for button in buttons({"reply_markup": markup.to_dict()})] == [data]

    def test_a_card_that_is_whole_has_no_more(self) -> None:
        assert keyboards.under(reply(Card("POS 10", (note("x"),), code="10")), TODAY) is None


def test_every_code_fits_one_screen_with_its_name_source_and_date() -> None:
    engine = Engine(load([built_in()]))
    for code in engine.knowledge.codes:
        answer = engine.answer(Question(f"pos {code}", TODAY))
        (text,) = shown(short(answer))
        assert text.startswith(f"POS {code} - ")
        assert "Source: " in text
        assert ", checked 20" in text
        assert units(text) <= SCREEN, code
