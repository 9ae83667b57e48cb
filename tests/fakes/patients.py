"""Composes messages as staff paste them, with details of people who do not exist planted in them.

Names are made up by combination from common ones, many of which are words of the trade or of everyday talk as well.
"""

# ruff: noqa: SIM905 - many words are read more easily without a quote around each

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas
Sarah Carlos Karen Maria Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa
Deborah Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine
Christine Helen Debra Rachel Carolyn Janet Maya Ahmed Mohammed Wei Ming Priya Ravi Sanjay Olga Dmitri Yuki Hiroshi Jose Luis
Juan Miguel Rosa Carmen Guadalupe Xavier Zoe Aaliyah DeShawn Latoya Jayden Nevaeh Siobhan Sean Patrick Brigid Kwame Ngozi
Hope Rose Grace Faith Joy Virginia Carolina Georgia Florence Dakota Austin Dallas Houston Paris India Chelsea Brooklyn Mark
Bill Will May June April Autumn Summer Art Guy Gene Pat Rob Jack Sandy Crystal Ruby Pearl Amber Ginger Olive Ivy Hazel Heather
Violet Iris Lily Daisy Robin Jay Drew Chase Hunter Mason Cooper Taylor Parker Carter Tucker Grant Wade Clay Cliff Dale Glen
Forest Heath Miles Ray Dean Earl Duke King Prince Angel Star Penny Melody Harmony Destiny Charity Mercy Constance Ed Al Van
Max Rich Frank Ernest Skip Buddy Rusty Sunny Lane Ward Ford Bishop Royal Sterling Page Honor Justice Chance River Sky Rain
""".split()
LAST = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
Moore Jackson Martin Lee Perez Thompson Sanchez Clark Ramirez Lewis Robinson Allen Torres Nguyen Flores Adams Nelson Baker
Rivera Campbell Mitchell Roberts Gomez Phillips Evans Turner Diaz Edwards Collins Reyes Stewart Morris Morales Murphy Rogers
Gutierrez Ortiz Morgan Peterson Bailey Reed Kelly Howard Ramos Kim Cox Richardson Watson Brooks Chavez Bennett Gray Mendoza
Ruiz Hughes Castillo Sanders Patel Myers Ross Foster Jimenez Okafor Adeyemi Kowalczyk Yamamoto Svensson O'Brien McDonald
Al-Sayed Smith-Jones Fitzgerald Vandenberg Szczepanski Oyelaran Thistlewood Quackenbush
Home Hall House Church Street Ward Park Camp Field Lake Pool Kitchen Temple Parish Chapel Bell Day Long Short Best Good Case
Price Rice Bush Wood Woods Stone Hill Banks Rivers Waters Fields Wells Bridges Barnes Mills Shore Beach Glass Cook Fisher
Farmer Carpenter Mason Hunter Taylor Porter Page Knight King Bishop Pope Rose Flowers Love Joy Hope Young Old White Black
Green Blue Gold Silver North West East Winter Summers Frost Snow Storm Rain Wolf Fox Bird Crane Swan Drake Lamb Bull Buck
Savage Sharp Smart Strong Swift Wise Rich Free Noble Moody Grace Gentry Law Judge Sheriff Major Marshall Sargent Power Case
Booth Branch Carrier Driver Friend Parent Person Self Story Way Wing York London Paris Berlin Lincoln Madison Dix Mercy Pace
""".split()
STREETS = """
Maple Oak Church Hospital Home Main Park Nursing Clinic Hope Rose Virginia Lake School Mill Water Spring Center
""".split()
SUFFIXES = "Street St Avenue Ave Road Rd Lane Drive Blvd Court".split()
TOWNS = (
    "Springfield, IL 62704",
    "Mobile, AL 36602",
    "Hope, AR 71801",
    "Salt Lake City, UT 84101",
    "Reading, PA",
    "Independence, MO 64050",
    "Phoenix, Arizona 85004",
    "Portland, OR 97201",
)
MONTHS = "January February March April May June July August September October November December".split()
FRAMES = (
    "{name} was seen at home by video, which pos",
    "patient {name}, dob {birth}, seen in the snf on video. pos 02 or 10?",
    "pt {name} {birth} phone visit from her car",
    "Mrs. {last} had a telehealth visit at the church, modifier 95?",
    "mr {last} in assisted living, wound care, what code",
    "{last}, {first} - {birth} - er visit then home",
    "can you check {name} member id {member} for the group home visit",
    "ssn {ssn} {name} dialysis at home",
    "mbi {mbi} in person at urgent care, 20 or 11",
    "her number is {phone}, she was in the ambulance",
    "{name} lives at {address}, home visit by np",
    "send the answer to {email} please, video from the hotel",
    "dr saw {name} in the nursing home under part a",
    "the claim for {name} (DOB: {birth}, ID# {member}) denied, place of service 22",
    "hi, {first} {last} here from billing. urgent care inside a hospital?",
    "patient's name is {name}, born {birth}, inpatient psych by video",
    "our pt {first} was at the shelter, {phone} is her cell",
    "{name} {phone} {address} video with the therapist",
    "mom of {first} called about the school visit on {birth}",
    "home health for {name}, {address}, pos 12?",
    "resident {last} moved from 31 to 32 on {birth}, room 12",
    "Client: {name}. Member: {member}. Phone visit from the yurt.",
    "facetime with {name} on the oil rig",
    "{first} at {email} says the visit was in a barn",
    "re: {name} - {ssn} - food truck clinic visit",
    "video visit at a casino for {name} mrn {record}",
)
"""How such details stand in a question."""


