"""Who is where, and how they meet: the scene a question describes.

The person, the place and the way of the visit are read apart, because POS 02 and 10 follow the patient's place and
no other (knowledge/topics/clinician-place.toml).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.lexicon import PLACES, Entry, Kind, Span
from bot.core.placement import HOME
from bot.core.text import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VAGUE = {"11", "12"}
"""Office and home: named in passing more often than other places."""
DOUBT = {"whether", "idk", "unsure", "unclear", "maybe"}
MAYBE_HOME = {"relatives-home", "rv"}
"""Places that are the patient's home once the patient is said to live there."""
DENIED = {"provider_based": "not_hospital", "part_a": "no_part_a", "inpatient": "not_admitted"}
"""What follows where a group is denied: "never became provider based"."""
STAYED = {"left", "leave", "leaving", "leaves"}
"""Words that turn a negation round: who never left home was at home."""
CORRECTING = {CLAUSE, "just", "actually", "sorry", "wait", "he", "she", "they", "it", "at", "in"}
STOPS = {"but", "and", "just", "until", "matter", *STAYED}
"""Words that end what a negation denies."""
DEVICES = {"phone", "ipad", "tablet", "laptop", "camera", "computer", "screen"}
SIDE_USES = {
    "chart",
    "charting",
    "charted",
    "type",
    "typed",
    "typing",
    "note",
    "notes",
    "document",
    "documenting",
    "cartoon",
    "picture",
    "photo",
    "signed",
    "looked",
}
RELATIVES = {
    "mom",
    "dad",
    "mother",
    "father",
    "husband",
    "wife",
    "spouse",
    "daughter",
    "son",
    "sister",
    "brother",
    "parent",
    "family",
    "caregiver",
    "proxy",
    "guardian",
    "grandma",
    "aunt",
}
FRIENDS = {
    "friend",
    "neighbor",
    "neighbour",
    "boyfriend",
    "girlfriend",
    "partner",
    "ex",
    "fiance",
    "roommate",
    "cousin",
    "uncle",
    "grandpa",
    "grandparent",
    "grandfather",
    "niece",
    "nephew",
    "sibling",
    "buddy",
    "bf",
    "gf",
    "law",
    "relative",
    "nana",
    "granny",
}
ELSEWHERE = {"elsewhere", "across", "another", "different", "alone"}
OUTSIDERS = {"payer", "insurance", "insurer", "rep", "medicare", "medicaid", "auditor", "biller", "supervisor", "boss"}
"""People one talks with about a claim."""
JOINING = {"joined", "joining", "join", "participated", "listened", "listening", "dialed", "called", "logged", "on"}
INTENDED = {"usually", "normally", "supposed", "planning", "meant"}
BEFORE = {"previously", "earlier", "originally", "initially"}
LAST = {("last", unit) for unit in ("month", "week", "year", "fall", "spring", "summer", "winter", "time")}
THIS_TIME = {"this", "today", "now", "these", "followup", "follow"}
"""Words that set the visit asked about against one told before."""
STAYS = {"inpatient", "observation", "part_a"}
BOOKED = {"planned", "scheduled"}
"""Words that say the same with "to" or "at" behind them; "a planned cesarean" was done."""
ASIDE_REACH, RELATIVE_REACH, INTENDED_REACH = 4, 6, 5
REMOTE_WORDS = {"video", "phone", "telehealth"}
INTERPRETERS = {"interpreter", "translator", "interpreting", "translating", "translation", "asl", "scribe"}
INTERPRETER_REACH = 4
ODD_PLACES = {"car", "clinic-parking-lot", "car-at-home", "public-place"}
LIVING = {"live", "lives", "resides", "reside"}
APPOINTMENT = {"visit", "session", "appointment"}
CAME = {
    "treated",
    "treat",
    "saw",
    "collapsed",
    "fell",
    "injured",
    "hurt",
    "came",
    "drove",
    "went",
    "shot",
    "vaccine",
    "exam",
    "examined",
    "bedside",
    "person",
    "mobile",
    "van",
}
"""Words that say a practitioner was there, or had to be."""
CALLED = {"code", "pos"}
"""Words that make a place before them the name of a code: "is it the prison code"."""
SUPPOSING = {"considered", "consider", "count", "counts", "qualify", "qualifies", "classed", "classified"}
SUPPOSED_REACH = 3
PRONOUNS = {"he", "she", "they", "he's", "she's", "they're"}
PERSONS = {
    "i",
    "he",
    "she",
    "it",
    "they",
    "we",
    "patient",
    "he's",
    "she's",
    "it's",
    "they're",
    "i'm",
    "we're",
    "this",
    "that",
}
SUMMONS = {"to", "up", "out", "over", "in"}
OWNED_HOME = {"rv", "vacation-rental"}
"""Places that are a home once they are the patient's own."""
WHERE = {"at", "in", "from"}
WHOSE = {"her", "his", "their", "own", "patient", "member", "client"}
LEADING = WHERE | WHOSE
WENT = {"physically", "in person", "face to face", "drove", "drove out", "went to", "came to", "came over", "visited"}
PAST = {"ago", "previously", "beforehand", "last"}
LEAVING = {"moved", "transferred", "discharged", "came", "sent", "referred", "transfer", "brought", "move"}
ARTICLES = {"a", "an", "the", "our", "my", "your", "her", "his", "their", "its", "this", "that", "own", "local", "main"}
NEARBY = {"near", "beside", "behind", "opposite", "like", "below", "above"}
"""Words before a place that only give directions to another, or liken another to it."""
REACHED_FROM = {
    "next",
    "across",
    "upstair",
    "downstair",
    "block",
    "mile",
    "minute",
    "adjacent",
    "close",
    "street",
    "corner",
    "yard",
    "feet",
    "door",
    "road",
    "hall",
}
"""Words that do the same with "from" or "to" behind them: "two blocks from the hospital"."""
PARKING = {"park", "parked", "pull", "pulled", "sit", "sits", "stationed", "docked"}
ARRIVING = {
    "climb",
    "climbed",
    "step",
    "stepped",
    "hop",
    "hopped",
    "came",
    "come",
    "brought",
    "bring",
    "taken",
    "took",
    "went",
    "ride",
    "sent",
    "transported",
    "drove",
    "walked",
    "wheeled",
    "moved",
    "transferred",
    "flown",
    "presented",
    "carried",
    "rushed",
    "driven",
}
ATTENDING = {
    "seen",
    "saw",
    "see",
    "visited",
    "rounded",
    "treated",
    "evaluated",
    "examined",
    "met",
    "rounding",
    "treat",
    "exam",
    "round",
}
PEOPLE = {
    "patient", "member", "participant", "enrollee", "resident", "client", "lady", "guy", "gal", "man", "woman", "wife", "husband", "spouse", "beneficiary",
    "kid", "child", "student", "inmate", "detainee", "prisoner", "family", "dependent", "retiree", "people", "folk", "person", "veteran", "vet", "soldier",
}  # fmt: skip
"""Words that make a place before them say who somebody is, not where: "PACE participant", "SNF resident"."""
STAFF = {
    "doctor",
    "physician",
    "provider",
    "nurse",
    "doc",
    "np",
    "therapist",
    "practitioner",
    "clinician",
    "staff",
    "team",
    "surgeon",
    "psychiatrist",
}
EMPLOYED = {"works", "work", "employed"}
RUNNING = {"based", "employed", "runs", "run", "staff", "staffs", "operates", "operate", "owns", "own"}
"""Words that make a place before them say who runs another, or employs: "the health department runs it"."""
MEDICS = {"paramedic", "medic", "emt"}
HELPERS = {
    "nurse",
    "ma",
    "aide",
    "tech",
    "assistant",
    "presenter",
    "telepresenter",
    "rn",
    "lpn",
    "cna",
    "staff",
    *MEDICS,
}
"""Who is with the patient while another practitioner is on the screen."""
WHO_BEHIND = PEOPLE | STAFF | CALLED | RUNNING
"""Words behind a place that make it say who somebody is."""
WHO_INSIDE = PEOPLE | STAFF | MEDICS
"""Last words of a phrase for a place that do the same."""
MEETING = {"visit", "encounter", "one", "this", "appointment", "service", "exam", "session", "procedure"}
ARRIVED_REACH, ATTENDED_REACH = 6, 6
"""Words between "brought" or "seen" and the place."""
HOSPITALS = {"19", "21", "22", "23", "31", "51", "61"}
SENDING = {"then", "later", "sent", "afterward", "subsequently", "next"}
"""Words that lead from one visit of a story to what came after it."""
NOW_REACH = 8
"""Words behind "now" in which a place is where the patient is now."""
APART_REACH = 3
"""Words between a person and the place they are said to be in."""
NEGATION_REACH = 3
"""Words between a negation and what it turns."""


