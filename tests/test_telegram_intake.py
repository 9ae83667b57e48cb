"""What every update passes: claimed, read, answered in its chat's turn, and only then confirmed."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter

from bot.channels.telegram import connection
from bot.channels.telegram.intake import Intake, Verdict
from bot.channels.telegram.lanes import lane_of
from bot.channels.telegram.outcome import Outcome
from bot.store.claims import LocalClaims, Standing
from tests.fakes.botapi import CLERK, GROUP, PRIVATE, BotApi, Fault
from tests.telegram_lines import HASTE, PATIENCE, build, hasty

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.core.engine import Engine
    from tests.fakes.botapi import Raw

CONFIRM, AGAIN = Verdict.CONFIRM, Verdict.AGAIN


@asynccontextmanager
async def open_intake(
    api: BotApi, engine: Engine, claims: LocalClaims | None = None, haste: float = HASTE
) -> AsyncIterator[Intake]:
    """An intake that lets updates in, fed by nobody but the test."""
    application = build(api, engine, hasty(haste))
    await application.initialize()
    intake = Intake(application, claims or LocalClaims())
    intake.open()
    try:
        async with asyncio.timeout(PATIENCE):
            yield intake
    finally:
        await intake.drain(0)
        await application.shutdown()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Telegram."""
    async with BotApi() as double:
        yield double


@pytest.fixture
async def intake(api: BotApi, engine: Engine) -> AsyncIterator[Intake]:
    """An intake that lets updates in."""
    async with open_intake(api, engine) as opened:
        yield opened


def asked(api: BotApi, text: str = "pos 10", chat: Raw = PRIVATE) -> Raw:
    """A question as an update."""
    return api.update(message=api.message(text, chat))


