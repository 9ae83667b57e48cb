"""Which of several replicas does what only one may do: poll Telegram, register the webhook, set the menus."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Leadership(Protocol):
    """A post that one replica holds at a time."""

    async def gain(self) -> None:
        """Wait until this replica leads."""

    async def lost(self) -> None:
        """Wait until it no longer does; returns at once where it does not lead."""

    async def resign(self) -> None:
        """Let another one lead."""


class Alone:
    """The leadership of a process that has no peers."""

    async def gain(self) -> None:
        """Lead at once."""

    async def lost(self) -> None:
        """Never happens."""
        await asyncio.Event().wait()

    async def resign(self) -> None:
        """Nobody takes over."""
