"""Conversations in Telegram: the real application and engine against the local double of the Bot API."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from telegram.error import InvalidToken

from bot.channels.answering import Answering
from bot.channels.faults import APOLOGY
from bot.channels.telegram.app import build_application
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.texts import OLD_BUTTON
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.patients import LEAVE_OUT
from bot.store.claims import LocalClaims
from tests.fakes.botapi import BOT, CLERK, FORUM, GROUP, PRIVATE, TOKEN, TOPIC, BotApi, Fault, buttons

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.channels.telegram.app import App
    from tests.fakes.botapi import Raw

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 11, 23)
MENTION = f"@{BOT['username']}"
PATIENCE = 10


@dataclass
class Conversation:
    """A running bot and the Telegram it talks to."""

    api: BotApi
    application: App

    async def settle(self) -> list[Raw]:
        """Wait until every update is confirmed and dealt with; give back what the bot has sent so far."""
        async with asyncio.timeout(PATIENCE):
            await self.api.confirmed()
        return self.api.sent

    async def ask(self, text: str | None = None, chat: Raw = PRIVATE, **fields: Any) -> list[Raw]:
        """Say something and give back what the bot sent because of it."""
        before = len(self.api.sent)
        await self.api.say(text, chat, **fields)
        return (await self.settle())[before:]

    async def answer(self, text: str | None = None, chat: Raw = PRIVATE, **fields: Any) -> Raw:
        """Say something and give back the one message the bot sent because of it."""
        (only,) = await self.ask(text, chat, **fields)
        return only


async def edit(talk: Conversation, asked: Raw, text: str) -> None:
    """Let the clerk change a message, and wait until that is dealt with."""
    changed = asked | {"text": text, "entities": [], "edit_date": asked["date"]}
    await talk.api.push(talk.api.update(edited_message=changed))
    await talk.settle()


def build(api: BotApi, engine: Engine, token: str = TOKEN) -> App:
    """The application as the service builds it."""
    return build_application(token, Kit(Answering(engine, lambda: TODAY)), base_url=api.base_url)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The engine on everything the bot knows; it keeps nothing between questions."""
    return Engine(load([built_in()]))


@pytest.fixture(scope="module")
def broken(engine: Engine) -> Engine:
    """An engine with a fault."""
    return BrokenEngine(engine.knowledge)


@pytest.fixture
async def talk(engine: Engine) -> AsyncIterator[Conversation]:
    """A running bot; afterwards Telegram must have refused nothing."""
    async with BotApi() as api, running(api, engine) as conversation:
        yield conversation
        assert api.refused == []


@asynccontextmanager
async def running(api: BotApi, engine: Engine) -> AsyncIterator[Conversation]:
    """Run the bot against the double."""
    async with serving(api, build(api, engine)) as conversation:
        yield conversation


@asynccontextmanager
async def serving(api: BotApi, application: App) -> AsyncIterator[Conversation]:
    """Run an application against the double."""
    stop = asyncio.Event()
    poller = Poller(application, Intake(application, LocalClaims()), first_pause=0)
    service = asyncio.create_task(poller.run(stop))
    try:
        yield Conversation(api, application)
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await service


