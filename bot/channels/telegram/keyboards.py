"""Inline keyboards: what can be tapped under a message."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.answering import EXAMPLES
from bot.channels.feedback import NEVER_MIND, REASONS
from bot.channels.telegram.presses import Action, Press
from bot.channels.telegram.render import clean
from bot.core import subject
from bot.core.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from bot.core.finder import Step
    from bot.core.models import Intent, Reply
    from bot.core.subject import Subject
    from bot.core.views import Views

Row = list[InlineKeyboardButton]

HALF_A_ROW = 22
"""Characters of a label that a phone shows where two buttons share a row."""
UP, DOWN = "\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}"


def under(reply: Reply, today: date, views: Views, *, thumbs: bool) -> InlineKeyboardMarkup | None:
    """Draw the buttons of a reply: its choices, or the further looks at what it answered, and thumbs if wanted."""
    about = subject.of_reply(reply, today)
    if reply.choices:
        return InlineKeyboardMarkup(
            [
                [_button(f"{each.code} - {clean(each.label)}", Action.CODE, about.alone(each.code))]
                for each in reply.choices
            ]
        )
    voted = reply.intent if thumbs and reply.outcome is Outcome.ANSWER else None
    return looks(about, views, thumbs=voted)


def looks(
    about: Subject, views: Views, current: Action = Action.CODE, *, thumbs: Intent | None = None
) -> InlineKeyboardMarkup | None:
    """Draw the looks at the first code of a subject, without the one that is shown; at several codes, a card each.

    With `thumbs`, the kind of question that was answered, also a vote on the answer.
    """
    if current is Action.CODE and len(about.codes) > 1:
        rows = [[_button(f"More on {code}", Action.MORE, _first(about, code)) for code in about.codes]]
    elif about.codes:
        rows = _tabs(about, views, current)
    else:
        rows = []
    rows.append(
        [
            *map(_copy, about.codes if current is Action.CODE else about.codes[:1]),
            *(_thumbs(about, thumbs) if thumbs else []),
        ]
    )
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def payers(about: Subject, views: Views) -> InlineKeyboardMarkup:
    """Draw a button for each payer whose rules were read, and the way back."""
    code = about.codes[0]
    buttons = [
        _button(clean(payer.title), Action.CODE, subject.Subject((code,), about.on, payer.payer))
        for payer in views.listed_payers()
    ]
    return InlineKeyboardMarkup([*_by_twos(buttons), [_button("Back", Action.CODE, _whole(about))]])


def reasons(about: Subject, intent: str) -> InlineKeyboardMarkup:
    """Draw the reasons for a thumb down, and the way back."""
    buttons = [_button(words, Action.WHY, about, f"{number}-{intent}") for number, words in REASONS.items()]
    return InlineKeyboardMarkup(
        [buttons[:2], buttons[2:], [_button("Never mind", Action.WHY, about, f"{NEVER_MIND}-{intent}")]]
    )


def finder(step: Step) -> InlineKeyboardMarkup:
    """Draw the answers to a question of the finder, two a row, and the way back."""
    buttons = [_found(label, path) for path, label in step.options]
    return InlineKeyboardMarkup([*_by_twos(buttons), *([_steps_back(step)] if step.path else [])])


def found(step: Step, under_answer: InlineKeyboardMarkup | None, link: str) -> InlineKeyboardMarkup:
    """Add to the buttons under what was found the way back and a link to share."""
    share = f"https://t.me/share/url?{urlencode({'url': link})}"
    rows = [list(row) for row in under_answer.inline_keyboard] if under_answer else []
    return InlineKeyboardMarkup([*rows, [*_steps_back(step), InlineKeyboardButton("Share", url=share)]])


def _steps_back(step: Step) -> Row:
    back = [_found("Back", step.path[:-1])] if len(step.path) > 1 else []
    return [*back, _found("Start again", "")]


def _found(label: str, path: str) -> InlineKeyboardButton:
    return _button(label, Action.FIND, subject.Subject(), path)


def examples() -> InlineKeyboardMarkup:
    """Draw the questions to try, two a row."""
    buttons = [_button(words, Action.TRY, subject.Subject(), str(number)) for number, words in enumerate(EXAMPLES, 1)]
    return InlineKeyboardMarkup(_by_twos(buttons))


def _by_twos(buttons: Iterable[InlineKeyboardButton]) -> list[Row]:
    """Two buttons a row; one with a long label has a row of its own."""
    rows: list[Row] = []
    for button in buttons:
        fits = bool(rows) and len(rows[-1]) == 1 and len(rows[-1][0].text) <= HALF_A_ROW >= len(button.text)
        if fits:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _tabs(about: Subject, views: Views, current: Action) -> list[Row]:
    code = about.codes[0]
    back = [] if current is Action.CODE else [_button("Back", Action.CODE, _whole(about))]
    more = [] if current is Action.MORE else [_button("More", Action.MORE, about)]
    others = [_button(f"More on {other}", Action.MORE, _first(about, other)) for other in about.codes[1:]]
    beside = views.nearest(code) if len(about.codes) == 1 else None
    if beside is not None:
        pair = subject.Subject((code, beside), about.on, about.payer)
        others = [_button(f"Compare with {beside}", Action.CODE, pair)]
    looks = {Action.MODIFIERS: "Modifiers", Action.PAYERS: "Payers"} if views.takes_modifiers(code) else {}
    looks[Action.SOURCES] = "Sources"
    return [
        [*back, *more, *others],
        [_button(label, action, about) for action, label in looks.items() if action is not current],
    ]


def _first(about: Subject, code: str) -> Subject:
    """The subject with this code before the others."""
    return subject.Subject((code, *(other for other in about.codes if other != code)), about.on, about.payer)


def _whole(about: Subject) -> Subject:
    """The subject with its codes in a settled order: what was looked at first is no longer known."""
    return subject.Subject(tuple(sorted(about.codes)), about.on, about.payer)


def _thumbs(about: Subject, intent: Intent) -> Row:
    return [_button(UP, Action.UP, about, intent), _button(DOWN, Action.DOWN, about, intent)]


def _copy(code: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(f"Copy {code}", copy_text=CopyTextButton(code))


def _button(label: str, action: Action, about: Subject, detail: str = "") -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=Press(action, about, detail).data)


def without_copying(keyboard: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """The keyboard for a Bot API that knows no buttons that copy."""
    rows: Iterable[Row] = (
        [each for each in row if each.copy_text is None] for row in (keyboard.inline_keyboard if keyboard else ())
    )
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None
