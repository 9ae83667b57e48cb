"""Long polling: the offset moves past what is done and nothing else, and Telegram is not asked all the time."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot.channels.telegram import polling
from bot.channels.telegram.window import Novelty, Window
from bot.store.claims import LocalClaims
from tests.fakes.botapi import GROUP, PRIVATE, BotApi, Fault
from tests.telegram_lines import POLLING, ask_many, build, count, hasty, running, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.core.engine import Engine

HUNG = Fault(delay=1.5)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Telegram."""
    async with BotApi() as double:
        yield double


def offsets(api: BotApi) -> list[int]:
    """From which ids the bot has asked."""
    return [params.get("offset", 0) for params in api.called("getUpdates")]


class TestOffset:
    """What is confirmed when."""

    async def test_nothing_is_confirmed_while_what_came_before_is_in_hand(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine, hasty()), POLLING):
            held = api.update(message=api.message("/pos 10", GROUP))
            api.hold_back(GROUP, 0.4)
            await api.push(held, *(api.update(message=api.message(f"pos {code}")) for code in ("11", "12")))
            await api.until(lambda: len(api.sent) == 2)
            assert max(offsets(api)) <= held["update_id"]
            assert len(api.queue.waiting) == 3
            await api.confirmed()

    async def test_what_was_done_is_confirmed_at_the_end(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING):
            await api.say("pos 10")
            await api.until(lambda: bool(api.sent))
        assert api.queue.waiting == []

    async def test_what_was_given_back_at_the_end_is_answered_after_the_next_start(
        self, api: BotApi, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.channels.telegram.line.DRAIN_SECONDS", 0.2)
        claims = LocalClaims()
        async with running(api, build(api, engine), POLLING, claims):
            api.hold_back(GROUP, 0.6)
            await api.say("/pos 10", GROUP)
            await api.say("pos 11")
            await api.until(lambda: bool(api.sent) and bool(api.refused))
        assert len(api.queue.waiting) == 2
        async with running(api, build(api, engine, hasty()), POLLING, claims):
            await api.confirmed()
        assert [sent["text"][:6] for sent in api.sent] == ["POS 11", "POS 10"]

    async def test_an_update_another_process_has_in_hand_is_looked_at_again(
        self, api: BotApi, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polling, "RETRY_SECONDS", 0.02)
        claims = LocalClaims()
        update = api.update(message=api.message("pos 10"))
        await claims.claim(update["update_id"])
        async with running(api, build(api, engine), POLLING, claims) as bot:
            await api.push(update)
            await until(lambda: bot.intake.tally.elsewhere == 3)
            assert len(api.queue.waiting) == 1
            await claims.release(update["update_id"])
            await api.confirmed()
        assert len(api.sent) == 1

    async def test_an_update_that_comes_again_after_it_was_confirmed_is_not_answered_again(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine), POLLING):
            update = api.update(message=api.message("pos 10"))
            for _ in range(2):
                await api.push(update)
                await api.confirmed()
            assert max(offsets(api)) == offsets(api)[-1]
        assert len(api.sent) == 1

    async def test_ids_that_begin_anew_far_below_are_followed(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING):
            for update_id in (900_000_000, 1_000):
                api.queue.newest = 0
                await api.push({"update_id": update_id, "message": api.message("pos 10")})
                await api.confirmed()
        assert len(api.sent) == 2

    async def test_no_more_than_may_be_in_hand_is_begun(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine, hasty()), POLLING) as bot:
            bot.intake.most = 3
            api.hold_back(GROUP, 0.2)
            await api.push(*(api.update(message=api.message("/pos 10", GROUP)) for _ in range(5)))
            await api.until(lambda: bool(api.refused))
            assert bot.intake.in_hand == 3
            await api.confirmed()
        assert len(api.sent) == 5


