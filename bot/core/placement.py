"""What a described scene comes to: a code, codes to choose from, or a place without a code."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.models import Match

TELEHEALTH = ("02", "10")
HOME, OFFICE = "12", "11"
MOST_CHOICES = 4
"""More than four choices are no help on a phone."""
MOST_UNREAD = 1
"""Words of content not understood, beyond which weak evidence leads to a question back."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The code or codes a scene takes, or those to choose from."""

    codes: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    why: str = ""
    """The rule in a sentence, said before the card."""
    topic: str | None = None
    """A topic whose facts explain the rule."""
    place: str | None = None
    """The place without a code of its own that the scene is set in."""
    site: str | None = None
    """The code of the patient's place when seen remotely; its telehealth notes explain the answer."""
    match: Match = Match.RULE
    strength: float = 0.9

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self.codes or self.ask or self.place)


NOWHERE = Placement(match=Match.NONE, strength=0.0)
