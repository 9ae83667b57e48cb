"""Transcripts of what people do in Telegram beyond asking: taps, follow-ups, settings, inline queries."""

# ruff: noqa: D102, D103 - the name of a test is the sentence it proves

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bot.channels import feedback
from bot.channels.answering import EXAMPLES, Answering
from bot.channels.flood import BURST, MOST_ASKERS, Flood, Verdict
from bot.channels.telegram import keyboards, rooms, texts
from bot.channels.telegram.access import Access
from bot.channels.telegram.app import build_application
from bot.channels.telegram.kit import Kit
from bot.store.memory import RECALL_SECONDS, Memory
from tests.conftest import TODAY
from tests.fakes.botapi import BOT, CLERK, FORUM, GROUP, PRIVATE, TOKEN, TOPIC, BotApi, Fault, buttons
from tests.test_telegram import MENTION, PHOTO, Conversation, edit, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.core.engine import Engine
    from tests.fakes.botapi import Raw

COLLEAGUE: Raw = {"id": 7002, "is_bot": False, "first_name": "Robin"}
HIS_CHAT: Raw = {"id": 7002, "type": "private", "first_name": "Robin"}


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the bot's memory."""
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    """What the bot remembers."""
    return Memory(clock)


@pytest.fixture
def kit(engine: Engine, memory: Memory, clock: Clock) -> Kit:
    """What the bot of a test works with."""
    return Kit(Answering(engine, lambda: TODAY), memory=memory, flood=Flood(clock), access=Access(clock=clock))


@pytest.fixture
async def talk(kit: Kit) -> AsyncIterator[Conversation]:
    """A running bot; afterwards Telegram must have refused nothing."""
    async with started(kit) as conversation:
        yield conversation
        assert conversation.api.refused == []


@asynccontextmanager
async def started(kit: Kit, **telegram: Any) -> AsyncIterator[Conversation]:
    """Run a bot with this kit against the double."""
    async with BotApi(**telegram) as api:
        api.chats[HIS_CHAT["id"]] = HIS_CHAT
        application = build_application(TOKEN, kit, base_url=api.base_url)
        async with serving(api, application) as conversation:
            yield conversation


def labels(message: Raw) -> list[str]:
    return [button["text"] for button in buttons(message)]


async def press(talk: Conversation, message: Raw, label: str, who: Raw = CLERK) -> Raw:
    """Press a button and give back its message as it is then."""
    await talk.api.press(talk.api.messages[message["chat"]["id"], message["message_id"]], label=label, who=who)
    await talk.settle()
    return talk.api.messages[message["chat"]["id"], message["message_id"]]


def toast(talk: Conversation) -> str | None:
    """What was told at the last button pressed."""
    answered = talk.api.called("answerCallbackQuery")
    return answered[-1].get("text") if answered else None


class TestLooks:
    """Buttons that turn the card into another look at its code."""

    @pytest.mark.parametrize(
        ("label", "opening"),
        [
            ("More", "POS 10 - "),
            ("Compare with 02", "10 or 02?"),
            ("Modifiers", "Modifiers with POS 10"),
            ("Payers", "Payers and POS 10"),
            ("Sources", "Where POS 10 is written"),
        ],
    )
    async def test_a_look_takes_the_cards_place_and_back_brings_the_card(
        self, talk: Conversation, label: str, opening: str
    ) -> None:
        card = await talk.answer("pos 10")
        look = await press(talk, card, label)
        assert look["message_id"] == card["message_id"]
        assert look["text"].startswith(opening)
        back = "Back" if "Back" in labels(look) else "More on 10"
        assert (await press(talk, look, back))["text"].startswith("POS 10 - ")
        assert len(talk.api.sent) == 1

    async def test_a_payer_picked_leads_the_card(self, talk: Conversation) -> None:
        look = await press(talk, await talk.answer("pos 10"), "Payers")
        card = await press(talk, look, "Aetna")
        assert card["text"].splitlines()[2].startswith("Aetna:")
        assert (await press(talk, await press(talk, card, "Sources"), "Back"))["text"] == card["text"]

    async def test_the_code_can_be_copied(self, talk: Conversation) -> None:
        copying = [button["copy_text"] for button in buttons(await talk.answer("pos 10")) if "copy_text" in button]
        assert copying == [{"text": "10"}]

    async def test_a_topic_folds_what_does_not_fit_a_screen(self, talk: Conversation) -> None:
        card = await talk.answer("why M77")
        assert [entity["type"] for entity in card["entities"]].count("expandable_blockquote") == 1

    async def test_an_old_bot_api_gets_cards_without_what_it_does_not_know(self, kit: Kit) -> None:
        async with started(kit, is_old=True) as talk:
            assert "Copy 10" not in labels(await talk.answer("pos 10"))
            assert "blockquote" in [entity["type"] for entity in (await talk.answer("why M77"))["entities"]]
            assert len(talk.api.refused) == 1

    async def test_an_example_is_answered_as_though_it_had_been_asked(self, talk: Conversation) -> None:
        greeting = await talk.answer("/start")
        assert labels(greeting) == list(EXAMPLES)
        await talk.api.press(greeting, label="02 vs 10?")
        assert (await talk.settle())[-1]["text"].startswith("02 or 10?")

    async def test_a_link_to_a_code_opens_its_card(self, talk: Conversation) -> None:
        assert (await talk.answer("/start pos_22"))["text"].startswith("POS 22 - ")