class TestWindow:
    """The offset, by itself."""

    def test_while_nothing_is_in_hand_the_offset_is_asked_for_again_and_again(self) -> None:
        window = Window()
        window.begin(7, {})
        window.finish(7)
        assert [window.ask() for _ in range(3)] == [8, 8, 8]

    def test_the_first_id_of_all_is_never_gone_below_since_a_negative_offset_forgets(self) -> None:
        window = Window()
        window.begin(1, {})
        assert {window.ask() for _ in range(3)} == {1}

    def test_what_was_done_while_telegram_was_asked_is_known(self) -> None:
        window = Window()
        window.begin(7, {})
        window.begin(8, {})
        assert window.ask() == 7
        window.finish(7)
        assert window.offset == 8
        window.answered()
        assert [window.judge(number) for number in (6, 7, 8, 9)] == [
            Novelty.PAST,
            Novelty.KNOWN,
            Novelty.KNOWN,
            Novelty.NEW,
        ]
        window.ask()
        window.answered()
        assert window.judge(7) is Novelty.PAST

    def test_ids_are_only_followed_down_once_nothing_is_in_hand(self) -> None:
        window = Window()
        window.begin(900_000, {})
        window.ask()
        window.answered()
        assert window.judge(1000) is Novelty.PAST
        window.finish(900_000)
        assert window.judge(1000) is Novelty.NEW
        window.begin(1000, {})
        assert window.offset == 1000


def _has_sent(api: BotApi, number: int) -> bool:
    return len(api.sent) == number


class TestPace:
    """How often Telegram is asked."""

    async def test_one_chat_that_waits_costs_ever_fewer_requests(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING):
            api.hold_back(PRIVATE, 1)
            await api.say("pos 10")
            await api.until(lambda: bool(api.refused))
            before = api.queue.asked
            await api.until(lambda: bool(api.sent))
            assert api.queue.asked - before <= 8

    async def test_a_question_that_comes_while_another_chat_waits_is_found_soon(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine, hasty()), POLLING):
            api.hold_back(GROUP, 0.8)
            await api.say("/pos 10", GROUP)
            await api.until(lambda: bool(api.refused))
            for number in range(1, 4):
                await api.say("pos 11")
                await api.until(partial(_has_sent, api, number))
            assert len(api.queue.waiting) == 4
            await api.confirmed()

    async def test_the_id_before_the_offset_is_asked_for_where_the_offset_would_be_refused(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine), POLLING):
            api.fail("sendMessage", Fault.slow(0.2))
            first = api.update(message=api.message("pos 10"))
            await api.push(first)
            await api.until(lambda: len(offsets(api)) >= 4)
            assert set(offsets(api)) <= {0, first["update_id"], first["update_id"] - 1}
            assert all(one != other for one, other in pairwise(offsets(api)))

    async def test_what_has_no_id_and_so_never_goes_away_is_not_asked_for_all_the_time(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine), POLLING) as bot:
            await api.push({"message": {}})
            await api.until(lambda: api.queue.asked >= 2)
            before, since = api.queue.asked, time.monotonic()
            await api.say("pos 10")
            await api.confirmed()
            assert api.queue.asked - before <= 3 + 4 * (time.monotonic() - since)
            assert bot.intake.tally.nameless >= 1

    async def test_a_server_that_answers_nothing_at_once_is_not_asked_all_the_time(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine), POLLING, poll_seconds=0):
            await api.until(lambda: api.queue.asked >= 3)
            assert api.queue.asked <= 4

    async def test_a_window_of_held_updates_is_passed_in_order(self, api: BotApi, engine: Engine) -> None:
        """More questions than Telegram shows at once, the first of which has to wait."""
        async with running(api, build(api, engine, hasty()), POLLING):
            api.hold_back(PRIVATE, 0.3)
            await api.say("pos 10")
            asked = await ask_many(api, engine, chats=24, each=5)
            await api.confirmed()
        counted = count(api, asked)
        assert (counted.unanswered, counted.twice, counted.disordered) == (0, 0, 0)


