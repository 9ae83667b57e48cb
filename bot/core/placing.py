"""Which code a described scene takes: the remote rule, or the rules for visits in person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.in_person import InPerson
from bot.core.placement import Placement
from bot.core.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.knowledge import Knowledge
    from bot.core.scene import Scene


class Placer:
    """Applies the rules to scenes, over one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Build both sets of rules."""
        self._remote = Remote(knowledge)
        self._in_person = InPerson(knowledge)

    def place(self, scene: Scene, likeness: Mapping[str, float] | None = None, unread: int = 0) -> Placement:
        """The code of a scene.

        `likeness` is weak evidence from the words alone, between 0 and 1 a code; `unread` counts words that mean
        something but were not understood.
        """
        if scene.way.remote and scene.has("same_building"):
            return self._same_building(scene, likeness or {})
        if scene.way.remote and not scene.has("interpretation"):
            return self._remote.place(scene, unread)
        return self.in_person(scene, likeness or {}, unread)

    def in_person(self, scene: Scene, likeness: Mapping[str, float], unread: int = 0) -> Placement:
        """The code a visit in person would take there."""
        return self._in_person.place(scene, likeness, unread)

    def weights(self, scene: Scene, likeness: Mapping[str, float]) -> dict[str, float]:
        """How much speaks for each code of a visit in person, whether or not it is enough."""
        return self._in_person.weights(scene, likeness)

    def _same_building(self, scene: Scene, likeness: Mapping[str, float]) -> Placement:
        found = self.in_person(scene, likeness)
        why = "Patient and clinician are in the same building, so bill it as in person, not as telehealth."
        return Placement(found.codes, found.ask, why, "same-building", strength=0.8)