class TestPrivateChat:
    """One clerk and the bot."""

    async def test_a_question_gets_one_card_that_quotes_it(self, talk: Conversation) -> None:
        card = await talk.answer("what is pos 10")
        assert card["text"].startswith("POS 10 - Telehealth Provided in Patient's Home")
        assert card["entities"][0]["type"] == "bold"
        assert card["reply_to_message"]["text"] == "what is pos 10"

    async def test_a_card_names_its_source_and_when_it_was_checked(self, talk: Conversation) -> None:
        assert "(checked " in (await talk.answer("pos 22"))["text"]

    async def test_link_previews_are_off(self, talk: Conversation) -> None:
        await talk.ask("pos 10")
        assert talk.api.called("sendMessage")[0]["link_preview_options"] == {"is_disabled": True}

    async def test_pos_answers_what_stands_after_it(self, talk: Conversation) -> None:
        assert (await talk.answer("/pos 21"))["text"].startswith("POS 21 - Inpatient Hospital")

    async def test_pos_takes_plain_words(self, talk: Conversation) -> None:
        assert (await talk.answer("/pos patient at home on video"))["text"].startswith("POS 10")

    async def test_pos_alone_says_how_to_use_it(self, talk: Conversation) -> None:
        assert "/pos 10" in (await talk.answer("/pos"))["text"]

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            ("/start", "Ask in your own words"),
            ("/help", "/list"),
            ("/privacy", "Nothing you write is stored"),
            ("/about", "last checked"),
        ],
    )
    async def test_commands_tell_what_they_are_for(self, talk: Conversation, command: str, words: str) -> None:
        assert words in (await talk.answer(command))["text"]

    async def test_list_names_every_assigned_code(self, talk: Conversation, engine: Engine) -> None:
        lines = [line for message in await talk.ask("/list") for line in message["text"].splitlines()]
        assert [line[:2] for line in lines if line[:2].isdigit()] == sorted(engine.knowledge.codes)
        assert "02 Telehealth Provided Other than in Patient's Home" in lines

    async def test_an_unknown_command_points_to_the_known_ones(self, talk: Conversation) -> None:
        assert "/help" in (await talk.answer("/weather"))["text"]

    async def test_a_caption_is_read_as_text(self, talk: Conversation) -> None:
        assert (await talk.answer(caption="pos 11", photo=[PHOTO]))["text"].startswith("POS 11 - Office")

    @pytest.mark.parametrize(
        "content",
        [
            {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]},
            {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}], "caption": ""},
            {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}},
            {"location": {"latitude": 1.5, "longitude": 1.5}},
            {},
        ],
        ids=["photo", "empty caption", "voice", "location", "unknown kind"],
    )
    async def test_other_content_gets_one_helpful_line(self, talk: Conversation, content: Raw) -> None:
        assert "text only" in (await talk.answer(**content))["text"]

    async def test_an_album_gets_one_line_not_one_a_picture(self, talk: Conversation) -> None:
        await talk.api.say(photo=[PHOTO], media_group_id="a1")
        await talk.api.say(photo=[PHOTO], media_group_id="a1")
        assert len(await talk.settle()) == 1

    async def test_a_pinned_message_is_no_question(self, talk: Conversation) -> None:
        assert await talk.ask(pinned_message=talk.api.message("pos 10")) == []

    async def test_an_edited_question_changes_its_answer(self, talk: Conversation) -> None:
        asked = await talk.api.say("pos 10")
        (answered,) = await talk.settle()
        await edit(talk, asked, "pos 11")
        assert len(talk.api.sent) == 1
        changed = talk.api.messages[answered["chat"]["id"], answered["message_id"]]
        assert changed["text"].startswith("POS 11")

    async def test_an_edit_of_what_was_never_answered_is_let_be(self, talk: Conversation) -> None:
        await edit(talk, talk.api.message("pos 10"), "pos 11")
        assert talk.api.sent == []

    @pytest.mark.parametrize("gone", [True, False])
    async def test_an_edit_that_telegram_refuses_is_let_be(self, engine: Engine, gone: bool) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            asked = await api.say("pos 10")
            (answered,) = await talk.settle()
            if gone:
                del api.messages[answered["chat"]["id"], answered["message_id"]]
            await edit(talk, asked, "pos 11" if gone else "POS 10?")
            assert [call.method for call in api.refused] == ["editMessageText"]
            assert len(api.called("sendMessage")) == 1

    async def test_many_questions_at_once_get_one_answer_each(self, talk: Conversation, engine: Engine) -> None:
        chats = [PRIVATE | {"id": 8000 + number} for number in range(10)]
        talk.api.chats |= {chat["id"]: chat for chat in chats}
        messages = [talk.api.message(f"pos {code}", chat) for code, chat in zip(engine.knowledge.codes, cycle(chats))]
        await talk.api.push(*(talk.api.update(message=message) for message in messages))
        quoted = [sent["reply_to_message"]["message_id"] for sent in await talk.settle()]
        assert sorted(quoted) == [message["message_id"] for message in messages]

    async def test_a_question_withdrawn_meanwhile_is_answered_without_a_quote(self, talk: Conversation) -> None:
        message = talk.api.message("pos 10")
        del talk.api.messages[PRIVATE["id"], message["message_id"]]
        await talk.api.push(talk.api.update(message=message))
        (sent,) = await talk.settle()
        assert "reply_to_message" not in sent