class TestFinder:
    """The code in a few taps."""

    async def test_three_taps_lead_to_a_code_and_back(self, talk: Conversation) -> None:
        message = await talk.answer("/find")
        assert labels(message) == ["In person", "By video", "By phone"]
        message = await press(talk, message, "In person")
        assert message["text"] == "Where was the patient seen?\n\nIn person"
        message = await press(talk, message, "Nursing facility")
        found = await press(talk, message, "No Part A stay")
        assert found["text"].startswith("In person > Nursing facility > No Part A stay\n\nPOS 32 - ")
        assert labels(found)[-3:] == ["Back", "Start again", "Share"]
        assert (await press(talk, found, "Back"))["text"] == message["text"]
        assert labels(await press(talk, found, "Start again"))[0] == "In person"
        assert len(talk.api.sent) == 1

    async def test_what_was_found_tells_code_modifier_rate_and_note(self, talk: Conversation) -> None:
        found = (await talk.answer("/start find_th"))["text"]
        for told in ("POS 10 - ", "Modifier 93", "Medicare rate", "Where the clinician sits does not matter"):
            assert told in found

    async def test_what_was_found_can_be_followed_up(self, talk: Conversation) -> None:
        message = await press(talk, await talk.answer("/find"), "In person")
        await press(talk, await press(talk, message, "Nursing facility"), "No Part A stay")
        assert (await talk.answer("and by phone?"))["text"].startswith("POS 02")

    async def test_the_link_that_is_shared_leads_to_the_same_answer(self, talk: Conversation) -> None:
        found = await talk.answer("/start find_vh")
        (link,) = [button["url"] for button in buttons(found) if "url" in button]
        assert link.endswith(f"{BOT['username']}%3Fstart%3Dfind_vh")

    @pytest.mark.parametrize("argument", ["find", "find_", "find_zz", "find_vhvhvhvh"])
    async def test_a_link_that_leads_nowhere_begins(self, talk: Conversation, argument: str) -> None:
        assert labels(await talk.answer(f"/start {argument}")) == ["In person", "By video", "By phone"]

    async def test_a_forged_path_is_refused(self, talk: Conversation) -> None:
        message = await talk.answer("/find")
        await talk.api.press(message, "find:-/zz")
        await talk.settle()
        assert toast(talk) == texts.OLD_BUTTON

    async def test_the_chats_payer_leads_what_was_found(self, talk: Conversation) -> None:
        await talk.ask("/payer aetna")
        assert "Aetna:" in (await talk.answer("/start find_vh"))["text"]


