"""Reads the knowledge folders into one immutable whole.

The only disk access in the core. Later folders add to earlier ones: lists grow, single values must agree.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rtoml

from bot.core.errors import Fault, KnowledgeError
from bot.core.schema import (
    Code,
    Denial,
    FinderTree,
    IntentWords,
    Languages,
    Modifier,
    Payer,
    Place,
    Record,
    Redaction,
    SourceRecord,
    Topic,
    Unassigned,
    Vocabulary,
)
from bot.core.shape import ShapeError, shaped
from bot.core.wordlist import WordList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FOLDERS: dict[str, type[Record]] = {
    "codes": Code,
    "modifiers": Modifier,
    "topics": Topic,
    "denials": Denial,
    "payers": Payer,
}
"""Folders that hold one record a file."""

IDENTITY = {
    "codes": "code",
    "modifiers": "modifier",
    "topics": "topic",
    "denials": "denial",
    "payers": "payer",
    "places": "place",
}
"""The key that names a record of each kind."""

LENDING = ("aliases", "shared", "hints", "settings")
"""Lists of a code whose words speak for it, whatever phrase they stand in."""

README = "README.md"
"""May stand in any folder, for people."""

WORDS = "words.txt"
"""The ordinary words of a layer."""

CHECKED = "checked.toml"
"""Questions that must keep their answers: read by `posbot check` and before anything is taught, and no part of the knowledge."""

TABLES: dict[str, type[Record]] = {
    "unassigned.toml": Unassigned,
    "vocabulary.toml": Vocabulary,
    "intents.toml": IntentWords,
    "languages.toml": Languages,
    "finder.toml": FinderTree,
    "redaction.toml": Redaction,
}
"""Files that are one record as a whole."""

OPTIONAL = {"finder.toml", "redaction.toml"}
"""Those of them that a base can do without."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The layer folder and the file in it that a piece of a record came from."""

    layer: Path
    file: str


@dataclass(slots=True)
class Raw:
    """A record as read, before it is checked, with where each of its values came from."""

    data: dict[str, Any]
    origin: Origin
    added: dict[tuple[str, int], Origin] = field(default_factory=dict)
    layers: set[Path] = field(default_factory=set)
    """Folders that have spoken of this subject; each may do so once."""

    def place_of(self, location: Sequence[int | str]) -> Origin:
        """The file that the value at this location was written in."""
        key = location[0] if location else ""
        index = location[1] if len(location) > 1 and isinstance(location[1], int) else -1
        return self.added.get((str(key), index), self.added.get((str(key), -1), self.origin))


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the files of all layers hold, before it is checked."""

    raws: dict[tuple[str, str], Raw] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the bot knows, checked."""

    codes: Mapping[str, Code]
    places: Mapping[str, Place]
    modifiers: Mapping[str, Modifier]
    topics: Mapping[str, Topic]
    denials: Mapping[str, Denial]
    payers: Mapping[str, Payer]
    sources: Mapping[str, SourceRecord]
    unassigned: Unassigned
    vocabulary: Vocabulary
    intents: IntentWords
    languages: Languages
    finder: FinderTree
    redaction: Redaction
    words: WordList
    """Ordinary English words, stemmed: never taken for a slip."""
    version: str
    """Twelve hex digits that change with any change of content."""
    newest: date
    """The latest day any note was checked."""
    added: frozenset[str] = frozenset()
    """Phrases of codes that stand only in folders laid over the first one, such as a team's own names."""


def built_in() -> Path:
    """The folder shipped with posbot: inside the package when installed, beside it in a checkout."""
    packaged = Path(__file__).parents[1] / "knowledge"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "knowledge"


def layers_from(setting: str | None) -> list[Path]:
    """The built-in folder followed by those of POSBOT_KNOWLEDGE (separated as PATH is)."""
    return [built_in(), *(Path(part) for part in (setting or "").split(os.pathsep) if part)]


def load(layers: Sequence[Path]) -> Knowledge:
    """Read and check the layers, first is the base.

    Raises KnowledgeError with every fault that makes them unusable.
    """
    knowledge, _, faults = read(layers)
    if knowledge is None or faults:
        raise KnowledgeError(faults)
    return knowledge