class TestVerdict:
    """What Telegram is told of an update."""

    async def test_an_update_is_confirmed_once_it_is_answered(self, api: BotApi, intake: Intake) -> None:
        assert await intake.take(asked(api)) is CONFIRM
        assert len(api.sent) == 1
        assert intake.tally.outcomes == {Outcome.ANSWERED: 1}

    @pytest.mark.parametrize("raw", [None, 7, [], {}, {"update_id": "7"}, {"update_id": True}, {"update_id": None}])
    async def test_what_has_no_id_can_never_be_answered_and_is_counted(self, intake: Intake, raw: Any) -> None:
        assert await intake.take(raw) is CONFIRM
        assert intake.tally.nameless == 1

    async def test_what_cannot_be_read_is_confirmed_and_logged_by_its_id_alone(
        self, intake: Intake, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "bot")
        raw = {"update_id": 5001, "message": {"text": "Jane Roe, born 1/2/1960"}}
        assert await intake.take(raw) is CONFIRM
        assert await intake.take(raw) is CONFIRM
        assert caplog.text.count("update 5001: malformed") == 1
        assert "Jane" not in caplog.text
        assert intake.tally.outcomes == {Outcome.MALFORMED: 1}

    async def test_an_update_that_comes_again_is_confirmed_without_an_answer(self, api: BotApi, intake: Intake) -> None:
        update = asked(api)
        for _ in range(3):
            assert await intake.take(update) is CONFIRM
        assert len(api.sent) == 1
        assert intake.tally.redelivered == 2

    async def test_an_update_that_comes_again_while_in_hand_waits_for_the_same_end(
        self, api: BotApi, intake: Intake
    ) -> None:
        update = asked(api)
        api.fail("sendMessage", Fault.too_many(2))
        assert await asyncio.gather(*(intake.take(update) for _ in range(3))) == [CONFIRM] * 3
        assert len(api.sent) == 1

    async def test_an_update_another_process_has_in_hand_is_left_to_it(self, api: BotApi, engine: Engine) -> None:
        claims, update = LocalClaims(), asked(api)
        await claims.claim(update["update_id"])
        async with open_intake(api, engine, claims) as intake:
            assert await intake.take(update) is AGAIN
            await claims.finish(update["update_id"])
            assert await intake.take(update) is CONFIRM
        assert api.sent == []

    async def test_nobody_is_let_in_before_the_start_and_after_the_end(self, api: BotApi, intake: Intake) -> None:
        intake.is_open = False
        assert await intake.take(asked(api)) is AGAIN
        assert api.calls[1:] == []

    async def test_a_cancelled_wait_does_not_stop_the_answer(self, api: BotApi, intake: Intake) -> None:
        update = asked(api)
        api.fail("sendMessage", Fault.slow(0.05))
        waiting = asyncio.create_task(intake.take(update))
        await api.until(lambda: bool(api.sent))
        waiting.cancel()
        assert await intake.take(update) is CONFIRM
        assert len(api.sent) == 1

    async def test_claims_that_fail_keep_no_answer_back(
        self, api: BotApi, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with open_intake(api, engine, FailingClaims()) as intake:
            assert await intake.take(asked(api)) is CONFIRM
        assert len(api.sent) == 1
        assert "RuntimeError" in caplog.text
        assert "Jane" not in caplog.text


class FailingClaims(LocalClaims):
    """Claims that break their promise never to raise."""

    async def claim(self, update_id: int) -> Standing:
        """Fail."""
        raise RuntimeError("Jane Roe")

    async def finish(self, update_id: int) -> None:
        """Fail."""
        raise RuntimeError("Jane Roe")


class TestOutcome:
    """What becomes of an update whose answer does not arrive."""

    async def test_who_blocked_the_bot_can_never_be_answered(self, api: BotApi, intake: Intake) -> None:
        api.blocked.add(PRIVATE["id"])
        assert await intake.take(asked(api)) is CONFIRM
        assert intake.tally.outcomes == {Outcome.REFUSED: 1}

    async def test_an_answer_that_cannot_be_sent_for_a_minute_is_given_up_and_counted(
        self, api: BotApi, engine: Engine
    ) -> None:
        api.trouble = lambda method, _: Fault.internal() if method == "sendMessage" else None
        async with open_intake(api, engine, haste=100) as intake:
            assert await intake.take(asked(api)) is CONFIRM
            assert intake.tally.outcomes == {Outcome.GIVEN_UP: 1}
        assert len(api.refused) > 5

    async def test_questions_behind_one_that_is_given_up_are_given_up_with_it_and_no_later(
        self, api: BotApi, engine: Engine
    ) -> None:
        api.trouble = lambda method, _: Fault.internal() if method == "sendMessage" else None
        async with open_intake(api, engine, haste=100) as intake:
            assert await asyncio.gather(*(intake.take(asked(api)) for _ in range(5))) == [CONFIRM] * 5
            assert intake.tally.outcomes == {Outcome.GIVEN_UP: 5}
        tried = {call.params["reply_parameters"]["message_id"] for call in api.refused}
        assert len(tried) == 5, "each was tried"

    async def test_a_wait_of_more_than_a_minute_is_given_up_at_once(self, api: BotApi, intake: Intake) -> None:
        api.fail("sendMessage", Fault.too_many(61))
        assert await intake.take(asked(api)) is CONFIRM
        assert intake.tally.outcomes == {Outcome.GIVEN_UP: 1}
        assert len(api.refused) == 1

    async def test_looking_up_a_member_is_tried_again_too(self, api: BotApi, intake: Intake) -> None:
        api.members[GROUP["id"], CLERK["id"]] = "administrator"
        api.fail("getChatMember", Fault.bad_gateway(), Fault.too_many(1))
        assert await intake.take(asked(api, "/payer aetna", GROUP)) is CONFIRM
        assert [sent["text"][:10] for sent in api.sent] == ["Telehealth"]

    async def test_a_token_withdrawn_meanwhile_leaves_the_question_to_whoever_has_the_new_one(
        self, api: BotApi, intake: Intake
    ) -> None:
        api.token = "1:other"
        update = asked(api)
        assert await intake.take(update) is AGAIN
        assert await intake.claims.claim(update["update_id"]) is Standing.MINE

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (Forbidden("no"), Outcome.REFUSED),
            (BadRequest("no"), Outcome.REFUSED),
            (NetworkError("no"), Outcome.GIVEN_UP),
            (RetryAfter(90), Outcome.GIVEN_UP),
            (InvalidToken("Not Found"), Outcome.FAULT),
            (InvalidToken("Unauthorized"), Outcome.INTERRUPTED),
            (ValueError("no"), Outcome.FAULT),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
    )
    async def test_the_error_desk_says_how_it_ended(
        self, api: BotApi, intake: Intake, error: Exception, outcome: Outcome
    ) -> None:
        async def fail(*_: Any) -> None:
            raise error

        intake.application.handlers[0][0].callback = fail
        await intake.take(asked(api, "/start"))
        assert intake.tally.outcomes == {outcome: 1}

    async def test_an_answer_telegram_was_slow_to_confirm_is_not_sent_again(
        self, api: BotApi, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "READ_TIMEOUT", 0.05)
        async with open_intake(api, engine) as intake:
            api.fail("sendMessage", Fault.slow(0.2))
            assert await intake.take(asked(api)) is CONFIRM
            assert intake.tally.outcomes == {Outcome.UNCERTAIN: 1}
        assert len(api.sent) == 1