class TestChoices:
    """Did you mean: taps and typed numbers."""

    async def test_somebody_else_in_the_group_may_press_too(self, talk: Conversation) -> None:
        asked_back = await talk.answer("/pos snf", GROUP)
        card = await press(talk, asked_back, labels(asked_back)[0], COLLEAGUE)
        assert card["text"].startswith("POS 32 - ")

    @pytest.mark.parametrize("typed", ["2", " 2. ", "2)"])
    async def test_a_typed_number_chooses(self, talk: Conversation, typed: str) -> None:
        await talk.ask("snf")
        assert (await talk.answer(typed))["text"].startswith("POS 31 - ")

    async def test_a_number_typed_in_reply_chooses_whoever_was_asked(self, talk: Conversation) -> None:
        asked_back = await talk.answer("/pos snf", GROUP)
        chosen = await talk.answer("1", GROUP, reply_to_message=asked_back, **{"from": COLLEAGUE})
        assert chosen["text"].startswith("POS 32 - ")

    async def test_a_number_beyond_the_choices_is_read_as_a_question(self, talk: Conversation) -> None:
        await talk.ask("snf")
        assert not (await talk.answer("4"))["text"].startswith("POS 3")

    async def test_a_code_typed_in_place_of_a_choice_is_that_code(self, talk: Conversation) -> None:
        await talk.ask("snf")
        assert (await talk.answer("31"))["text"].startswith("POS 31 - ")


class TestFollowUps:
    """Questions that lean on the one before."""

    async def test_within_ten_minutes_a_question_leans_on_the_last_answer(
        self, talk: Conversation, clock: Clock
    ) -> None:
        await talk.ask("snf resident, no part a stay")
        clock.now += RECALL_SECONDS - 1
        followed = await talk.answer("and by phone?")
        assert followed["text"].startswith("POS 02")
        assert "93" in followed["text"]

    async def test_after_ten_minutes_it_stands_alone(self, talk: Conversation, clock: Clock) -> None:
        await talk.ask("snf resident, no part a stay")
        clock.now += RECALL_SECONDS
        assert not (await talk.answer("and by phone?"))["text"].startswith("POS 02 - ")

    async def test_somebody_elses_question_in_the_group_stands_alone(self, talk: Conversation) -> None:
        await talk.ask("/pos snf resident, no part a stay", GROUP)
        other = await talk.answer(f"{MENTION} and by phone?", GROUP, **{"from": COLLEAGUE})
        assert not other["text"].startswith("POS 02 - ")

    async def test_what_was_chosen_by_a_tap_can_be_followed_up(self, talk: Conversation) -> None:
        await press(talk, await talk.answer("snf"), "32 - Nursing facility resident, no Part A stay that day")
        assert (await talk.answer("and by phone?"))["text"].startswith("POS 02")

    async def test_the_date_of_service_is_kept(self, talk: Conversation) -> None:
        await talk.ask("pos 02 on 12/15/2021")
        assert "12/15/2021" in (await talk.answer("and 10?"))["text"]

    async def test_of_a_message_only_codes_are_kept(self, talk: Conversation, kit: Kit) -> None:
        await talk.ask("Jane Roe is at home on video")
        assert "10" in repr(kit.memory)
        assert "Jane" not in repr(kit.memory)

    async def test_an_edited_question_does_not_lean_on_its_own_answer(self, talk: Conversation) -> None:
        asked = await talk.api.say("pos 32")
        (answered,) = await talk.settle()
        await edit(talk, asked, "pos 22")
        assert talk.api.messages[PRIVATE["id"], answered["message_id"]]["text"].startswith("POS 22 - ")


