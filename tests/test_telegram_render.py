"""Drawing replies for Telegram: pure functions from cards to messages and buttons."""

# ruff: noqa: D102, D103 - the name of a test is the sentence it proves

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import keyboards, presses
from bot.channels.telegram.presses import Action, Press
from bot.channels.telegram.render import LIMIT, NOTHING, answer, clean, full, without_folding
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.models import Block, Card, Choice, Intent, Outcome, Part, Question, Reply, Source
from bot.core.plain import SCREEN
from bot.core.subject import Subject
from tests.fakes.botapi import MAX_CALLBACK_DATA, MAX_TEXT, VISIBLE, buttons, parse_html, units

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup

    from bot.core.views import Views

TODAY = date(2026, 11, 23)
EARLIER = date(2026, 1, 2)
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
        assert text.endswith("Source: CMS code set (checked 11/23/2026)")
        assert entities[-1]["url"] == "https://www.cms.gov/codes?a=1&b=2"

    def test_pages_checked_on_one_day_stand_together(self) -> None:
        (text,) = shown(full(Card("x", sources=(CMS, CMS._replace(title="HL7"), CMS._replace(checked=EARLIER)))))
        listed = "Sources (checked 11/23/2026):\n• CMS code set\n• HL7\nSources (checked 1/2/2026):\n• CMS code set"
        assert text.endswith(listed)

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
        (text,) = shown(answer(reply(card)))
        assert "b" * 300 in text
        assert "c" * 300 not in text

    def test_a_notice_is_never_left_out(self) -> None:
        card = Card("POS 10", (note("a" * 690), note("Past its review date.", part=Part.NOTICE)), code="10")
        assert "Past its review date." in shown(answer(reply(card)))[0]

    def test_a_debate_keeps_its_sides_however_many_cards_stand_beside_it(self) -> None:
        sides = note("Sources differ.", "- 10: " + "a" * 200, "- 02: " + "b" * 200)
        debate = Card("In a car", (note("Both readings are shown.", part=Part.NOTICE), note("a word first"), sides))
        (text,) = shown(answer(reply(debate, *(Card(f"POS {code}", (note("c"),), code=code) for code in ("10", "02")))))
        assert "a" * 200 in text
        assert "b" * 200 in text

    def test_the_rest_of_a_card_without_a_code_is_folded_below_it(self) -> None:
        card = Card("Topic", (note("a" * 600), note("b" * 600, is_short=False)), (CMS,))
        (message,) = answer(reply(card))
        text, entities = parse_html(message)
        (fold,) = [entity for entity in entities if entity["type"] == "expandable_blockquote"]
        assert "a" * 600 in text[: fold["offset"]]
        assert text[fold["offset"] :].startswith("b" * 600)

    def test_what_is_folded_stays_folded_across_messages(self) -> None:
        card = Card("Topic", (note("a"), *(note(letter * 3000, is_short=False) for letter in "bc")))
        assert [parse_html(message)[1][-1]["type"] for message in answer(reply(card))] == ["expandable_blockquote"] * 2

    def test_a_server_that_cannot_fold_gets_plain_quotes(self) -> None:
        (message,) = answer(reply(Card("Topic", (note("a"), note("b", is_short=False)))))
        assert parse_html(without_folding(message))[1][-1]["type"] == "blockquote"

    def test_choices_are_numbered_so_that_they_can_be_typed(self) -> None:
        card = Card("Which one?", (note("31 or 32?"), note("1. 31 - SNF", part=Part.CHOICES)))
        choices = (Choice("31", "Part A stay"), Choice("32", "no Part A stay"))
        assert shown(answer(reply(card, choices=choices))) == ["Which one?\n\n31 or 32?\n\n1. 31 - SNF"]


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


@pytest.fixture(scope="module")
def views(knowledge_engine: Engine) -> Views:
    """Looks at codes today."""
    return knowledge_engine.views(TODAY)


@pytest.fixture(scope="module")
def knowledge_engine() -> Engine:
    """An engine over all that is shipped."""
    return Engine(load([built_in()]))


def drawn(markup: InlineKeyboardMarkup | None) -> list[str]:
    """The labels of a keyboard."""
    return [button["text"] for button in buttons({"reply_markup": markup.to_dict()})] if markup else []


@given(CARDS, ANY_TEXT)
def test_whatever_a_card_holds_telegram_takes_every_message(views: Views, card: Card, label: str) -> None:
    told = reply(card, choices=(Choice("31", label), Choice("32", label)))
    for message in [*full(card), *answer(told), *map(without_folding, answer(told))]:
        text = parse_html(message)[0].strip()
        assert VISIBLE.search(text)
        assert units(text) <= LIMIT < MAX_TEXT
        message.encode()
    markup = keyboards.under(told, TODAY, views, thumbs=True)
    assert markup is not None
    for button in buttons({"reply_markup": markup.to_dict()}):
        assert button["text"].strip()
        assert len(button["callback_data"].encode()) <= MAX_CALLBACK_DATA


