"""The measurements in tests/bench: what they are made from, and how they sort what they find."""

from __future__ import annotations

import asyncio
import random
import re
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.core.check import check
from bot.core.knowledge import built_in
from bot.core.models import Choice, Intent, Outcome, Reply
from bot.core.scoring import Label, score
from tests.bench import rivals, synthetic, variants
from tests.bench import telegram_loads as loads
from tests.bench.edits import EDITS
from tests.bench.labelled import DEV, WRITTEN, labels, tuned
from tests.bench.misses import Cause, cause
from tests.bench.telegram import questions
from tests.bench.telegram_bots import COMMANDS, ECHO, OURS, POLLING, make
from tests.bench.telegram_double import TOKEN, Double
from tests.bench.telegram_profile import group_of
from tests.conftest import TODAY

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.knowledge import Knowledge

# Synthetic teams


def test_a_synthetic_team_is_a_sound_folder(tmp_path: Path) -> None:
    """A made-up team's folder holds the places asked for and has no fault over the built-in knowledge."""
    team = synthetic.entries(3, 500)
    assert len(team) == 500
    assert check([built_in(), synthetic.write(tmp_path / "team", team)]) == []


def test_a_synthetic_team_comes_from_its_seed() -> None:
    """The same seed gives the same places, a longer run begins with a shorter one, and another seed gives others."""
    assert synthetic.entries(3, 200)[:100] == synthetic.entries(3, 100)
    assert synthetic.entries(3, 100) != synthetic.entries(4, 100)


def test_a_synthetic_team_is_as_large_as_asked() -> None:
    """So many phrases, or what the last place has more, and no phrase twice."""
    phrases = [phrase for entry in synthetic.entries_with(3, 2000) for phrase in entry.aliases]
    assert 2000 <= len(phrases) < 2003
    assert len(set(phrases)) == len(phrases)


# Rivals


@pytest.mark.parametrize("name", [name for name in rivals.RIVALS if name != rivals.EMBEDDING])
def test_a_rival_finds_what_it_was_given(knowledge: Knowledge, name: str) -> None:
    """Each finds a team's place among all the others by its name."""
    team = [synthetic.Entry("Zephyr ward", "21", ("zephyr ward",), own_place=False)]
    find = rivals.RIVALS[name](rivals.material(knowledge, team))
    assert find("zephyr ward") == "21"


# Variants


def test_variants_come_from_their_seed(knowledge: Knowledge) -> None:
    """The same seed gives the same edits and the same phrases in frames, another seed others."""
    questions = tuned([DEV])
    first, again, other = (list(variants.edited(questions, knowledge.words, seed, 60)) for seed in (7, 7, 8))
    assert first == again != other
    assert len(first) > 40
    framed = [variants.framed(knowledge, seed, 60) for seed in (7, 7, 8)]
    assert framed[0] == framed[1] != framed[2]


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_changes_no_number(kind: str) -> None:
    """Whatever an edit does to words, the digits stay as they are, and it does apply to some question."""
    chance = random.Random(5)  # noqa: S311 - a repeatable sample, no secret
    pairs = [(label.q, EDITS[kind](chance, label.q)) for label in tuned([DEV, *WRITTEN])]
    assert any(before != after for before, after in pairs)
    assert [before for before, after in pairs if re.findall(r"\d", before) != re.findall(r"\d", after)] == []


def test_frames_ask_for_the_code_of_the_phrase(knowledge: Knowledge) -> None:
    """A phrase seen in person wants its own code, by video the code for a patient there."""
    wanted = {one.frame: one for one in variants.framed(knowledge, 7, 40_000) if one.phrase == "urgent care center"}
    assert {frame: one.wanted for frame, one in wanted.items()} == {
        **dict.fromkeys(variants.HERE, frozenset({"20"})),
        **dict.fromkeys(variants.REMOTE, frozenset({"02"})),
    }


# Misses


def reply(outcome: Outcome, intent: Intent, *codes: str, offered: tuple[str, ...] = ()) -> Reply:
    """A reply with nothing said."""
    return Reply("q", outcome, intent, TODAY, (), codes=codes, choices=tuple(Choice(code, "") for code in offered))


@pytest.mark.parametrize(
    ("label", "given", "why"),
    [
        (
            Label("x1", "q", "out_of_scope"),
            reply(Outcome.ANSWER, Intent.CODE, "11"),
            Cause.OUTSIDE,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.DECLINE, Intent.OUT_OF_SCOPE),
            Cause.NOT_UNDERSTOOD,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.DECLINE, Intent.UNASSIGNED),
            Cause.INTENT,
        ),
        (
            Label("x1", "q", "modifier", facts=("no modifier",)),
            reply(Outcome.ANSWER, Intent.CODE, "10"),
            Cause.INTENT,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.CLARIFY, Intent.DESCRIBE, offered=("20", "11")),
            Cause.ASKED,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.CLARIFY, Intent.DESCRIBE, offered=("22", "19")),
            Cause.ASKED_AMISS,
        ),
        (
            Label("x1", "q", "describe", codes=("31",)),
            reply(Outcome.ANSWER, Intent.TELEHEALTH, "02"),
            Cause.WAY,
        ),
        (
            Label("x1", "q", "describe", codes=("31", "02")),
            reply(Outcome.ANSWER, Intent.DESCRIBE, "31"),
            Cause.BESIDE,
        ),
        (
            Label("x1", "q", "describe", codes=("20",)),
            reply(Outcome.ANSWER, Intent.DESCRIBE, "49"),
            Cause.PLACE,
        ),
        (
            Label("x1", "q", "code", codes=("20",), facts=("urgent",)),
            reply(Outcome.ANSWER, Intent.CODE, "20"),
            Cause.FACT,
        ),
    ],
)
def test_a_miss_has_a_cause(label: Label, given: Reply, why: Cause) -> None:
    """What the reply is beside what was wanted tells why it missed."""
    assert cause(score(label, given)) is why