@dataclass(frozen=True, slots=True)
class Message:
    """A composed message."""

    text: str
    planted: tuple[str, ...]
    """The details in it that are somebody's."""
    frame: str
    """What it says without them."""


def composed(count: int, seed: int) -> list[Message]:
    """So many messages, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - test data, no secret
    return [_message(chance) for _ in range(count)]


def _message(chance: random.Random) -> Message:
    frame = chance.choice(FRAMES)
    details = _details(chance)
    values = {name: value for name, value in details.items() if f"{{{name}}}" in frame}
    text = frame.format(**details)
    drawn = chance.random()
    text = text.lower() if drawn < 0.4 else text.upper() if drawn < 0.45 else text.title() if drawn < 0.5 else text
    parts = {part for name in ("name", "first", "last") if name in values for part in values[name].split()}
    kept = frame.format(**dict.fromkeys(details, " "))
    return Message(text, (*values.values(), *sorted(parts)), kept)


def _details(chance: random.Random) -> dict[str, str]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    middle = chance.choice(["", "", f"{chance.choice('ABCDEFGHJKLMRST')}. "])
    house = f"{chance.randint(1, 9899)} {chance.choice(['', 'N ', 'West '])}{chance.choice(STREETS)} {chance.choice(SUFFIXES)}"
    address = f"{house}{chance.choice(['', ' Apt 4B', ', Unit 11'])}, {chance.choice(TOWNS)}"
    name = chance.choice([f"{first} {middle}{last}", f"{first} {last}", f"{last}, {first}"])
    maker = f"{first}.{last}".replace("'", "").lower()
    return {
        "first": first,
        "last": last,
        "name": name,
        "birth": _birth(chance),
        "phone": chance.choice(["({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "{} {} {}", "{}{}{}"]).format(
            chance.randint(201, 989), chance.randint(200, 999), f"{chance.randint(0, 9999):04d}"
        ),
        "member": chance.choice(["W{:09d}", "{:011d}", "XYZ{:08d}", "HOME{:06d}", "{:08d}-01"]).format(
            chance.randint(0, 999_999)
        ),
        "record": f"{chance.randint(0, 99_999_999):08d}",
        "ssn": f"{chance.randint(1, 899):03d}-{chance.randint(1, 99):02d}-{chance.randint(1, 9999):04d}",
        "mbi": f"{chance.randint(1, 9)}EG{chance.randint(0, 9)}-TE{chance.randint(0, 9)}-MK{chance.randint(10, 99)}",
        "address": address,
        "email": f"{maker}{chance.choice(['', '1950'])}@{chance.choice(['example.org', 'home.example.com', 'mail.example'])}",
    }


def _birth(chance: random.Random) -> str:
    year, month, day = chance.randint(1925, 2019), chance.randint(1, 12), chance.randint(1, 28)
    return chance.choice(
        [
            f"{month}/{day}/{year}",
            f"{month:02d}/{day:02d}/{year % 100:02d}",
            f"{month:02d}-{day:02d}-{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{MONTHS[month - 1]} {day}, {year}",
            f"{day} {MONTHS[month - 1][:3]} {year}",
            f"{MONTHS[month - 1][:3]} {day} {year}",
            f"{month:02d} {day:02d} {year}",
            f"{month}.{day}.{year}",
            f"{month:02d}{day:02d}{year}",
        ]
    )