class TestButtons:
    """Choices and More."""

    async def test_an_open_question_offers_two_to_four_choices(self, talk: Conversation) -> None:
        asked_back = await talk.answer("snf")
        assert {button["callback_data"] for button in buttons(asked_back)} == {"code:31", "code:32"}
        assert "1. 32 - Nursing Facility" in asked_back["text"]

    async def test_a_pressed_choice_turns_the_message_into_the_card(self, talk: Conversation) -> None:
        asked_back = await talk.answer("snf")
        await talk.api.press(asked_back, "code:31")
        (card,) = await talk.settle()
        assert card["message_id"] == asked_back["message_id"]
        assert card["text"].startswith("POS 31 - Skilled Nursing Facility")
        assert [button["text"] for button in buttons(card)][:2] == ["More", "Compare with 32"]

    async def test_every_press_stops_the_spinner(self, talk: Conversation) -> None:
        query_id = await talk.api.press(await talk.answer("snf"), "code:32")
        await talk.settle()
        assert [answer["callback_query_id"] for answer in talk.api.called("answerCallbackQuery")] == [query_id]

    async def test_more_shows_the_whole_card_in_the_same_message(self, talk: Conversation) -> None:
        short = await talk.answer("pos 21")
        await talk.api.press(short, label="More")
        (card, *_) = await talk.settle()
        assert card["message_id"] == short["message_id"]
        assert len(card["text"]) > len(short["text"])
        await talk.api.press(card, label="Back")
        (again, *_) = await talk.settle()
        assert again["text"] == short["text"]

    async def test_a_comparison_keeps_more_for_both_codes(self, talk: Conversation) -> None:
        compared = await talk.answer("21 vs 22")
        await talk.api.press(compared, label="More on 22")
        (card, *_) = await talk.settle()
        assert card["text"].startswith("POS 22")
        await talk.api.press(card, label="Back")
        (again, *_) = await talk.settle()
        assert again["text"] == compared["text"]

    async def test_a_past_date_of_service_stays_with_the_button(self, talk: Conversation) -> None:
        dated = await talk.answer("what was pos 02 called on 2021-12-15")
        assert buttons(dated)[0]["callback_data"] == "more:02:2021-12-15"
        await talk.api.press(dated, label="More")
        (card, *_) = await talk.settle()
        assert card["text"].splitlines()[0] == "POS 02 - Telehealth"

    @pytest.mark.parametrize(
        "data",
        [
            None,
            "",
            "code:30",
            "code:7",
            "code:٣١",
            "more:10:2021-02-30",
            "teach:10",
            "code:31; drop",
            "more:10\n",
            "x" * 64,
        ],
    )
    async def test_forged_button_data_is_refused_politely(self, talk: Conversation, data: str | None) -> None:
        asked_back = await talk.answer("snf")
        await talk.api.press(asked_back, data)
        assert await talk.settle() == [asked_back]
        assert [answer["text"] for answer in talk.api.called("answerCallbackQuery")] == [OLD_BUTTON]

    async def test_a_second_press_of_the_same_button_does_no_harm(self, engine: Engine) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            compared = await talk.answer("21 vs 22")
            await api.press(compared, "more:21")
            pages = len(await talk.settle())
            await api.press(compared, "more:21")
            assert len(await talk.settle()) == pages
            assert len(api.called("answerCallbackQuery")) == 2

    async def test_a_press_under_a_message_that_is_gone_says_so(self, engine: Engine) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            gone = {"message_id": 9999, "date": 0, "chat": PRIVATE}
            await api.press(gone, "code:31")
            assert await talk.settle() == []
            assert "Please ask again" in api.called("answerCallbackQuery")[0]["text"]

    async def test_a_press_from_before_a_restart_is_served_though_its_spinner_is_gone(self, engine: Engine) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            asked_back = await talk.answer("snf")
            await api.press(asked_back, "code:31")
            api.forget_queries()
            (card,) = await talk.settle()
            assert card["text"].startswith("POS 31")


