"""Health, metrics, and what every HTTP request passes on its way in and out."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from structlog.contextvars import get_contextvars

from bot.service import passage
from bot.service.health import FINE, Condition, Health, State
from bot.service.http import build_app
from bot.service.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

WORDS = "Jane Planted"
BOUND: list[Any] = []


async def echo(request: Request) -> Response:
    """Tell how long the body is, and note what is bound meanwhile."""
    BOUND.append(get_contextvars()["request"])
    return JSONResponse({"length": len(await request.body())})


async def broken(_: Request) -> Response:
    """Fail with somebody's words."""
    raise ValueError(WORDS)


async def choosy(_: Request) -> Response:
    """Refuse in a sentence of its own."""
    raise HTTPException(422, "Name a payer.", {"x-own": "1"})


PAGES = [
    Route("/echo", echo, methods=["POST"]),
    Route("/broken", broken),
    Mount("/codes", routes=[Route("/{code}", choosy)]),
]


async def fine() -> Condition:
    """A part that is well."""
    return FINE


@asynccontextmanager
async def client(metrics: Metrics | None = None, **conditions: Condition) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the application, its parts being as given."""

    def check(condition: Condition) -> Any:
        async def checked() -> Condition:
            return condition

        return checked

    health = Health({"knowledge": fine, **{name: check(condition) for name, condition in conditions.items()}})
    app = build_app(health, metrics or Metrics(), PAGES)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://posbot.test") as talking:
        yield talking


async def test_alive_is_told_whatever_the_parts_are_like() -> None:
    async with client(updates=Condition(State.FAILS)) as talking:
        answer = await talking.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("state", "status", "whole"),
    [("ok", 200, "ok"), ("off", 200, "ok"), ("degraded", 200, "degraded"), ("fails", 503, "fails")],
)
async def test_ready_tells_each_part_by_name(state: str, status: int, whole: str) -> None:
    async with client(database=Condition(State(state), "it is away")) as talking:
        answer = await talking.get("/readyz")
    assert answer.status_code == status
    assert answer.json() == {
        "status": whole,
        "knowledge": "ok",
        "database": state,
        "told": {"database": "it is away"},
    }


async def test_a_part_that_cannot_be_looked_at_fails_and_hides_no_other() -> None:
    async def raising() -> Condition:
        raise ValueError(WORDS)

    report = await Health({"knowledge": raising, "updates": fine}).look()
    assert not report.is_ready
    assert report.body["updates"] == "ok"
    assert report.body["told"] == {"knowledge": "could not be looked at: ValueError"}


async def test_metrics_are_in_the_format_of_prometheus_and_name_paths_by_their_pattern() -> None:
    metrics = Metrics()
    async with client(metrics) as talking:
        await talking.get("/codes/Jane")
        await talking.request("PLANTED", "/planted?q=planted")
        answer = await talking.get("/metrics", headers={"accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain")
    (family,) = [each for each in text_string_to_metric_families(answer.text) if each.name == "posbot_http_requests"]
    assert {(each.labels["route"], each.labels["method"], each.labels["status"]) for each in family.samples} == {
        ("/codes/{code}", "GET", "422"),
        ("other", "other", "404"),
    }
    assert "planted" not in answer.text.lower()
    assert "Jane" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "There is nothing at this address."),
        ("POST", "/readyz", 405, "This address does not take such a request."),
        ("GET", "/echo", 405, "This address does not take such a request."),
        ("GET", "/codes/11", 422, "Name a payer."),
        ("GET", "/broken", 500, passage.BROKEN),
    ],
)
async def test_what_is_not_answered_is_told_in_one_sentence_with_safe_headers(
    method: str, path: str, status: int, sentence: str
) -> None:
    async with client() as talking:
        answer = await talking.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    assert {name: answer.headers[name] for name in passage.SAFE} == passage.SAFE


async def test_a_refusal_keeps_its_own_headers() -> None:
    async with client() as talking:
        answer = await talking.get("/codes/11")
        allowed = await talking.post("/readyz")
    assert answer.headers["x-own"] == "1"
    assert "GET" in allowed.headers["allow"]


async def test_a_fault_is_logged_by_kind_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with client() as talking:
            answer = await talking.get("/broken", params={"q": WORDS})
    assert "a request failed: ValueError at" in caplog.text
    assert "Planted" not in caplog.text.replace(f"q={WORDS.replace(' ', '+')}", "") + answer.text


async def test_every_request_has_an_id_of_its_own() -> None:
    BOUND.clear()
    async with client() as talking:
        await talking.post("/echo")
        await talking.post("/echo")
    assert len(set(BOUND)) == 2
    assert "request" not in get_contextvars()


async def pieces(number: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(number):
        yield b"x" * 10


@pytest.mark.parametrize(("number", "status"), [(10, 200), (11, 413), (12, 413)])
async def test_a_body_beyond_the_limit_is_refused_however_it_comes(
    monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    monkeypatch.setattr(passage, "LARGEST", 100)
    async with client() as talking:
        declared = await talking.post("/echo", content=b"x" * 10 * number)
        streamed = await talking.post("/echo", content=pieces(number))
    assert (declared.status_code, streamed.status_code) == (status, status)
    assert declared.json() == streamed.json() == ({"length": 100} if status == 200 else {"error": passage.TOO_LARGE})


async def test_a_body_that_does_not_come_is_not_awaited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage, "BODY_SECONDS", 0.01)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with client() as talking:
        answer = await talking.post("/echo", content=stuck())
    assert (answer.status_code, answer.json()) == (408, {"error": passage.TOO_SLOW})
