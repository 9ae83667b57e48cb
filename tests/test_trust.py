"""Confidence: high only where all of a question was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.trust import SURE

if TYPE_CHECKING:
    from tests.conftest import Ask


@pytest.mark.parametrize("text", ["pos 10", "02 vs 10", "CO-5", "does 22 pay facility", "county jail"])
def test_all_understood(ask: Ask, text: str) -> None:
    """A short question that is understood whole is answered with high confidence."""
    assert ask(text).confidence >= SURE


@pytest.mark.parametrize("text", ["county jail zebra quorum", "pos 10 for my brontosaurus", "video at home zyzzyva"])
def test_words_not_understood(ask: Ask, text: str) -> None:
    """A word of content that belongs to nothing known takes the answer below the sure ones."""
    assert ask(text).confidence < SURE
