"""Finds a code in a few taps: how the patient was seen, where, and what decides between near codes.

The tree is knowledge (finder.toml). It ends in a question, which the engine answers like any other, so that the finder
can never tell anything else than the bot does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.schema import FinderOption, FinderTree

DEEPEST = 4
"""Taps a person can be asked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a path of taps has led: to a further question for the person, or to one for the engine."""

    path: str
    """The keys tapped so far."""
    crumbs: tuple[str, ...]
    """Their labels."""
    ask: str = ""
    """What to ask next; empty at the end."""
    options: tuple[tuple[str, str], ...] = ()
    """The path and label of each answer."""
    question: str = ""
    """At the end, what the engine is asked."""
    codes: tuple[str, ...] = ()
    """At the end, the codes its answer must have."""


class Finder:
    """Walks the tree; holds no state, the path is all there is."""

    def __init__(self, tree: FinderTree) -> None:
        """Take the tree as it stands in the knowledge."""
        self._tree = tree

    def step(self, path: str) -> Step | None:
        """Where these taps lead; None for a path that is not in the tree."""
        taken: list[FinderOption] = []
        name: str | None = self._tree.start
        for key in path:
            options = self._tree.step[name].option if name in self._tree.step else ()
            chosen = next((option for option in options if option.key == key), None)
            if chosen is None:
                return None
            taken.append(chosen)
            name = chosen.to
        return self._reached(path, taken, name)

    def ends(self) -> Iterator[Step]:
        """Every end of the tree."""
        paths = [""]
        while paths:
            step = self.step(paths.pop())
            if step is not None and step.question:
                yield step
            elif step is not None and len(step.path) < DEEPEST:
                paths += [path for path, _ in step.options]

    def _reached(self, path: str, taken: list[FinderOption], name: str | None) -> Step | None:
        crumbs = tuple(option.label for option in taken)
        if name is None:
            said = ", ".join(option.say for option in taken if option.say)
            return Step(path, crumbs, question=said, codes=taken[-1].codes)
        here = self._tree.step.get(name)
        if here is None:
            return None
        return Step(path, crumbs, here.ask, tuple((path + option.key, option.label) for option in here.option))
