"""Who may use the bot: allow-lists that fail closed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from telegram import ChatMember
from telegram.constants import ChatType
from telegram.error import BadRequest, TelegramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram import Bot, Chat, Update

logger = logging.getLogger(__name__)

KEPT_SECONDS = 600
"""How long Telegram's word on a membership is believed."""
MOST_MEMBERS = 10_000
_MEMBERS = {ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER}


@dataclass(slots=True)
class Access:
    """The allow-lists; while both are empty, everyone may ask."""

    chats: frozenset[int] = frozenset()
    """Groups that are answered."""
    users: frozenset[int] = frozenset()
    """People who are answered in private and in inline queries."""
    admins: frozenset[int] = frozenset()
    """People who curate; they are always answered."""
    members: bool = False
    """Whether members of the listed groups count as listed people."""
    clock: Callable[[], float] = monotonic
    turned_away: int = 0
    """How many updates were not answered for want of permission."""
    _known: OrderedDict[tuple[int, int], tuple[float, bool]] = field(default_factory=OrderedDict)

    @property
    def is_open(self) -> bool:
        """Whether everyone may ask."""
        return not self.chats and not self.users

    async def admits(self, update: Update, bot: Bot) -> bool:
        """Whether an update comes from where the bot may answer."""
        if self.is_open:
            return True
        chat, user = update.effective_chat, update.effective_user
        if chat is not None and chat.type != ChatType.PRIVATE:
            allowed = chat.id in self.chats
        else:
            allowed = user is not None and await self._knows(user.id, bot)
        if not allowed:
            self.turned_away += 1
            logger.warning("update %s: not on the allow-list (%s so far)", update.update_id, self.turned_away)
        return allowed

    def moved(self, chat: int, to: int) -> None:
        """Let a listed group in under the number it has as a supergroup."""
        if chat in self.chats:
            self.chats |= {to}
            logger.warning("a listed group has become a supergroup: put %s into POSBOT_ALLOWED_CHATS", to)

    async def _knows(self, user: int, bot: Bot) -> bool:
        if user in self.users or user in self.admins:
            return True
        return self.members and any([await self._is_member(chat, user, bot) for chat in sorted(self.chats)])

    async def _is_member(self, chat: int, user: int, bot: Bot) -> bool:
        known = self._known.get((chat, user))
        if known and self.clock() - known[0] < KEPT_SECONDS:
            return known[1]
        try:
            member = await bot.get_chat_member(chat, user)
        except TelegramError:
            return False
        is_in = member.status in _MEMBERS or (
            member.status == ChatMember.RESTRICTED and getattr(member, "is_member", False)
        )
        self._known[chat, user] = self.clock(), is_in
        if len(self._known) > MOST_MEMBERS:
            self._known.popitem(last=False)
        return is_in


async def is_administrator(chat: Chat, user: int, bot: Bot) -> bool:
    """Whether a person runs a group, or is the group itself, for whom its nameless administrators speak."""
    if user == chat.id:
        return True
    try:
        member = await bot.get_chat_member(chat.id, user)
    except BadRequest:  # Telegram knows no such member
        return False
    return member.status in {ChatMember.OWNER, ChatMember.ADMINISTRATOR}
