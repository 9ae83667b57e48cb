"""What the web channel is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import TYPE_CHECKING, Protocol

from bot.channels.flood import Flood

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bot.channels.answering import Answering
    from bot.channels.teaching import Teaching
    from bot.core.engine import Engine
    from bot.core.knowledge import Knowledge
    from bot.core.models import Reply
    from bot.core.subject import Subject
    from bot.core.views import Views
    from bot.store.memory import Vote

from bot.core.models import Question

BURST, A_SECOND = 120, 5.0
"""Questions a client may put at once, and each second after that: an office shares one address."""
TRIES, TRIES_A_SECOND = 10, 1 / 30
"""Wrong passwords a client may send at once, and each second after that."""


class VoteBook(Protocol):
    """Keeps thumbs: the memory of this process, or the store."""

    async def vote(self, chat: int, message: int, person: int, vote: Vote) -> None:
        """Count a thumb in place of the person's earlier one."""


@dataclass(slots=True)
class Web:
    """Everything a page needs; nothing of a conversation is kept here."""

    answering: Answering
    memory: VoteBook
    secret: bytes
    """Keys the signatures of what a browser keeps."""
    is_loopback: bool
    """Whether the address that is listened on can be reached from this machine only."""
    password: str | None = None
    """Opens pages and API where others can reach them."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose forwarded-for header counts."""
    teaching: Teaching | None = None
    """What the curator's desk works on."""
    desk_password: str | None = None
    """Opens the desk; without it there is none."""
    retention_days: int = 90
    """How long thumbs and redacted misses stay, as the privacy page tells."""
    clock: Callable[[], float] = time
    """Seconds since 1970."""
    flood: Flood = field(default_factory=partial(Flood, burst=BURST, a_second=A_SECOND))
    sign_ins: Flood = field(default_factory=partial(Flood, burst=TRIES, a_second=TRIES_A_SECOND))
    desk_sign_ins: Flood = field(default_factory=partial(Flood, burst=TRIES, a_second=TRIES_A_SECOND))

    @property
    def engine(self) -> Engine:
        """The engine in force now."""
        return self.answering.engine

    @property
    def knowledge(self) -> Knowledge:
        """Everything the bot knows."""
        return self.engine.knowledge

    def today(self) -> date:
        """The day it is for the bot."""
        return self.answering.today()

    def views(self, on: date | None = None, payer: str | None = None) -> Views:
        """Further looks at codes."""
        return self.engine.views(self.today(), on, payer)

    def told(self, about: Subject) -> Reply:
        """What is told of a subject that a button or a link chose."""
        return self.engine.answer(Question(about.question, self.today(), on=about.on, payer=about.payer))
