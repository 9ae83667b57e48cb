"""The OpenAPI document of the API, made from the types below; a fuzz test holds the API to it."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from bot.core.models import Intent, Match, Outcome


class Ask(Struct, kw_only=True):
    """A question."""

    q: Annotated[str, Meta(description="In your own words; what is longer than 4,096 characters is cut.")]
    id: Annotated[Any, Meta(description="Your own name for it, given back as it is.")] = None
    context: Annotated[
        list[str] | None, Meta(description="The questions asked before, oldest first, that a follow-up leans on.")
    ] = None
    on: Annotated[date | None, Meta(description="Date of service; today where it is not given.")] = None
    payer: Annotated[str | None, Meta(description="Payer, for example Aetna.")] = None


class Source(Struct, kw_only=True):
    """A page that the reply rests on."""

    title: str
    url: str
    checked: Annotated[date, Meta(description="The day it was last looked at.")]


class Reply(Struct, kw_only=True):
    """An answer, a question back, or a decline."""

    id: Annotated[Any, Meta(description="As it was sent.")]
    question: str
    outcome: Outcome
    intent: Annotated[Intent, Meta(description="What kind of question it was taken for.")]
    codes: Annotated[list[str], Meta(description="Two-digit codes that were answered; the first is the lead.")]
    suggestions: Annotated[
        list[str], Meta(description="Two to four codes to choose from where the outcome is clarify, else none.")
    ]
    confidence: Annotated[float, Meta(ge=0, le=1)]
    match: Annotated[Match, Meta(description="What the answer rests on, surest first: exact, alias, rule, fuzzy.")]
    text: Annotated[str, Meta(description="The whole reply in plain text.")]
    short: Annotated[str, Meta(description="What of it fits one phone screen.")]
    sources: list[Source]
    as_of: Annotated[date, Meta(description="The date of service answered for, else today.")]


class Error(Struct, kw_only=True):
    """Why there is no answer."""

    error: Annotated[str, Meta(description="One sentence.")]


REF = "#/components/schemas/{name}"
FAULTS = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "The password is missing or wrong (only where one is set).",
    HTTPStatus.FORBIDDEN: "This posbot is closed: no password is set and others could reach it.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The JSON is no question.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests from one address; retry-after tells how long to wait.",
}


def document() -> dict[str, object]:
    """The document as OpenAPI 3.1."""
    _, schemas = msgspec.json.schema_components([Ask, Reply, Error], ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "posbot",
            "version": _version(),
            "description": "Answers questions about US Place of Service codes, with sources and dates.",
        },
        "paths": {"/api/ask": {"post": _ask()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"password": {"type": "http", "scheme": "basic"}},
        },
        "security": [{}, {"password": []}],
    }


def _ask() -> dict[str, object]:
    """The one operation there is."""
    faults = {str(status.value): _answer(what, "Error") for status, what in FAULTS.items()}
    return {
        "operationId": "ask",
        "summary": "Answer one question",
        "requestBody": {"required": True, "content": _content("Ask")},
        "responses": {"200": _answer("The reply.", "Reply"), **faults},
    }


def _answer(what: str, name: str) -> dict[str, object]:
    return {"description": what, "content": _content(name)}


def _content(name: str) -> dict[str, object]:
    return {"application/json": {"schema": {"$ref": REF.format(name=name)}}}


def _version() -> str:
    try:
        return version("posbot")
    except PackageNotFoundError:  # run from a folder, never installed
        return "0"
