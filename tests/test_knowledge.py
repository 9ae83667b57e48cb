"""The facts in knowledge/, and the checker that holds every knowledge folder to its shape."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct

from bot.core.check import check
from bot.core.engine import Engine
from bot.core.errors import KnowledgeError
from bot.core.knowledge import built_in, layers_from, load
from bot.core.models import Question
from bot.core.plain import full
from bot.core.schema import Dated, Sure
from tests.conftest import ASSIGNED, LABELLED, NAMES, TODAY, UNASSIGNED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.core.errors import Fault
    from bot.core.knowledge import Knowledge
    from tests.conftest import Ask

RATES = {"facility": "facility", "nonfacility": "nonfacility", "not_applicable": "none"}
"""How the copied facts and the knowledge call the Medicare rate."""

SOURCE = '[our-binder]\ntitle = "Our billing binder"\nurl = "https://billing.example/binder"\n'
NOTE = '[[note]]\ntext = "Our clinic also writes the room down."\nsources = ["our-binder"]\nchecked = 2026-11-01\n'


def lay(folder: Path, files: dict[str, str]) -> Path:
    """Write a knowledge folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def faults_of(folder: Path, files: dict[str, str]) -> list[Fault]:
    """The faults of a team folder over the built-in knowledge."""
    return check([built_in(), lay(folder, files)])


def dated_rows(part: object, where: str) -> Iterator[tuple[str, Dated]]:
    """Every dated fact inside a record, with the way to it."""
    if isinstance(part, Dated):
        yield where, part
    if isinstance(part, Struct):
        for name in part.__struct_fields__:
            yield from dated_rows(getattr(part, name), f"{where}.{name}")
    elif isinstance(part, (tuple, list)):
        for index, item in enumerate(part):
            yield from dated_rows(item, f"{where}[{index}]")


def all_rows(knowledge: Knowledge) -> Iterator[tuple[str, Dated]]:
    """Every dated fact of the knowledge."""
    for part in fields(knowledge):
        value = getattr(knowledge, part.name)
        records = value.items() if hasattr(value, "items") else [("", value)]
        for name, record in records:
            yield from dated_rows(record, f"{part.name}/{name}")


# The built-in knowledge


def test_built_in_is_sound() -> None:
    """The knowledge shipped with posbot has no fault."""
    assert [str(fault) for fault in check([built_in()])] == []


def test_the_99_values(knowledge: Knowledge) -> None:
    """Each of the 99 two-digit values is assigned or unassigned just as the facts have it."""
    assert sorted(knowledge.codes) == sorted(NAMES)
    assert sorted(knowledge.unassigned.codes) == sorted(UNASSIGNED)


@pytest.mark.parametrize("row", ASSIGNED, ids=lambda row: row["code"])
def test_code_agrees_with_the_facts(knowledge: Knowledge, row: dict[str, str]) -> None:
    """A code's official name, first day and Medicare rate today are those of the independent copy of the facts."""
    record = knowledge.codes[row["code"]]
    name = next(name for name in record.name if name.holds(TODAY))
    assert name.text == row["official_name"]
    began = record.name[0].from_
    assert (began.isoformat() if began else "") == row["effective_from"]
    rates = {rate.value for rate in record.rate if rate.holds(TODAY)}
    assert rates == {RATES[row["medicare_rate"]]}


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("02", date(2021, 12, 31), "Telehealth"),
        ("02", date(2022, 1, 1), "Telehealth Provided Other than in Patient's Home"),
        ("22", date(2015, 12, 31), "Outpatient Hospital"),
        ("22", date(2016, 1, 1), "On Campus-Outpatient Hospital"),
    ],
)
def test_names_change_on_their_day(knowledge: Knowledge, code: str, day: date, name: str) -> None:
    """A code that was renamed has on each day the name of that day, and one only."""
    assert [row.text for row in knowledge.codes[code].name if row.holds(day)] == [name]


def test_every_fact_is_sourced_and_checked(knowledge: Knowledge) -> None:
    """Every fact that may be stated names a source that exists, and the past day on which it was last checked."""
    rows = list(all_rows(knowledge))
    bare = [where for where, row in rows if row.sure is not Sure.UNVERIFIED and not row.sources]
    lost = [where for where, row in rows if not set(row.sources) <= set(knowledge.sources)]
    future = [where for where, row in rows if row.checked > TODAY]
    assert len(rows) > 52 * 5
    assert (bare, lost, future) == ([], [], [])


