"""What the bot remembers of a chat: ids, codes and settings, never words; here in this process alone."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.models import Intent
    from bot.core.subject import Subject

RECALL_SECONDS = 600
"""How long a follow-up finds what it follows up."""
MOST_KEPT = 10_000
"""Entries of each kind; those longest untouched go first."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What a chat has set."""

    payer: str | None = None
    thumbs: bool = True
    listening: frozenset[int | None] = frozenset()
    """Topics in which questions are answered without a call; None is the group outside its topics."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What somebody was last told, or asked to choose from."""

    subject: Subject
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """A thumb under an answer."""

    is_up: bool
    reason: str | None
    codes: tuple[str, ...]
    intent: Intent


class AtHand(NamedTuple):
    """What is known before a message is answered."""

    settings: ChatSettings
    recalled: Recalled | None


class ChatMemory(Protocol):
    """What the bot remembers of chats; never raises and never holds an answer up for more than a moment."""

    async def settings(self, chat: int) -> ChatSettings:
        """What a chat has set."""

    async def recalled(self, chat: int, person: int | None) -> Recalled | None:
        """What somebody was told in this chat during the last ten minutes."""

    async def at_hand(self, chat: int, person: int | None) -> AtHand:
        """The settings of a chat and what somebody was told in it, in one read."""

    async def keep(self, chat: int, person: int | None, told: Recalled) -> None:
        """Remember what somebody was told, or asked to choose from."""

    async def answer_to(self, chat: int, question: int) -> int | None:
        """The message that answered a question."""

    async def keep_answer(self, chat: int, question: int, answer: int) -> None:
        """Remember which message answered a question."""

    async def vote(self, chat: int, message: int, person: int, vote: Vote) -> None:
        """Count a thumb in place of the person's earlier one."""

    async def set_payer(self, chat: int, payer: str | None) -> None:
        """Set the payer a chat asks about."""

    async def set_thumbs(self, chat: int, *, wanted: bool) -> None:
        """Turn the thumbs under answers on or off."""

    async def set_listening(self, chat: int, topic: int | None, *, wanted: bool) -> None:
        """Listen in a group or a topic of it, or no longer."""

    async def move(self, chat: int, to: int) -> None:
        """Take what a group has set along into the supergroup it became."""


class Bounded(OrderedDict[Key, Value], Generic[Key, Value]):
    """A dictionary that forgets what was longest untouched."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Begin with nothing; `most` entries are kept."""
        super().__init__()
        self.most = most

    def __setitem__(self, key: Key, value: Value) -> None:
        """Keep it as the newest."""
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)


@dataclass(slots=True)
class Memory:
    """Everything that outlives one update."""

    clock: Callable[[], float] = monotonic
    chats: Bounded[int, ChatSettings] = field(default_factory=Bounded)
    votes: Bounded[tuple[int, int, int], Vote] = field(default_factory=Bounded)
    """By chat, message and person: one vote a person, the last one counts."""
    _recalls: Bounded[tuple[int, int], tuple[float, Recalled]] = field(default_factory=Bounded)
    _answers: Bounded[tuple[int, int], int] = field(default_factory=Bounded)

    async def settings(self, chat: int) -> ChatSettings:
        """What a chat has set."""
        return self.chats.get(chat, ChatSettings())

    async def recalled(self, chat: int, person: int | None) -> Recalled | None:
        """What somebody was told in this chat during the last ten minutes."""
        at, recalled = self._recalls.get((chat, person or 0), (0.0, None))
        return recalled if self.clock() - at < RECALL_SECONDS else None

    async def at_hand(self, chat: int, person: int | None) -> AtHand:
        """The settings of a chat and what somebody was told in it, in one read."""
        return AtHand(await self.settings(chat), await self.recalled(chat, person))

    async def keep(self, chat: int, person: int | None, told: Recalled) -> None:
        """Remember what somebody was told, or asked to choose from."""
        if person is not None and told.subject.codes:
            self._recalls[chat, person] = self.clock(), told

    async def answer_to(self, chat: int, question: int) -> int | None:
        """The message that answered a question."""
        return self._answers.get((chat, question))

    async def keep_answer(self, chat: int, question: int, answer: int) -> None:
        """Remember which message answered a question."""
        self._answers[chat, question] = answer

    async def vote(self, chat: int, message: int, person: int, vote: Vote) -> None:
        """Count a thumb in place of the person's earlier one."""
        self.votes[chat, message, person] = vote

    async def set_payer(self, chat: int, payer: str | None) -> None:
        """Set the payer a chat asks about."""
        self.chats[chat] = replace(await self.settings(chat), payer=payer)

    async def set_thumbs(self, chat: int, *, wanted: bool) -> None:
        """Turn the thumbs under answers on or off."""
        self.chats[chat] = replace(await self.settings(chat), thumbs=wanted)

    async def set_listening(self, chat: int, topic: int | None, *, wanted: bool) -> None:
        """Listen in a group or a topic of it, or no longer."""
        known = await self.settings(chat)
        topics = known.listening | {topic} if wanted else known.listening - {topic}
        self.chats[chat] = replace(known, listening=topics)

    async def move(self, chat: int, to: int) -> None:
        """Take what a group has set along into the supergroup it became."""
        if chat in self.chats:
            self.chats[to] = self.chats.pop(chat)