def read(layers: Sequence[Path]) -> tuple[Knowledge | None, dict[tuple[str, str], Raw], list[Fault]]:
    """Read the layers; the raw records come back for checks that need to name a file."""
    gathered = Gathered()
    digest = hashlib.sha256()
    for origin, content in _files(layers, gathered.faults):
        digest.update(content)
        _read_file(gathered, origin, content)
    raws, faults = gathered.raws, gathered.faults
    records = {key: _validate(key, raw, faults) for key, raw in raws.items()}
    needed = TABLES.keys() - OPTIONAL
    faults.extend(Fault(name, "", "this file is missing") for name in sorted(needed) if ("table", name) not in raws)
    if any(records.get(("table", name)) is None for name in needed):
        return None, raws, faults
    sound = {key: record for key, record in records.items() if record is not None}
    knowledge = _assemble(sound, WordList(gathered.words), digest.hexdigest()[:12])
    codes = [raws[key] for key in sound if key[0] == "codes"]
    return replace(knowledge, added=_added(codes, layers[0])), raws, faults


def _files(layers: Sequence[Path], faults: list[Fault]) -> Iterator[tuple[Origin, bytes]]:
    """Every file of every layer in a settled order, with what it holds."""
    for layer in layers:
        if not layer.is_dir():
            faults.append(Fault(str(layer), "", "there is no such folder"))
            continue
        for path in sorted(path for path in layer.rglob("*") if path.is_file() and not path.name.startswith(".")):
            name = path.relative_to(layer).as_posix()
            if name != CHECKED:
                yield Origin(layer, name), path.read_bytes()


def _added(codes: Iterable[Raw], base: Path) -> frozenset[str]:
    """Phrases of codes that the base does not hold."""
    held: set[str] = set()
    added: set[str] = set()
    for raw in codes:
        for name in LENDING:
            phrases = raw.data.get(name, ())
            if raw.layers == {base}:  # so are nearly all: no need to ask for each phrase where it stands
                held.update(phrases)
                continue
            for index, phrase in enumerate(phrases):
                (held if raw.place_of((name, index)).layer == base else added).add(phrase)
    return frozenset(added - held)


def _read_file(gathered: Gathered, origin: Origin, content: bytes) -> None:
    file = origin.file
    if file.rpartition("/")[2] == README:
        return
    if file != WORDS and not file.endswith(".toml"):
        gathered.faults.append(Fault(file, "", "posbot reads only .toml files; see knowledge/README.md"))
        return
    try:
        text = content.decode("utf-8")
        if file == WORDS:
            gathered.words.extend(text.split())
        else:
            _take(gathered, origin, rtoml.loads(text))
    except UnicodeDecodeError:
        gathered.faults.append(Fault(file, "", "not readable as UTF-8 text"))
    except rtoml.TomlParsingError as error:
        gathered.faults.append(Fault(file, "", f"not readable as TOML: {error}"))


def _take(gathered: Gathered, origin: Origin, data: dict[str, Any]) -> None:
    """Sort in what a file holds by the file's name."""
    file = origin.file
    folder, _, stem = file.removesuffix(".toml").rpartition("/")
    if folder in FOLDERS:
        _one_record(gathered, (folder, stem), data, origin)
    elif file == "sources.toml":
        for name, record in data.items():
            _add(gathered, ("sources", name), record, origin)
    elif file == "places.toml":
        _places(gathered, data, origin)
    elif file in TABLES:
        _add(gathered, ("table", file), data, origin)
    else:
        gathered.faults.append(Fault(file, "", "posbot knows no file of this name; see knowledge/README.md"))


def _one_record(gathered: Gathered, at: tuple[str, str], data: dict[str, Any], origin: Origin) -> None:
    """A file that is one record, named after it."""
    folder, stem = at
    key = IDENTITY[folder]
    name = data.get(key)
    if not isinstance(name, str):
        gathered.faults.append(Fault(origin.file, key, "is missing"))
    elif _slug(name) != stem:
        problem = f"says {name}, so the file should be called {_slug(name)}.toml"
        gathered.faults.append(Fault(origin.file, key, problem))
    else:
        _add(gathered, (folder, name), data, origin)


def _places(gathered: Gathered, data: dict[str, Any], origin: Origin) -> None:
    """The one file with many records."""
    listed = data.get("place", [])
    if not isinstance(listed, list):
        gathered.faults.append(Fault(origin.file, "place", "should be a list of [[place]] tables"))
        return
    for index, record in enumerate(listed):
        name = record.get("place") if isinstance(record, dict) else None
        if isinstance(name, str):
            _add(gathered, ("places", name), record, origin)
        else:
            gathered.faults.append(Fault(origin.file, f"place[{index}].place", "is missing"))
    gathered.faults.extend(Fault(origin.file, key, "unknown key") for key in data if key != "place")