class TestPayer:
    """The payer a chat asks about."""

    async def test_it_leads_every_telehealth_answer_until_taken_back(self, talk: Conversation) -> None:
        assert "Aetna" in (await talk.answer("/payer aetna"))["text"]
        assert "Aetna:" in (await talk.answer("pt at home on video"))["text"]
        await talk.ask("/payer none")
        assert "Aetna:" not in (await talk.answer("pt at home on video"))["text"]

    async def test_alone_it_tells_what_is_set_and_what_can_be(self, talk: Conversation) -> None:
        assert "no payer set" in (await talk.answer("/payer"))["text"]
        await talk.ask("/payer united health care")
        told = (await talk.answer("/payer"))["text"]
        assert "UnitedHealthcare" in told
        assert "/payer cigna" in told

    async def test_one_whose_rules_are_not_known_is_not_set(self, talk: Conversation, kit: Kit) -> None:
        assert "no rules of that payer" in (await talk.answer("/payer Jane Roe"))["text"]
        assert "Jane" not in repr(kit.memory)

    async def test_in_a_group_only_administrators_set_it(self, talk: Conversation) -> None:
        assert (await talk.answer("/payer aetna", GROUP))["text"] == texts.NOT_ADMIN
        talk.api.members[GROUP["id"], CLERK["id"]] = "administrator"
        assert "Aetna" in (await talk.answer("/payer aetna", GROUP))["text"]

    async def test_who_telegram_does_not_know_is_no_administrator(self, talk: Conversation) -> None:
        talk.api.fail("getChatMember", Fault(400, "Bad Request: PARTICIPANT_ID_INVALID"))
        assert (await talk.answer("/payer aetna", GROUP))["text"] == texts.NOT_ADMIN
        talk.api.calls.clear()

    async def test_a_nameless_administrator_counts(self, talk: Conversation) -> None:
        anonymous = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": GROUP}
        assert "Aetna" in (await talk.answer("/payer aetna", GROUP, **anonymous))["text"]


class TestListening:
    """Answering in a group without being called."""

    @pytest.fixture
    def hearing(self, talk: Conversation) -> Conversation:
        """A bot that Telegram shows everything, in a group the clerk runs."""
        for chat in (GROUP, FORUM):
            talk.api.members[chat["id"], CLERK["id"]] = "creator"
            talk.api.members[chat["id"], BOT["id"]] = "administrator"
        return talk

    async def test_it_answers_what_it_is_sure_of_and_keeps_quiet_on_the_rest(self, hearing: Conversation) -> None:
        assert (await hearing.answer("/listen", GROUP))["text"] == rooms.LISTENING
        assert (await hearing.answer("what is pos 10?", GROUP))["text"].startswith("POS 10")
        for other in ("snf?", "what is the weather", "pos 30", "lunch at 12?", "is dr lee in the office today?"):
            assert await hearing.ask(other, GROUP) == []

    async def test_off_ends_it(self, hearing: Conversation) -> None:
        await hearing.ask("/listen", GROUP)
        await hearing.ask("/listen off", GROUP)
        assert await hearing.ask("what is pos 10?", GROUP) == []

    async def test_it_holds_for_the_topic_it_was_said_in(self, hearing: Conversation) -> None:
        await hearing.api.push(hearing.api.update(message=hearing.api.in_topic("/listen")))
        await hearing.settle()
        assert await hearing.ask("what is pos 10?", FORUM) == []
        await hearing.api.push(hearing.api.update(message=hearing.api.in_topic("what is pos 10?")))
        assert (await hearing.settle())[-1]["message_thread_id"] == TOPIC

    async def test_what_is_said_to_somebody_gets_silence(self, hearing: Conversation) -> None:
        await hearing.ask("/listen", GROUP)
        theirs = hearing.api.message("hm", GROUP)
        assert await hearing.ask("pos 11?", GROUP, reply_to_message=theirs) == []
        assert await hearing.ask("@somebody_else pos 11?", GROUP) == []

    async def test_only_administrators_turn_it_on(self, talk: Conversation) -> None:
        assert (await talk.answer("/listen", GROUP))["text"] == texts.NOT_ADMIN

    async def test_a_bot_that_is_shown_too_little_says_what_to_do(self, talk: Conversation) -> None:
        talk.api.members[GROUP["id"], CLERK["id"]] = "administrator"
        assert rooms.DEAF in (await talk.answer("/listen", GROUP))["text"]

    async def test_in_private_there_is_nothing_to_turn_on(self, talk: Conversation) -> None:
        assert "for groups" in (await talk.answer("/listen"))["text"]

    async def test_it_survives_the_groups_becoming_a_supergroup(self, hearing: Conversation) -> None:
        await hearing.ask("/listen", GROUP)
        now: Raw = {**GROUP, "id": -1009}
        hearing.api.chats[now["id"]] = now
        hearing.api.migrated[GROUP["id"]] = now["id"]
        await hearing.ask(chat=GROUP, migrate_to_chat_id=now["id"])
        assert (await hearing.answer("what is pos 10?", now))["text"].startswith("POS 10")


