"""Imports point one way, and the core stays pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("core", "store", "channels", "service", "cli")
"""From the bottom up; a module may import its own layer and those before it."""

IMPURE = frozenset(
    {
        "aiohttp",
        "asyncio",
        "click",
        "httpx",
        "random",
        "requests",
        "rich",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "telegram",
    }
    | {"pydantic_settings", "subprocess", "threading", "time", "urllib"}
)
"""What the core may not know: networks, stores, chat libraries, terminals, clocks and chance."""

CLOCK = frozenset({"now", "today", "utcnow"})


def layer_of(module: str) -> int:
    """Where a module of ours stands; bot itself stands below all, what is not listed on top."""
    parts = module.split(".")
    if len(parts) == 1:
        return -1
    return LAYERS.index(parts[1]) if parts[1] in LAYERS else len(LAYERS)


def imports(source: str, module: str, *, package: bool = False) -> set[str]:
    """Every module a source names, inside functions and type checks too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            kept = len(module.split(".")) - node.level + package
            base = module.split(".")[:kept] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found.update({f"{origin}.{alias.name}" for alias in node.names} if origin == "bot" else {origin})
    return found


def climbs(source: str, module: str, *, package: bool = False) -> set[str]:
    """The modules of ours that this one may not import."""
    ours = {name for name in imports(source, module, package=package) if name.split(".")[0] == "bot"}
    return {name for name in ours if layer_of(name) > layer_of(module)}


def impurities(source: str, module: str) -> set[str]:
    """What a core module imports or calls that it may not."""
    names = {name.split(".")[0] for name in imports(source, module)} & IMPURE
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK
    }
    return names | calls


def modules() -> list[tuple[str, Path]]:
    """Our modules by dotted name, with their files."""
    files = sorted((ROOT / "bot").rglob("*.py"))
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), file) for file in files]


def test_imports_point_one_way() -> None:
    """Core knows no store, store no channel, channels no service, and nothing knows the command."""
    wrong = {
        name: found
        for name, file in modules()
        if (found := climbs(file.read_text("utf-8"), name, package=file.name == "__init__.py"))
    }
    assert wrong == {}


def test_the_core_is_pure() -> None:
    """The core knows no network, no chat library and no clock: the date is passed in."""
    wrong = {
        name: found
        for name, file in modules()
        if name.startswith("bot.core") and (found := impurities(file.read_text("utf-8"), name))
    }
    assert wrong == {}


def test_knowledge_holds_no_python() -> None:
    """The lowest layer is content only."""
    others = {path.suffix for path in (ROOT / "knowledge").rglob("*") if path.is_file()} - {".toml", ".txt", ".md"}
    assert others == set()


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from bot.channels.telegram import app", "bot.core.engine"),
        ("def f():\n    import bot.service.settings", "bot.channels.console"),
        ("from bot import cli", "bot.service.logs"),
        ("from ..service import settings", "bot.store.misses"),
        ("import bot.__main__", "bot.cli"),
    ],
)
def test_an_upward_import_is_seen(source: str, module: str) -> None:
    """The check itself bites, in every form an import takes."""
    assert climbs(source, module)


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from bot.core.models import Reply", "bot.channels.console"),
        ("from . import render", "bot.channels.telegram.app"),
        ("from ...core import models", "bot.channels.telegram.app"),
        ("import bot", "bot.core.engine"),
        ("from bot.cli import main", "bot.__main__"),
    ],
)
def test_a_downward_import_is_let_be(source: str, module: str) -> None:
    """The check lets through what the design allows."""
    assert not climbs(source, module)


@pytest.mark.parametrize(
    "source", ["import asyncio", "from urllib import request", "date.today()", "datetime.now(UTC)"]
)
def test_an_impurity_is_seen(source: str) -> None:
    """The check itself bites."""
    assert impurities(source, "bot.core.engine")