def test_every_code_has_all_its_parts(knowledge: Knowledge) -> None:
    """Each code has a meaning, telehealth notes, a neighbour it is confused with, settings and aliases."""
    thin = [
        code
        for code, record in knowledge.codes.items()
        if not (record.meaning and record.telehealth and record.confused and record.settings and record.aliases)
    ]
    assert thin == []


def test_the_modifiers_denials_and_payers_of_the_task(knowledge: Knowledge) -> None:
    """The telehealth modifiers, the place-of-service denials and the main payers are all known."""
    assert {"93", "95", "GT", "GQ", "G0", "FQ", "FR"} <= set(knowledge.modifiers)
    assert {"CARC 5", "CARC 58", "CARC 171", "CARC 96", "RARC N428", "RARC M77", "RARC MA114"} <= set(knowledge.denials)
    assert {"medicare", "medicaid", "aetna", "cigna", "unitedhealthcare"} <= set(knowledge.payers)


def test_version_follows_content(tmp_path: Path, knowledge: Knowledge) -> None:
    """The version stays while nothing changes and is another one once a folder adds something."""
    team = lay(tmp_path, {"sources.toml": SOURCE})
    assert load([built_in()]).version == knowledge.version
    assert load([built_in(), team]).version != knowledge.version


# The checker

MEANING = '[[meaning]]\ntext = "x"\nsources = ["pos-set"]\nchecked = 2026-11-01\n'


@pytest.mark.parametrize(
    ("files", "at", "says"),
    [
        pytest.param(
            {"codes/11.toml": 'code = "11"\ncolour = "red"\n'}, "codes/11.toml:colour", "unknown", id="unknown key"
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n[[note]]\ntext = "x"\nchecked = 2026-11-01\n'},
            r"codes/11.toml:note[",
            "source",
            id="missing source",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n[[note]]\ntext = "x"\nsources = ["pos-set"]\n'},
            r"codes/11.toml:note[",
            "missing",
            id="missing date checked",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n' + MEANING + "from = 2024-01-01\nuntil = 2023-01-01\n"},
            "codes/11.toml:meaning[",
            "before",
            id="until before from",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n' + MEANING.replace("meaning", "name")},
            "codes/11.toml:name[",
            "overlap",
            id="overlapping names",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n', "codes/11b.toml": 'code = "11"\n'},
            "codes/11b.toml:code",
            "11",
            id="code claimed twice",
        ),
        pytest.param(
            {"places.toml": '[[place]]\nplace = "moon"\n[[place]]\nplace = "moon"\n'},
            "places.toml:",
            "twice",
            id="place claimed twice",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\naliases = ["{alias}"]\n'},
            "codes/11.toml:aliases[",
            "claimed",
            id="alias claimed by two",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\nshared = ["broom cupboard"]\n'},
            "codes/11.toml:shared[",
            "broom cupboard",
            id="shared with nobody",
        ),
        pytest.param(
            {
                "codes/11.toml": 'code = "11"\n[[confused]]\ncode = "28"\ndecides = "x"\nsources = ["pos-set"]\nchecked = 2026-11-01\n'
            },
            "codes/11.toml:confused[",
            "28",
            id="no such code",
        ),
        pytest.param(
            {"codes/11.toml": 'code = "11"\n' + NOTE}, "codes/11.toml:note[", "our-binder", id="no such source"
        ),
        pytest.param(
            {"sources.toml": SOURCE, "codes/11.toml": 'code = "11"\n' + NOTE + 'payer = "nobody"\n'},
            "codes/11.toml:note[",
            "nobody",
            id="no such payer",
        ),
        pytest.param({"codes/eleven.toml": 'code = "11"\n'}, "codes/eleven.toml:code", "11.toml", id="wrong file name"),
        pytest.param({"codes/11.toml": "code = \n"}, "codes/11.toml:", "TOML", id="broken TOML"),
        pytest.param({"codes/11.toml": "code = 11\n"}, "codes/11.toml:code", "", id="code that is a number"),
        pytest.param({"clinics.toml": 'name = "x"\n'}, "clinics.toml:", "", id="undeclared file"),
        pytest.param({"codes/old/11.toml": 'code = "11"\n'}, "codes/old/11.toml:", "", id="undeclared folder"),
        pytest.param({"codes/28.toml": 'code = "28"\n'}, "codes/28.toml:", "missing", id="code without its parts"),
        pytest.param({"places.toml": "place = 5\n"}, "places.toml:place", "", id="place that is a number"),
        pytest.param({"sources.toml": 'our-binder = "x"\n'}, "sources.toml:our-binder", "", id="source that is text"),
        pytest.param(
            {"sources.toml": '[our-binder]\ntitle = "x"\nurl = "binder"\n'},
            "sources.toml:our-binder.url",
            "",
            id="source without a page",
        ),
    ],
)
def test_checker_names_file_and_key(
    tmp_path: Path, knowledge: Knowledge, files: dict[str, str], at: str, says: str
) -> None:
    """Each fault is told as file:key: problem, with the file relative to the folder it stands in."""
    alias = knowledge.codes["31"].aliases[0]
    faults = [
        str(fault)
        for fault in faults_of(tmp_path, {name: text.replace("{alias}", alias) for name, text in files.items()})
    ]
    assert any(fault.startswith(at) and says in fault for fault in faults), faults
    assert all(re.match(r"[^:/][^:]*\.toml:[^:]*: \S", fault) for fault in faults)
    assert not any(str(tmp_path) in fault for fault in faults)


