"""How the bot speaks HTTP to Telegram: through aiohttp.

httpx, which python-telegram-bot brings, takes several times the CPU time for each call: most of an answer's. Measured
by `python -m tests.bench telegram`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx
from aiohttp import ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError, DummyCookieJar, TCPConnector
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest
from yarl import URL

if TYPE_CHECKING:
    from ssl import SSLContext

    from telegram._utils.types import ODVInput
    from telegram.request import RequestData

CONNECT_SECONDS = 5.0
"""How long a connection may take to stand."""
POOL_SECONDS = 10.0
"""How long a call waits while all connections are taken."""
IDLE_SECONDS = 50.0
"""How long an idle connection is kept; a new one takes three trips to Telegram and back."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NeverSentError(TimedOut):
    """Telegram could not be reached in time, so it knows nothing of the call."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How to get to an address."""

    url: URL
    proxy: str | None
    ssl: SSLContext | bool


class Request(BaseRequest):
    """Calls over a bounded number of connections; files are not sent, since the bot has none to send.

    What goes wrong is told by kind alone, without the address, which holds the token, and without the payload.
    """

    def __init__(
        self, connections: int, read_timeout: float, *, pool_timeout: float = POOL_SECONDS + CONNECT_SECONDS
    ) -> None:
        """Keep at most so many connections; seconds to wait for an answer, and for a connection."""
        self._connections, self._read_timeout, self._pool_timeout = connections, read_timeout, pool_timeout
        self._session: ClientSession | None = None
        self._ways: dict[str, _Way] = {}
        self._usual = self._timeout(read_timeout)

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer where a call names no other time."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Get ready; connections are made when they are needed."""
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=self._connections, keepalive_timeout=IDLE_SECONDS),
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - calls are short
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - nobody asks for another
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - as above
    ) -> tuple[int, bytes]:
        """Make one call and give status and body; raises NeverSentError, TimedOut or NetworkError."""
        if self._session is None:
            raise NetworkError("the connection to Telegram is closed")
        way = self._way(url)
        try:
            async with self._session.request(
                method,
                way.url,
                data=form_of(request_data.json_parameters) if request_data else None,
                headers=FORM,
                timeout=self._timeout(read_timeout) if isinstance(read_timeout, (int, float)) else self._usual,
                proxy=way.proxy,
                ssl=way.ssl,
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except ConnectionTimeoutError:
            raise NeverSentError from None
        except TimeoutError:
            raise TimedOut from None
        except (ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None

    def _timeout(self, read: float) -> ClientTimeout:
        return ClientTimeout(connect=self._pool_timeout, sock_connect=CONNECT_SECONDS, sock_read=read)

    def _way(self, url: str) -> _Way:
        """How to get to an address, looked up once for each of the few there are."""
        if url not in self._ways:
            to = URL(url, encoded=True)
            self._ways[url] = _Way(to, proxy_to(to), ssl=_certificates() if to.scheme == "https" else True)
        return self._ways[url]


def form_of(parameters: dict[str, str]) -> bytes:
    """Parameters as a form; yarl writes one in an eighth of the time that urllib takes."""
    return URL.build(query=parameters).raw_query_string.encode("ascii")


def proxy_to(url: URL) -> str | None:
    """The proxy that the environment names for an address."""
    named = getproxies()
    if url.host is None or proxy_bypass(url.host):
        return None
    return named.get(url.scheme) or named.get("all")


@cache
def _certificates() -> SSLContext:
    """What TLS connections trust; reading it takes a while, and only Telegram's own address needs it."""
    return httpx.create_ssl_context()
