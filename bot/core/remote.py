"""Telehealth: the patient's place decides between 02 and 10, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.evidence import RESIDUAL
from bot.core.lexicon import Kind
from bot.core.placement import HOME, MOST_UNREAD, OFFICE, TELEHEALTH, Placement
from bot.core.scene import Owner, Way

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.knowledge import Knowledge
    from bot.core.scene import Scene, Spot

RESIDENCES = {"13", "14", "33", "04", "dorm", "rv", "vacation-rental"}
"""Debated places in which an own room or flat, said to be it, is the patient's home."""
NEAR_CAR = {"car-at-home", "clinic-parking-lot"}
"""Places of a car that say more than that it is a car."""


class Remote:
    """Places remote visits over one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Keep what is looked up for every scene."""
        self._codes = knowledge.codes
        self._places = knowledge.places

    def place(self, scene: Scene, unread: int = 0) -> Placement:
        """What the remote practitioner reports."""
        spots = self._decisive(scene)
        if not spots:
            return self._unplaced(scene, unread)
        sets = {self._remote_codes(spot) for spot in spots}
        sole = {codes[0] for codes in sets if len(codes) == 1}
        debated = [spot for spot in spots if len(self._remote_codes(spot)) > 1]
        nowhere = [spot for spot in spots if not self._remote_codes(spot)]
        if nowhere and not sole:
            return Placement(place=nowhere[0].span.value, strength=0.9)
        if sole == {"10"} and {spot.span.value for spot in debated} <= RESIDENCES:
            debated = []
        if sole == set(TELEHEALTH) or (sole and debated and not self._inside(debated, spots)):
            return self._mixed(sole, debated)
        if sole:
            return self._settled(scene, sole.pop(), spots)
        spot = debated[0]
        place, site = (spot.span.value, None) if spot.span.kind is Kind.PLACE else (None, self._site(spot))
        return Placement(self._remote_codes(spot), place=place, site=site, strength=0.9)

    @staticmethod
    def _inside(debated: Iterable[Spot], spots: Iterable[Spot]) -> bool:
        """Whether the debated place is only the furniture of a settled one named more exactly."""
        exact = max((spot.words for spot in spots), default=0)
        return all(spot.words < exact for spot in debated)

    def _mixed(self, sole: set[str], debated: list[Spot]) -> Placement:
        if sole == {"02"} and debated:
            return Placement(("02",), why="The patient is in a facility.", strength=0.6)
        return Placement(ask=("10", "02"), why="Two places are named. Where was the patient?", strength=0.5)

    def _settled(self, scene: Scene, code: str, spots: list[Spot]) -> Placement:
        if code == "10":
            why = "Patient at home: POS 10. Where the clinician sits does not matter."
            return Placement((code,), why=why, strength=0.97)
        name = self._name_of(spots[0])
        why = f"The patient is seen remotely while at a place that is not the patient's home ({name}): POS 02."
        if scene.way is Way.PHONE:
            why += " Medicare pays audio-only visits only for a patient at home, so check whether a phone visit here is payable."
        return Placement((code,), why=why, site=self._site(spots[0]), strength=0.95)

    @staticmethod
    def _site(spot: Spot) -> str | None:
        return None if spot.span.kind is Kind.PLACE else spot.span.value.split("/")[0]

    def _name_of(self, spot: Spot) -> str:
        if spot.span.kind is Kind.PLACE:
            return self._places[spot.span.value].title.lower()
        return " or ".join(self._codes[code].name[-1].text for code in spot.span.value.split("/"))

    def _unplaced(self, scene: Scene, unread: int) -> Placement:
        if scene.has("inpatient", "observation", "part_a", "no_part_a", "stroke"):
            return Placement(("02",), why="A patient in a facility, seen remotely: POS 02.", strength=0.9)
        if any(spot.negated and self._remote_codes(spot) == ("10",) for spot in scene.spots):
            return Placement(("02",), why="Telehealth with the patient not at home: POS 02.", strength=0.95)
        hinted = {
            span.value
            for span in scene.spans
            if span.kind is Kind.HINT
            and span.value not in TELEHEALTH
            and (span.value not in RESIDUAL or len(span.positions) > 1)
        }
        remote = {self._codes[code].by_video for code in hinted}
        if len(remote) == 1:
            site = hinted.pop() if len(hinted) == 1 else None
            return Placement(
                remote.pop(), why="The patient seems to be in a facility, seen remotely.", site=site, strength=0.7
            )
        why = "Where was the patient during the visit? At home: 10. Anywhere else: 02."
        if any(spot.owner is Owner.PROVIDER for spot in scene.spots):
            why = "Where the clinician sits does not decide. Where was the patient? At home: 10. Anywhere else: 02."
        if unread > MOST_UNREAD:
            return Placement(ask=("10", "02"), why=why, strength=0.6)
        return Placement(TELEHEALTH, why=why, strength=0.9)

    def _decisive(self, scene: Scene) -> list[Spot]:
        """Patient's places; those said to be the patient's outrank those said of nobody, exact ones vague ones."""
        spots = [spot for spot in scene.patient_spots if self._speaks(spot)]
        spots = [spot for spot in spots if not spot.standing] or spots
        named = {spot.span.value for spot in spots}
        if named & NEAR_CAR:
            spots = [spot for spot in spots if spot.span.value != "car"]
        offices = [spot for spot in spots if spot.span.value == OFFICE]
        if named == {HOME, OFFICE} and all(spot.owner is Owner.UNSAID for spot in offices):
            spots = [spot for spot in spots if spot.span.value == HOME]
        owned = [spot for spot in spots if spot.owner is Owner.PATIENT]
        if owned and any(spot.owner is Owner.UNSAID for spot in spots):
            spots = owned
        exact = [spot for spot in spots if spot.span.value not in {OFFICE, HOME, "21/22"} or spot.words > 1]
        return (
            exact
            if exact and len({self._remote_codes(spot) for spot in spots}) > 1 and not self._homes(spots)
            else spots
        )

    @staticmethod
    def _homes(spots: Iterable[Spot]) -> bool:
        return any(spot.span.value == HOME for spot in spots)

    @staticmethod
    def _speaks(spot: Spot) -> bool:
        return not set(spot.span.value.split("/")) & set(TELEHEALTH)

    def _remote_codes(self, spot: Spot) -> tuple[str, ...]:
        if spot.span.kind is Kind.PLACE:
            return ("10",) if spot.lived_in else self._places[spot.span.value].by_video
        named = spot.span.value.split("/")
        return tuple(dict.fromkeys(code for name in named for code in self._codes[name].by_video))
