"""Whole conversations as a person sees them, kept as snapshots to be read when they change."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.channels.answering import Answering
from bot.channels.telegram.app import build_application
from bot.channels.telegram.kit import Kit
from tests.conftest import TODAY
from tests.fakes.botapi import BOT, CLERK, GROUP, PRIVATE, TOKEN, BotApi, buttons, units
from tests.test_telegram import MENTION, Conversation, edit, serving

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from bot.core.engine import Engine
    from tests.fakes.botapi import Raw

TAP, EDIT, TEAM, REPLY = "tap: ", "edit: ", "in the group: ", "reply in the group: "
"""What a step does; without one of them it is said in private."""

TRANSCRIPTS = {
    "a code and every look at it": [
        "pos 10",
        *(f"{TAP}{label}" for label in ("More", "Back", "Modifiers", "Payers", "Aetna", "Sources", "Compare with 02")),
    ],
    "did you mean, by tap and by number": ["snf", f"{TAP}31 - Part A skilled stay on that date", "snf", "1"],
    "a comparison": ["21 vs 22", f"{TAP}More on 22", f"{TAP}Back"],
    "a debated place": ["pt on video in a parked car"],
    "a denial": ["why M77"],
    "a modifier": ["modifier 95"],
    "several questions in one message": ["is 22 facility? and what is pos 19"],
    "a date of service": ["pos 02 on 12/15/2021", "and 10?"],
    "a follow-up": ["snf resident, no part a stay", "and by phone?"],
    "an edit": ["pos 10", f"{EDIT}pos 22"],
    "the finder": ["/find", f"{TAP}In person", f"{TAP}Hospital", f"{TAP}Outpatient, off campus", f"{TAP}Start again"],
    "the chat's payer": ["/payer", "/payer aetna", "pt at home on video", "/payer none", "/payer acme health"],
    "a group that is not listened in": [f"{TEAM}what is pos 10", f"{TEAM}{MENTION} what is pos 10"],
    "a group that is listened in": [
        f"{TEAM}/listen",
        f"{TEAM}is pos 22 facility?",
        f"{TEAM}lunch at 12?",
        f"{REPLY}and 19?",
        f"{TEAM}/listen off",
        f"{TEAM}is pos 22 facility?",
    ],
    "thumbs": ["pos 11", f"{TAP}\N{THUMBS DOWN SIGN}", f"{TAP}Out of date", f"{TAP}\N{THUMBS UP SIGN}", "/feedback off", "pos 11"],
    "patient details": ["mrn 00445566 on video at home"],
    "what it does not answer": ["weather in ohio", "pos 30", "pos 7777", "hello", "/weather"],
    "what it tells of itself": ["/start", f"{TAP}why M77", "/help", "/privacy", "/about"],
}  # fmt: skip


@pytest.mark.parametrize("steps", TRANSCRIPTS.values(), ids=TRANSCRIPTS.keys())
async def test_conversations_go_as_they_were_reviewed(
    engine: Engine, snapshot: SnapshotAssertion, steps: list[str]
) -> None:
    async with BotApi() as api:
        api.members[GROUP["id"], CLERK["id"]] = "administrator"
        api.members[GROUP["id"], BOT["id"]] = "administrator"
        application = build_application(TOKEN, Kit(Answering(engine, lambda: TODAY)), base_url=api.base_url)
        async with serving(api, application) as talk:
            shown = "\n\n".join([await played(talk, step) for step in steps])
            assert shown.replace(engine.knowledge.version, "(version)") == snapshot
            assert api.refused == []


async def played(talk: Conversation, step: str) -> str:
    """What a step changed, as lines to read."""
    before = {key: _drawn(message) for key, message in talk.api.messages.items()}
    toasts = len(talk.api.called("answerCallbackQuery"))
    await _do(talk, step)
    await talk.settle()
    lines = [f"{'=' * 4} {step}"]
    for key, message in talk.api.messages.items():
        if message["from"]["id"] == BOT["id"] and before.get(key) != _drawn(message):
            lines.append(f"{'---- sent' if key not in before else '---- changed'}\n{_drawn(message)}")
    told = [answer["text"] for answer in talk.api.called("answerCallbackQuery")[toasts:] if answer.get("text")]
    lines += [f"---- told at the button: {text}" for text in told]
    return "\n".join(lines if len(lines) > 1 else [*lines, "---- silence"])


async def _do(talk: Conversation, step: str) -> None:
    ours = [message for message in talk.api.messages.values() if message["from"]["id"] == BOT["id"]]
    mine = [message for message in talk.api.messages.values() if message["from"]["id"] == CLERK["id"]]
    if step.startswith(TAP):
        await talk.api.press(ours[-1], label=step.removeprefix(TAP))
    elif step.startswith(EDIT):
        await edit(talk, mine[-1], step.removeprefix(EDIT))
    elif step.startswith(REPLY):
        await talk.api.say(step.removeprefix(REPLY), GROUP, reply_to_message=ours[-1])
    else:
        await talk.api.say(step.removeprefix(TEAM), GROUP if step.startswith(TEAM) else PRIVATE)


def _drawn(message: Raw) -> str:
    """The text with its folded parts marked, and the buttons below it."""
    text: str = message.get("text", "")
    folds = [entity for entity in message.get("entities", ()) if entity["type"] == "expandable_blockquote"]
    for fold in reversed(folds):
        start = len(text.encode("utf-16-le")[: 2 * fold["offset"]].decode("utf-16-le"))
        assert units(text[:start]) == fold["offset"]
        text = f"{text[:start]}[folded]\n{text[start:]}"
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    keyboard = "\n".join(" ".join(f"[{button['text']}]" for button in row) for row in rows)
    return f"{text}\n{keyboard}" if buttons(message) else text