CODE = 'code = "11"\n'
ROW = 'text = "x"\nsources = ["pos-set"]\nchecked = 2026-11-01\n'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("codes/11.toml", CODE + "aliases = 5", "aliases: differs from codes/11.toml and cannot replace it; add a note"),
        ("codes/11.toml", CODE + 'aliases = ["Nook"]', "aliases[]: should be a phrase in lower case with single spaces, of 1 to 80 characters"),
        ("codes/11.toml", CODE + 'aliases = ["a  nook"]', "aliases[]: should be a phrase in lower case with single spaces, of 1 to 80 characters"),
        ("codes/11.toml", CODE + "settings = [1]", "settings[]: should be text in quotes"),
        ("codes/11.toml", CODE + "signs = [[]]", "signs[]: should be a list of one or more"),
        ("codes/11.toml", CODE + "by_video = [2]", 'by_video[]: should be two digits in quotes, such as "02"'),
        ("codes/11.toml", CODE + "note = [5]", "note[]: should be a table"),
        ("codes/11.toml", CODE + f"[[note]]\n{ROW}size = 3", "note[].size: unknown key"),
        ("codes/11.toml", CODE + f'[[note]]\n{ROW}sure = "maybe"', 'note[].sure: should be "yes", "partly", "debatable" or "unverified"'),
        ("codes/11.toml", CODE + f'[[note]]\n{ROW}sure = "debatable"', "note[]: a debatable note, and no other, has two or more sides"),
        ("codes/11.toml", CODE + f"[[note]]\n{ROW}from = 2024-02-01\nuntil = 2024-01-01", "note[]: until 2024-01-01 is before from 2024-02-01"),
        ("codes/11.toml", CODE + f"[[note]]\n{ROW}from = 2024", "note[].from: should be a date without quotes, such as 2026-11-23"),
        ("codes/11.toml", CODE + "[[note]]\n" + ROW.replace('"x"', '" "'), "note[].text: should be text of 1 to 1200 characters"),
        ("codes/11.toml", CODE + '[[note]]\ntext = "x"\nsources = ["pos-set"]', "note[].checked: is missing"),
        ("codes/11.toml", CODE + '[[note]]\ntext = "x"\nchecked = 2026-11-01', "note[]: sources are missing"),
        ("codes/11.toml", CODE + f"[[rate]]\n{ROW}value = 1", 'rate[].value: should be "facility", "nonfacility" or "none"'),
        ("vocabulary.toml", "[numbers]\nzip = 1.5", "numbers.zip: should be a whole number"),
        ("vocabulary.toml", '[groups]\nzip = "x"', "groups.zip: should be a list"),
        ("intents.toml", "[intent.zip]\nexamples = []", "intent.zip.cues: is missing"),
        ("topics/zip.toml", f'topic = "zip"\ntitle = "x"\ntimeline = 1\n[[note]]\n{ROW}', "timeline: should be true or false"),
        ("modifiers/zz.toml", f'modifier = "zz"\ntitle = "x"\n[[note]]\n{ROW}', 'modifier: should be two capitals or digits in quotes, such as "GT"'),
        ("denials/X-1.toml", f'denial = "X 1"\ntitle = "x"\n[[note]]\n{ROW}', 'denial: should be a code such as "CARC 5" or "RARC M77"'),
        ("sources.toml", '[zip]\ntitle = "x"\nurl = "zip"', "zip.url: should be a web address that starts with https:// or http://"),
        ("codes/words.txt", "nook", ": posbot reads only .toml files; see knowledge/README.md"),
        ("codes/11.toml", "a = 1\na = 2", ": not readable as TOML: duplicate key at line 2 column 1"),
    ],
)  # fmt: skip
def test_a_fault_says_what_should_stand_there(tmp_path: Path, name: str, text: str, told: str) -> None:
    """Whoever wrote something else reads at which key it stands, counted from the base's rows on, and what is wanted."""
    faults = faults_of(tmp_path, {name: text})
    assert [re.sub(r"\[\d+\]", "[]", str(fault)) for fault in faults] == [f"{name}:{told}"]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some editors put an invisible mark before the first letter."""
    assert faults_of(tmp_path, {"codes/11.toml": '\ufeffcode = "11"\n'}) == []


@pytest.mark.parametrize("name", ["words.txt", "codes/11.toml"])
def test_a_file_of_another_encoding_is_told(tmp_path: Path, name: str) -> None:
    """Text that is not UTF-8 is a fault of its file, and no other."""
    lay(tmp_path, {name: ""})
    (tmp_path / name).write_bytes(b"caf\xe9")
    assert [str(fault) for fault in check([built_in(), tmp_path])] == [f"{name}:: not readable as UTF-8 text"]


def test_text_is_taken_without_the_space_around_it(tmp_path: Path) -> None:
    """A note written over several lines starts and ends with its words."""
    note = NOTE.replace('"Our clinic also writes the room down."', "'''\n  Our clinic writes.\n'''")
    team = lay(tmp_path, {"sources.toml": SOURCE, "codes/11.toml": 'code = "11"\n' + note})
    assert load([built_in(), team]).codes["11"].note[-1].text == "Our clinic writes."


def test_sound_folder_has_no_fault(tmp_path: Path) -> None:
    """A folder that only adds a sourced note and a new alias passes."""
    files = {"sources.toml": SOURCE, "codes/11.toml": 'code = "11"\naliases = ["broom cupboard"]\n' + NOTE}
    assert faults_of(tmp_path, files) == []


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Faults of shape, of reference, of phrase and of date in different files are all told in one run."""
    files = {
        "codes/11.toml": 'code = "11"\ncolour = "red"\n',
        "codes/12.toml": 'code = "12"\n' + NOTE,
        "codes/13.toml": 'code = "13"\nshared = ["broom cupboard"]\n',
        "codes/14.toml": 'code = "14"\n' + MEANING.replace("meaning", "name"),
        "codes/15.toml": "code = \n",
        "extra.toml": "",
    }
    told = {str(fault).split(":")[0] for fault in faults_of(tmp_path, files)}
    assert told == set(files)


