"""A curator in Telegram: what could not be answered, how it is taught, and who may."""

# ruff: noqa: D102, D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from bot.channels.answering import Answered, Answering, Channel
from bot.channels.missed import alike
from bot.channels.noting import CODE, OUTCOME, TIME, Noting, bucket, is_miss
from bot.channels.teaching import Teaching
from bot.channels.telegram.access import Access
from bot.channels.telegram.app import build_application
from bot.channels.telegram.dictating import Undo, read_lesson
from bot.channels.telegram.kit import Kit
from bot.channels.telegram.texts import OLD_BUTTON
from bot.core.engine import Engine
from bot.core.knowledge import load
from bot.core.models import Question
from bot.core.redaction import Redactor
from bot.core.teaching import RefusedError
from bot.store.errors import StoreError
from bot.store.misses import MissGroup
from bot.store.taught import Taught, TaughtKind
from tests.conftest import TODAY
from tests.fakes.botapi import CLERK, GROUP, PRIVATE, TOKEN, BotApi
from tests.fakes.stores import running, until
from tests.test_telegram import Conversation, serving
from tests.test_telegram_transcripts import TAP, TEAM, played

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from bot.store.store import Store
    from tests.fakes.botapi import Raw

COLLEAGUE: Raw = {"id": 7002, "is_bot": False, "first_name": "Robin"}
MISSES = (
    ("skilled bed at ___ villa", 5, date(2026, 11, 20)),
    ("how is a skilled bed coded at ___ villa", 2, date(2026, 11, 22)),
    ("parking validation form", 3, date(2026, 11, 21)),
    ("holding center infirmary", 1, date(2026, 11, 21)),
)
TRANSCRIPTS = {
    "the list, a question, and the way back": [
        "/misses",
        f"{TAP}1",
        f"{TAP}All misses",
        f"{TAP}2",
        f"{TAP}Drop it",
    ],
    "out of scope in one tap, and undone": ["/misses", f"{TAP}2", f"{TAP}Out of scope", f"{TAP}Undo"],
    "by command": [
        "/teach",
        "/teach 31 skilled bed",
        "/teach 31 brookdale villa skilled",
        "pos for skilled brookdale villa",
        "/teach note 10 aetna: They want the room in box 19. https://team.example/grid",
        "/teach",
        "/teach undo 1",
        "/teach undo 1",
        "/teach out",
    ],
    "a code in one tap": ["/misses", f"{TAP}3", f"{TAP}09 - Seen in person in a jail, prison or other lock-up", f"{TAP}All misses"],
    "in a group": [f"{TEAM}/misses", f"{TEAM}/teach undo 9"],
    "nothing missed": ["/misses", f"{TAP}1", f"{TAP}Drop it", f"{TAP}1", f"{TAP}Drop it", f"{TAP}1", f"{TAP}Drop it"],
}  # fmt: skip


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store of its own, with a few misses."""
    async with running(f"sqlite+aiosqlite:///{tmp_path}/posbot.db") as store:
        for text, count, day in MISSES:
            for _ in range(count):
                store.misses.note(text, "decline", day)
        yield store


@pytest.fixture
async def teaching(store: Store, engine: Engine, base: Path, knowledge_words: Redactor) -> Teaching:
    """Teaching as the service sets it up."""
    teaching = Teaching(Answering(engine, lambda: TODAY), store, [base])
    teaching.noting.redactor = knowledge_words
    await teaching.start()
    store.watch(teaching.refresh)
    return teaching


@asynccontextmanager
async def curating(teaching: Teaching, *admins: int) -> AsyncIterator[Conversation]:
    """A bot that these people may teach."""
    async with BotApi() as api:
        kit = Kit(teaching.answering, access=Access(admins=frozenset(admins)), teaching=teaching)
        async with serving(api, build_application(TOKEN, kit, base_url=api.base_url)) as talk:
            yield talk
            assert api.refused == []


@pytest.mark.parametrize("steps", TRANSCRIPTS.values(), ids=TRANSCRIPTS.keys())
async def test_curating_goes_as_it_was_reviewed(
    teaching: Teaching, snapshot: SnapshotAssertion, steps: list[str]
) -> None:
    async with curating(teaching, CLERK["id"]) as talk:
        assert "\n\n".join([await played(talk, step) for step in steps]) == snapshot


async def test_to_everybody_else_the_commands_are_unknown(teaching: Teaching) -> None:
    async with curating(teaching, COLLEAGUE["id"]) as talk:
        for command in ("/misses", "/teach 31 brookdale villa"):
            assert "don't know that command" in (await talk.answer(command))["text"]
            assert await talk.ask(command, GROUP) == []
        assert teaching.lessons == ()


async def test_a_button_of_the_curator_is_dead_for_others_and_when_forged(teaching: Teaching) -> None:
    async with curating(teaching, CLERK["id"]) as talk:
        listed = await talk.answer("/misses", GROUP)
        await talk.api.press(listed, label="1", who=COLLEAGUE)
        for forged in ("miss:out-zzz", "miss:as99-", "miss:undo-", "miss:show-" + "0" * 40):
            await talk.api.press(listed, data=forged)
        await talk.settle()
        assert [answer.get("text") for answer in talk.api.called("answerCallbackQuery")] == [OLD_BUTTON] * 5
        await talk.api.press(listed, data="miss:drop-0123456789ab")
        await talk.settle()
        assert "no longer on the list" in talk.api.messages[listed["chat"]["id"], listed["message_id"]]["text"]
        assert len(await teaching.missed()) == 3


async def test_a_reply_to_a_question_takes_it_off_the_list(teaching: Teaching) -> None:
    async with curating(teaching, CLERK["id"]) as talk:
        shown = await talk.answer("/misses")
        await talk.api.press(shown, label="1")
        await talk.settle()
        question = talk.api.messages[shown["chat"]["id"], shown["message_id"]]
        told = await talk.answer("/teach 31 brookdale villa skilled", reply_to_message=question)
        assert "means POS 31 - Skilled Nursing Facility" in told["text"]
        assert [missed.text for missed in await teaching.missed()] == [
            "parking validation form",
            "holding center infirmary",
        ]


async def test_a_miss_is_kept_redacted_and_nothing_else(teaching: Teaching, store: Store) -> None:
    async with curating(teaching, CLERK["id"]) as talk:
        await talk.ask("Mrs. Rose Hall dob 3/4/1950 hammock recliner form?")
        texts = {group.text for group in await store.misses.grouped(100)} - {text for text, _, _ in MISSES}
        assert len(texts) == 1
        (kept,) = texts
        assert "recliner" in kept
        assert not {"rose", "hall", "1950", "mrs"} & set(kept.split())


@pytest.mark.parametrize(
    ("channel", "text", "kept"),
    [
        (Channel.TELEGRAM, "hammock recliner form", True),
        (Channel.WEB, "hammock recliner form", True),
        (Channel.API, "hammock recliner form", True),
        (Channel.OVERHEARD, "hammock recliner form", False),
        (Channel.INLINE, "hammock recliner form", False),
        (Channel.TELEGRAM, "hello", False),
        (Channel.TELEGRAM, "what is the cpt code for an mri", False),
        (Channel.TELEGRAM, "pos 10", False),
        (Channel.TELEGRAM, "pos 30", False),
        (Channel.TELEGRAM, "snf", False),
        (Channel.TELEGRAM, "Zzyx Qwfp", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_miss(
    engine: Engine, knowledge_words: Redactor, channel: Channel, text: str, kept: bool
) -> None:
    notes = Notes()
    noting = Noting(notes, notes, lambda: TODAY)
    reply = engine.answer(Question(text, TODAY))
    noting.answered(Answered(reply, channel, 0.0007))
    assert notes.misses == []  # there is no redactor yet
    noting.redactor = knowledge_words
    noting.answered(Answered(reply, channel, 0.0007))
    assert bool(notes.misses) is kept
    asked = channel not in {Channel.OVERHEARD, Channel.INLINE}
    assert (OUTCOME in notes.kinds, TIME in notes.kinds) == (asked, asked)
    assert (CODE in notes.kinds) == (asked and bool(reply.codes))


class Notes:
    """Keeps what it is told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.misses: list[str] = []
        self.kinds: set[str] = set()

    def note(self, text_redacted: str, outcome: str, day: date) -> None:
        """Keep a miss."""
        assert (outcome, day) in {("decline", TODAY), ("clarify", TODAY)}
        self.misses.append(text_redacted)

    def count(self, day: date, kind: str, key: str, amount: int = 1) -> None:
        """Keep a count's kind."""
        assert (day, amount) == (TODAY, 1)
        assert key
        self.kinds.add(kind)


