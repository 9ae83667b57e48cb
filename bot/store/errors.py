"""What goes wrong with the store, in sentences for the administrator; none of them carries a credential."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do what was asked; the text is one plain sentence that says what to do."""


class AwayError(StoreError):
    """The store is away or too slow: the answer goes on from this process's own memory."""

    def __init__(self, text: str = "the database is away; posbot goes on without it and tries again") -> None:
        """Say that it will come back by itself."""
        super().__init__(text)


class RefusedError(StoreError):
    """The database is there but does not take what it was given; trying again would not help."""