def test_the_tuned_part_holds_nothing_held_out() -> None:
    """What may be read while tuning leaves out every question whose number divides by three."""
    every, kept = labels([DEV, *WRITTEN]), tuned([DEV, *WRITTEN])
    assert 0 < len(kept) < len(every)
    assert all(int(re.sub(r"\D", "", label.id)) % 3 for label in kept)


# The Telegram bot under load


async def told(double: Double, method: str, **params: str) -> Any:
    """Call the double as a bot does and give the result."""
    async with ClientSession() as client, client.post(f"{double.base_url}{TOKEN}/{method}", data=params) as response:
        return (await response.json())["result"]


async def test_an_update_waits_from_when_it_was_due() -> None:
    """What counts as waiting begins when an update was due, and ends with the first message to its chat."""
    async with Double(cycle(["pos 10"])) as double:
        asked = double.offer(time.monotonic() - 60)
        (update,) = await told(double, "getUpdates", offset="0", timeout="0")
        assert (update["message"]["text"], asked.waited) == ("pos 10", float("inf"))
        sent = await told(double, "sendMessage", chat_id=str(update["message"]["chat"]["id"]), text="10")
        assert sent["chat"] == update["message"]["chat"]
        assert 60 < asked.waited < 90


async def test_confirmed_and_unanswered_is_lost() -> None:
    """The offset confirms what lies before it; of that, only what has no answer is lost."""
    async with Double(cycle(["pos 10"])) as double:
        for _ in range(3):
            double.offer()
        first, *_ = await told(double, "getUpdates", offset="0", timeout="0")
        await told(double, "sendMessage", chat_id=str(first["message"]["chat"]["id"]), text="10")
        assert double.lost == 0
        left = await told(double, "getUpdates", offset="3", timeout="0")
        assert ([update["update_id"] for update in left], double.lost, double.open) == ([3], 1, 2)


async def test_a_webhook_has_so_many_updates_at_once() -> None:
    """No more updates are on their way than the webhook has connections, and a secret goes with them."""
    async with Double(cycle(["pos 10"])) as double:
        seen, secrets, both, go = 0, set(), asyncio.Event(), asyncio.Event()

        async def take(request: web.Request) -> web.Response:
            nonlocal seen
            seen += 1
            secrets.add(request.headers["X-Telegram-Bot-Api-Secret-Token"])
            if seen == 2:
                both.set()
            assert seen <= 2 or go.is_set()
            await go.wait()
            return web.Response()

        app = web.Application()
        app.router.add_post("/", take)
        async with TestServer(app) as server:
            await told(double, "setWebhook", url=str(server.make_url("/")), max_connections="2", secret_token="s")
            for _ in range(5):
                double.offer()
            await both.wait()
            assert double.unconfirmed == 5
            go.set()
            assert await double.until(lambda: not double.unconfirmed, 5)
        assert (seen, secrets) == (5, {"s"})


def test_people_do_not_ask_in_step() -> None:
    """Moments at random come from a seed and are about as many as the rate says."""
    moments = list(loads.at_random(100, 10))
    assert moments == list(loads.at_random(100, 10)) == sorted(moments)
    assert 900 < len(moments) < 1100


def test_a_profile_counts_libraries_for_whom_they_serve() -> None:
    """A stack belongs to the innermost frame that is of any group; the standard library counts for its caller."""
    client, engine = "/x/site-packages/httpcore/a.py:f", "/x/bot/core/engine.py:answer"
    loop = "/usr/lib/asyncio/base_events.py:_run_once"
    assert group_of(["/usr/lib/asyncio/streams.py:write", client, "/x/site-packages/telegram/b.py:g", loop]) == (
        "HTTP client"
    )
    assert group_of(["/usr/lib/re/__init__.py:sub", engine, "/x/bot/channels/telegram/kit.py:told", loop]) == "engine"
    assert group_of(["/usr/lib/selectors.py:select", loop]) == "event loop"


@pytest.mark.parametrize("name", [OURS, ECHO])
async def test_the_bots_of_the_bench_answer_under_load(tmp_path: Path, name: str) -> None:
    """Either bot answers everything it is offered, and its process is measured."""
    bot = make(name, POLLING, tmp_path, cycle(questions()), COMMANDS[name])
    async with bot.double:
        try:
            assert 0 < await bot.start() < 30
            seen = await loads.steady(bot, 20, 0.5)
            assert 0 < seen.p50 <= seen.p99 <= seen.most < 30
            assert bot.cpu > 0
            assert 0 < bot.memory <= bot.peak
        finally:
            await bot.stop()
        assert (bot.double.open, bot.double.lost) == (0, 0)
