"""What a chat sets for itself: its payer, where the bot listens, and whether there are thumbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.telegram import texts
from bot.channels.telegram.access import is_administrator
from bot.channels.telegram.hearing import is_private, sender_of, topic_of
from bot.channels.telegram.texts import said
from bot.core.models import Block, Card, Part

if TYPE_CHECKING:
    from telegram import Bot, Message, Update

    from bot.channels.telegram.kit import Context, Kit

NOBODY = {"none", "no", "off", "clear", "reset"}
"""What takes a payer back."""
ON, OFF = {"on", "yes"}, {"off", "no"}
LISTENING = "I now answer questions here that I am sure of, without being called, and keep quiet on the rest. /listen off ends it."
DEAF = (
    "But Telegram does not show me what is said here: make me an administrator of this group, or turn my privacy mode"
    " off at @BotFather (/setprivacy) and add me to the group again."
)


@dataclass(slots=True)
class Rooms:
    """The commands that change what a chat has set."""

    kit: Kit

    async def payer(self, update: Update, context: Context) -> None:
        """Show or set the payer this chat asks about."""
        message, name = update.message, " ".join(context.args or ())
        if message is None:
            return
        if not name:
            await self.kit.say(context.bot, message, await self._payer_now(message.chat.id))
        elif await self._may_change(context.bot, message):
            await self.kit.say(context.bot, message, await self._with_payer(message.chat.id, name))

    async def listen(self, update: Update, context: Context) -> None:
        """Answer in a group or one of its topics without being called, or no longer."""
        message, wanted = update.message, _wanted(context, otherwise=True)
        if message is None:
            return
        if is_private(message):
            await self.kit.say(context.bot, message, said("Here I answer everything. /listen is for groups."))
        elif wanted is None:
            await self.kit.say(context.bot, message, said("Say /listen, or /listen off."))
        elif await self._may_change(context.bot, message):
            await self._set_listening(context.bot, message, wanted=wanted)

    async def feedback(self, update: Update, context: Context) -> None:
        """Turn the thumbs under answers on or off."""
        message, wanted = update.message, _wanted(context, otherwise=None)
        if message is None:
            return
        if wanted is None:
            await self.kit.say(
                context.bot, message, said("Say /feedback off, and my answers here have no thumbs; or /feedback on.")
            )
        elif await self._may_change(context.bot, message):
            await self.kit.memory.set_thumbs(message.chat.id, wanted=wanted)
            await self.kit.say(context.bot, message, said(f"My answers here now have {'' if wanted else 'no '}thumbs."))

    async def migrated(self, update: Update, _: Context) -> None:
        """Take a group's settings along when it becomes a supergroup."""
        message = update.message
        if message is not None and message.migrate_to_chat_id:
            await self._move(message.chat.id, message.migrate_to_chat_id)
        elif message is not None and message.migrate_from_chat_id:
            await self._move(message.migrate_from_chat_id, message.chat.id)

    async def _move(self, chat: int, to: int) -> None:
        self.kit.access.moved(chat, to)
        await self.kit.memory.move(chat, to)

    async def _may_change(self, bot: Bot, message: Message) -> bool:
        """Whether the writer may set this chat; who may not is told so."""
        who = sender_of(message)
        if is_private(message) or (who is not None and await is_administrator(message.chat, who, bot)):
            return True
        await self.kit.say(bot, message, said(texts.NOT_ADMIN))
        return False

    async def _set_listening(self, bot: Bot, message: Message, *, wanted: bool) -> None:
        await self.kit.memory.set_listening(message.chat.id, topic_of(message), wanted=wanted)
        if not wanted:
            lines = ["I answer here only when called: mention me, reply to me, or use /pos."]
        else:
            lines = [LISTENING] if await _hears_all(bot, message) else [LISTENING, DEAF]
        await self.kit.say(bot, message, said(*lines))

    async def _payer_now(self, chat: int) -> Card:
        payer = (await self.kit.memory.settings(chat)).payer
        record = self.kit.knowledge.payers.get(payer or "")
        now = (
            f"This chat asks about {record.title}. /payer none ends that." if record else "This chat has no payer set."
        )
        return Card("Payer", (Block(Part.NOTE, "", (now,)), self._known_payers()))

    async def _with_payer(self, chat: int, name: str) -> Card:
        if name.casefold() in NOBODY:
            await self.kit.memory.set_payer(chat, None)
            return said("This chat asks about no payer in particular now.")
        payer = self.kit.engine.payer(name)
        if payer is None:
            unknown = (
                "I know no rules of that payer. Name it in your question all the same: the answer says what to ask it."
            )
            return Card("Payer", (Block(Part.NOTE, "", (unknown,)), self._known_payers()))
        await self.kit.memory.set_payer(chat, payer.payer)
        return said(f"Telehealth answers here now begin with {payer.title}. /payer none ends that.")

    def _known_payers(self) -> Block:
        names = tuple(f"/payer {payer.payer}" for payer in self.kit.views().listed_payers())
        return Block(Part.EXAMPLES, "Set one of these (tap to copy)", names)


def _wanted(context: Context, *, otherwise: bool | None) -> bool | None:
    """Whether on or off stands after a command; `otherwise` where nothing does, None where something else does."""
    if not context.args:
        return otherwise
    word = context.args[0].casefold()
    return True if word in ON else False if word in OFF else None


async def _hears_all(bot: Bot, message: Message) -> bool:
    """Whether Telegram shows the bot what is said in the group to others."""
    return bool(bot.can_read_all_group_messages) or await is_administrator(message.chat, bot.id, bot)