def _slug(name: str) -> str:
    return name.replace(" ", "-") if name.isupper() or name.isdigit() else name.lower().replace(" ", "-")


def _add(gathered: Gathered, key: tuple[str, str], data: Any, origin: Origin) -> None:
    """Lay a record over what earlier layers say of the same subject."""
    if not isinstance(data, dict):
        gathered.faults.append(Fault(origin.file, key[1], "should be a table"))
        return
    known = gathered.raws.get(key)
    if known is None:
        gathered.raws[key] = Raw(dict(data), origin, layers={origin.layer})
        return
    if origin.layer in known.layers:
        gathered.faults.append(Fault(origin.file, key[1], f"is claimed twice, also in {known.origin.file}"))
        return
    known.layers.add(origin.layer)
    for name, value in data.items():
        _merge(known, name, value, origin, gathered.faults)


def _merge(known: Raw, name: str, value: Any, origin: Origin, faults: list[Fault]) -> None:
    if name not in known.data:
        known.data[name] = value
        known.added[name, -1] = origin
    elif isinstance(value, list) and isinstance(known.data[name], list):
        start = len(known.data[name])
        known.data[name] = [*known.data[name], *value]
        known.added.update({(name, start + offset): origin for offset in range(len(value))})
    elif isinstance(value, dict) and isinstance(known.data[name], dict):
        known.data[name] = dict(known.data[name])
        for word, meaning in value.items():
            grown = _grown(known.data[name].get(word, meaning), meaning)
            if grown is not None:
                known.data[name][word] = grown
            else:
                faults.append(Fault(origin.file, f"{name}.{word}", f"differs from {known.origin.file}"))
    elif value != known.data[name]:
        faults.append(Fault(origin.file, name, f"differs from {known.origin.file} and cannot replace it; add a note"))


def _grown(known: Any, value: Any) -> Any:
    """What two layers say of one thing, taken together: lists of words grow, tables by their keys; None where they differ."""
    if isinstance(known, list) and isinstance(value, list) and all(isinstance(word, str) for word in (*known, *value)):
        return list(dict.fromkeys((*known, *value)))
    if isinstance(known, dict) and isinstance(value, dict):
        grown = {key: _grown(known.get(key, part), part) for key, part in value.items()}
        return None if None in grown.values() else {**known, **grown}
    return known if known == value else None


def _validate(key: tuple[str, str], raw: Raw, faults: list[Fault]) -> Any:
    kind, name = key
    models: dict[str, type[Record]] = {**FOLDERS, "sources": SourceRecord, "places": Place}
    model = TABLES[name] if kind == "table" else models[kind]
    try:
        return shaped(model, raw.data)
    except ShapeError as error:
        prefix = f"{name}." if kind in {"places", "sources"} else ""
        faults.extend(Fault(raw.place_of(where).file, prefix + dotted(where), what) for where, what in error.faults)
        return None


def dotted(location: Iterable[int | str]) -> str:
    """A location as people write it: ("note", 2, "sources") is note[2].sources."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _assemble(records: dict[tuple[str, str], Any], words: WordList, version: str) -> Knowledge:
    def of(kind: str) -> dict[str, Any]:
        return {name: record for (folder, name), record in sorted(records.items()) if folder == kind}

    subjects = [*of("codes").values(), *of("topics").values(), *of("modifiers").values(), *of("denials").values()]
    return Knowledge(
        codes=of("codes"),
        places=of("places"),
        modifiers=of("modifiers"),
        topics=of("topics"),
        denials=of("denials"),
        payers=of("payers"),
        sources=of("sources"),
        unassigned=records["table", "unassigned.toml"],
        vocabulary=records["table", "vocabulary.toml"],
        intents=records["table", "intents.toml"],
        languages=records["table", "languages.toml"],
        finder=records.get(("table", "finder.toml"), FinderTree()),
        redaction=records.get(("table", "redaction.toml"), Redaction()),
        words=words,
        version=version,
        newest=max((note.checked for subject in subjects for note in subject.note), default=date.min),
    )