class TestGroup:
    """A team's group, where the bot speaks only when spoken to."""

    @pytest.mark.parametrize(
        "text", ["what is pos 10?", "@somebody_else pos 10", "/pos@OtherBot 10", "/weather", "mail me@PosDoubleBot.com"]
    )
    async def test_what_is_not_meant_for_the_bot_gets_silence(self, talk: Conversation, text: str) -> None:
        assert await talk.ask(text, GROUP) == []

    @pytest.mark.parametrize("text", ["/pos 10", f"/pos{MENTION} 10", f"/pos{MENTION.lower()} 10"])
    async def test_a_command_is_answered(self, talk: Conversation, text: str) -> None:
        assert (await talk.answer(text, GROUP))["text"].startswith("POS 10")

    @pytest.mark.parametrize(
        "text",
        [
            f"{MENTION} what is pos 10",
            f"what is pos 10 {MENTION.lower()}?",
            f"\N{WAVING HAND SIGN} {MENTION}, what is pos 10",
        ],
    )
    async def test_a_mention_is_taken_out_and_the_rest_answered(self, talk: Conversation, text: str) -> None:
        assert (await talk.answer(text, GROUP))["text"].startswith("POS 10")

    async def test_a_mention_without_a_question_gets_one_helpful_line(self, talk: Conversation) -> None:
        assert "/help" in (await talk.answer(MENTION, GROUP))["text"]

    async def test_a_mention_in_a_caption_counts(self, talk: Conversation) -> None:
        assert (await talk.answer(chat=GROUP, caption=f"{MENTION} pos 11", photo=[PHOTO]))["text"].startswith("POS 11")

    async def test_a_command_in_a_caption_counts(self, talk: Conversation) -> None:
        assert (await talk.answer(chat=GROUP, caption="/pos 11", photo=[PHOTO]))["text"].startswith("POS 11")

    async def test_a_mention_of_the_bot_without_username_counts(self, talk: Conversation) -> None:
        entity = {"type": "text_mention", "offset": 0, "length": 3, "user": BOT}
        assert (await talk.answer("Pos what is 11", GROUP, entities=[entity]))["text"].startswith("POS 11")

    async def test_a_reply_to_the_bot_is_answered(self, talk: Conversation) -> None:
        card = await talk.answer("/pos 10", GROUP)
        assert (await talk.answer("and pos 11?", GROUP, reply_to_message=card))["text"].startswith("POS 11")

    async def test_a_reply_to_a_card_follows_it_up(self, talk: Conversation) -> None:
        card = await talk.answer("/pos snf resident, no part a stay", GROUP)
        assert card["text"].startswith("POS 32")
        followed = await talk.answer("and by phone?", GROUP, reply_to_message=card)
        assert followed["text"].startswith("POS 02")
        assert "93" in followed["text"]

    async def test_answers_in_a_group_make_no_sound(self, talk: Conversation) -> None:
        await talk.answer("/pos 10", GROUP)
        assert [sent.get("disable_notification") for sent in talk.api.called("sendMessage")] == [True]

    async def test_answers_in_private_do(self, talk: Conversation) -> None:
        await talk.answer("/pos 10")
        assert [sent.get("disable_notification", False) for sent in talk.api.called("sendMessage")] == [False]

    async def test_patient_details_are_asked_to_be_left_out(self, talk: Conversation) -> None:
        text = (await talk.answer("mrn 00445566 on video at home"))["text"]
        assert text.startswith("POS 10")
        assert LEAVE_OUT in text
        assert "00445566" not in text

    async def test_a_reply_to_somebody_else_gets_silence(self, talk: Conversation) -> None:
        assert await talk.ask("pos 11?", GROUP, reply_to_message=talk.api.message("hm", GROUP)) == []

    async def test_other_content_gets_silence_even_as_a_reply_to_the_bot(self, talk: Conversation) -> None:
        card = await talk.answer("/pos 10", GROUP)
        assert await talk.ask(chat=GROUP, photo=[PHOTO], reply_to_message=card) == []

    async def test_a_thread_of_replies_is_no_topic(self, talk: Conversation) -> None:
        assert "message_thread_id" not in await talk.answer("/pos 10", GROUP, message_thread_id=5)

    async def test_an_answer_stays_in_its_topic(self, talk: Conversation) -> None:
        await talk.api.push(talk.api.update(message=talk.api.in_topic(f"{MENTION} pos 10")))
        (card,) = await talk.settle()
        assert card["message_thread_id"] == TOPIC

    async def test_a_message_in_a_topic_that_the_bot_opened_is_not_meant_for_it(self, talk: Conversation) -> None:
        message = talk.api.in_topic("pos 10")
        message["reply_to_message"]["from"] = BOT
        await talk.api.push(talk.api.update(message=message))
        assert await talk.settle() == []

    async def test_a_command_in_the_general_topic_is_answered_there(self, talk: Conversation) -> None:
        assert "message_thread_id" not in await talk.answer("/pos 10", FORUM)


