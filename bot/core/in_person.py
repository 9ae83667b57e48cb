"""In person: the patient's status first, then the place named most exactly.

The rules are those of CR 7631 and its kin (knowledge/topics/medicare-place-rules.toml); each names its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.evidence import ALIAS, HINT, PER_WORD, PUBLIC, Evidence
from bot.core.lexicon import Kind
from bot.core.models import Match
from bot.core.placement import HOME, MOST_CHOICES, MOST_UNREAD, NOWHERE, OFFICE, TELEHEALTH, Placement
from bot.core.scene import VAGUE, Owner, Scene, Spot, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.knowledge import Knowledge

INPATIENT, ON_CAMPUS, OFF_CAMPUS, ER = "21", "22", "19", "23"
RESIDENCES = ("13", "14", "33", "12")
INDIAN_HEALTH = ("05", "06", "07", "08")
SNF, NURSING, HOSPICE, LAB, MOBILE = "31", "32", "34", "81", "15"
OWN_INPATIENT = ("31", "34", "51", "55", "56", "61", "54", "06", "08", "26")
"""Codes for people who stay overnight that a plain "inpatient" does not turn into 21."""
BY_HOSPITAL = {"19", "22", "11", "49", "21", "20", "17", "24", "65", "62", "57", "52", "81", "15", "03"}
"""Codes that give way when the place is said to be a hospital's own department."""
ENOUGH = 0.44
"""Evidence needed to name a code; below it the question is not understood as a place."""
HINTED = 0.55
"""Evidence needed where no place is named and hints are all there is."""
MARGIN = 0.85
"""A runner-up with this share of the best makes it a question back."""
DONE_REACH = 4
"""Words between "done at" or "taken in" and the place."""