def test_faults_of_several_folders(tmp_path: Path) -> None:
    """Two folders that claim the same new alias for different codes are at fault, told of the later one."""
    one = lay(tmp_path / "one", {"codes/11.toml": 'code = "11"\naliases = ["broom cupboard"]\n'})
    two = lay(tmp_path / "two", {"codes/12.toml": 'code = "12"\naliases = ["broom cupboard"]\n'})
    faults = check([built_in(), one, two])
    assert [(fault.file, fault.key.split("[")[0]) for fault in faults] == [("codes/12.toml", "aliases")]


def test_missing_folder_is_a_fault(tmp_path: Path) -> None:
    """A folder that is not there is told, not skipped."""
    faults = check([built_in(), tmp_path / "nowhere"])
    assert len(faults) == 1
    assert "nowhere" in str(faults[0])


def test_base_of_its_own_is_held_to_the_whole(tmp_path: Path) -> None:
    """An empty folder in place of the built-in one lacks the files every base needs."""
    assert {fault.file for fault in check([tmp_path])} >= {"unassigned.toml", "vocabulary.toml", "intents.toml"}


def test_load_refuses_faults(tmp_path: Path) -> None:
    """Loading unusable knowledge raises with every fault of shape, in the order of the files."""
    files = {"codes/12.toml": 'code = "12"\ncolour = 1\n', "codes/11.toml": 'code = "11"\ncolour = 1\n'}
    with pytest.raises(KnowledgeError) as caught:
        load([built_in(), lay(tmp_path, files)])
    assert [fault.file for fault in caught.value.faults] == ["codes/11.toml", "codes/12.toml"]


