"""The API: replies as the command gives them, faults in one sentence, and a document that keeps its word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.core.models import Question
from bot.core.plain import as_dict
from tests.conftest import TODAY
from tests.fakes import site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.channels.web.web import Web
    from bot.core.engine import Engine


@pytest.fixture
def web(engine: Engine) -> Web:
    """An open site."""
    return site.web(engine)


@pytest.fixture
async def program(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """A program at the open site."""
    transport = httpx.ASGITransport(site.application(web))
    async with httpx.AsyncClient(transport=transport, base_url="http://posbot.test") as opened:
        yield opened


async def test_a_reply_is_the_object_of_the_command(program: httpx.AsyncClient, engine: Engine) -> None:
    """The same keys and values as `posbot ask --json`, with the asker's own id."""
    for question in ("pos 10", "02 vs 10", "pos for nursing home visit", "hello", "pos 123"):
        answer = await program.post("/api/ask", json={"q": question, "id": {"mine": 1}})
        expected = as_dict(engine.answer(Question(question, TODAY))) | {"id": {"mine": 1}}
        assert (answer.status_code, answer.json()) == (200, expected)


async def test_date_payer_and_context_are_heeded(program: httpx.AsyncClient) -> None:
    """As for the command."""
    dated = await program.post("/api/ask", json={"q": "telehealth at home", "on": "2021-12-15"})
    paid = await program.post("/api/ask", json={"q": "pos 10", "payer": "aetna"})
    follow = await program.post("/api/ask", json={"q": "and at home?", "context": ["snf resident on video"]})
    assert dated.json()["as_of"] == "2021-12-15"
    assert "Aetna" in paid.json()["text"]
    assert follow.json()["codes"] == ["10"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"q": "pos 10", "id": NaN}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"q": 10}', 422),
        (b'{"q": "pos 10", "on": "soon"}', 422),
        (b'{"q": "pos 10", "on": 20230501}', 422),
        (b'{"q": "pos 10", "payer": 1}', 422),
        (b'{"q": "pos 10", "context": "pos 11"}', 422),
        (b'{"q": "pos 10", "context": false}', 422),
        (b'{"q": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
async def test_what_is_no_question_is_told_in_one_sentence(
    program: httpx.AsyncClient, body: bytes, status: int
) -> None:
    """Never more than the sentence."""
    answer = await program.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith(".")


async def test_a_body_of_unknown_length_is_cut_off_too(program: httpx.AsyncClient) -> None:
    """Chunk by chunk, no more than the limit is read."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    answer = await program.post("/api/ask", content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_refused(program: httpx.AsyncClient, kind: str) -> None:
    """So that no other site's form can use it."""
    answer = await program.post("/api/ask", content=b'{"q": "pos 10"}', headers={"content-type": kind})
    assert (answer.status_code, set(answer.json())) == (415, {"error"})


async def test_another_method_is_refused(program: httpx.AsyncClient) -> None:
    """In the same form."""
    answer = await program.get("/api/ask")
    assert (answer.status_code, set(answer.json())) == (405, {"error"})
    assert answer.headers["allow"] == "POST"


async def test_an_address_that_asks_too_fast_is_told_how_long_to_wait(web: Web, program: httpx.AsyncClient) -> None:
    """In a header and in words."""
    web.flood.burst = 1
    web.flood.clock = lambda: 0.0
    await program.post("/api/ask", json={"q": "pos 10"})
    answer = await program.post("/api/ask", json={"q": "pos 10"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json() == {"error": "Too many requests came from your address. Please wait 1 s, then try again."}


async def test_half_a_character_comes_back_as_json(program: httpx.AsyncClient) -> None:
    """Whatever the asker calls the question."""
    body = rb'{"q": "pos 10 \ud800", "id": "\udfff", "payer": "\ud800", "context": ["\ud800"]}'
    answer = await program.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert json.loads(answer.content)["id"] == "\udfff"


async def test_the_document_names_every_key_of_a_reply(program: httpx.AsyncClient) -> None:
    """And every fault there can be."""
    document: dict[str, Any] = (await program.get("/openapi.json")).json()
    reply = (await program.post("/api/ask", json={"q": "pos 10"})).json()
    assert document["openapi"] == "3.1.0"
    assert list(document["components"]["schemas"]["Reply"]["properties"]) == list(reply)
    responses = document["paths"]["/api/ask"]["post"]["responses"]
    assert {"200", "400", "401", "403", "413", "415", "422", "429"} == set(responses)
