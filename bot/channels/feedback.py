"""What people can say of an answer, alike in every channel."""

from __future__ import annotations

REASONS = {1: "Wrong code", 2: "Out of date", 3: "Not what I asked", 4: "Hard to read"}
"""Why an answer was no good, by the number that is kept."""
NEVER_MIND = "0"
"""In place of a reason: the thumb was a slip."""
THANKS = "Thank you, noted."
THANKS_AND_WHY = "What is wrong with it?"
