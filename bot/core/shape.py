"""Holds what was read to its type, and tells every fault of what does not fit."""

from __future__ import annotations

from datetime import date
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Shaped = TypeVar("Shaped", bound=Struct)
Location = tuple[int | str, ...]

_WORDS: dict[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    date: "a date without quotes, such as 2026-11-23",
    tuple: "a list",
}
"""How people call the types a value may have."""


class ShapeError(Exception):
    """What was read does not fit its type; carries every fault as a location and a sentence."""

    def __init__(self, faults: list[tuple[Location, str]]) -> None:
        self.faults = faults
        super().__init__(*faults)


def shaped(kind: type[Shaped], data: dict[str, Any]) -> Shaped:
    """The record that the data describe, or a ShapeError."""
    try:
        return convert(data, kind)
    except ValidationError:
        raise ShapeError(list(_faults(kind, data))) from None


def _faults(kind: Any, value: Any) -> Iterator[tuple[Location, str]]:
    """Every fault of a value; msgspec stops at the first, so each part is tried apart, the whole where they are sound."""
    parts = list(_parts(kind, value))
    yield from parts
    if not parts:
        try:
            convert(value, kind)
        except ValidationError as error:
            yield (), str(error.__cause__ or f"should be {_wanted(kind)}")


def _parts(kind: Any, value: Any) -> Iterator[tuple[Location, str]]:
    """The faults inside a table or a list."""
    kind = _bare(kind)
    if isinstance(value, list) and get_origin(kind) is tuple:
        for index, item in enumerate(value):
            yield from _below(index, get_args(kind)[0], item)
    elif isinstance(value, dict) and get_origin(kind) is dict:
        for key, item in value.items():
            yield from _below(key, get_args(kind)[1], item)
    elif isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, Struct):
        known = {field.encode_name: field for field in fields(kind)}
        yield from (((key,), "unknown key") for key in value if key not in known)
        for key, field in known.items():
            if key in value:
                yield from _below(key, field.type, value[key])
            elif field.required:
                yield (key,), "is missing"


def _below(key: int | str, kind: Any, value: Any) -> Iterator[tuple[Location, str]]:
    for where, problem in _faults(kind, value):
        yield (key, *where), problem


def _bare(kind: Any) -> Any:
    """The type without its limits."""
    kind = _stated(kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _stated(kind: Any) -> Any:
    """The type of a value that is there: None is how we say what TOML leaves out."""
    return get_args(kind)[0] if get_origin(kind) in {Union, UnionType} else kind


def _wanted(kind: Any) -> str:
    """What stands there in a sound file."""
    kind = _stated(kind)
    if get_origin(kind) is Annotated:
        (limits,) = kind.__metadata__
        return str(limits.description)
    if get_origin(kind) is Literal:
        return _either(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _either([one.value for one in kind])
    return _WORDS.get(get_origin(kind) or kind, "a table")


def _either(values: Sequence[str]) -> str:
    *others, last = [f'"{value}"' for value in values]
    return f"{', '.join(others)} or {last}"
