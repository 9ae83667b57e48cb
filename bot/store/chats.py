"""What the bot remembers of chats, in the database: every replica knows it, and no answer waits for it to be written.

Keys are keyed hashes of chats and people with the kind before them; values are codes, payers and message numbers.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, select

from bot.core import subject
from bot.store.batches import Batches
from bot.store.behind import Behind
from bot.store.errors import StoreError
from bot.store.memory import RECALL_SECONDS, AtHand, Bounded, ChatSettings, Recalled
from bot.store.statements import given, prepared
from bot.store.tables import MEMORY, VOTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.store.database import Database
    from bot.store.memory import Vote

    Hashed = Callable[[str, object], str]

ANSWER_SECONDS = 48 * 3600
"""How long Telegram lets a bot edit its answer."""

Key = str
Found = dict[Key, tuple[str, float | None]]
"""Values as JSON, with the moment when they are forgotten."""


class Chats:
    """Chat settings, what was last told, and votes; while the database is away, what this process knows of them."""

    def __init__(self, database: Database, hashed: Hashed, clock: Callable[[], float] = time) -> None:
        """Begin with nothing known; the clock gives seconds since 1970."""
        self._database, self._hashed, self._clock = database, hashed, clock
        self.memory = Behind(database, MEMORY)
        self.votes = Behind(database, VOTES)
        self._recent: Bounded[Key, tuple[str, float | None]] = Bounded()
        """What this process wrote or read last, for when the database is away."""
        wanted = given(database.dialect, Column("key", MEMORY.c.key.type))["key"]
        reading = select(MEMORY.c.key, MEMORY.c.value, MEMORY.c.until).where(MEMORY.c.key.in_(select(wanted)))
        self._reading = prepared(reading, database.dialect)
        self._reads: Batches[tuple[Key, ...], None, Found] = Batches(self._read_all)
        database.guard.on_open.append(self._reads.let_go)

    async def settings(self, chat: int) -> ChatSettings:
        """What a chat has set."""
        keys = self._settings_keys(chat)
        return _settings(keys, await self._read(*keys))

    async def recalled(self, chat: int, person: int | None) -> Recalled | None:
        """What somebody was told in this chat during the last ten minutes."""
        key = self._recall_key(chat, person)
        return _recalled((await self._read(key)).get(key))

    async def at_hand(self, chat: int, person: int | None) -> AtHand:
        """The settings of a chat and what somebody was told in it, in one read."""
        keys, recall = self._settings_keys(chat), self._recall_key(chat, person)
        found = await self._read(*keys, recall)
        return AtHand(_settings(keys, found), _recalled(found.get(recall)))

    async def keep(self, chat: int, person: int | None, told: Recalled) -> None:
        """Remember what somebody was told, or asked to choose from."""
        if person is not None and told.subject.codes:
            value = [told.subject.text, told.is_choice]
            self._put(self._recall_key(chat, person), value, self._clock() + RECALL_SECONDS)

    async def answer_to(self, chat: int, question: int) -> int | None:
        """The message that answered a question."""
        key = self._answer_key(chat, question)
        value = (await self._read(key)).get(key)
        return value if isinstance(value, int) else None

    async def keep_answer(self, chat: int, question: int, answer: int) -> None:
        """Remember which message answered a question."""
        self._put(self._answer_key(chat, question), answer, self._clock() + ANSWER_SECONDS)

    async def vote(self, chat: int, message: int, person: int, vote: Vote) -> None:
        """Count a thumb in place of the person's earlier one."""
        self.votes.put(
            {
                "chat": self._hashed("chat", chat),
                "message": message,
                "person": self._hashed("person", person),
                "is_up": vote.is_up,
                "reason": vote.reason,
                "codes": "+".join(vote.codes),
                "intent": str(vote.intent),
                "day": datetime.fromtimestamp(self._clock(), UTC).date().isoformat(),
            }
        )

    async def set_payer(self, chat: int, payer: str | None) -> None:
        """Set the payer a chat asks about."""
        await self._set(self._settings_keys(chat)[0], payer)

    async def set_thumbs(self, chat: int, *, wanted: bool) -> None:
        """Turn the thumbs under answers on or off."""
        await self._set(self._settings_keys(chat)[1], wanted)

    async def set_listening(self, chat: int, topic: int | None, *, wanted: bool) -> None:
        """Listen in a group or a topic of it, or no longer."""
        known = (await self.settings(chat)).listening
        topics = known | {topic} if wanted else known - {topic}
        await self._set(self._settings_keys(chat)[2], _listed(topics))

    async def move(self, chat: int, to: int) -> None:
        """Take what a group has set along into the supergroup it became."""
        settings = await self.settings(chat)
        if settings == ChatSettings():
            return
        values = (settings.payer, settings.thumbs, _listed(settings.listening))
        for key, value in zip(self._settings_keys(to), values, strict=True):
            self._put(key, value)
        for key in self._settings_keys(chat):
            self._put(key, None)
        await self._flush()

    def _settings_keys(self, chat: int) -> tuple[Key, Key, Key]:
        """One for each setting, so that two that are changed at once do not undo each other."""
        of = self._hashed("chat", chat)
        return f"payer/{of}", f"thumbs/{of}", f"listening/{of}"

    def _recall_key(self, chat: int, person: int | None) -> Key:
        return f"told/{self._hashed('chat', chat)}/{self._hashed('person', person or 0)}"

    def _answer_key(self, chat: int, question: int) -> Key:
        return f"answer/{self._hashed('chat', chat)}/{question}"

    async def _set(self, key: Key, value: Any) -> None:
        self._put(key, value)
        await self._flush()

    def _put(self, key: Key, value: Any, until: float | None = None) -> None:
        written = json.dumps(value)
        self.memory.put({"key": key, "value": written, "until": until})
        self._recent[key] = written, until

    async def _flush(self) -> None:
        """Let other replicas know before the person is told."""
        if not self._database.guard.is_away:
            with suppress(StoreError):
                await self._database.guard.within(asyncio.ensure_future(self.memory.flush()))

    async def _read(self, *keys: Key) -> dict[Key, Any]:
        """The values of those keys that have one; what this process has not written yet goes before the database's."""
        own = {key: (row["value"], row["until"]) for key in keys if (row := self.memory.get(key)) is not None}
        missing = tuple(key for key in keys if key not in own)
        found = own | (await self._stored(missing) if missing else {})
        now = self._clock()
        return {key: json.loads(value) for key, (value, until) in found.items() if until is None or now < until}

    async def _stored(self, keys: tuple[Key, ...]) -> Found:
        guard = self._database.guard
        if not guard.is_away:
            with suppress(StoreError):
                found = await guard.within(self._reads.put(keys, None))
                for key in keys:
                    self._remember(key, found.get(key))
                return {key: found[key] for key in keys if key in found}
        return {key: self._recent[key] for key in keys if key in self._recent}

    def _remember(self, key: Key, value: tuple[str, float | None] | None) -> None:
        if value is not None:
            self._recent[key] = value
        else:
            self._recent.pop(key, None)

    async def _read_all(self, wanted: Mapping[tuple[Key, ...], None]) -> dict[tuple[Key, ...], Found]:
        keys = {key for each in wanted for key in each}
        rows = await self._database.write(self._reading, ({"key": key} for key in keys))
        found = {key: (value, until) for key, value, until in rows}
        return dict.fromkeys(wanted, found)


def _settings(keys: tuple[Key, Key, Key], found: dict[Key, Any]) -> ChatSettings:
    payer, thumbs, listening = (found.get(key) for key in keys)
    return ChatSettings(payer, thumbs is not False, frozenset(listening or ()))


def _recalled(value: Any) -> Recalled | None:
    if value is None:
        return None
    text, is_choice = value
    about = subject.parse(text)
    return Recalled(about, is_choice=is_choice) if about else None


def _listed(topics: frozenset[int | None]) -> list[int | None]:
    return sorted(topics, key=lambda topic: topic or 0)