class Way(StrEnum):
    """How patient and practitioner meet."""

    UNSAID = "unsaid"
    IN_PERSON = "in_person"
    TELEHEALTH = "telehealth"
    VIDEO = "video"
    PHONE = "phone"

    @property
    def remote(self) -> bool:
        """Whether the practitioner is elsewhere."""
        return self is not Way.UNSAID and self is not Way.IN_PERSON


class Owner(StrEnum):
    """Whose place it is."""

    PATIENT = "patient"
    PROVIDER = "provider"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place the question names."""

    span: Span
    owner: Owner
    negated: bool
    now: bool = False
    """Whether a story says the patient is there now, after having been elsewhere."""
    said: bool = False
    """Whether it is plainly where the visit was: "at home", "in her apartment"."""
    lived_in: bool = False
    """Whether it is said to be where the patient lives, which makes it home."""
    standing: bool = False
    """Whether it says who somebody is rather than where: "inmate", "PACE participant", "ER doctor"."""
    reached: bool = False
    """Whether somebody is said to have come, been brought or been seen there."""

    @property
    def words(self) -> int:
        """How many words name it: more say it more exactly."""
        return len(self.span.positions)


@dataclass(frozen=True)
class Scene:
    """What a question says of the visit."""

    tokens: tuple[str, ...]
    spans: tuple[Span, ...]
    way: Way = Way.UNSAID
    spots: tuple[Spot, ...] = ()
    flags: frozenset[str] = field(default_factory=frozenset)
    """Groups of the vocabulary that are present and not negated, such as `inpatient`."""

    def has(self, *groups: str) -> bool:
        """Whether any of these is said, and not denied."""
        return not self.flags.isdisjoint(groups)

    def of(self, kind: Kind) -> list[str]:
        """The things of a kind that are named, in order, each once."""
        return list(dict.fromkeys(span.value for span in self.spans if span.kind is kind))

    @cached_property
    def cues(self) -> frozenset[str]:
        """Kinds of question whose words are there; asked for a dozen times a question."""
        return frozenset(span.value for span in self.spans if span.kind is Kind.INTENT)

    @property
    def patient_spots(self) -> list[Spot]:
        """Places where the patient may be."""
        return [spot for spot in self.spots if spot.owner is not Owner.PROVIDER and not spot.negated]


def read_scene(tokens: Sequence[str], spans: Iterable[Span]) -> Scene:
    """Read who, where and how from the words and the phrases found among them."""
    tokens = tuple(tokens)
    spans = tuple(span for span in spans if not _interpreted(span, tokens))
    used_up = {span.start for span in spans if _is(span, "no_part_a") and len(span.positions) > 1}
    negations = [
        span for span in spans if _is(span, "negation") and span.start not in used_up and not _interjected(span, tokens)
    ]
    spans = tuple(span for span in spans if span.kind is not Kind.HINT or not _negated(span, negations, tokens))
    flags = frozenset(
        span.value
        for span in spans
        if span.kind is Kind.GROUP
        and not _negated(span, negations, tokens)
        and not _doubted(span, tokens)
        and not _summoned(span, tokens)
        and not _aside(span, tokens)
        and not (span.value in STAYS and _told_before(span, tokens))
        and not _of_person(span, spans)
    )
    flags |= {
        DENIED[span.value] for span in spans if span.value in DENIED and _negated(span, negations, tokens)
    } - flags
    places = [_of_relative(span, tokens) for span in (*spans, *_own_rooms(spans, tokens)) if span.kind in PLACES]
    if _admitted_later(spans, places, tokens):
        flags -= {"inpatient"}
    spots = tuple(
        Spot(
            span,
            _owner(span, spans, tokens),
            _negated(span, negations, tokens) or _elsewhere(span, places, tokens),
            said=_said(span, tokens),
            lived_in=("lives" in flags and span.value in MAYBE_HOME and not _lives_elsewhere(span, spans, tokens))
            or (span.value in OWNED_HOME and "own" in tokens[max(0, span.start - 1) : span.end]),
            now="now" in tokens[max(0, span.start - NOW_REACH) : span.start],
            standing=_standing(span, tokens) or _supposed(span, tokens),
            reached=_reached(span, tokens),
        )
        for span in places
        if not _shadowed(span, places)
        and not _twin(span, places)
        and not _nearby(span, tokens)
        and not _relative_elsewhere(span, tokens)
    )
    way = Way.IN_PERSON if _claimant_was_there(spans, tokens) else _way(spans, flags, tokens)
    if way is Way.UNSAID and (_apart(spots, spans, tokens) or _odd_for_a_visit(spots, tokens)):
        way = Way.TELEHEALTH
    return Scene(tokens, spans, way, spots, flags)


def _apart(spots: Sequence[Spot], spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether practitioner and patient are said to be in different places: "doc in car, patient at home"."""
    if not APPOINTMENT.isdisjoint(tokens) and len(_family_places(spots, tokens)) > 1:
        return True
    if not any(spot.owner is Owner.PROVIDER for spot in spots):
        return False
    where = {
        owner: {spot.span.value for spot in spots if spot.owner is owner and _stands_behind(spot, spans, tokens)}
        for owner in Owner
    }
    shared = where[Owner.PROVIDER] & where[Owner.PATIENT]
    return bool(where[Owner.PROVIDER] and where[Owner.PATIENT] and shared <= {"12"})


