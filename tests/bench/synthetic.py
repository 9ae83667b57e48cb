"""Made-up team knowledge of any size: clinics, wards, buildings and programmes with the codes they bill.

The names are made from a seed, so that the same seed and count give the same folder. Their phrases reuse the common
words of the trade (clinic, center, home, video), so that the lists of phrases behind such words grow with the folder.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from bot.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_words = str.split
_PLAIN = _words(
    "alder amber ash aspen banner beacon birch bishop bright brook canyon cardinal cedar cherry chestnut clover compass"
    " copper coral crescent crown cypress eagle elm ember evergreen falcon fern fox garnet golden grant granite hawk hazel"
    " heron hickory holly horizon iris ivory juniper keystone laurel liberty lincoln linden magnolia maple marble meadow"
    " monarch north oak olive orchard palm pearl pine pioneer poplar prairie quail redwood robin rose sage saint sandstone"
    " sequoia silver slate spruce sterling stone summit sunrise swan sycamore timber union vista walnut willow winter"
)
_GROUND = _words(
    "bay bend bluff bridge brook canyon cove creek crest crossing dale falls field ford forest fork gate glen green grove"
    " harbor heights hill hollow island knoll lake landing lane meadow mesa mill park pass peak place plains point pond"
    " ranch ridge river run shore spring square station summit terrace trail vale valley view village vista woods"
)
_STARTS = _words(
    "ald ash bar bel ben bex bram bran brun cal carn chad col corn dal darn del don dun ed el fair fal fen gar glen"
    " grim had hal har hart hen hol ing kel ken kirk lang lin mar mel nor oak os pen quin rad ren sel stan thorn tren"
    " ul wal wex whit wil wys yar"
)
_ENDS = _words(
    "acre bach berg bourne bury combe cott dine don fax field ford gate ham holm hurst ington ley lock low man mere mond"
    " more nell ridge ster stow thorpe ton vale ville well wick win worth wyn"
)

_KINDS: dict[str, tuple[str, ...]] = {
    "03": ("school health room", "academy nurse room"),
    "11": (
        "clinic",
        "medical group",
        "specialty clinic",
        "telehealth center",
        "video visit clinic",
        "doctors building",
    ),
    "12": ("home visit program", "house call program", "home video program"),
    "13": ("assisted living", "senior living apartments"),
    "14": ("group home", "supervised home"),
    "17": ("store clinic", "retail clinic"),
    "19": ("off campus hospital clinic", "hospital outpatient annex"),
    "20": ("urgent care", "urgent care center"),
    "21": ("ward", "inpatient tower", "surgical floor"),
    "22": ("hospital outpatient pavilion", "hospital infusion center"),
    "23": ("emergency department", "er"),
    "24": ("surgery center", "surgical center"),
    "31": ("part a unit", "skilled unit"),
    "32": ("nursing home", "care home"),
    "34": ("hospice house", "inpatient hospice"),
    "50": ("community health center", "fqhc clinic"),
    "53": ("community mental health center", "crisis center"),
    "55": ("recovery home", "detox center"),
    "58": ("methadone program", "opioid treatment center"),
    "61": ("rehab hospital", "rehabilitation center"),
    "65": ("dialysis center", "dialysis clinic"),
    "72": ("rural health clinic", "rural clinic"),
    "81": ("reference lab", "draw center"),
}
_SHORT = ("center", "clinic", "campus", "program", "site", "health", "home", "video visits", "telehealth")
"""What a team also says for any of its places: "cedar ridge center"."""
_PLACE_EVERY = 8
"""One in so many entries is a place of its own in places.toml, the others are phrases of a code."""
_NOTE = """
[[place.telehealth]]
text = "Ask the front desk of {title} which room the patient was in."
sources = ["team-binder"]
checked = 2026-11-01
"""
_SOURCE = '[team-binder]\ntitle = "The team\'s own binder"\nurl = "https://binder.example/places"\n'


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the team."""

    name: str
    code: str
    aliases: tuple[str, ...]
    own_place: bool
    """Whether it stands in places.toml rather than among the phrases of its code."""


def entries(seed: int, count: int) -> list[Entry]:
    """So many places of a made-up team, no two with a phrase in common."""
    return list(islice(_entries(random.Random(seed)), count))  # noqa: S311 - a repeatable sample, no secret


def entries_with(seed: int, aliases: int) -> list[Entry]:
    """Places of a made-up team with so many phrases between them, or one or two more."""
    kept: list[Entry] = []
    held = 0
    for entry in _entries(random.Random(seed)):  # noqa: S311 - a repeatable sample, no secret
        if held >= aliases:
            break
        kept.append(entry)
        held += len(entry.aliases)
    return kept


def _entries(chance: random.Random) -> Iterator[Entry]:
    taken: set[str] = set()
    while True:
        name = _name(chance)
        code = chance.choice(list(_KINDS))
        kind = chance.choice(_KINDS[code])
        phrases = [f"{name} {kind}", f"{name} {chance.choice(_SHORT)}", f"{kind} at {name}"]
        wanted = phrases[: chance.choice((1, 2, 2, 3))]
        free = [phrase for phrase in wanted if (key := plain(phrase)) not in taken and not taken.add(key)]  # type: ignore[func-returns-value] # add gives None
        if free:
            yield Entry(f"{name} {kind}", code, tuple(free), own_place=chance.randrange(_PLACE_EVERY) == 0)


def _name(chance: random.Random) -> str:
    """Cedar Ridge, Hartwell, or Hartwell Ridge."""
    made = chance.choice(_STARTS) + chance.choice(_ENDS)
    shape = chance.randrange(3)
    if shape == 0:
        return f"{chance.choice(_PLAIN)} {chance.choice(_GROUND)}"
    return made if shape == 1 else f"{made} {chance.choice(_GROUND)}"


def write(folder: Path, places: Iterable[Entry]) -> Path:
    """Write them as a team's knowledge folder, ready for POSBOT_KNOWLEDGE."""
    phrases: dict[str, list[str]] = {}
    own: list[str] = []
    for entry in places:
        if entry.own_place:
            own.append(_place(entry, len(own)))
        else:
            phrases.setdefault(entry.code, []).extend(entry.aliases)
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    for code, aliases in phrases.items():
        (folder / "codes" / f"{code}.toml").write_text(f'code = "{code}"\naliases = {_listed(aliases)}\n', "utf-8")
    (folder / "places.toml").write_text("\n".join(own), "utf-8")
    (folder / "sources.toml").write_text(_SOURCE, "utf-8")
    return folder


def _place(entry: Entry, number: int) -> str:
    title = entry.name.title()
    by_video = "10" if entry.code == "12" else "02"
    return (
        f'[[place]]\nplace = "team-{number}"\ntitle = "{title}"\naliases = {_listed(entry.aliases)}\n'
        f'in_person = ["{entry.code}"]\nby_video = ["{by_video}"]\n{_NOTE.format(title=title)}'
    )


def _listed(phrases: Iterable[str]) -> str:
    """A TOML list, a phrase a line; JSON writes a string as TOML does."""
    return "[\n" + "".join(f"  {json.dumps(phrase)},\n" for phrase in phrases) + "]"