@pytest.fixture(scope="module")
def knowledge_words(engine: Engine) -> Redactor:
    """The redactor over what the engine knows."""
    return Redactor(engine.knowledge)


def test_answer_times_are_counted_in_few_kinds() -> None:
    assert [bucket(seconds) for seconds in (0, 0.001, 0.0011, 0.2, 3)] == ["1", "1", "2", "250", "slower"]


def test_asking_back_by_rule_is_no_miss(engine: Engine) -> None:
    assert not is_miss(engine.answer(Question("snf", TODAY)))
    assert is_miss(engine.answer(Question("ICE holding center infirmary", TODAY)))


def test_questions_alike_stand_together() -> None:
    day = date(2026, 11, 20)
    groups = [
        MissGroup("skilled bed at ___", 4, day, day),
        MissGroup("bed skilled at the ___ villa", 3, day, day),
        MissGroup("bed", 2, day, day),
        MissGroup("parking form ___", 5, day, day),
    ]
    assert [[group.text for group in missed.groups] for missed in alike(groups, {"at", "the"})] == [
        ["skilled bed at ___", "bed skilled at the ___ villa"],
        ["parking form ___"],
        ["bed"],
    ]


class TestCommand:
    """What stands behind /teach."""

    @pytest.mark.parametrize(
        "text", ["", "31", "note", "note 10", "note x text", "out", "undo", "undo x", "undo 1 2", "villa 31"]
    )
    def test_what_is_no_such_command_shows_how(self, engine: Engine, text: str) -> None:
        assert read_lesson(text.split(), engine, TODAY, "x") is None

    def test_each_form_is_read(self, engine: Engine) -> None:
        def read(text: str) -> Taught | Undo | None:
            return read_lesson(text.split(), engine, TODAY, "x")

        def taught(kind: TaughtKind, **fields: str) -> Taught:
            return Taught(kind=kind, day=TODAY, by="x", **fields)  # type: ignore[arg-type]

        assert read("2 telepod") == taught(TaughtKind.ALIAS, code="02", phrase="telepod")
        assert read("undo #3") == Undo(3)
        assert read("OUT parking form") == taught(TaughtKind.OUT_OF_SCOPE, phrase="parking form")
        assert read("note 10 Box 19: the room") == taught(TaughtKind.NOTE, code="10", text="Box 19: the room")
        assert read("note 10 Aetna: 95 please https://team.example/g") == taught(
            TaughtKind.NOTE,
            code="10",
            text="95 please",
            payer="aetna",
            source_title="team.example",
            source_url="https://team.example/g",
        )