class TestTrouble:
    """When Telegram cannot be asked."""

    async def test_silence_turns_readiness_red_and_asking_begins_anew(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING, poll_seconds=0, stalled_after=0.8) as bot:
            await api.say("pos 10")
            await api.confirmed()
            api.fail("getUpdates", HUNG, HUNG)
            await api.say("pos 11")
            await until(lambda: bot.line.progress.words == "no answer from Telegram")
            assert not bot.line.progress.is_well
            await until(lambda: bot.line.progress.is_well)
            await api.confirmed()
        assert len(api.sent) == 2

    async def test_telegram_out_of_reach_at_the_start_is_tried_again_and_shown(
        self, api: BotApi, engine: Engine
    ) -> None:
        api.fail("getMe", Fault.dropped(), Fault.bad_gateway(), Fault.slow(0.2))
        async with running(api, build(api, engine), POLLING) as bot:
            await api.until(lambda: len(api.refused) == 2)
            assert not bot.line.progress.is_well
            assert "not reached" in bot.line.progress.words
            await api.say("pos 10")
            await api.confirmed()
            assert bot.line.progress.is_well

    @pytest.mark.parametrize(
        "answer", ["<html>", '{"ok": true}', '{"ok": true, "result": {"update_id": 1}}', "[]", "1e", '{"ok": false}']
    )
    async def test_an_answer_that_is_none_is_asked_for_again(self, api: BotApi, engine: Engine, answer: str) -> None:
        api.fail("getUpdates", Fault(200, body=answer))
        async with running(api, build(api, engine), POLLING):
            await api.say("pos 10")
            await api.confirmed()
        assert len(api.sent) == 1

    async def test_another_poller_is_told_of_in_one_plain_line(
        self, api: BotApi, engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polling, "CONFLICT_SECONDS", 0.01)
        async with running(api, build(api, engine), POLLING):
            await api.until(lambda: api.queue.asked >= 1)
            api.fail("getUpdates", Fault(409, "Conflict: terminated by other getUpdates request"))
            await api.say("pos 10")
            await api.confirmed()
            await api.say("pos 11")
            await api.confirmed()
        lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert lines == [polling.CONFLICT]

    async def test_a_webhook_is_removed_only_where_one_is_set(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING):
            await api.say("pos 10")
            await api.confirmed()
        assert api.called("deleteWebhook") == []
        api.webhook.url = "https://example.org/hook"
        async with running(api, build(api, engine), POLLING):
            await api.say("pos 11")
            await api.confirmed()
        assert len(api.called("deleteWebhook")) == 1


class Post:
    """A post that the test gives and takes."""

    def __init__(self, *, held: bool) -> None:
        self.held, self.free = asyncio.Event(), asyncio.Event()
        (self.held if held else self.free).set()
        self.resigned = False

    async def gain(self) -> None:
        await self.held.wait()

    async def lost(self) -> None:
        await self.free.wait()

    async def resign(self) -> None:
        self.resigned = True

    def move(self, *, held: bool) -> None:
        (self.held if held else self.free).set()
        (self.free if held else self.held).clear()


class TestLeadership:
    """Only one of several replicas asks."""

    async def test_who_does_not_lead_stands_by_and_takes_over_when_it_may(self, api: BotApi, engine: Engine) -> None:
        first, second = Post(held=True), Post(held=False)
        async with (
            running(api, build(api, engine), POLLING, leadership=first) as leader,
            running(api, build(api, engine), POLLING, leadership=second) as standby,
        ):
            await api.until(lambda: api.queue.asked >= 1)
            await until(lambda: standby.line.is_connected)
            assert (standby.line.progress.is_well, standby.line.progress.words) == (True, "standing by")
            assert api.queue.asked == 1
            first.move(held=False)
            second.move(held=True)
            await until(lambda: not leader.line.is_leading)
            await api.say("pos 10")
            await api.confirmed()
            assert standby.intake.tally.kinds["message"] == 1
        assert (first.resigned, second.resigned) == (True, True)
        assert len(api.sent) == 1

    async def test_a_lead_that_is_lost_to_nobody_goes_on(self, api: BotApi, engine: Engine) -> None:
        post = Post(held=True)
        async with running(api, build(api, engine), POLLING, leadership=post) as bot:
            await api.until(lambda: api.queue.asked >= 1)
            post.move(held=False)
            await api.say("pos 10")
            await api.confirmed()
            assert bot.line.is_leading
            assert not bot.line.is_sure
            post.move(held=True)
            await until(lambda: bot.line.is_sure)
        assert len(api.sent) == 1

    async def test_who_stands_by_says_nothing_at_the_end(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), POLLING, leadership=Post(held=False)) as bot:
            await until(lambda: bot.line.is_connected)
        assert [call.method for call in api.calls] == ["getMe"]
