"""Made-up requests: the API keeps the word of its own document, and no address, form or header breaks a page."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from bot.channels.flood import Flood
from tests.fakes import site

if TYPE_CHECKING:
    from bot.core.engine import Engine

PLENTY = {"flood": Flood(burst=10**9), "sign_ins": Flood(burst=10**9)}
"""Nobody is held off."""


@pytest.fixture(scope="module")
def api(engine: Engine) -> Any:
    """The API with its document."""
    return schemathesis.openapi.from_asgi("/openapi.json", site.application(site.web(engine, **PLENTY)))


def keeps_its_word(operation: schemathesis.APIOperation[Any, Any, Any, Any], examples: int) -> None:
    """Send requests that the document allows and others that it does not, and hold every answer to it."""

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE))
    def hold(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate()

    hold()


def test_the_api_keeps_its_word(api: Any) -> None:
    """Whatever is sent, the status, the type and the shape of the answer stand in the document."""
    keeps_its_word(api["/api/ask"]["POST"], 80)


@pytest.mark.full
def test_the_api_keeps_its_word_at_length(api: Any) -> None:
    """The same, forty times as long."""
    keeps_its_word(api["/api/ask"]["POST"], 3000)


def test_a_document_that_lies_is_caught(api: Any) -> None:
    """The check itself bites."""
    lying = json.loads(json.dumps(api.raw_schema))
    del lying["paths"]["/api/ask"]["post"]["responses"]["422"]
    other = schemathesis.openapi.from_dict(lying)
    other.app = api.app
    with pytest.raises(FailureGroup):
        keeps_its_word(other["/api/ask"]["POST"], 60)


TEXT = st.text(max_size=60) | st.sampled_from(
    ["10", "02", "28", "..", "%00", "2021-01-01", "\ud800", "02+10", "1" * 5000]
)
PATHS = st.one_of(
    st.builds("/codes/{}".format, TEXT),
    st.builds("/find/{}".format, TEXT),
    st.builds("/compare/{}/{}".format, TEXT, TEXT),
    st.builds("/static/{}".format, TEXT),
    st.builds("/{}".format, TEXT),
)
NAMES = st.sampled_from(
    [
        "q",
        "pick",
        "on",
        "payer",
        "about",
        "rate",
        "telehealth",
        "status",
        "one",
        "other",
        "to",
        "vote",
        "thumb",
        "password",
    ]
)
FIELDS = st.dictionaries(NAMES, TEXT, max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "accept",
            "accept-encoding",
            "authorization",
            "cookie",
            "content-type",
            "host",
            "if-none-match",
            "origin",
            "posbot-part",
            "range",
            "sec-fetch-site",
            "x-forwarded-for",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    max_size=4,
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
ANSWERED = {200, 206, 303, 307, 400, 401, 403, 404, 405, 413, 415, 416, 422, 429}


def never_breaks(engine: Engine, examples: int, **access: Any) -> None:
    """Send made-up requests to every kind of page, and accept any answer but a fault of ours."""
    app = site.application(site.web(engine, **PLENTY, **access))

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(
        METHODS, PATHS | st.sampled_from(["/", "/vote", "/sign-in", "/codes", "/compare", "/changes"]), FIELDS, HEADERS
    )
    def hold(method: str, path: str, fields: dict[str, str], headers: dict[str, str]) -> None:
        sent = urlencode(fields, errors="replace").encode()
        status = asyncio.run(status_of(app, method, path, sent, headers))
        assert status in ANSWERED

    hold()


async def status_of(app: Any, method: str, path: str, fields: bytes, headers: dict[str, str]) -> int:
    """Send a request as a server hands it on, however odd; the status of the answer."""
    form = {"content-type": "application/x-www-form-urlencoded"} | headers
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.encode("utf-8", "replace").decode(),
        "raw_path": quote(path, errors="replace").encode(),
        "root_path": "",
        "query_string": b"" if method == "POST" else fields,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in form.items()],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": fields, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("access", [{}, {"is_loopback": False}, {"is_loopback": False, "password": "open sesame"}])
def test_no_request_breaks_a_page(engine: Engine, access: dict[str, Any]) -> None:
    """Open, closed and behind a password."""
    never_breaks(engine, 100, **access)


@pytest.mark.full
def test_no_request_breaks_a_page_at_length(engine: Engine) -> None:
    """The same, twenty times as long."""
    never_breaks(engine, 2000)
