"""What `posbot check` holds a knowledge folder to beyond the shape of its files."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bot.core.cards import TEAM
from bot.core.checked import changed, read_checked
from bot.core.engine import Engine
from bot.core.errors import Fault
from bot.core.finder import DEEPEST, Finder
from bot.core.knowledge import dotted, read
from bot.core.models import Question
from bot.core.schema import Dated, Note, Record
from bot.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.core.knowledge import Knowledge, Raw
    from bot.core.schema import CheckedQuestion

ALL_VALUES = {f"{number:02d}" for number in range(1, 100)}
KINDS = ("codes", "places", "modifiers", "topics", "denials", "payers")
NO_PAYER = "all"


def check(layers: Sequence[Path]) -> list[Fault]:
    """Every fault in these layers, the first being the base; empty when they are sound."""
    knowledge, raws, faults = read(layers)
    if knowledge is None:
        return sorted(set(faults))
    order = {layer: at for at, layer in enumerate(layers)}
    questions, unread = read_checked(layers)
    found = [
        *faults,
        *unread,
        *_pages(knowledge),
        *_references(knowledge, raws),
        *_phrases(raws, order),
        *_dates(knowledge, raws),
        *_coverage(knowledge, raws),
        *_finder_steps(knowledge, _named(raws, "codes")),
    ]
    return sorted(set(found or _answers(Engine(knowledge), questions)))


def _answers(engine: Engine, questions: Sequence[CheckedQuestion]) -> Iterator[Fault]:
    """What is only seen in answers, and only of sound knowledge."""
    yield from _finder_answers(engine)
    yield from changed(engine, questions)


def _pages(knowledge: Knowledge) -> Iterator[Fault]:
    """Sources without an address, which only a team's own rule can do without."""
    for name, source in knowledge.sources.items():
        if not source.url and not name.startswith(TEAM):
            yield Fault("sources.toml", f"{name}.url", f"is missing; only a source called {TEAM}... may do without")


def _records(knowledge: Knowledge) -> Iterator[tuple[tuple[str, str], Record]]:
    for kind in KINDS:
        for name, record in getattr(knowledge, kind).items():
            yield (kind, name), record


def _named(raws: dict[tuple[str, str], Raw], kind: str) -> set[str]:
    """Records of a kind that are there, faulty ones too: one fault is not to be told twice."""
    return {name for folder, name in raws if folder == kind}


def _fault(raws: dict[tuple[str, str], Raw], key: tuple[str, str], where: tuple[int | str, ...], problem: str) -> Fault:
    prefix = f"{key[1]}." if key[0] == "places" else ""
    return Fault(raws[key].place_of(where).file, prefix + dotted(where), problem)


