"""How the bot speaks HTTP to Telegram, and what it makes of connections that fail."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter
from yarl import URL

from bot.channels.telegram.connection import Connection
from bot.channels.telegram.request import NeverSentError, Request, form_of, proxy_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN = "4242:never-to-be-told"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server that hands every request to a handler, and the address of a method on it."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url(f"/bot{TOKEN}/sendMessage"))


@asynccontextmanager
async def calling(*, patience: float = 5.0, pool: float = 5.0, kind: type[Request] = Request) -> AsyncIterator[Request]:
    """Requests that are ready, over one connection."""
    request = kind(1, patience, pool_timeout=pool)
    await request.initialize()
    try:
        yield request
    finally:
        await request.shutdown()


async def told(request: web.Request) -> web.Response:
    """Tell back what came."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    return web.json_response({"ok": True, "result": {"method": request.method, "host": request.host, "form": form}})


async def test_parameters_arrive_as_a_form() -> None:
    data = RequestData([RequestParameter("text", "a & b = ü", None), RequestParameter("chat_id", 7, None)])
    async with serving(told) as url, calling() as request:
        found = await request.post(url, data)
    assert isinstance(found, dict)
    assert (found["method"], found["form"]) == ("POST", {"text": "a & b = ü", "chat_id": "7"})


@pytest.mark.parametrize(
    "text", ["a+b=c & d;e %41 #?/", "Patient\u2019s home\n\t«ü»", "\U0001f642", "", "<b>x</b> \"y\" 'z'"]
)
def test_a_form_is_read_as_it_was_written(text: str) -> None:
    written = form_of({"text": text, "reply_markup": '{"a":[1]}'}).decode("ascii")
    assert parse_qs(written, keep_blank_values=True) == {"text": [text], "reply_markup": ['{"a":[1]}']}


async def test_of_a_message_sent_only_what_is_looked_at_is_read() -> None:
    async def sent(_: web.Request) -> web.Response:
        message = {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "long", "entities": []}
        return web.json_response({"ok": True, "result": message})

    async with serving(sent) as url, calling(kind=Connection) as request:
        assert await request.post(url) == {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}}


async def test_an_answer_that_does_not_come_in_time_may_have_been_carried_out() -> None:
    answered = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await answered.wait()
        return web.Response()

    async with serving(slow) as url, calling(patience=0.05) as request:
        with pytest.raises(TimedOut) as raised:
            await request.post(url)
        answered.set()
    assert not isinstance(raised.value, NeverSentError)


async def test_a_call_may_ask_for_more_patience() -> None:
    answered = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        asyncio.get_running_loop().call_later(0.1, answered.set)
        await answered.wait()
        return web.json_response({"ok": True, "result": True})

    async with serving(slow) as url, calling(patience=0.01) as request:
        assert await request.post(url, read_timeout=5)


async def test_a_call_that_finds_all_connections_taken_was_never_sent() -> None:
    answered, seen = asyncio.Event(), []

    async def slow(request: web.Request) -> web.Response:
        seen.append(request)
        await answered.wait()
        return web.json_response({"ok": True, "result": True})

    async with serving(slow) as url, calling(pool=0.05) as request:
        first = asyncio.create_task(request.post(url))
        with pytest.raises(NeverSentError):
            await asyncio.gather(request.post(url))
        answered.set()
        assert await first
    assert len(seen) == 1


async def test_a_fault_tells_its_kind_and_not_where_the_call_went() -> None:
    async with calling() as request:
        with pytest.raises(NetworkError) as raised:
            await request.post(f"http://127.0.0.1:{unused_port()}/bot{TOKEN}/sendMessage")
    assert raised.value.message == "ClientConnectorError"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


async def test_a_connection_that_breaks_is_a_network_fault() -> None:
    async def broken(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(broken) as url, calling() as request:
        with pytest.raises(NetworkError) as raised:
            await request.post(url)
    assert not isinstance(raised.value, TimedOut)


async def test_a_connection_is_used_again_until_the_server_closes_it() -> None:
    ports = []

    async def counted(request: web.Request) -> web.Response:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        response = web.json_response({"ok": True, "result": True})
        if len(ports) == 2:
            response.force_close()
        return response

    async with serving(counted) as url, calling() as request:
        for _ in range(3):
            await request.post(url)
    assert ports[0] == ports[1] != ports[2]


async def test_before_the_start_and_after_the_end_nothing_is_sent() -> None:
    request = Request(1, 5)
    async with serving(told) as url:
        for _ in range(2):
            with pytest.raises(NetworkError):
                await request.post(url)
            await request.initialize()
            assert await request.post(url)
            await request.shutdown()


async def test_calls_go_through_the_proxy_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(told) as url, calling() as request:
        monkeypatch.setenv("http_proxy", str(URL(url).origin()))
        found = await request.post("http://telegram.test/bot/getMe")
    assert isinstance(found, dict)
    assert found["host"] == "telegram.test"


def test_an_address_may_be_kept_from_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert proxy_to(URL("https://telegram.test/bot")) == "http://proxy.test:3128"
    assert proxy_to(URL("https://127.0.0.1/bot")) is None