# Layers

TEAM = {
    "sources.toml": SOURCE,
    "codes/10.toml": 'code = "10"\n[[telehealth]]\ntext = "Our clinic calls the patient an hour before."\nsources = ["our-binder"]\nchecked = 2026-11-01\n',
    "codes/11.toml": 'code = "11"\naliases = ["broom cupboard"]\n' + NOTE,
}


def test_team_note_and_alias_are_used(tmp_path: Path) -> None:
    """A team's alias leads to its code, and the team's note stands in the reply."""
    engine = Engine(load([built_in(), lay(tmp_path, TEAM)]))
    reply = engine.answer(Question("patient seen in the broom cupboard", TODAY))
    assert reply.codes == ("11",)
    assert "Our clinic also writes the room down." in full(reply)


def test_team_note_names_its_source(tmp_path: Path, ask: Ask) -> None:
    """A team's note stands beside the base's own, each with its source in the text a person reads."""
    engine = Engine(load([built_in(), lay(tmp_path, TEAM)]))
    text = full(engine.answer(Question("pos 10", TODAY)))
    assert "Our clinic calls the patient an hour before." in text
    assert "Our billing binder" in text
    base = full(ask("pos 10")).splitlines()
    assert [line for line in base if not line.startswith("Source:") and line not in text] == []


@pytest.mark.parametrize(
    "text",
    ['code = "10"\npick = "Anything at all"\n', 'code = "10"\noriginating_site = "yes"\n'],
    ids=["pick", "originating site"],
)
def test_team_cannot_replace_silently(tmp_path: Path, text: str) -> None:
    """A single value that differs from the base's is a fault, not a replacement."""
    faults = faults_of(tmp_path, {"codes/10.toml": text})
    assert [fault.file for fault in faults] == ["codes/10.toml"]
    with pytest.raises(KnowledgeError):
        load([built_in(), tmp_path])


def test_team_adds_an_abbreviation(tmp_path: Path) -> None:
    """A team teaches an abbreviation of its own without repeating the built-in ones."""
    team = lay(tmp_path, {"vocabulary.toml": '[expand]\nzqv = "skilled nursing facility"\n'})
    assert check([built_in(), team]) == []
    reply = Engine(load([built_in(), team])).answer(Question("zqv resident on video", TODAY))
    assert reply.codes == ("02",)


def test_layers_keep_the_base_answers(tmp_path: Path, engine: Engine) -> None:
    """A team folder changes no code of any labelled question."""
    layered = Engine(load([built_in(), lay(tmp_path, TEAM)]))
    changed = []
    for row in LABELLED:
        question = Question(row["q"], TODAY, context=tuple(row.get("context", ())))
        before, after = engine.answer(question), layered.answer(question)
        if (before.outcome, before.codes, before.choices) != (after.outcome, after.codes, after.choices):
            changed.append(row["q"])
    assert changed == []


def test_setting_names_folders_in_order(tmp_path: Path) -> None:
    """POSBOT_KNOWLEDGE holds folders separated as PATH is, laid over the built-in one in their order."""
    import os  # noqa: PLC0415 - wanted here alone

    one, two = tmp_path / "one", tmp_path / "two"
    assert layers_from(f"{one}{os.pathsep}{two}") == [built_in(), one, two]
    assert layers_from(None) == layers_from("") == [built_in()]