PHOTO = {"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}


MALFORMED: list[Any] = [
    {"message": "a text"},
    {"message": {"message_id": 1}},
    {"message": {"message_id": 1, "date": "yesterday", "chat": PRIVATE, "from": CLERK, "text": "pos 10"}},
    {"message": {"message_id": 1, "date": 1, "chat": "home", "text": "pos 10"}},
    {"message": {"message_id": 1, "date": 1, "chat": PRIVATE, "text": "pos 10", "entities": [7]}},
    {"message": {"message_id": 1, "date": 1, "chat": PRIVATE, "text": "pos 10", "entities": 7}},
    {"callback_query": {"id": "1"}},
    {"callback_query": []},
    {"message": None},
    {"hologram": {"id": 1}},
    {},
]


class TestMalformedUpdates:
    """What is broken harms nothing else."""

    @pytest.mark.parametrize("content", MALFORMED, ids=str)
    async def test_a_malformed_update_among_good_ones_stops_none_of_them(
        self, talk: Conversation, content: Raw
    ) -> None:
        first, last = talk.api.message("pos 11"), talk.api.message("pos 12")
        await talk.api.push(talk.api.update(message=first), talk.api.update(**content), talk.api.update(message=last))
        assert sorted(sent["text"][:6] for sent in await talk.settle()) == ["POS 11", "POS 12"]

    @pytest.mark.parametrize(
        "update", [None, 7, "update", [], {"update_id": "7"}, {"message": {"text": "pos 10"}}], ids=str
    )
    async def test_an_update_without_an_id_stops_none_of_the_others(self, talk: Conversation, update: Any) -> None:
        await talk.api.say("pos 11")
        await talk.api.push(update)
        await talk.api.say("pos 12")
        assert sorted(sent["text"][:6] for sent in await talk.settle()) == ["POS 11", "POS 12"]

    async def test_a_malformed_update_leaves_a_counted_log_line_without_its_words(
        self, talk: Conversation, caplog: pytest.LogCaptureFixture
    ) -> None:
        await talk.api.push({"update_id": 5001, "message": {"text": "Jane Roe, born 1/2/1960"}})
        await talk.settle()
        assert "update 5001: malformed, passed over (1 so far)" in caplog.text
        assert "Jane" not in caplog.text

    async def test_a_text_of_the_wrong_type_gets_silence_in_a_group(self, talk: Conversation) -> None:
        await talk.api.push(talk.api.update(message=talk.api.message(None, GROUP) | {"text": 7}))
        assert await talk.settle() == []


class BrokenEngine(Engine):
    """The real engine with a fault that carries what was asked, as careless faults do."""

    def answer(self, question: Any) -> Any:
        """Fail."""
        raise RuntimeError(f"{question.text} {TOKEN}")


class TestFaults:
    """When something goes wrong."""

    async def test_an_engine_fault_gets_one_sentence_and_logs_no_secret(
        self, broken: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "bot")
        async with BotApi() as api, running(api, broken) as talk:
            assert (await talk.answer("Jane Roe pos 10"))["text"] == APOLOGY
            assert (await talk.answer("/pos Jane Roe", GROUP))["text"] == APOLOGY
            assert await talk.ask("Jane Roe", GROUP) == []
        assert "RuntimeError at " in caplog.text
        assert "Jane" not in caplog.text
        assert TOKEN not in caplog.text

    async def test_an_engine_fault_after_a_press_is_told_at_the_button(self, broken: Engine) -> None:
        async with BotApi() as api, running(api, broken) as talk:
            await api.press((await talk.answer("/help")), "code:31")
            await talk.settle()
            assert [answer["text"] for answer in api.called("answerCallbackQuery")] == [APOLOGY]

    async def test_a_user_who_blocked_the_bot_stops_nobody_else(self, engine: Engine) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            api.blocked.add(PRIVATE["id"])
            assert await talk.ask("pos 10") == []
            assert (await talk.answer("/pos 11", GROUP))["text"].startswith("POS 11")

    async def test_a_refused_answer_is_followed_by_one_sentence(self, engine: Engine) -> None:
        async with BotApi() as api, running(api, engine) as talk:
            api.fail("sendMessage", Fault(400, "Bad Request: made up"))
            assert (await talk.answer("pos 10"))["text"] == APOLOGY

    @pytest.mark.parametrize("fault", [Fault.bad_gateway(), Fault.dropped(), Fault(500, "Internal Server Error")])
    @pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "setMyCommands", "getUpdates"])
    async def test_polling_outlives_a_telegram_that_is_away(self, engine: Engine, method: str, fault: Fault) -> None:
        async with BotApi() as api:
            api.fail(method, fault, fault)
            async with running(api, engine) as talk:
                assert (await talk.answer("pos 10"))["text"].startswith("POS 10")

    async def test_a_batch_lost_on_the_way_is_asked_for_again(self, engine: Engine) -> None:
        async with BotApi() as api:
            await api.say("pos 10")
            api.fail("getUpdates", Fault.dropped(is_done_first=True))
            async with running(api, engine) as talk:
                assert len(await talk.settle()) == 1

    async def test_a_refused_token_ends_the_service(self, engine: Engine) -> None:
        async with BotApi() as api:
            application = build(api, engine, token="1:wrong")
            with pytest.raises(InvalidToken) as raised:
                await Poller(application, Intake(application, LocalClaims())).run(asyncio.Event())
            assert "1:wrong" not in str(raised.value)
            assert raised.value.__context__ is None

    async def test_a_token_withdrawn_later_ends_the_service_too(self, engine: Engine) -> None:
        async with BotApi() as api:
            application = build(api, engine)
            service = asyncio.create_task(Poller(application, Intake(application, LocalClaims())).run(asyncio.Event()))
            async with asyncio.timeout(PATIENCE):
                await api.until(lambda: bool(api.called("setMyCommands")))
                api.token = "1:other"
                await api.say("pos 11")
                with pytest.raises(InvalidToken):
                    await service