class InPerson:
    """Places visits in person over one knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Keep what is looked up for every scene."""
        self._places = knowledge.places
        self._evidence = Evidence(knowledge)

    def place(self, scene: Scene, likeness: Mapping[str, float], unread: int = 0) -> Placement:
        """What a practitioner who is with the patient reports."""
        scores = self._evidence.scores(scene, likeness)
        rules = (
            self._interpretation,
            self._lab,
            self._part_a,
            self._status,
            self._indian_health,
            self._hospital,
            self._nursing,
            self._hospice,
            self._mobile,
            self._residence,
        )
        for rule in rules:
            found = rule(scene, scores)
            if found:
                return found
        return self._best(scene, scores, unread)

    def weights(self, scene: Scene, likeness: Mapping[str, float]) -> dict[str, float]:
        """The evidence for each code, 02 and 10 left out."""
        scores = self._evidence.scores(scene, likeness)
        return {code: weight for code, weight in scores.items() if code not in TELEHEALTH}

    def _interpretation(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """POS of the technical component (CR 7631): where the patient had the test."""
        if not scene.has("interpretation"):
            return NOWHERE
        why = "A reading takes the POS of the place where the patient had the test (the technical component), not of the reader. Billed apart it takes modifier 26."
        kept = self._tested(scene)
        if not kept:
            return NOWHERE
        reduced = Scene(scene.tokens, scene.spans, Way.UNSAID, tuple(kept), scene.flags - {"interpretation"})
        found = (
            self._hospital(reduced, scores)
            or self._status(reduced, scores)
            or self._best(reduced, self._evidence.scores(reduced, {}))
        )
        return Placement(found.codes, found.ask, why, "interpretation", strength=0.9) if found else NOWHERE

    @staticmethod
    def _tested(scene: Scene) -> list[Spot]:
        """Where the test was done: places said so, else those not said of the reader, exact ones first."""
        taken = [replace(spot, negated=False) for spot in scene.spots if _came_from(spot, scene.tokens)]
        if taken:
            return taken
        spots = [spot for spot in scene.spots if not spot.negated]
        spots = [spot for spot in spots if not _readers_own(spot, scene.tokens)] or spots
        done = [span for span in scene.spans if span.kind is Kind.GROUP and span.value == "performed"]
        said = [spot for spot in spots if any(0 <= spot.span.start - span.end <= DONE_REACH for span in done)]
        patient = [spot for spot in spots if spot.owner is not Owner.PROVIDER]
        exact = [spot for spot in patient if spot.span.value not in VAGUE]
        owned = [spot for spot in exact if spot.owner is Owner.PATIENT]
        return said or owned or exact or [spot for spot in spots if spot.span.value not in VAGUE] or patient

    def _lab(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """An independent lab reports where the sample was taken (manual ch. 26 10.6)."""
        named = any(spot.span.value == LAB for spot in scene.spots)
        if not (named or scene.has("lab_bill")) or scores.get(LAB, 0.0) < ENOUGH:
            return NOWHERE
        why = "A lab reports the place where the sample was taken; 81 only when the lab took it itself."
        elsewhere = [spot for spot in scene.spots if LAB not in spot.span.value.split("/") and not spot.negated]
        if scene.has("lab_drew") and not elsewhere:
            return Placement((LAB,), why=why, topic="lab-specimen", strength=0.93)
        if elsewhere and scene.has("collected"):
            reduced = Scene(scene.tokens, (), Way.UNSAID, tuple(elsewhere), scene.flags - {"lab_bill"})
            found = self.place(reduced, {})
            if found:
                return Placement(found.codes, found.ask, why, "lab-specimen", strength=0.88)
        return NOWHERE

    def _part_a(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """A Part A skilled stay is 31 wherever else the story has been."""
        if not scene.has("part_a") or scene.has("no_part_a") or scores.get(SNF, 0.0) < HINT:
            return NOWHERE
        why = "The stay decides, not the building: a Part A skilled stay that day is 31, otherwise 32."
        return Placement((SNF,), why=why, topic="snf-part-a", strength=0.94)

    def _indian_health(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """Who runs it (IHS 05/06, a tribe under a 638 agreement 07/08) and how (freestanding or provider-based)."""
        if max((scores.get(code, 0.0) for code in INDIAN_HEALTH), default=0.0) < ENOUGH and not scene.has("tribal"):
            return NOWHERE
        tribe = scene.has("tribal")
        if not tribe and not scene.has("federal"):
            return NOWHERE
        based = scene.has("provider_based", "hospital_part") and not scene.has("alone")
        if not based and not scene.has("alone"):
            pair = ("07", "08") if tribe else ("05", "06")
            lead = max(pair, key=lambda code: scores.get(code, 0.0))
            other = pair[0] if lead == pair[1] else pair[1]
            if scores.get(lead, 0.0) - scores.get(other, 0.0) > HINT:
                return Placement((lead,), match=Match.ALIAS, strength=0.88)
            return Placement(ask=pair, why="Freestanding, or part of a hospital or other provider?", strength=0.8)
        code = {(True, True): "08", (True, False): "07", (False, True): "06", (False, False): "05"}[tribe, based]
        why = "IHS-run is 05 freestanding and 06 provider-based; tribe-run under a 638 agreement is 07 and 08."
        return Placement((code,), why=why, strength=0.92)

    def _status(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """Registered inpatients are 21 at least, observation is outpatient (CR 7631)."""
        best = max(scores, key=lambda code: scores[code], default="")
        observed = scene.has("observation")
        if observed:
            code = OFF_CAMPUS if scene.has("off_campus") else ON_CAMPUS
            why = "Observation is outpatient status, not inpatient, until an inpatient order is written."
            if scene.has("inpatient") and not scene.has("not_admitted"):
                return Placement(
                    ask=(ON_CAMPUS, INPATIENT), why=why + " Was there an inpatient order at the time?", strength=0.6
                )
            return Placement((code,), why=why, topic="boarding-and-observation", strength=0.93)
        if scene.has("not_admitted") and scores.get(ER, 0.0) >= ENOUGH:
            return Placement((ER,), why="Seen in the emergency department and not admitted: POS 23.", strength=0.92)
        own = max(OWN_INPATIENT, key=lambda code: scores.get(code, 0.0))
        if scene.has("inpatient") and scores.get(own, 0.0) >= ALIAS and not scene.has("not_admitted"):
            return Placement((own,), match=Match.ALIAS, strength=0.9)
        if scene.has("inpatient") and not scene.has("not_admitted") and best not in OWN_INPATIENT:
            why = "A registered inpatient is POS 21 wherever in the hospital (or outside) the visit takes place."
            return Placement((INPATIENT,), why=why, topic="boarding-and-observation", strength=0.93)
        return NOWHERE

    def _hospital(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """Provider-based departments: on campus 22, off campus 19 (42 CFR 413.65, 250 yards)."""
        shared = any(spot.span.value == "19/22" and not spot.negated for spot in scene.spots)
        plain_hospital = any(spot.span.value == "21/22" and not spot.negated for spot in scene.spots)
        if plain_hospital and scene.has("same_day") and not scene.has("inpatient", "off_campus"):
            return Placement(
                (ON_CAMPUS,),
                why="A hospital patient who goes home the same day is an outpatient: 22 on campus, 19 off campus.",
                strength=0.86,
            )
        based = scene.has("provider_based") or shared
        campus = scene.has("off_campus", "on_campus")
        hospital = any("21" in spot.span.value.split("/") and not spot.negated for spot in scene.spots)
        outranked = (
            BY_HOSPITAL if based and not scene.has("not_hospital") else {OFF_CAMPUS, ON_CAMPUS, OFFICE, "49", INPATIENT}
        )
        exact = max((code for code in scores if code not in outranked), key=lambda code: scores[code], default="")
        brought = {code for spot in scene.spots if spot.reached for code in spot.span.value.split("/")}
        came = bool(brought & {OFF_CAMPUS, ON_CAMPUS}) and exact not in brought
        if not came and scores.get(exact, 0.0) > max(
            scores.get(OFF_CAMPUS, 0.0), scores.get(ON_CAMPUS, 0.0), ALIAS - 0.01
        ):
            return NOWHERE
        if scene.has("not_hospital") and not shared and scores.get(exact, 0.0) < ENOUGH:
            if scores.get("24", 0.0) >= ALIAS:
                return NOWHERE
            return (
                Placement(
                    (OFFICE,),
                    why="A space the practice runs itself, not a provider-based hospital department, is an office.",
                    topic="campus",
                    strength=0.85,
                )
                if scene.has("provider_based") or plain_hospital or campus or self._public(scene)
                else NOWHERE
            )
        if not (based or (campus and hospital)):
            return NOWHERE
        why = "A provider-based hospital department is 22 on the main campus (within 250 yards) and 19 beyond it."
        if scene.has("off_campus"):
            return Placement((OFF_CAMPUS,), why=why, topic="campus", strength=0.93)
        if scene.has("on_campus"):
            return Placement((ON_CAMPUS,), why=why, topic="campus", strength=0.93)
        decided = scores.get(OFF_CAMPUS, 0.0) - scores.get(ON_CAMPUS, 0.0)
        if abs(decided) > HINT:
            return Placement((OFF_CAMPUS if decided > 0 else ON_CAMPUS,), why=why, topic="campus", strength=0.88)
        return Placement(ask=(ON_CAMPUS, OFF_CAMPUS), why=why, topic="campus", strength=0.8)

    @staticmethod
    def _public(scene: Scene) -> bool:
        """Whether the practice is told by the public building it sits in, or that it runs."""
        return any(spot.span.value == PUBLIC and not spot.negated for spot in scene.spots)

    def _nursing(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """Part A stay that day is 31, anything else in the same bed 32."""
        named = scores.get(SNF, 0.0) >= ENOUGH or scores.get(NURSING, 0.0) >= ENOUGH
        best = max(scores.values(), default=0.0)
        if not named or max(scores.get(SNF, 0.0), scores.get(NURSING, 0.0)) < best:
            return NOWHERE
        why = "The stay decides, not the building: a Part A skilled stay that day is 31, otherwise 32."
        if scene.has("no_part_a"):
            return Placement((NURSING,), why=why, topic="snf-part-a", strength=0.94)
        if scene.has("part_a"):
            return Placement((SNF,), why=why, topic="snf-part-a", strength=0.94)
        if abs(scores.get(SNF, 0.0) - scores.get(NURSING, 0.0)) < ALIAS * 0.3:
            return Placement(
                ask=(NURSING, SNF), why=why + " Was it a Part A stay that day?", topic="snf-part-a", strength=0.9
            )
        return NOWHERE

    def _hospice(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """34 is only the hospice's own inpatient care; elsewhere the place decides (CR 7631)."""
        named = any(HOSPICE in spot.span.value.split("/") for spot in scene.spots)
        if not named:
            return NOWHERE
        places = {code: scores.get(code, 0.0) for code in (HOME, "13", "14", SNF, NURSING, "33", INPATIENT)}
        own = any(spot.span.value == HOME and not spot.negated for spot in scene.spots)
        why = "Hospice care outside a hospice's own inpatient unit takes the POS of the place."
        if own and scores.get(HOME, 0.0) >= scores.get(HOSPICE, 0.0) - PER_WORD:
            return Placement((HOME,), why=why, strength=0.92)
        best = max((code for code in places if code != HOME), key=lambda code: places[code])
        if places[best] >= ALIAS and places[best] > scores.get(HOSPICE, 0.0):
            return Placement((best,), why=why, strength=0.88)
        return NOWHERE

    def _mobile(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """A mobile unit that serves a place with its own code takes that code."""
        named = any(MOBILE in spot.span.value.split("/") and not spot.negated for spot in scene.spots)
        if not named or scores.get(MOBILE, 0.0) < ENOUGH:
            return NOWHERE
        only = scene.has("serves_only")
        served = [
            spot
            for spot in scene.spots
            if spot.span.kind is not Kind.PLACE
            and spot.span.value not in ({MOBILE, "41", "42", HOME} if only else {MOBILE, "41", "42", OFFICE, HOME})
            and not spot.negated
        ]
        if not served:
            return Placement((MOBILE,), why="", match=Match.ALIAS, strength=0.9)
        why = "A mobile unit serving a place with its own code takes that code; 15 is for a unit that serves nobody in particular."
        codes = [code for spot in served for code in spot.span.value.split("/")]
        if len(set(codes)) == 1 and (only or not scene.has("general_public")):
            return Placement((codes[0],), why=why, topic="mobile-unit", strength=0.85)
        return Placement(
            ask=tuple(dict.fromkeys([*codes, MOBILE]))[:MOST_CHOICES], why=why, topic="mobile-unit", strength=0.7
        )

    def _residence(self, scene: Scene, scores: dict[str, float]) -> Placement:
        """A house or flat with care staff is no private residence (12, 13, 14, 33)."""
        kin = {code: scores.get(code, 0.0) for code in RESIDENCES}
        best = max(scores, key=lambda code: scores[code], default="")
        dwells = best in kin or scores.get(best, 0.0) < ENOUGH
        if scene.has("independent") and not scene.has("congregate") and dwells and max(kin.values()) > 0:
            why = "A flat of one's own in a house without care staff is a private home, whoever else lives there."
            return Placement((HOME,), why=why, topic="residence-kinds", strength=0.85)
        if kin["13"] >= ALIAS and scene.has("own_unit") and any(spot.span.value == "13" for spot in scene.spots):
            return Placement(("13",), match=Match.ALIAS, strength=0.9)
        if not scene.has("congregate") or (best not in kin and scores.get(best, 0.0) >= ALIAS):
            return NOWHERE
        named = max((code for code in kin if code != HOME), key=lambda code: kin[code])
        if kin[named] >= ALIAS:
            return NOWHERE
        why = "Staff on hand make it more than a private home: 13 own unit with support round the clock, 14 shared supervised house, 33 no medical part."
        if scene.has("no_medical") and not scene.has("own_unit", "shared_house"):
            return Placement(("33",), why=why, topic="residence-kinds", strength=0.85)
        if scene.has("own_unit") and not scene.has("shared_house"):
            return Placement(("13",), why=why, topic="residence-kinds", strength=0.85)
        if scene.has("shared_house") and not scene.has("own_unit"):
            return Placement(("14",), why=why, topic="residence-kinds", strength=0.85)
        return Placement(ask=RESIDENCES, why=why, topic="residence-kinds", strength=0.6)

    def _best(self, scene: Scene, scores: dict[str, float], unread: int = 0) -> Placement:
        ranked = sorted(((value, code) for code, value in scores.items() if code not in TELEHEALTH), reverse=True)
        if scene.has("turned_in_person") and not scene.spots:
            return Placement(
                (OFFICE,),
                why="The visit was finished in person, so it takes the place where the patient came to.",
                strength=0.7,
            )
        if not ranked or ranked[0][0] < ENOUGH:
            return NOWHERE
        top, lead = ranked[0]
        if top < HINTED and not any(lead in spot.span.value.split("/") for spot in scene.spots if not spot.negated):
            return NOWHERE
        rivals = [code for value, code in ranked[1:MOST_CHOICES] if value >= max(MARGIN * top, ENOUGH)]
        named = any(spot.span.value == lead and not spot.negated for spot in scene.spots)
        place = next(
            (spot.span.value for spot in scene.spots if spot.span.kind is Kind.PLACE and not spot.negated), None
        )
        if place is not None and lead not in self._places[place].in_person:
            place = None
        if rivals and not (named and self._only_shared(scene, lead, rivals)):
            return Placement(ask=(lead, *rivals), strength=0.5, match=Match.ALIAS if named else Match.FUZZY)
        if named:
            return Placement((lead,), place=place, match=Match.ALIAS, strength=0.93 if not rivals else 0.85)
        if place is not None:
            return Placement((lead,), place=place, match=Match.ALIAS, strength=0.75)
        close = [code for value, code in ranked[:3] if value >= HINT]
        if unread > MOST_UNREAD and len(close) > 1:
            return Placement(ask=tuple(close), strength=0.4, match=Match.FUZZY)
        return Placement((lead,), match=Match.FUZZY, strength=min(0.8, 0.4 + top / 4))

    @staticmethod
    def _only_shared(scene: Scene, lead: str, rivals: list[str]) -> bool:
        """Whether the rivals rest on nothing but a phrase they share with the lead."""
        named = {spot.span.value for spot in scene.spots if spot.span.kind is not Kind.SHARED and not spot.negated}
        return lead in named and not named & set(rivals)


def _came_from(spot: Spot, tokens: tuple[str, ...]) -> bool:
    """Whether what is read came from there: "the biopsy came from the ASC"."""
    before = tokens[max(0, spot.span.start - 3) : spot.span.start]
    return "from" in before and not {"came", "come", "sent", "taken"}.isdisjoint(before)


def _readers_own(spot: Spot, tokens: tuple[str, ...]) -> bool:
    """Whether it is where the reader sits: "reads them at his cabin"."""
    before = tokens[max(0, spot.span.start - 2) : spot.span.start]
    return spot.owner is Owner.PROVIDER and not {"his", "her", "their"}.isdisjoint(before)