class TestReplicas:
    """What is taught on one is in force on all."""

    async def test_another_replica_knows_it_soon_and_forgets_it_when_undone(
        self, tmp_path: Path, engine: Engine, teaching: Teaching, base: Path
    ) -> None:
        async with running(f"sqlite+aiosqlite:///{tmp_path}/posbot.db") as other:
            there = Teaching(Answering(engine, lambda: TODAY), other, [base])
            await there.start()
            other.watch(there.refresh)
            kept = await teaching.teach(alias("brookdale villa", "13"))
            await until(lambda: _answers(there, "brookdale villa", "13"))
            assert teaching.answering.ask(Question("brookdale villa", TODAY), Channel.WEB).codes == ("13",)
            assert await there.undo(kept.id)
            await until(lambda: _forgot(teaching, kept.id))
            assert teaching.knowledge.version == engine.knowledge.version

    async def test_a_restart_knows_what_was_taught(self, engine: Engine, teaching: Teaching, base: Path) -> None:
        await teaching.teach(alias("brookdale villa", "13"))
        seen: list[str] = []
        again = Teaching(Answering(engine, lambda: TODAY), teaching.store, [base])
        again.on_exchange = lambda knowledge: seen.append(knowledge.version)
        await again.start()
        assert again.answering.ask(Question("brookdale villa", TODAY), Channel.WEB).codes == ("13",)
        assert seen == [teaching.knowledge.version]

    async def test_folders_read_anew_keep_what_was_taught(
        self, tmp_path: Path, engine: Engine, store: Store, base: Path
    ) -> None:
        team = tmp_path / "team"
        (team / "codes").mkdir(parents=True)
        teaching = Teaching(Answering(engine, lambda: TODAY), store, [base, team])
        await teaching.teach(alias("brookdale villa", "13"))
        (team / "codes" / "14.toml").write_text('code = "14"\naliases = ["oak hill tower"]\n', "utf-8")
        await teaching.reload(Engine(load([base, team])))
        for words, code in (("brookdale villa", "13"), ("oak hill tower", "14")):
            assert await _answers(teaching, words, code)

    async def test_two_curators_at_once_are_heard_one_after_the_other(self, teaching: Teaching) -> None:
        both = (teaching.teach(alias("brookdale villa", code)) for code in ("13", "14"))
        kept, refused = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(kept, Taught)
        assert isinstance(refused, RefusedError)
        assert len(teaching.lessons) == 1


