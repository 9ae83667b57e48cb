"""Reads the knowledge folders into one immutable whole.

The only disk access in the core. Later folders add to earlier ones: lists grow, single values must agree.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from bot.core.errors import Fault, KnowledgeError
from bot.core.schema import (
    Code,
    Denial,
    IntentWords,
    Languages,
    Modifier,
    Payer,
    Place,
    SourceRecord,
    Topic,
    Unassigned,
    Vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

FOLDERS: dict[str, type[BaseModel]] = {
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

BESIDE = {"README.md", "words.txt"}
"""Files that are no records."""

TABLES: dict[str, type[BaseModel]] = {
    "unassigned.toml": Unassigned,
    "vocabulary.toml": Vocabulary,
    "intents.toml": IntentWords,
    "languages.toml": Languages,
}
"""Files that are one record as a whole."""


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
    words: frozenset[str]
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
    faults: list[Fault] = []
    raws: dict[tuple[str, str], Raw] = {}
    digest = hashlib.sha256()
    for layer in layers:
        if not layer.is_dir():
            faults.append(Fault(str(layer), "", "there is no such folder"))
            continue
        for path in sorted(path for path in layer.rglob("*") if path.is_file() and not path.name.startswith(".")):
            digest.update(path.read_bytes())
            _read_file(layer, path, raws, faults)
    records = {key: _validate(key, raw, faults) for key, raw in raws.items()}
    faults.extend(Fault(name, "", "this file is missing") for name in TABLES if ("table", name) not in raws)
    if any(records.get(("table", name)) is None for name in TABLES):
        return None, raws, faults
    sound = {key: record for key, record in records.items() if record is not None}
    knowledge = _assemble(sound, _words(layers), digest.hexdigest()[:12])
    sound_raws = ((folder, raws[folder, name]) for folder, name in sound)
    return replace(knowledge, added=_added(sound_raws, layers[0])), raws, faults


def _added(raws: Iterable[tuple[str, Raw]], base: Path) -> frozenset[str]:
    """Phrases of codes that the base does not hold."""
    held: set[str] = set()
    added: set[str] = set()
    for folder, raw in raws:
        for name in LENDING if folder == "codes" else ():
            for index, phrase in enumerate(raw.data.get(name, ())):
                (held if raw.place_of((name, index)).layer == base else added).add(phrase)
    return frozenset(added - held)


def _words(layers: Sequence[Path]) -> frozenset[str]:
    files = [layer / "words.txt" for layer in layers]
    return frozenset(word for file in files if file.is_file() for word in file.read_text("utf-8").split())


def _read_file(layer: Path, path: Path, raws: dict[tuple[str, str], Raw], faults: list[Fault]) -> None:
    file = path.relative_to(layer).as_posix()
    if path.suffix != ".toml":
        if path.name not in BESIDE:
            faults.append(Fault(file, "", "posbot reads only .toml files; see knowledge/README.md"))
        return
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(file, "", f"not readable as TOML: {error}"))
        return
    origin = Origin(layer, file)
    folder, _, stem = file.removesuffix(".toml").rpartition("/")
    if folder in FOLDERS:
        _one_record(folder, stem, data, origin, raws, faults)
    elif file == "sources.toml":
        for name, record in data.items():
            _add(raws, ("sources", name), record, origin, faults)
    elif file == "places.toml":
        _places(data, origin, raws, faults)
    elif file in TABLES:
        _add(raws, ("table", file), data, origin, faults)
    else:
        faults.append(Fault(file, "", "posbot knows no file of this name; see knowledge/README.md"))


def _one_record(  # noqa: PLR0913, PLR0917 - what is read, where from and where to
    folder: str, stem: str, data: dict[str, Any], origin: Origin, raws: dict[tuple[str, str], Raw], faults: list[Fault]
) -> None:
    """A file that is one record, named after it."""
    key = IDENTITY[folder]
    name = data.get(key)
    if not isinstance(name, str):
        faults.append(Fault(origin.file, key, "is missing"))
    elif _slug(name) != stem:
        faults.append(Fault(origin.file, key, f"says {name}, so the file should be called {_slug(name)}.toml"))
    else:
        _add(raws, (folder, name), data, origin, faults)


def _places(data: dict[str, Any], origin: Origin, raws: dict[tuple[str, str], Raw], faults: list[Fault]) -> None:
    """The one file with many records."""
    listed = data.get("place", [])
    if not isinstance(listed, list):
        faults.append(Fault(origin.file, "place", "should be a list of [[place]] tables"))
        return
    for index, record in enumerate(listed):
        name = record.get("place") if isinstance(record, dict) else None
        if isinstance(name, str):
            _add(raws, ("places", name), record, origin, faults)
        else:
            faults.append(Fault(origin.file, f"place[{index}].place", "is missing"))
    faults.extend(Fault(origin.file, key, "unknown key") for key in data if key != "place")


def _slug(name: str) -> str:
    return name.replace(" ", "-") if name.isupper() or name.isdigit() else name.lower().replace(" ", "-")


def _add(
    raws: dict[tuple[str, str], Raw], key: tuple[str, str], data: Any, origin: Origin, faults: list[Fault]
) -> None:
    """Lay a record over what earlier layers say of the same subject."""
    if not isinstance(data, dict):
        faults.append(Fault(origin.file, key[1], "should be a table"))
        return
    known = raws.get(key)
    if known is None:
        raws[key] = Raw(dict(data), origin, layers={origin.layer})
        return
    if origin.layer in known.layers:
        faults.append(Fault(origin.file, key[1], f"is claimed twice, also in {known.origin.file}"))
        return
    known.layers.add(origin.layer)
    for name, value in data.items():
        _merge(known, name, value, origin, faults)


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
            if known.data[name].setdefault(word, meaning) != meaning:
                faults.append(Fault(origin.file, f"{name}.{word}", f"differs from {known.origin.file}"))
    elif value != known.data[name]:
        faults.append(Fault(origin.file, name, f"differs from {known.origin.file} and cannot replace it; add a note"))


def _validate(key: tuple[str, str], raw: Raw, faults: list[Fault]) -> Any:
    kind, name = key
    models: dict[str, type[BaseModel]] = {**FOLDERS, "sources": SourceRecord, "places": Place}
    model = TABLES[name] if kind == "table" else models[kind]
    try:
        return model.model_validate(raw.data)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            where = problem["loc"]
            prefix = f"{name}." if kind in {"places", "sources"} else ""
            faults.append(Fault(raw.place_of(where).file, prefix + dotted(where), _plain(problem["msg"])))
        return None


def dotted(location: Iterable[int | str]) -> str:
    """A location as people write it: ("note", 2, "sources") is note[2].sources."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return {"Extra inputs are not permitted": "unknown key", "Field required": "is missing"}.get(message, message)


def _assemble(records: dict[tuple[str, str], Any], words: frozenset[str], version: str) -> Knowledge:
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
        words=words,
        version=version,
        newest=max(note.checked for subject in subjects for note in subject.note) if subjects else _no_day(),
    )


def _no_day() -> date:
    from datetime import date  # noqa: PLC0415 - only reached when a folder holds no note at all

    return date.min
