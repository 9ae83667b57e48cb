"""Scores as a whole: how sure the answers were beside how often they were right."""

from __future__ import annotations

import pytest

from bot.core.models import Choice, Intent, Outcome, Reply
from bot.core.scoring import Label, Mark, Tally, bins, calibration_error, score
from tests.conftest import TODAY


def tally(*answers: tuple[float, str]) -> Tally:
    """Answers given with a confidence and a code, where 11 is right, 12 is soft and any other is wrong."""
    label = Label("x1", "where", "describe", codes=("11",), accept=("12",))
    replies = (
        Reply("where", Outcome.ANSWER, Intent.DESCRIBE, TODAY, (), codes=(code,), confidence=confidence)
        for confidence, code in answers
    )
    return Tally([score(label, reply) for reply in replies])


def test_answers_are_binned_by_confidence() -> None:
    """Each bin is a tenth wide with its lower edge in it, tells the mean confidence, and 1.0 is in the last."""
    found = bins(tally((0.8, "11"), (0.84, "24"), (0.9, "11"), (1.0, "12")))
    assert [(one.low, len(one.tally.scores)) for one in found] == [(0.8, 2), (0.9, 2)]
    assert [one.confidence for one in found] == pytest.approx([0.82, 0.95])
    assert [one.tally.share(Mark.RIGHT) for one in found] == [0.5, 0.5]
    assert [one.tally.share(Mark.SOFT) for one in found] == [0.0, 0.5]


def test_only_answers_are_calibrated() -> None:
    """A question asked back is in no bin, however sure the bot was of asking."""
    label = Label("x1", "where", "describe", codes=("11",))
    choices = (Choice("11", ""), Choice("12", ""))
    asked = Reply("where", Outcome.CLARIFY, Intent.DESCRIBE, TODAY, (), choices=choices, confidence=0.95)
    asking = Tally([score(label, asked)])
    assert bins(asking) == []
    assert asking.sure_answers.scores == []
    assert calibration_error(asking) == 0.0


def test_calibration_error_weighs_bins_by_their_answers() -> None:
    """Three answers at 0.9 all right and one at 0.5 wrong are off by 0.1 three times and by 0.5 once."""
    given = tally((0.9, "11"), (0.9, "11"), (0.9, "11"), (0.5, "24"))
    assert calibration_error(given) == pytest.approx((3 * 0.1 + 0.5) / 4)


def test_sure_answers_begin_at_nine_tenths() -> None:
    """An answer given with 0.9 counts as sure, one given with less does not."""
    assert len(tally((0.9, "11"), (0.89, "11")).sure_answers.scores) == 1
