"""Ways in which the same question is typed, said or worded otherwise. Each edit draws on a seeded chance.

An edit gives back the question as it is where it cannot be applied. The lists here are made without regard to the
vocabulary of knowledge/, so that they measure it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    Edit = Callable[[random.Random, str], str]

LONG = 5
"""Letters from which a word keeps its meaning with one of them wrong."""
_WORD = re.compile(rf"[a-z]{{{LONG},}}", re.IGNORECASE)
_NEIGHBOURS = {
    row[at]: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at in range(len(row))
}
"""Keys to the left and right of each key."""

_SPOKEN = {
    "patient": "patience",
    "patients": "patience",
    "pos": "p o s",
    "place of service": "place of services",
    "seen": "scene",
    "scene": "seen",
    "site": "sight",
    "suite": "sweet",
    "where": "wear",
    "which": "witch",
    "right": "write",
    "week": "weak",
    "aide": "aid",
    "their": "there",
    "telehealth": "tele health",
    "telemedicine": "tele medicine",
    "billed": "build",
    "modifier": "modify her",
    "inpatient": "in patient",
    "outpatient": "out patient",
    "homeless": "home less",
    "cell": "sell",
    "wait": "weight",
    "through": "threw",
    "main": "mane",
}
"""What voice typing makes of words."""

_TRADE = {
    "patient": "pt",
    "patients": "pts",
    "appointment": "appt",
    "provider": "prov",
    "doctor": "dr",
    "hospital": "hosp",
    "facility": "fac",
    "department": "dept",
    "center": "ctr",
    "clinic": "clin",
    "telehealth": "tele",
    "modifier": "mod",
    "place of service": "pos",
    "skilled nursing facility": "snf",
    "assisted living facility": "alf",
    "assisted living": "al",
    "emergency room": "er",
    "emergency department": "ed",
    "ambulatory surgery center": "asc",
    "urgent care": "uc",
    "nurse practitioner": "np",
    "physician assistant": "pa",
    "physical therapy": "pt therapy",
    "occupational therapy": "ot",
    "community mental health center": "cmhc",
    "opioid treatment program": "otp",
    "end stage renal disease": "esrd",
    "rural health clinic": "rhc",
    "federally qualified health center": "fqhc",
    "with": "w/",
    "without": "w/o",
    "outpatient": "outpt",
    "inpatient": "inpt",
    "medicare": "mcr",
    "medicaid": "mcd",
    "treatment": "tx",
    "service": "svc",
    "and": "&",
    "because": "bc",
    "follow up": "f/u",
    "psychiatric": "psych",
    "behavioral health": "bh",
    "history": "hx",
    "date of service": "dos",
    "evaluation": "eval",
    "session": "sess",
    "residential": "resi",
    "rehabilitation": "rehab",
    "apartment": "apt",
    "versus": "vs",
}
"""What staff shorten, and how."""

_BRITISH = {
    "center": "centre",
    "program": "programme",
    "counselor": "counsellor",
    "counseling": "counselling",
    "pediatric": "paediatric",
    "pediatrician": "paediatrician",
    "orthopedic": "orthopaedic",
    "gynecology": "gynaecology",
    "anesthesia": "anaesthesia",
    "behavioral": "behavioural",
    "behavior": "behaviour",
    "hospitalized": "hospitalised",
    "specialized": "specialised",
    "organization": "organisation",
    "recognized": "recognised",
    "labor": "labour",
    "traveling": "travelling",
    "canceled": "cancelled",
    "neighbor": "neighbour",
    "hematology": "haematology",
    "apologize": "apologise",
    "ambulatory surgery": "day surgery",
    "leukemia": "leukaemia",
    "curb": "kerb",
    "mom": "mum",
    "trailer": "caravan",
    "parking lot": "car park",
}
"""How British staff spell it, or say it."""

_PLURAL = {
    one: one[:-1] + "ies" if one.endswith("y") else one + "s"
    for one in (
        *("appointment", "ambulance", "apartment", "call", "center", "claim", "client", "clinic", "clinician", "code"),
        *(
            "counselor",
            "dentist",
            "doctor",
            "facility",
            "group home",
            "hospital",
            "hotel",
            "inmate",
            "modifier",
            "nurse",
        ),
        *("nursing home", "office", "patient", "pharmacy", "physician", "prison", "provider", "resident", "school"),
        *("session", "shelter", "student", "therapist", "visit", "worker"),
    )
}

BEFORE = (
    "hi, {}",
    "hello! {}",
    "hey team {}",
    "good morning, {}",
    "please help: {}",
    "quick question - {}",
    "can you tell me {}",
)
BEHIND = ("{} please", "{} thanks", "{}, thank you!", "{} thx in advance", "{} - appreciate it", "{} pls advise")
FILLERS = ("um", "uh", "so", "like", "basically", "actually", "just", "you know", "ok", "well")


def _in_a_word(change: Callable[[random.Random, str], str]) -> Edit:
    """An edit of one long word."""

    def edit(chance: random.Random, text: str) -> str:
        words = [found for found in _WORD.finditer(text) if not re.search(r"[@/\d]", _around(text, found))]
        if not words:
            return text
        found = chance.choice(words)
        return text[: found.start()] + change(chance, found[0]) + text[found.end() :]

    return edit


def _around(text: str, found: re.Match[str]) -> str:
    return text[max(0, found.start() - 1) : found.end() + 1]


def _drop_vowel(chance: random.Random, word: str) -> str:
    inner = [at for at in range(1, len(word)) if word[at].lower() in "aeiou"]
    at = chance.choice(inner) if inner else len(word)
    return word[:at] + word[at + 1 :]


def _swap(chance: random.Random, word: str) -> str:
    at = chance.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _double(chance: random.Random, word: str) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _slip(chance: random.Random, word: str) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + chance.choice(_NEIGHBOURS[word[at].lower()]) + word[at + 1 :]


def run_together(chance: random.Random, text: str) -> str:
    """Two long words without the space between them."""
    gaps = [found.start(1) for found in re.finditer(r"(?<=[a-z]{4})( )(?=[a-z]{4})", text, re.IGNORECASE)]
    if not gaps:
        return text
    at = chance.choice(gaps)
    return text[:at] + text[at + 1 :]


def _one_of(pairs: Mapping[str, str]) -> Edit:
    """An edit that puts one phrase for another of the same meaning."""
    patterns = {one: re.compile(rf"(?<![\w'/]){re.escape(one)}(?![\w'/-])", re.IGNORECASE) for one in pairs}

    def edit(chance: random.Random, text: str) -> str:
        there = [one for one, pattern in patterns.items() if pattern.search(text)]
        if not there:
            return text
        one = chance.choice(there)
        return patterns[one].sub(lambda found: pairs[one], text)

    return edit


def _turned(pairs: Mapping[str, str]) -> dict[str, str]:
    return {other: one for one, other in pairs.items()}


def without_punctuation(chance: random.Random, text: str) -> str:
    """No marks but those inside numbers and words."""
    return " ".join(re.sub(r"[.,;:!?()\"]+(?=\s|$)|(?<=\s)[.,;:!?()\"]+", " ", text).split())


def _filled(chance: random.Random, text: str) -> str:
    """A word that means nothing, at a gap between words of letters."""
    gaps = [found.start(1) for found in re.finditer(r"(?<=[a-z])( )(?=[a-z])", text, re.IGNORECASE)]
    at = chance.choice([0, *gaps])
    return f"{text[:at]} {chance.choice(FILLERS)} {text[at:].lstrip()}".strip()


EDITS: dict[str, Edit] = {
    "typo: vowel dropped": _in_a_word(_drop_vowel),
    "typo: letters swapped": _in_a_word(_swap),
    "typo: letter doubled": _in_a_word(_double),
    "typo: key beside": _in_a_word(_slip),
    "typo: space missing": run_together,
    "voice typing": _one_of(_SPOKEN),
    "upper case": lambda chance, text: text.upper(),
    "title case": lambda chance, text: text.title(),
    "no punctuation": without_punctuation,
    "politeness before": lambda chance, text: chance.choice(BEFORE).format(text),
    "politeness behind": lambda chance, text: chance.choice(BEHIND).format(text.rstrip("?.! ")),
    "filler word": _filled,
    "abbreviated": _one_of(_TRADE),
    "written out": _one_of(_turned(_TRADE)),
    "British": _one_of(_BRITISH),
    "American": _one_of(_turned(_BRITISH)),
    "plural": _one_of(_PLURAL),
    "singular": _one_of(_turned(_PLURAL)),
}
"""Every kind of edit; none changes what is asked."""