class TestOrder:
    """Who waits for whom."""

    async def test_a_chat_is_answered_in_order_while_others_go_on(self, api: BotApi, intake: Intake) -> None:
        api.hold_back(GROUP, 0.3)
        held = [asyncio.create_task(intake.take(asked(api, f"/pos {code}", GROUP))) for code in ("10", "11", "12")]
        await api.until(lambda: bool(api.refused))
        assert await intake.take(asked(api, "pos 22")) is CONFIRM
        assert await asyncio.gather(*held) == [CONFIRM] * 3
        assert [sent["text"][:6] for sent in api.sent] == ["POS 22", "POS 10", "POS 11", "POS 12"]

    async def test_an_update_that_comes_again_lets_none_of_its_chat_pass(self, api: BotApi, intake: Intake) -> None:
        known = asked(api, "/pos 22", GROUP)
        await intake.take(known)
        api.hold_back(GROUP, 0.3)
        first = intake.begin(asked(api, "/pos 10", GROUP))
        await api.until(lambda: bool(api.refused))
        assert await intake.take(known) is CONFIRM
        second = intake.begin(asked(api, "/pos 11", GROUP))
        await asyncio.wait((first, second))
        assert [sent["text"][:6] for sent in api.sent] == ["POS 22", "POS 10", "POS 11"]

    @pytest.mark.parametrize(
        ("raw", "lane"),
        [
            ({"message": {"chat": {"id": -5}, "from": {"id": 7}}}, ("chat", -5)),
            ({"edited_message": {"chat": {"id": 7}}}, ("chat", 7)),
            ({"callback_query": {"message": {"chat": {"id": -5}}, "from": {"id": 7}}}, ("chat", -5)),
            ({"callback_query": {"inline_message_id": "x", "from": {"id": 7}}}, ("person", 7)),
            ({"inline_query": {"from": {"id": 7}}}, ("person", 7)),
            ({"message": "a text"}, None),
            ({"message": {"chat": {"id": "x"}}}, None),
            ({"hologram": {"chat": {"id": 7}}}, None),
        ],
    )
    def test_the_lane_of_an_update_is_its_chats_else_its_senders(self, raw: Raw, lane: Any) -> None:
        assert lane_of(raw) == lane

    async def test_room_is_told_when_something_ends(self, api: BotApi, intake: Intake) -> None:
        intake.most = 1
        api.hold_back(PRIVATE, 0.1)
        held = asyncio.create_task(intake.take(asked(api)))
        await api.until(lambda: bool(api.refused))
        assert not intake.has_room
        await intake.room()
        assert await held is CONFIRM
        assert intake.in_hand == 0


class TestStop:
    """The end."""

    async def test_what_is_in_hand_is_finished(self, api: BotApi, intake: Intake) -> None:
        begun = [intake.begin(asked(api)) for _ in range(3)]
        await intake.drain(PATIENCE)
        assert [each.result() for each in begun] == [CONFIRM] * 3
        assert len(api.sent) == 3

    async def test_what_cannot_be_finished_is_given_back(self, api: BotApi, intake: Intake) -> None:
        api.hold_back(PRIVATE, PATIENCE)
        update = asked(api)
        held, behind = intake.begin(update), intake.begin(asked(api))
        await api.until(lambda: bool(api.refused))
        await intake.drain(0)
        assert (held.result(), behind.result()) == (AGAIN, AGAIN)
        assert await intake.claims.claim(update["update_id"]) is Standing.MINE
        assert intake.tally.outcomes == {Outcome.INTERRUPTED: 2}

    async def test_in_its_last_seconds_nothing_new_is_begun_and_nothing_begun_is_cut_off(
        self, api: BotApi, intake: Intake
    ) -> None:
        api.fail("sendMessage", Fault.slow(0.2))
        first, second = intake.begin(asked(api)), intake.begin(asked(api))
        await api.until(lambda: bool(api.sent))
        await intake.drain(3)
        assert (first.result(), second.result()) == (CONFIRM, AGAIN)
        assert len(api.sent) == 1

    async def test_a_call_that_waits_for_its_next_try_is_called_off(self, api: BotApi, intake: Intake) -> None:
        api.trouble = lambda method, _: Fault.internal() if method == "sendMessage" else None
        held = intake.begin(asked(api))
        await api.until(lambda: bool(api.refused))
        await intake.drain(3)
        assert held.result() is AGAIN
        assert intake.tally.outcomes == {Outcome.INTERRUPTED: 1}