class TestMigration:
    """A group that becomes a supergroup."""

    async def test_an_answer_on_its_way_follows_the_group(self, kit: Kit) -> None:
        async with started(kit) as talk:
            now: Raw = {**GROUP, "id": -1009}
            talk.api.chats[now["id"]] = now
            talk.api.migrated[GROUP["id"]] = now["id"]
            assert (await talk.answer("/pos 10", GROUP))["chat"]["id"] == now["id"]


class TestFeedback:
    """Thumbs."""

    async def test_a_thumb_up_is_counted_and_acknowledged(self, talk: Conversation, memory: Memory) -> None:
        card = await talk.answer("pos 10")
        assert await press(talk, card, keyboards.UP) == card
        assert toast(talk) == feedback.THANKS
        (vote,) = memory.votes.values()
        assert (vote.is_up, vote.codes) == (True, ("10",))

    async def test_a_thumb_down_asks_for_one_of_four_reasons(self, talk: Conversation, memory: Memory) -> None:
        card = await talk.answer("pos 10")
        asked = await press(talk, card, keyboards.DOWN)
        assert labels(asked) == ["Wrong code", "Out of date", "Not what I asked", "Hard to read", "Never mind"]
        thanked = await press(talk, asked, "Out of date")
        assert labels(thanked) == labels(card)
        assert [vote.reason for vote in memory.votes.values()] == ["Out of date"]

    async def test_a_slip_is_not_counted(self, talk: Conversation, memory: Memory) -> None:
        asked = await press(talk, await talk.answer("pos 10"), keyboards.DOWN)
        assert "More" in labels(await press(talk, asked, "Never mind"))
        assert not memory.votes

    async def test_each_person_has_one_vote_which_can_be_changed(self, talk: Conversation, memory: Memory) -> None:
        card = await talk.answer("/pos 10", GROUP)
        await press(talk, card, keyboards.UP)
        await press(talk, card, keyboards.UP, COLLEAGUE)
        await press(talk, await press(talk, card, keyboards.DOWN), "Wrong code")
        assert sorted(vote.is_up for vote in memory.votes.values()) == [False, True]

    async def test_a_topic_has_thumbs_and_a_question_back_has_none(self, talk: Conversation) -> None:
        assert labels(await talk.answer("why M77")) == [keyboards.UP, keyboards.DOWN]
        assert keyboards.UP not in labels(await talk.answer("snf"))
        assert buttons(await talk.answer("weather in ohio")) == []

    async def test_thumbs_can_be_turned_off_and_on(self, talk: Conversation) -> None:
        await talk.ask("/feedback off")
        assert keyboards.UP not in labels(await talk.answer("pos 10"))
        await talk.ask("/feedback on")
        assert keyboards.UP in labels(await talk.answer("pos 10"))


class TestInline:
    """Cards offered in any chat."""

    async def offered(self, talk: Conversation, text: str, who: Raw = CLERK) -> Raw:
        """Type an inline query and give back its answer."""
        await talk.api.type_inline(text, who)
        await talk.settle()
        return talk.api.called("answerInlineQuery")[-1]

    async def test_nothing_typed_offers_the_usual_codes_and_the_finder(self, talk: Conversation) -> None:
        answer = await self.offered(talk, "")
        assert [result["id"] for result in answer["results"]] == ["02", "10", "11", "22"]
        assert answer["button"]["start_parameter"] == "find"

    async def test_the_best_card_comes_first_with_a_title_and_a_line(self, talk: Conversation) -> None:
        first, *others = (await self.offered(talk, "snf resident on video"))["results"]
        assert first["title"].startswith("POS 02 - ")
        assert 0 < len(first["description"]) <= 130
        assert 1 < len(others) < 10

    async def test_an_open_question_offers_its_choices(self, talk: Conversation) -> None:
        results = (await self.offered(talk, "snf"))["results"]
        assert [result["id"] for result in results][:2] == ["32", "31"]

    async def test_a_topic_is_offered_as_it_is_answered(self, talk: Conversation) -> None:
        first = (await self.offered(talk, "why M77"))["results"][0]
        assert first["title"].startswith("RARC M77")

    async def test_what_is_not_understood_offers_nothing(self, talk: Conversation) -> None:
        assert (await self.offered(talk, "weather in ohio"))["results"] == []

    async def test_answers_are_kept_by_telegram_for_a_while(self, talk: Conversation) -> None:
        answer = await self.offered(talk, "pos 10")
        assert answer["cache_time"] > 60
        assert answer.get("is_personal", False) is False

    async def test_buttons_under_an_inline_card_change_it(self, talk: Conversation) -> None:
        talk.api.inline["i1"] = {"text": "x", "entities": []}
        await talk.api.press_inline("i1", "more:10")
        await talk.settle()
        assert talk.api.inline["i1"]["text"].startswith("POS 10 - ")

    @pytest.mark.parametrize("text", ["<b>&", "\u202epos 10", "x" * 256, "\0", "pos\n10"])
    async def test_hostile_queries_get_an_answer_telegram_takes(self, talk: Conversation, text: str) -> None:
        await self.offered(talk, text)


