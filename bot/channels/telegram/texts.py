"""What the bot says of itself, in its commands and where it has no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.dates import us
from bot.core.models import Block, Card, Part

if TYPE_CHECKING:
    from bot.core.knowledge import Knowledge

ANYWHERE = (
    ("pos", "a code or a situation, for example /pos 10"),
    ("find", "find the code in a few taps"),
    ("list", "all Place of Service codes"),
    ("payer", "the payer this chat asks about"),
    ("help", "how to ask"),
    ("privacy", "what is kept of what you write"),
    ("about", "what I know and since when"),
)
"""The commands everybody has, and what they are for."""
OF_GROUPS = (
    ("listen", "answer in this group or topic without being called"),
    ("feedback", "thumbs under my answers: on or off"),
)
"""Further commands, for a group's administrators; /feedback works in private too."""

OF_CURATORS = (
    ("misses", "questions I had no answer to"),
    ("teach", "a phrase, a note, or what is out of scope"),
)
"""Further commands, for those who may curate."""

DESCRIPTION = (
    "I answer questions about US Place of Service (POS) codes: which code fits, what it does to a telehealth claim,"
    " its Medicare rate, and where that is written and when it was checked. Please leave patient details out."
)
SHORT_DESCRIPTION = "US Place of Service codes: which one fits, its telehealth notes, rate and source."

OLD_BUTTON = "I can't use this button any more. Please ask again."
LOST_MESSAGE = "I can't change this message any more. Please ask again."
SLOW_DOWN = "That is more than I can answer at once. Please wait a minute, then ask again."
STRANGER = "This bot answers one team only. Ask whoever runs it to let you in: /about tells nothing more here."
NOT_ADMIN = "Only an administrator of this group can change that."


def said(*lines: str) -> Card:
    """Plain talk."""
    return Card(head="", blocks=(Block(Part.NOTE, "", lines),))


GREETING = Card(
    head="US Place of Service codes",
    blocks=(
        Block(
            Part.NOTE, "", ("I tell which code fits, what it does to a telehealth claim, and where that is written.",)
        ),
        Block(Part.NOTE, "", ("/find asks you step by step, /help tells more. Please leave patient details out.",)),
        Block(Part.NOTE, "", ("Ask in your own words, or tap one of these:",)),
    ),
)
HELP = Card(
    head="How to ask",
    blocks=(
        Block(Part.NOTE, "", ("Name a code or tell where the patient is and how they are seen. A date of service (on 3/15/2021) and a payer (aetna) may stand with it. Or tap an example below.",)),
        Block(Part.NOTE, "Commands", tuple(f"/{name} - {purpose}" for name, purpose in ANYWHERE)),
        Block(Part.NOTE, "After an answer", ('ask on within ten minutes ("and by phone?"), or reply to it. Edit your question and I edit my answer.',)),
        Block(Part.NOTE, "In a group", ("mention me, reply to one of my messages, or use /pos. An administrator can have me answer without that: /listen.",)),
        Block(Part.NOTICE, "", ("Please leave patient details out.",)),
    ),
)  # fmt: skip
PRIVACY = Card(
    head="Privacy",
    blocks=(
        Block(Part.NOTE, "", ("Nothing you write is stored or logged: not your question, not your name, not your number.",)),
        Block(
            Part.NOTE,
            "What is kept",
            (
                "for ten minutes, which codes you asked about, so that you can ask on;",
                "the numbers Telegram gave your question and my answer, so that an edit finds it;",
                "a thumb and its reason, with the codes of the answer;",
                "what this chat set with /payer, /listen and /feedback.",
            ),
        ),
        Block(Part.NOTICE, "", ("All of it is gone when I am restarted. Telegram itself keeps chats as its own policy tells. Please leave patient details out all the same.",)),
    ),
)  # fmt: skip


def privacy(retention_days: int | None) -> Card:
    """What is kept, and for how long; with None nothing outlives this process."""
    if retention_days is None:
        return PRIVACY
    kept = (
        "for ten minutes, which codes you asked about, so that you can ask on;",
        "the numbers Telegram gave your question and my answer, so that an edit finds it;",
        f"for {retention_days} days, of a question I had no answer to, those of its words that I know, with blanks for names, numbers and all others;",
        f"for {retention_days} days, a thumb and its reason, with the codes of the answer;",
        "what this chat set with /payer, /listen and /feedback.",
    )
    closing = "Telegram itself keeps chats as its own policy tells. Please leave patient details out all the same."
    return Card(
        "Privacy",
        (
            Block(Part.NOTE, "", ("Your message itself is not stored or logged, nor your name. Your Telegram number is kept only as a keyed hash.",)),
            Block(Part.NOTE, "What is kept", kept),
            Block(Part.NOTICE, "", (closing,)),
        ),
    )  # fmt: skip


POS_HOW = said("Write the code or the situation after it: /pos 10, or /pos snf video visit.")
ASK_HOW = said("I read text only. Write a code or a situation, for example: pt at home on video. /help tells more.")
FORWARDED = said(
    "I don't read forwarded messages: they may hold patient details. Please type the question, without them."
)
NO_FINDER = said("There is no finder here. Ask in your own words, or /list all codes.")
UNKNOWN_COMMAND = said("I don't know that command. /pos 10 explains a code, /list shows all, /help tells more.")


def about(knowledge: Knowledge) -> Card:
    """Which knowledge this is and when it was checked."""
    known = (
        f"{len(knowledge.codes)} Place of Service codes, the telehealth modifiers, denials about place of service"
        " and the dated Medicare rules, each with its source."
    )
    dated = f"Knowledge {knowledge.version}, last checked {us(knowledge.newest)}."
    advice = "General information, not legal or billing advice: check with the payer before you bill."
    return Card("posbot", tuple(Block(Part.NOTE, "", (line,)) for line in (known, dated, advice)))
