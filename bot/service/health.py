"""Whether the service is of use: each part looked at by itself and told by its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Check: TypeAlias = Callable[[], Awaitable["Condition"]]


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    OFF = "off"
    """Not wanted, as Telegram without a token."""
    DEGRADED = "degraded"
    """Away, and the service does without it for now."""
    FAILS = "fails"
    """Away, and the service is of no use without it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of a part, and where it is not well what that means."""

    state: State
    told: str = ""


FINE = Condition(State.OK)


@dataclass(frozen=True, slots=True)
class Report:
    """The states of all parts."""

    parts: Mapping[str, Condition]

    @property
    def is_ready(self) -> bool:
        """Whether requests and updates should be sent here."""
        return all(part.state is not State.FAILS for part in self.parts.values())

    @property
    def body(self) -> dict[str, Any]:
        """As /readyz tells it: how it is as a whole, then each part by name, then what is to be said of them."""
        states = {name: str(part.state) for name, part in self.parts.items()}
        told = {name: part.told for name, part in self.parts.items() if part.told}
        return {"status": self._status, **states} | ({"told": told} if told else {})

    @property
    def _status(self) -> str:
        if not self.is_ready:
            return "fails"
        return "degraded" if any(part.state is State.DEGRADED for part in self.parts.values()) else "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the parts of the service."""

    checks: Mapping[str, Check]

    async def look(self) -> Report:
        """Look at every part; a check that raises is a part that fails."""
        return Report({name: await _condition(check) for name, check in self.checks.items()})


async def _condition(check: Check) -> Condition:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part must not hide the others
        return Condition(State.FAILS, f"could not be looked at: {type(error).__name__}")