class TestAccess:
    """Who may use the bot."""

    async def test_a_stranger_gets_one_sentence_in_private_and_silence_in_groups(
        self, kit: Kit, caplog: pytest.LogCaptureFixture
    ) -> None:
        kit.access.chats = frozenset({FORUM["id"]})
        async with started(kit) as talk:
            assert (await talk.answer("Jane Roe pos 10"))["text"] == texts.STRANGER
            assert await talk.ask("/pos 10", GROUP) == []
            assert (await talk.answer("/pos 10", FORUM))["text"].startswith("POS 10")
        assert "not on the allow-list (2 so far)" in caplog.text
        assert "Jane" not in caplog.text

    async def test_listed_people_and_curators_are_answered_in_private(self, kit: Kit) -> None:
        kit.access.users, kit.access.admins = frozenset({CLERK["id"]}), frozenset({COLLEAGUE["id"]})
        async with started(kit) as talk:
            assert (await talk.answer("pos 10"))["text"].startswith("POS 10")
            assert (await talk.answer("pos 10", HIS_CHAT, **{"from": COLLEAGUE}))["text"].startswith("POS 10")
            assert await talk.ask("/pos 10", GROUP) == []

    async def test_members_of_a_listed_group_are_let_in_where_that_is_set(self, kit: Kit, clock: Clock) -> None:
        kit.access.chats, kit.access.members = frozenset({GROUP["id"]}), True
        async with started(kit) as talk:
            talk.api.members[GROUP["id"], CLERK["id"]] = "member"
            for _ in range(2):
                assert (await talk.answer("pos 10"))["text"].startswith("POS 10")
            assert len(talk.api.called("getChatMember")) == 1
            del talk.api.members[GROUP["id"], CLERK["id"]]
            clock.now += 601
            assert (await talk.answer("pos 10"))["text"] == texts.STRANGER

    async def test_a_membership_telegram_cannot_tell_does_not_let_in(self, kit: Kit) -> None:
        kit.access.chats, kit.access.members = frozenset({-5}), True
        async with started(kit) as talk:
            assert (await talk.answer("pos 10"))["text"] == texts.STRANGER

    async def test_a_strangers_taps_and_inline_queries_get_nothing(self, kit: Kit) -> None:
        kit.access.users = frozenset({COLLEAGUE["id"]})
        async with started(kit) as talk:
            await talk.api.press(talk.api.message("x") | {"from": BOT}, "code:10")
            await talk.api.type_inline("pos 10")
            await talk.settle()
            assert toast(talk) == texts.STRANGER
            assert [answer["results"] for answer in talk.api.called("answerInlineQuery")] == [[]]

    async def test_a_fault_while_turning_a_stranger_away_does_not_let_him_in(self, kit: Kit) -> None:
        kit.access.users = frozenset({COLLEAGUE["id"]})
        async with started(kit) as talk:
            talk.api.fail("sendMessage", Fault(400, "Bad Request: made up"))
            assert await talk.ask("pos 10") == []
            await talk.api.type_inline("pos 10")
            talk.api.forget_queries()
            await talk.settle()
            assert talk.api.called("answerInlineQuery") == []

    async def test_a_listed_group_stays_listed_as_a_supergroup(self, kit: Kit) -> None:
        kit.access.chats = frozenset({GROUP["id"]})
        async with started(kit) as talk:
            now: Raw = {**GROUP, "id": -1009}
            talk.api.chats[now["id"]] = now
            await talk.ask(chat=GROUP, migrate_to_chat_id=now["id"])
            assert (await talk.answer("/pos 10", now))["text"].startswith("POS 10")