def _rows(record: Record) -> Iterator[tuple[tuple[int | str, ...], Dated]]:
    """Every dated row of a record with its location."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, tuple):
            for index, row in enumerate(value):
                if isinstance(row, Dated):
                    yield (name, index), row


def _references(knowledge: Knowledge, raws: dict[tuple[str, str], Raw]) -> Iterator[Fault]:
    """Sources, payers and codes that are named but do not exist."""
    for key, record in _records(knowledge):
        for name in ("by_video", "in_person", "pairs_with", "codes"):
            for index, code in enumerate(getattr(record, name, ())):
                if code not in _named(raws, "codes"):
                    yield _fault(raws, key, (name, index), f"there is no assigned code {code}")
        for where, row in _rows(record):
            yield from _row_references(raws, key, where, row)
    for code in knowledge.languages.spanish.codes:
        if code not in _named(raws, "codes"):
            where = ("spanish", "codes", code)
            yield _fault(raws, ("table", "languages.toml"), where, f"there is no assigned code {code}")
    for index, note in enumerate(knowledge.unassigned.note):
        yield from _row_references(raws, ("table", "unassigned.toml"), ("note", index), note)


def _row_references(
    raws: dict[tuple[str, str], Raw], key: tuple[str, str], where: tuple[int | str, ...], row: Any
) -> Iterator[Fault]:
    sides = [source for side in getattr(row, "sides", ()) for source in side.sources]
    for source in dict.fromkeys([*row.sources, *sides]):
        if source not in _named(raws, "sources"):
            yield _fault(raws, key, (*where, "sources"), f"there is no source {source} in sources.toml")
    payer = getattr(row, "payer", NO_PAYER)
    if payer != NO_PAYER and payer not in _named(raws, "payers"):
        yield _fault(raws, key, (*where, "payer"), f"there is no payer {payer} in payers/")
    code = getattr(row, "code", None)
    if code is not None and code not in _named(raws, "codes"):
        yield _fault(raws, key, (*where, "code"), f"there is no assigned code {code}")
    if code is not None and key == ("codes", code):
        yield _fault(raws, key, (*where, "code"), "a code is not confused with itself")


def _phrases(raws: dict[tuple[str, str], Raw], order: dict[Path, int]) -> Iterator[Fault]:
    """Phrases that two records claim without saying so; the later layer is the one to mend."""
    owners: dict[str, list[tuple[tuple[str, str], tuple[int | str, ...]]]] = defaultdict(list)
    shared: dict[str, list[tuple[tuple[str, str], tuple[int | str, ...]]]] = defaultdict(list)
    for key, raw in raws.items():
        for name, table in (("aliases", owners), ("shared", shared)):
            for index, phrase in enumerate(_texts(raw.data.get(name)) if key[0] in KINDS else ()):
                table[plain(phrase)].append((key, (name, index)))
    for phrase, made in owners.items():
        claims = sorted(made, key=lambda claim: order.get(raws[claim[0]].place_of(claim[1]).layer, 0))
        for key, where in claims[1:]:
            first = claims[0][0]
            yield _fault(raws, key, where, f'"{phrase}" is already claimed by {first[0]}/{first[1]}')
        for key, where in shared.get(phrase, []):
            yield _fault(raws, key, where, f'"{phrase}" is also an alias of {claims[0][0][0]}/{claims[0][0][1]}')
    for phrase, claims in shared.items():
        if len({key for key, _ in claims}) < 2:  # noqa: PLR2004 - shared by two at least
            yield _fault(raws, *claims[0], f'"{phrase}" is shared with nobody; make it an alias')


def _texts(value: object) -> list[str]:
    """The phrases of a list as read, also of a record with other faults."""
    return [str(phrase) for phrase in value] if isinstance(value, list) else []


def _dates(knowledge: Knowledge, raws: dict[tuple[str, str], Raw]) -> Iterator[Fault]:
    """Rows that contradict each other or themselves in time."""
    for key, record in _records(knowledge):
        for where, row in _rows(record):
            if isinstance(row, Note) and row.review and row.review < row.checked:
                yield _fault(raws, key, (*where, "review"), f"review {row.review} is before checked {row.checked}")
        for name in ("name", "rate"):
            yield from _overlaps(raws, key, name, getattr(record, name, ()))


def _overlaps(raws: dict[tuple[str, str], Raw], key: tuple[str, str], name: str, rows: Any) -> Iterator[Fault]:
    for (_, one), (index, other) in combinations(enumerate(rows), 2):
        if getattr(one, "payer", None) == getattr(other, "payer", None) and _overlap(one, other):
            yield _fault(raws, key, (name, index, "from"), "its dates overlap with an earlier row's")


def _overlap(one: Dated, other: Dated) -> bool:
    starts_before_end = one.from_ is None or other.until is None or one.from_ <= other.until
    ends_after_start = one.until is None or other.from_ is None or other.from_ <= one.until
    return starts_before_end and ends_after_start


def _coverage(knowledge: Knowledge, raws: dict[tuple[str, str], Raw]) -> Iterator[Fault]:
    """All 99 two-digit values are either assigned or unassigned, none both."""
    unassigned = set(knowledge.unassigned.codes)
    for code in sorted(unassigned & _named(raws, "codes")):
        yield _fault(raws, ("codes", code), ("code",), f"{code} also stands in unassigned.toml")
    for code in sorted(ALL_VALUES - unassigned - _named(raws, "codes")):
        yield Fault("unassigned.toml", "codes", f"{code} is neither assigned nor unassigned")


FINDER = "finder.toml"


def _finder_steps(knowledge: Knowledge, assigned: set[str]) -> Iterator[Fault]:
    """Answers of the finder that lead nowhere, twice under one key, or on for ever."""
    tree = knowledge.finder
    if tree.step and tree.start not in tree.step:
        yield Fault(FINDER, "start", f"there is no step {tree.start}")
    for name, step in tree.step.items():
        where = f"step.{name}.option"
        keys = [option.key for option in step.option]
        for at, option in enumerate(step.option):
            if option.key in keys[:at]:
                yield Fault(FINDER, f"{where}[{at}].key", f"{option.key} already stands before another answer")
            if option.to is not None and option.to not in tree.step:
                yield Fault(FINDER, f"{where}[{at}].to", f"there is no step {option.to}")
            if (option.to is None) != bool(option.codes):
                yield Fault(FINDER, f"{where}[{at}]", "needs either a further step or the codes it ends with")
            for code in option.codes:
                if code not in assigned:
                    yield Fault(FINDER, f"{where}[{at}].codes", f"there is no assigned code {code}")
    if any(len(path) == DEEPEST for path in _open_paths(Finder(tree))):
        yield Fault(FINDER, "step", f"more than {DEEPEST} answers are needed somewhere")


def _open_paths(finder: Finder) -> Iterator[str]:
    """Paths at which a further question is asked, no deeper than a person can be asked for."""
    paths = [""]
    while paths:
        step = finder.step(paths.pop())
        if step is not None and step.options:
            yield step.path
            paths += [path for path, _ in step.options] if len(step.path) < DEEPEST else []


def _finder_answers(engine: Engine) -> Iterator[Fault]:
    """Ends of the finder whose question is answered with other codes than they state."""
    for end in engine.finder.ends():
        codes = engine.answer(Question(end.question, engine.knowledge.newest)).codes
        if set(codes) != set(end.codes):
            told = ", ".join(codes) or "no code"
            yield Fault(FINDER, f"path {end.path}", f"states {', '.join(end.codes)}, but the answer is {told}")