async def test_while_the_database_is_away_the_curator_is_told_and_nothing_changes(
    teaching: Teaching, store: Store, engine: Engine
) -> None:
    async with curating(teaching, CLERK["id"]) as talk:
        shown = await talk.answer("/misses")
        for table in ("taught", "misses"):
            await store.database.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
        assert "cannot be reached" in (await talk.answer("/teach 13 brookdale villa"))["text"]
        assert "cannot be reached" in (await talk.answer("/misses"))["text"]
        await talk.api.press(shown, label="1")
        await talk.settle()
        assert "cannot be reached" in talk.api.called("answerCallbackQuery")[-1]["text"]
        assert teaching.answering.engine is engine
        with pytest.raises(StoreError):
            await teaching.refresh()


async def test_curators_have_a_menu_of_their_own() -> None:
    from bot.channels.telegram.menus import announce  # noqa: PLC0415 - used here alone

    async with BotApi() as api:
        application = build_application(TOKEN, Kit(Answering(None, lambda: TODAY)), base_url=api.base_url)  # type: ignore[arg-type] # it is not asked
        async with application.bot:
            await announce(application.bot, {PRIVATE["id"]})
        names = {scope: {command["command"] for command in commands} for scope, commands in api.commands.items()}
        assert {"misses", "teach", "pos"} <= names["chat"]
        assert not {"misses", "teach"} & (names["all_private_chats"] | names["all_chat_administrators"])


def alias(phrase: str, code: str) -> Taught:
    """An alias to teach."""
    return Taught(kind=TaughtKind.ALIAS, phrase=phrase, code=code, day=TODAY, by="somebody")


async def _answers(teaching: Teaching, text: str, code: str) -> bool:
    return teaching.answering.engine.answer(Question(text, TODAY)).codes == (code,)


async def _forgot(teaching: Teaching, number: int) -> bool:
    return number not in {lesson.id for lesson in teaching.lessons}