class TestFlood:
    """A chat that asks faster than people read."""

    async def test_it_is_asked_once_to_slow_down_and_then_met_with_silence(
        self, talk: Conversation, clock: Clock
    ) -> None:
        for _ in range(BURST):
            await talk.ask("pos 10")
        assert (await talk.answer("pos 10"))["text"] == texts.SLOW_DOWN
        assert await talk.ask("pos 10") == []
        assert (await talk.answer("/pos 11", GROUP))["text"].startswith("POS 11")
        clock.now += 60
        assert (await talk.answer("pos 10"))["text"].startswith("POS 10")

    def test_chats_long_idle_are_forgotten(self) -> None:
        flood = Flood(lambda: 0.0)
        for chat in range(MOST_ASKERS + 10):
            assert flood.judge(chat) is Verdict.ANSWER
        assert len(flood._askers) == MOST_ASKERS


FORWARDED: Raw = {"type": "hidden_user", "sender_user_name": "Jane Roe", "date": 1}
CONTENT: dict[str, Raw] = {
    "voice": {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}},
    "document": {"document": {"file_id": "d", "file_unique_id": "d"}},
    "sticker": {
        "sticker": {
            "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1,
            "is_animated": False, "is_video": False,
        }
    },
    "poll": {
        "poll": {
            "id": "1", "question": "Lunch?", "options": [], "total_voter_count": 0, "is_closed": False,
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False, "allows_revoting": False, "members_only": False,
        }
    },
    "video": {"video": {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 1}},
    "contact": {"contact": {"phone_number": "1", "first_name": "Jane"}},
    "dice": {"dice": {"emoji": "\N{GAME DIE}", "value": 3}},
}  # fmt: skip


class TestOtherContent:
    """What is no question."""

    @pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT.keys())
    async def test_it_gets_one_helpful_line_in_private_and_silence_in_groups(
        self, talk: Conversation, content: Raw
    ) -> None:
        assert "text only" in (await talk.answer(**content))["text"]
        assert await talk.ask(chat=GROUP, **content) == []

    async def test_a_forwarded_message_is_not_read(self, talk: Conversation) -> None:
        assert "forwarded" in (await talk.answer("Jane Roe pos 10", forward_origin=FORWARDED))["text"]
        assert await talk.ask(f"{MENTION} pos 10", GROUP, forward_origin=FORWARDED) == []

    async def test_a_card_sent_through_the_bot_itself_is_no_question(self, talk: Conversation) -> None:
        assert await talk.ask("POS 10 - Telehealth", via_bot=BOT) == []

    async def test_a_channels_post_and_its_copy_in_the_discussion_group_get_silence(self, talk: Conversation) -> None:
        channel: Raw = {"id": -1007, "type": "channel", "title": "News"}
        post = talk.api.message("pos 10?", channel)
        await talk.api.push(talk.api.update(channel_post=post))
        assert await talk.ask(f"{MENTION} pos 10", GROUP, sender_chat=channel, is_automatic_forward=True) == []

    async def test_another_bots_words_get_silence(self, talk: Conversation) -> None:
        other: Raw = {"id": 99, "is_bot": True, "first_name": "Other"}
        assert await talk.ask(f"{MENTION} pos 10", GROUP, **{"from": other}) == []

    async def test_a_photos_caption_in_a_group_is_read_where_it_calls(self, talk: Conversation) -> None:
        assert (await talk.answer(chat=GROUP, caption=f"{MENTION} pos 11", photo=[PHOTO]))["text"].startswith("POS 11")
