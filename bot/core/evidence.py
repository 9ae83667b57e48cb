"""How much the words of a question speak for each code when the visit is in person."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.core.lexicon import Kind
from bot.core.placement import HOME, OFFICE
from bot.core.scene import ATTENDING, CAME, VAGUE
from bot.core.text import stem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.knowledge import Knowledge
    from bot.core.scene import Scene, Spot

RESIDUAL = {"11", "49", "99", "12"}
"""Codes that give way to any more exact place named beside them."""

ALIAS, PLACE, SHARED, HINT = 1.0, 0.7, 0.6, 0.25
"""What a phrase weighs by its kind: its own, of a place without a code, of several codes, a mere lead."""
PER_WORD = 0.3
"""What each further word of a phrase adds: the longer, the more exact."""
NOW = 0.6
"""What it adds that a story says "now" of a place."""
LIKENESS = 0.5
"""What a question explained whole by the words of a code adds."""
NEXT = 2
"""Words that may stand between a practitioner and the building of the practice."""
PUBLIC = "public-place"
AGAIN, PER_HINT_WORD = 0.15, 0.1
RESIDUAL_SHARE = 0.6
PERSON_SHARE = 0.5
"""What a person's standing weighs beside a place: an inmate in the emergency room is in the emergency room."""
VAGUE_SHARE = 0.45
"""What a bare "home" or "office" weighs: enough alone, little beside anything exact."""


class Evidence:
    """Weighs scenes over one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Keep what is looked up for every scene."""
        self._places = knowledge.places
        self._people = {stem(word) for word in knowledge.vocabulary.groups.get("patient", ())}

    def scores(self, scene: Scene, likeness: Mapping[str, float]) -> dict[str, float]:
        """Weight by code; `likeness` is weak evidence between 0 and 1. A denied place counts against its code."""
        if self._has_office_there(scene):
            return {OFFICE: PLACE}
        scores: dict[str, float] = defaultdict(float)
        named = {code for spot in scene.spots for code, _ in self._weights(spot)}
        for code, value in likeness.items():
            scores[code] += 0.0 if code in named else (LIKENESS / 2 if named else LIKENESS) * value
        for entry in dict.fromkeys(span.entry for span in scene.spans if span.kind is Kind.HINT):
            scores[entry.value] += HINT + PER_HINT_WORD * (len(entry.tokens) - 1)
        for (code, _), weight in self._told(scene).items():
            scores[code] += weight
        several = len({spot.span.value for spot in scene.spots}) > 1
        for spot in scene.spots:
            if (spot.now or (several and spot.reached and not spot.standing)) and not spot.negated:
                for code, _ in self._weights(spot):
                    scores[code] += NOW
        return dict(scores)

    def _told(self, scene: Scene) -> dict[tuple[str, Kind], float]:
        """What the places say of each code, the best of each kind of phrase and a little for each further one."""
        best: dict[tuple[str, Kind], float] = {}
        for spot in scene.spots:
            if self._holds_another(spot, scene) or (spot.negated and spot.span.kind is Kind.PLACE):
                continue  # 99 stands for many places: that it was not one of them says nothing of the others
            for code, weight in self._weights(spot):
                signed = -weight if spot.negated else weight
                key = (code, spot.span.kind)
                known = best.get(key, 0.0)
                best[key] = signed if abs(signed) > abs(known) else known + (AGAIN if signed > 0 else -AGAIN)
        return best

    @staticmethod
    def _has_office_there(scene: Scene) -> bool:
        """Whether a public place only says where a practice is: "a chiropractor in a strip mall"."""
        if not scene.spots or any(spot.span.value != PUBLIC for spot in scene.spots):
            return False
        names = [span.end for span in scene.spans if span.group == "provider"]
        practice = all(any(0 <= spot.span.start - end <= NEXT for end in names) for spot in scene.spots)
        visit = scene.has("patient", "in_person") or not (ATTENDING | CAME).isdisjoint(scene.tokens)
        return practice and not visit

    @staticmethod
    def _holds_another(spot: Spot, scene: Scene) -> bool:
        """Whether a public place only holds the place itself: "our clinic is in a strip mall"."""
        return spot.span.value == PUBLIC and (
            scene.has("not_hospital")
            or any(other.span.kind is Kind.ALIAS and not (other.negated or other.standing) for other in scene.spots)
        )

    def _weights(self, spot: Spot) -> list[tuple[str, float]]:
        extra = PER_WORD * (spot.words - 1)
        if spot.span.kind is Kind.PLACE and spot.lived_in:
            return [(HOME, PLACE + extra)]
        if spot.span.kind is Kind.PLACE:
            return [(code, PLACE + extra) for code in self._places[spot.span.value].in_person]
        if spot.span.kind is Kind.SHARED:
            return [(code, SHARED + extra) for code in spot.span.value.split("/")]
        return [(spot.span.value, self._share(spot) * (ALIAS + extra))]

    def _share(self, spot: Spot) -> float:
        if spot.span.value in VAGUE and spot.words == 1 and not spot.said:
            return VAGUE_SHARE
        if spot.standing or (spot.words == 1 and spot.span.entry.tokens[0] in self._people):
            return PERSON_SHARE
        return RESIDUAL_SHARE if spot.span.value in RESIDUAL - {HOME} else 1.0