def _family_places(spots: Sequence[Spot], tokens: Sequence[str]) -> set[str]:
    """Where members of a family are said to be: "mom home, dad at the job site"."""
    at = {spot.span.value: tokens[max(0, spot.span.start - 2) : spot.span.start + 1] for spot in spots}
    return {place for place, words in at.items() if not RELATIVES.isdisjoint(words)}


def _odd_for_a_visit(spots: Sequence[Spot], tokens: Sequence[str]) -> bool:
    """Whether an appointment is kept in a car or a cafe, where nobody goes to see a patient."""
    places = {spot.span.value for spot in spots if not spot.negated}
    return bool(places) and places <= ODD_PLACES and not APPOINTMENT.isdisjoint(tokens) and CAME.isdisjoint(tokens)


def _stands_behind(spot: Spot, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether the place follows its person with nothing but small words between: "patient at home"."""
    named = [span for span in spans if span.group == spot.owner]
    people = [span for span in named if 0 <= spot.span.start - span.end <= APART_REACH]
    inside = any(span.start == spot.span.start for span in named)
    return (
        (inside and spot.span.value == HOME)
        or any(
            person.end == spot.span.start
            or set(tokens[person.end : spot.span.start]) <= {"own", "her", "his", "our", "their"}
            for person in people
        )
        or any(
            {"at", "in", "is", "from", "sitting"} & set(tokens[person.end : spot.span.start + 1]) for person in people
        )
    )


def _shadowed(span: Span, places: Sequence[Span]) -> bool:
    """Whether a plain "office" or "home" only lends a word to a more exact place."""
    return span.value in VAGUE and any(
        other.value not in VAGUE
        and len(other.positions) >= len(span.positions)
        and set(other.positions) & set(span.positions)
        for other in places
    )


def _twin(span: Span, places: Sequence[Span]) -> bool:
    """Whether another phrase for the same place shares a word with it and says as much: one mention, not two."""
    return any(
        other.value == span.value
        and set(other.positions) & set(span.positions)
        and (len(other.positions), -other.start) > (len(span.positions), -span.start)
        for other in places
        if other is not span
    )


def _refused(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the next clause begins with "no": "abroad? no, at the gym"."""
    behind = list(tokens[span.end : span.end + 3])
    if not behind or behind[0] != CLAUSE:
        return False
    while behind and behind[0] == CLAUSE:
        behind.pop(0)
    return len(behind) > 1 and behind[0] in {"no", "nope"} and behind[1] in CORRECTING


def _said(span: Span, tokens: Sequence[str]) -> bool:
    """Whether "at", "in" or a possessive leads straight to the place."""
    before = tokens[max(0, span.start - 2) : span.start]
    return bool(before) and (before[-1] in LEADING or (before[0] in WHERE and before[-1] not in {"a", "an"}))


def _elsewhere(span: Span, places: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether the story has the patient come from there, go there next, live there, or never been there."""
    if _refused(span, tokens) or _left(span, tokens) or _intended(span, tokens) or _told_before(span, tokens):
        return True
    others = [other for other in places if not set(other.positions) & set(span.positions)]
    before = set(tokens[max(0, span.start - 3) : span.start])
    behind = set(tokens[span.end : span.end + 3])
    lives = not LIVING.isdisjoint(before | {tokens[span.start]}) and "where" not in before
    lives = lives and (span.value == "12" or any(_reached(other, tokens) for other in others))
    rode = "to" in before and any(set(other.value.split("/")) & {"41", "42"} for other in others)
    since = _lead_in(span, tokens)[-1:] == ["after"]
    return bool(others) and (lives or rode or since or not PAST.isdisjoint(behind))


def _lead_in(span: Span, tokens: Sequence[str]) -> list[str]:
    """The words of the clause before a place, without those that belong to its noun."""
    before = list(tokens[: span.start])
    while before and before[-1] in ARTICLES:
        before.pop()
    return before[len(before) - before[::-1].index(CLAUSE) :] if CLAUSE in before else before


def _nearby(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the place only tells the way to another one: "upstairs from the ASC", "like a hospital"."""
    before = _lead_in(span, tokens)
    if not before:
        return False
    if not PARKING.isdisjoint(before[-4:]):
        return False  # "parked behind the nursing home" serves it
    return before[-1] in NEARBY or (before[-1] in {"from", "to"} and not REACHED_FROM.isdisjoint(before[-3:-1]))


def _admitted_later(spans: Sequence[Span], places: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether a visit elsewhere came first: "saw her in the office, sent her over and they admitted her"."""
    orders = [span.start for span in spans if _is(span, "inpatient")]
    seen = [span for span in places if _reached(span, tokens) and not HOSPITALS & set(span.value.split("/"))]
    return any(
        span.end <= min(orders) and not SENDING.isdisjoint(tokens[span.end : min(orders)]) for span in seen if orders
    )


def _standing(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the place tells who a person is."""
    behind = tokens[span.end] if span.end < len(tokens) else ""
    before = _lead_in(span, tokens)[-2:]
    employed = not EMPLOYED.isdisjoint(before) and "from" not in before
    return employed or behind in WHO_BEHIND or tokens[span.end - 1] in WHO_INSIDE


def _supposed(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the place is only what it might be taken for: "is that considered assisted living"."""
    return not SUPPOSING.isdisjoint(tokens[max(0, span.start - SUPPOSED_REACH) : span.start])


def _reached(span: Span, tokens: Sequence[str]) -> bool:
    """Whether somebody came or was brought to the place, or was seen at it."""
    before = _lead_in(span, tokens)
    if span.entry.tokens[0] in ARRIVING:
        return True
    if not before:
        return False
    if before[-1] in {"to", "into", "in"} and not ARRIVING.isdisjoint(before[-1 - ARRIVED_REACH : -1]):
        return True
    if before[-1] not in {"at", "in", "inside"}:
        return False
    happened = before[-2:-1] in (["was"], ["is"]) and not MEETING.isdisjoint(before[-5:-2])
    return happened or not ATTENDING.isdisjoint(before[-1 - ATTENDED_REACH : -1])


def _left(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the patient came from there: "moved from home into", "transferred from the hospital"."""
    before = tokens[max(0, span.start - 4) : span.start]
    if before[-2:] == ("pass", "from") or (before and before[-1] == "from" and "leave" in before):
        return True
    return (
        "from" in before
        and not LEAVING.isdisjoint(before)
        and before.index("from") > min(before.index(word) for word in LEAVING & set(before))
    )


def _told_before(span: Span, tokens: Sequence[str]) -> bool:
    """Whether it belongs to an earlier visit: "last month she was inpatient, this is the follow-up in my office"."""
    clause = _lead_in(span, tokens)
    rest = tokens[span.end :]
    then = not BEFORE.isdisjoint(clause) or any(pair in LAST for pair in pairwise(clause))
    return then and CLAUSE in rest and not THIS_TIME.isdisjoint(rest[rest.index(CLAUSE) :])


def _doubted(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the asker does not know: "idk if part A"."""
    return span.value in {"part_a", "no_part_a", "inpatient", "observation"} and wondered(tokens, span.start)


def _interpreted(span: Span, tokens: Sequence[str]) -> bool:
    """Whether it is the interpreter, not the practitioner, who is on the screen or the line."""
    if span.kind is not Kind.TELE and span.value not in REMOTE_WORDS:
        return False
    near = (*tokens[max(0, span.start - INTERPRETER_REACH) : span.start], *tokens[span.end : span.end + 2])
    return not INTERPRETERS.isdisjoint(near)


def _own_rooms(spans: Sequence[Span], tokens: Sequence[str]) -> list[Span]:
    """Rooms that are somebody's home: "her kitchen", "the patient's porch"."""
    rooms = [span for span in spans if _is(span, "home_room") and span.start]
    people = {at for span in spans if rooms and _is(span, "patient") for at in span.positions}
    owned = [span for span in rooms if tokens[span.start - 1] in WHOSE | RELATIVES or span.start - 1 in people]
    return [Span(Entry(span.entry.tokens, Kind.ALIAS, HOME, exact=True), span.positions) for span in owned]


def _lives_elsewhere(place: Span, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether the patient is said to live somewhere else: "she lives across town", "lives with her parents"."""
    elsewhere = ELSEWHERE | (RELATIVES | FRIENDS) - set(tokens[max(0, place.start - 1) : place.end])
    lives = [span for span in spans if _is(span, "lives")]
    return any(not elsewhere.isdisjoint(tokens[span.end : span.end + APART_REACH]) for span in lives)


def _of_relative(span: Span, tokens: Sequence[str]) -> Span:
    """A house named as somebody else's, "her boyfriend's flat", is not the patient's home; "mom home" is mom at home."""
    if span.value != "12" or tokens[span.end - 1] == "home" or not span.start:
        return span
    between = {tokens[at] for at in range(span.start, span.end) if at not in span.positions}
    if (RELATIVES | FRIENDS).isdisjoint({tokens[span.start - 1], tokens[span.start], *between}):
        return span
    return Span(Entry(span.entry.tokens, Kind.PLACE, "relatives-home", exact=True), span.positions)


def _aside(span: Span, tokens: Sequence[str]) -> bool:
    """Whether a device serves for something beside the visit: "her iPad for notes", "on the phone with the payer"."""
    if span.value not in REMOTE_WORDS or span.kind is not Kind.GROUP or tokens[span.end - 1] not in DEVICES:
        return False
    if (
        not OUTSIDERS.isdisjoint(tokens[span.end : span.end + ASIDE_REACH])
        and "with" in tokens[span.end : span.end + 2]
    ):
        return True
    return not SIDE_USES.isdisjoint(tokens[max(0, span.start - ASIDE_REACH) : span.end + ASIDE_REACH])


def _of_person(span: Span, spans: Sequence[Span]) -> bool:
    """Whether it is somebody who belongs to the hospital, not the place: "a hospital-based physician"."""
    return span.value == "provider_based" and any(_is(one, "provider") and one.start == span.end for one in spans)


def _relative_elsewhere(span: Span, tokens: Sequence[str]) -> bool:
    """Whether the place is that of somebody who only joined the patient: "mom joined from work"."""
    before = _lead_in(span, tokens)[-RELATIVE_REACH:]
    if not before or before[-1] not in {"from", "at"} or JOINING.isdisjoint(before):
        return False
    return any(word in RELATIVES for word in before)


def _intended(span: Span, tokens: Sequence[str]) -> bool:
    """Whether it is where somebody usually is or was to be, and so was not: "meant to be seen at the office"."""
    before = tokens[max(0, span.start - INTENDED_REACH) : span.start]
    if not INTENDED.isdisjoint(before):
        return True
    booked = [at for at, word in enumerate(before) if word in BOOKED]
    return bool(booked) and before[booked[-1] + 1 : booked[-1] + 2] in (("to",), ("for",), ("at",), ("in",))


def _summoned(span: Span, tokens: Sequence[str]) -> bool:
    """Whether "called" means asked to come, not phoned: "called to the hotel room"."""
    behind = tokens[span.end] if span.end < len(tokens) else ""
    return span.value == "phone" and tokens[span.end - 1] == "called" and behind in SUMMONS


def wondered(tokens: Sequence[str], at: int) -> bool:
    """Whether what stands there is only wondered about: "idk if", "not sure if", "whether"."""
    before = tokens[max(0, at - 3) : at]
    return not DOUBT.isdisjoint(before) or ("if" in before and not {"know", "sure", "tell"}.isdisjoint(before))


def _is(span: Span, *groups: str) -> bool:
    return span.group in groups


def _negated(span: Span, negations: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether a negation stands shortly before it in the same clause and is not part of it."""
    for negation in negations:
        gap = span.start - negation.end
        if 0 <= gap <= NEGATION_REACH and not set(negation.positions) & set(span.positions):
            between = tokens[negation.end : span.start]
            if CLAUSE not in between and STOPS.isdisjoint(between):
                return True
    return False


def _interjected(negation: Span, tokens: Sequence[str]) -> bool:
    """Whether "no" answers what was said before instead of denying what follows: "no she is at home"."""
    opens = not negation.start or tokens[negation.start - 1] == CLAUSE
    behind = tokens[negation.end] if negation.end < len(tokens) else ""
    corrects = behind in PERSONS or (bool(negation.start) and behind in {"the", "at", "in", "its", "just"})
    return opens and tokens[negation.start : negation.end] == ("no",) and corrects


def _way(spans: Sequence[Span], flags: frozenset[str], tokens: Sequence[str]) -> Way:
    if _came_in_person(spans) or _turned(spans) or {"supervision", "in_person"} <= flags:
        return Way.IN_PERSON
    if "no_video" in flags or ("phone" in flags and "video" not in flags):
        return Way.PHONE
    if "video" in flags:
        return Way.VIDEO
    if (
        flags & {"telehealth", "works"}
        or any(span.kind is Kind.TELE for span in spans)
        or _remote_person(spans, tokens)
    ):
        return Way.TELEHEALTH
    return Way.IN_PERSON if "in_person" in flags else Way.UNSAID


def _turned(spans: Sequence[Span]) -> bool:
    """Whether a remote visit was ended in person: what says so stands behind what says it began remotely."""
    remote = min((span.start for span in spans if span.value in REMOTE_WORDS), default=None)
    return remote is not None and any(_is(span, "turned_in_person") and span.start > remote for span in spans)


def _remote_person(spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """A "remote psychiatrist", an "outside wound specialist" or an "NP who is remote" is on a screen."""
    words = [span for span in spans if _is(span, "remote_provider")]
    people = [span for span in spans if words and _is(span, "provider")]
    return any(
        (0 <= person.start - word.end <= 1 or 0 <= word.start - person.end <= 1)
        and CLAUSE not in tokens[min(person.start, word.start) : max(person.end, word.end)]
        for word in words
        for person in people
    )


def _came_in_person(spans: Sequence[Span]) -> bool:
    """Whether a practitioner is said to have gone there, whatever device was used on the way."""
    for span in spans:
        if _is(span, "in_person") and " ".join(span.entry.tokens) in WENT:
            people = [one for one in spans if _is(one, "patient", "provider") and one.end <= span.start]
            another = any(_is(one, "provider") and one.start >= span.end for one in spans)
            if people and people[-1].value == "provider" and not another:
                return True
    return False


def _claimant_was_there(spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether the claim asked about is that of who went there: "our NP drove out and called the doc. NP's claim?"."""
    people = [span for span in spans if _is(span, "provider")]
    claimants = {
        span.entry.tokens for span in people if {"claim", "bill", "charge"} & set(tokens[span.end : span.end + 2])
    }
    gone = [span.start for span in spans if _is(span, "in_person") and " ".join(span.entry.tokens) in WENT]
    went = [max((span for span in people if span.end <= at), key=_start, default=None) for at in gone]
    return len(people) > 1 and any(span is not None and span.entry.tokens in claimants for span in went)


def _start(span: Span) -> int:
    return span.start


def _owner(place: Span, spans: Sequence[Span], tokens: Sequence[str]) -> Owner:
    """The person named nearest before the place in its clause; "with" and "by" name company, not whose place it is."""
    if place.end < len(tokens) and tokens[place.end] in STAFF:
        return Owner.PROVIDER
    if place.value != HOME and any(
        _is(span, "patient") and set(span.positions) <= set(place.positions) for span in spans
    ):
        return Owner.PATIENT
    start = max((at for at in range(place.start) if tokens[at] == CLAUSE), default=-1)
    people = [
        span
        for span in spans
        if _is(span, "patient", "provider", "works") and start < span.start < place.end and span.end <= place.start + 1
    ]
    if people and people[0].value == "provider" and "from" in tokens[people[-1].end : place.start]:
        return Owner.PROVIDER  # "the doctor sees patients from her home": who acts is there
    for person in reversed(people):
        if person.value == "works":
            return Owner.PROVIDER
        if person.value == "provider" and (_names(person, place, tokens) or _helps(person, spans, tokens)):
            continue
        if person.value == "provider" and person.end == place.start and place.value != "12":
            continue  # "her PCP's office" names the office; who is there is said elsewhere
        if person.value == "provider" and _reaches_out(person, place, spans, tokens):
            continue
        if person.value == "provider" and (_company(person, spans) or _visit_follows(place, tokens)):
            continue
        acts = person.value == "provider" or _stands_for_provider(person, spans, tokens)
        return Owner.PROVIDER if acts else Owner.PATIENT
    return _owner_after(place, spans, tokens)


def _goes_to(place: Span, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether another place or the patient follows "to": "telehealth from the clinic to a patient at home"."""
    ends = [span for span in spans if span.kind in PLACES or _is(span, "patient")]
    return any(
        "to" in tokens[place.end : span.start] for span in ends if 0 < span.start - place.end <= APART_REACH
    ) and any(span.kind is Kind.TELE for span in spans)


def _reaches_out(person: Span, place: Span, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether it is where a practitioner's call goes: "our therapists video to the home"."""
    remote = any(
        (span.kind is Kind.TELE or span.value in REMOTE_WORDS) and person.end <= span.start < place.start
        for span in spans
    )
    return remote and list(_lead_in(place, tokens)[-1:]) in (["to"], ["into"])


def _names(person: Span, place: Span, tokens: Sequence[str]) -> bool:
    """Whether the practitioner only tells what kind of place it is: "at the oncologist's suite"."""
    together = place.end - place.start == len(place.positions)  # else "the doctor in his office"
    inside = together and person.start >= place.start and place.value != "12"
    return inside and "from" not in tokens[max(0, place.start - 2) : place.start]


def _helps(person: Span, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether it is somebody beside the patient, another practitioner being on the screen."""
    if tokens[person.end - 1] not in HELPERS:
        return False
    remote = any(span.value in {*REMOTE_WORDS, "remote_provider"} or span.kind is Kind.TELE for span in spans)
    return remote and any(_is(one, "provider") and tokens[one.end - 1] not in HELPERS for one in spans)


def _stands_for_provider(person: Span, spans: Sequence[Span], tokens: Sequence[str]) -> bool:
    """Whether "he" or "she" is the practitioner: one that reads, or the only one named before the patient is."""
    if tokens[person.start] not in PRONOUNS:
        return False
    if tokens[person.end : person.end + 1] in (("read",), ("interpret",)):
        return True
    named = [span for span in spans if _is(span, "patient", "provider") and tokens[span.start] not in PRONOUNS]
    before = {span.value for span in named if span.start < person.start}
    return before == {"provider"} and any(span.value == "patient" and span.start > person.start for span in named)


def _visit_follows(place: Span, tokens: Sequence[str]) -> bool:
    """A "home visit" or a "house call" is at the patient's home whoever makes it."""
    return (
        not {"visit", "video", "telehealth", "appointment", "session"}.isdisjoint(tokens[place.start : place.end + 2])
        or "call" in place.entry.tokens
    )


def _company(person: Span, spans: Sequence[Span]) -> bool:
    return any(_is(span, "companion") and person.start - 2 <= span.start < person.start for span in spans)


def _owner_after(place: Span, spans: Sequence[Span], tokens: Sequence[str]) -> Owner:
    """A place at the head of a clause may name its person behind it: "school nurse", "from home the doctor"."""
    behind = any(_is(span, "provider") and span.start == place.end for span in spans)
    behind = behind or (_lead_in(place, tokens)[-1:] in (["from"], ("from",)) and _goes_to(place, spans, tokens))
    return Owner.PROVIDER if behind else Owner.UNSAID