class TestLifecycle:
    """Start and stop."""

    async def test_the_menu_lists_the_commands(self, talk: Conversation) -> None:
        await talk.ask("/start")
        menus = {scope: {each["command"] for each in menu} for scope, menu in talk.api.commands.items()}
        assert menus["all_private_chats"] >= {"pos", "list", "payer", "help", "privacy", "about"}
        assert "listen" not in menus["all_group_chats"]
        assert menus["all_chat_administrators"] >= {"listen", "feedback"}

    async def test_the_bot_describes_itself_and_does_so_once(self, engine: Engine) -> None:
        async with BotApi() as api:
            for _ in range(2):
                async with running(api, engine) as talk:
                    await talk.ask("/start")
            assert "leave patient details out" in api.described["description"]
            assert len(api.called("setMyDescription")) == 1

    async def test_a_forgotten_webhook_is_removed(self, engine: Engine) -> None:
        async with BotApi(webhook_url="https://example.org/hook") as api, running(api, engine) as talk:
            assert await talk.ask("pos 10")

    async def test_what_was_answered_before_a_stop_is_not_answered_again(self, engine: Engine) -> None:
        async with BotApi() as api:
            async with running(api, engine) as talk:
                await api.say("pos 10")
                async with asyncio.timeout(PATIENCE):
                    await api.until(lambda: bool(api.sent))
            async with running(api, engine) as talk:
                await talk.ask("pos 11")
            assert [sent["text"][:6] for sent in api.sent] == ["POS 10", "POS 11"]

    async def test_the_bot_asks_only_for_kinds_of_update_it_uses(self, talk: Conversation) -> None:
        await talk.ask("pos 10")
        wanted = ["message", "edited_message", "callback_query", "inline_query"]
        assert talk.api.called("getUpdates")[0]["allowed_updates"] == wanted
