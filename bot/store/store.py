"""Everything that outlives the process, over one database.

    store = Store(url)                  # makes things, connects nothing; raises StoreError for a useless address
    await store.start()                 # migrates under a lock, reads or makes the secret key; raises StoreError
    work = asyncio.create_task(store.run())   # leases, late writes, looking for a database that is away, sweeps, watching
    ...
    work.cancel(); await store.close()

`claims` (Claims) and `chats` (ChatMemory) never raise and hold an answer up for 250 ms at most, all calls together; while
the database is away they go on from this process's memory. `misses`, `feedback`, `taught` and `tallies` are for
curators: they raise StoreError where they read, and what they count is written a little later.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from bot.store.behind import FLUSH_SECONDS, flush_all
from bot.store.chats import Chats
from bot.store.database import Database
from bot.store.errors import AwayError, StoreError
from bot.store.feedback import Feedback
from bot.store.leadership import Alone
from bot.store.leading import LockedLeadership
from bot.store.migrating import bring_up_to_date, require_up_to_date
from bot.store.misses import Misses
from bot.store.statements import inserted, prepared
from bot.store.stored_claims import StoredClaims
from bot.store.sweeping import sweep
from bot.store.tables import SECRETS
from bot.store.tallies import Tallies
from bot.store.taught import TaughtRecords
from bot.store.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.store.leadership import Leadership

RENEW_SECONDS = 10.0
TIDY_SECONDS = 5.0
FIRST_SWEEP_SECONDS, SWEEP_SECONDS = 60.0, 3600.0
LAST_WRITES_SECONDS = 0.7
HASH_BYTES = 16
PING_SECONDS = 2.0


class Store:
    """The store of one posbot; see above for how it is used."""

    def __init__(self, url: str, secret_key: str | None = None, clock: Callable[[], float] = time) -> None:
        """Make the parts for a DATABASE_URL; raises StoreError where that is of no use."""
        self.database = Database(url)
        self.secret = secret_key.encode() if secret_key else b""
        """What keys hashes, sessions and signatures; there from the start on."""
        self.claims = StoredClaims(self.database, clock)
        self.chats = Chats(self.database, self.hashed, clock)
        self.misses = Misses(self.database)
        self.feedback = Feedback(self.database, self.chats.votes)
        self.taught = TaughtRecords(self.database)
        self.tallies = Tallies(self.database)
        self._clock = clock
        self._watch = Watch(self.database, self.taught)
        self._behind = (self.chats.memory, self.chats.votes, self.misses.behind, self.tallies.behind)

    @property
    def is_away(self) -> bool:
        """Whether answers go on without the database for now."""
        return self.database.guard.is_away

    async def start(self, *, migrate: bool = True) -> None:
        """Connect, bring the tables up to date, and have a secret key; raises StoreError."""
        try:
            await bring_up_to_date(self.database) if migrate else await require_up_to_date(self.database)
            await self.database.open()
            self.secret = self.secret or await self._kept_secret()
            await self._watch.start()
        except BaseException:
            await self.database.close()
            raise

    async def run(self, retention_days: int = 90) -> None:
        """Do what has to be done in the background, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._renewing, self._writing, self._watch.run, self.database.keep_up):
                group.create_task(work())
            group.create_task(self._sweeping(retention_days))
            if self.database.is_sqlite:
                group.create_task(self._tidying())

    async def close(self) -> None:
        """Write what still waits, as far as the database is there, and let go of it."""
        if not self.is_away:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITES_SECONDS):
                    await self.database.apart(flush_all(*self._behind))
        await self.database.close()

    async def ping(self) -> None:
        """Raise StoreError where the database does not answer now."""
        if self.is_away:
            raise AwayError
        await self.database.ping(PING_SECONDS)

    def hashed(self, kind: str, value: object) -> str:
        """A keyed hash in place of an id: the same for the same kind and value, on every replica."""
        # BLAKE2 takes a key of its own and a tenth of the time of an HMAC, and each answer needs several of these.
        key = hashlib.blake2b(self.secret).digest()
        return hashlib.blake2b(f"{kind}/{value}".encode(), key=key, digest_size=HASH_BYTES).hexdigest()

    def leadership(self, name: str) -> Leadership:
        """A post that one process holds at a time; on SQLite there is only one."""
        return Alone() if self.database.is_sqlite else LockedLeadership(self.database, name)

    def watch(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Be called whenever something was taught or undone, here or on another replica, while `run` runs."""
        self._watch.callbacks.append(callback)

    async def sweep(self, retention_days: int) -> int:
        """Forget what is past its time; how many rows that were. Raises StoreError."""
        return await sweep(self.database, self._clock(), retention_days)

    async def _kept_secret(self) -> bytes:
        """The key kept in the store; the first process there makes it."""
        dialect = self.database.dialect
        make = inserted(dialect, SECRETS).on_conflict_do_nothing()
        await self.database.write(prepared(make, dialect), [{"name": "key", "value": secrets.token_urlsafe(32)}])
        ((kept,),) = await self.database.execute(select(SECRETS.c.value).where(SECRETS.c.name == "key"))
        return str(kept).encode()

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if not self.is_away:
                with suppress(StoreError):
                    await self.database.apart(self.claims.renew())

    async def _writing(self) -> None:
        while True:
            await self.database.to_write.wait()
            await asyncio.sleep(FLUSH_SECONDS)
            self.database.to_write.clear()
            if not self.is_away:
                await self.database.apart(flush_all(*self._behind))

    async def _tidying(self) -> None:
        """Move SQLite's log into its file, beside the writer and holding up nobody."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            with suppress(StoreError):
                await self.database.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))

    async def _sweeping(self, retention_days: int) -> None:
        pause = FIRST_SWEEP_SECONDS
        while True:
            await asyncio.sleep(pause)
            with suppress(StoreError):
                await self.sweep(retention_days)
            pause = SWEEP_SECONDS