class TestPresses:
    """The data buttons carry."""

    @given(
        st.sampled_from(Action),
        st.builds(
            Subject,
            st.lists(st.sampled_from(["02", "10", "31", "99"]), min_size=1, max_size=4, unique=True).map(tuple),
            st.none() | st.dates(),
            st.sampled_from([None, "aetna", "medicare-advantage", "priority-health"]),
        ),
        st.sampled_from(Intent),
    )
    def test_data_is_read_back_as_it_was_written(
        self, knowledge_engine: Engine, action: Action, about: Subject, intent: Intent
    ) -> None:
        details = {
            Action.UP: intent,
            Action.DOWN: intent,
            Action.WHY: f"2-{intent}",
            Action.TRY: "1",
            Action.FIND: "pxi",
        }
        about = Subject() if action in {Action.TRY, Action.FIND} else about
        press = Press(action, about, details.get(action, ""))
        assert len(press.data.encode()) <= MAX_CALLBACK_DATA
        assert presses.read(press.data, knowledge_engine.knowledge) == press

    @given(st.text() | st.from_regex(r"(code|more|why|try):[0-9+:/-]{0,20}", fullmatch=True))
    def test_other_data_is_read_as_nothing(self, knowledge_engine: Engine, data: str) -> None:
        press = presses.read(data, knowledge_engine.knowledge)
        assert press is None or press.data.rstrip(":") == data.rstrip(":")

    def test_a_code_that_does_not_exist_is_read_as_nothing(self, knowledge_engine: Engine) -> None:
        assert presses.read("code:30", knowledge_engine.knowledge) is None

    @pytest.mark.parametrize("data", ["code:31", "more:10", "more:02:2021-12-15"])
    def test_buttons_of_the_first_release_still_work(self, knowledge_engine: Engine, data: str) -> None:
        assert presses.read(data, knowledge_engine.knowledge) is not None


class TestKeyboards:
    """What can be tapped."""

    def test_a_telehealth_code_offers_all_looks(self, views: Views) -> None:
        assert drawn(keyboards.looks(Subject(("10",)), views, thumbs=Intent.CODE)) == [
            "More", "Compare with 02", "Modifiers", "Payers", "Sources", "Copy 10", keyboards.UP, keyboards.DOWN,
        ]  # fmt: skip

    def test_a_code_without_modifiers_offers_fewer(self, views: Views) -> None:
        assert drawn(keyboards.looks(Subject(("22",)), views)) == ["More", "Compare with 19", "Sources", "Copy 22"]

    def test_a_look_offers_the_way_back_and_the_others(self, views: Views) -> None:
        labels = drawn(keyboards.looks(Subject(("10",)), views, Action.SOURCES))
        assert labels == ["Back", "More", "Compare with 02", "Modifiers", "Payers", "Copy 10"]

    def test_several_codes_offer_a_card_each(self, views: Views) -> None:
        labels = drawn(keyboards.looks(Subject(("02", "10")), views))
        assert labels == ["More on 02", "More on 10", "Copy 02", "Copy 10"]

    def test_a_topic_offers_only_thumbs(self, views: Views) -> None:
        assert drawn(keyboards.looks(Subject(), views, thumbs=Intent.TOPIC)) == [keyboards.UP, keyboards.DOWN]
        assert keyboards.looks(Subject(), views) is None

    def test_todays_answer_carries_no_date(self, knowledge_engine: Engine) -> None:
        for day, on in ((None, None), (date(2021, 12, 15), date(2021, 12, 15))):
            told = knowledge_engine.answer(Question("pos 11", TODAY, on=day))
            markup = keyboards.under(told, TODAY, knowledge_engine.views(TODAY, day), thumbs=False)
            data = [button.get("callback_data") for button in buttons({"reply_markup": markup.to_dict()})]  # type: ignore[union-attr]
            assert Press(Action.MORE, Subject(("11",), on)).data in data

    def test_a_server_that_knows_no_copying_gets_the_other_buttons(self, views: Views) -> None:
        markup = keyboards.without_copying(keyboards.looks(Subject(("22",)), views))
        assert drawn(markup) == ["More", "Compare with 19", "Sources"]


def test_every_code_fits_one_screen_with_its_name_source_and_date() -> None:
    engine = Engine(load([built_in()]))
    for code in engine.knowledge.codes:
        told = engine.answer(Question(f"pos {code}", TODAY))
        (text,) = shown(answer(told))
        assert text.startswith(f"POS {code} - ")
        assert "Source: " in text
        assert "(checked " in text
        assert units(text) <= SCREEN + 20, code


def test_every_look_at_every_code_is_one_message(knowledge_engine: Engine, views: Views) -> None:
    for code in knowledge_engine.knowledge.codes:
        for card in (views.whole(code), views.modifiers(code), views.payers(code), views.sources(code)):
            assert len(full(card)) == 1, card.head
