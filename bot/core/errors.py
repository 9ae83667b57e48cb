"""The faults the core can raise; "nothing found" is a reply, not a fault."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a knowledge folder."""

    file: str
    """Path relative to the folder it was read from."""
    key: str
    """Where in the file, for example note[2].sources."""
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.key}: {self.problem}"


class KnowledgeError(Exception):
    """The knowledge cannot be used; carries every fault found."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep the faults in file order."""
        self.faults = sorted(faults)
        super().__init__("\n".join(map(str, self.faults)))
