"""What was found of a part of the service, as `posbot doctor` prints it."""

from __future__ import annotations

from dataclasses import dataclass

OK, OFF, FAILS = "ok", "off", "FAILS"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part."""

    part: str
    state: str
    told: str

    @property
    def fails(self) -> bool:
        """Whether something has to be done about it."""
        return self.state == FAILS

    @property
    def line(self) -> str:
        """As it is printed."""
        return f"{self.part:<14} {self.state:<9} {self.told}".rstrip()
