"""The webhook: what it refuses, when it says 200, and that it is kept registered."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from telegram.error import InvalidToken

from bot.channels.telegram.intake import Intake
from bot.channels.telegram.registration import Registration
from bot.channels.telegram.webhook import MOST_BYTES, SECRET_HEADER, Webhook
from bot.store.claims import LocalClaims
from tests.fakes.botapi import BotApi, Fault
from tests.telegram_lines import PATIENCE, SECRET, WEBHOOK, build, hasty, running, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.core.engine import Engine

HEADERS = {"content-type": "application/json", SECRET_HEADER: SECRET}


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Telegram."""
    async with BotApi() as double:
        yield double


class Endpoint:
    """The webhook and a client that posts to it."""

    def __init__(self, hook: Webhook, client: httpx.AsyncClient) -> None:
        self.hook, self.intake, self.client = hook, hook.intake, client

    async def post(self, content: Any = b"{}", **headers: str) -> httpx.Response:
        """Post a body."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.client.post("/hook", content=body, headers=HEADERS | headers)


@asynccontextmanager
async def listening(api: BotApi, engine: Engine, **options: float) -> AsyncIterator[Endpoint]:
    """An open intake behind a webhook."""
    application = build(api, engine, hasty())
    await application.initialize()
    intake = Intake(application, LocalClaims())
    intake.open()
    hook = Webhook(intake, SECRET, **options)
    transport = httpx.ASGITransport(Starlette(routes=[Route("/hook", hook)]))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client, asyncio.timeout(PATIENCE):
            yield Endpoint(hook, client)
    finally:
        await intake.drain(0)
        await application.shutdown()


@pytest.fixture
async def endpoint(api: BotApi, engine: Engine) -> AsyncIterator[Endpoint]:
    """An open intake behind a webhook."""
    async with listening(api, engine) as made:
        yield made


async def chunked(size: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 1024):
        yield b" " * 1024


class TestChecks:
    """What is looked at before an update is taken."""

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
    async def test_only_post_is_answered(self, endpoint: Endpoint, method: str) -> None:
        response = await endpoint.client.request(method, "/hook", headers=HEADERS)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonl", ""])
    async def test_only_json_is_taken(self, endpoint: Endpoint, kind: str) -> None:
        assert (await endpoint.post(**{"content-type": kind})).status_code == 415

    async def test_a_content_type_may_name_its_charset(self, endpoint: Endpoint) -> None:
        assert (await endpoint.post(**{"content-type": "Application/JSON; charset=utf-8"})).status_code == 200

    @pytest.mark.parametrize("secret", ["", "wrong", SECRET.upper(), f"{SECRET} ", "\xe9"])
    async def test_a_wrong_secret_is_refused_before_the_body_is_read(self, endpoint: Endpoint, secret: str) -> None:
        headers = [(b"content-type", b"application/json"), (SECRET_HEADER.encode(), secret.encode("latin-1"))]
        response = await endpoint.client.post("/hook", content=b"x" * 2 * MOST_BYTES, headers=headers)
        assert response.status_code == 403
        assert SECRET not in response.text

    async def test_no_secret_at_all_is_refused(self, endpoint: Endpoint) -> None:
        response = await endpoint.client.post("/hook", content=b"{}", headers={"content-type": "application/json"})
        assert response.status_code == 403

    async def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_is(
        self, endpoint: Endpoint
    ) -> None:
        assert (await endpoint.post(b" " * (MOST_BYTES + 1))).status_code == 413
        undeclared = await endpoint.client.post("/hook", content=chunked(MOST_BYTES + 2048), headers=HEADERS)
        assert undeclared.status_code == 413

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'"text"', b"\xff\xfe{}", b"[" * 100_000])
    async def test_what_is_no_json_object_is_refused(self, endpoint: Endpoint, body: bytes) -> None:
        response = await endpoint.post(body)
        assert (response.status_code, list(response.json())) == (400, ["error"])

    async def test_half_a_surrogate_pair_is_read(self, api: BotApi, endpoint: Endpoint) -> None:
        assert (await endpoint.post(api.update(message=api.message("pos 10 \ud83c")))).status_code == 200
        assert len(api.sent) == 1


class TestAnswer:
    """What Telegram is told."""

    async def test_200_comes_after_the_answer(self, api: BotApi, endpoint: Endpoint) -> None:
        response = await endpoint.post(api.update(message=api.message("pos 10")))
        assert (response.status_code, response.content) == (200, b"")
        assert len(api.sent) == 1

    @pytest.mark.parametrize("raw", [{}, {"update_id": "7"}, {"update_id": 7, "message": "a text"}])
    async def test_200_comes_where_there_never_can_be_one(self, endpoint: Endpoint, raw: Any) -> None:
        assert (await endpoint.post(raw)).status_code == 200

    async def test_an_answer_held_back_goes_on_and_the_redelivery_gets_its_end(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with listening(api, engine, hold_seconds=0.05) as endpoint:
            api.fail("sendMessage", Fault.slow(0.3))
            update = api.update(message=api.message("pos 10"))
            response = await endpoint.post(update)
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            endpoint.hook.hold_seconds = PATIENCE
            assert (await endpoint.post(update)).status_code == 200
        assert len(api.sent) == 1

    async def test_an_update_that_is_alive_elsewhere_is_asked_for_later(self, api: BotApi, endpoint: Endpoint) -> None:
        update = api.update(message=api.message("pos 10"))
        await endpoint.intake.claims.claim(update["update_id"])
        response = await endpoint.post(update)
        assert (response.status_code, response.headers["retry-after"]) == (503, "3")
        assert api.sent == []

    async def test_too_many_in_hand_for_too_long_are_asked_for_later(self, api: BotApi, engine: Engine) -> None:
        async with listening(api, engine, room_seconds=0.05) as endpoint:
            endpoint.intake.most = 1
            api.fail("sendMessage", Fault.slow(0.3))
            held = api.update(message=api.message("pos 10"))
            first = asyncio.create_task(endpoint.post(held))
            await api.until(lambda: bool(api.sent))
            second = api.update(message=api.message("pos 11"))
            assert (await endpoint.post(second)).status_code == 503
            assert (await endpoint.post(held)).status_code == 200, "one that is in hand needs no room"
            endpoint.hook.room_seconds = PATIENCE
            assert (await endpoint.post(second)).status_code == 200
            assert (await first).status_code == 200
        assert len(api.sent) == 2

    async def test_nothing_is_taken_while_the_service_stops(self, api: BotApi, endpoint: Endpoint) -> None:
        await endpoint.intake.drain(1)
        assert (await endpoint.post(api.update(message=api.message("pos 10")))).status_code == 503


class Post:
    """A post somebody else holds."""

    async def gain(self) -> None:
        """Never."""
        await asyncio.Event().wait()

    async def lost(self) -> None:
        """At once."""

    async def resign(self) -> None:
        """Nothing to give."""


class TestRegistration:
    """Setting the webhook, and watching whether updates get through."""

    async def test_the_leader_sets_it_with_all_that_telegram_should_know(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), WEBHOOK) as bot:
            await api.say("pos 10")
            await api.confirmed()
            (called,) = api.called("setWebhook")
        assert called == {
            "url": bot.address,
            "secret_token": SECRET,
            "allowed_updates": ["message", "edited_message", "callback_query", "inline_query"],
            "max_connections": 100,
        }
        assert api.webhook.url == bot.address, "it stays set when the service stops"

    async def test_who_does_not_lead_takes_updates_and_sets_nothing(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), WEBHOOK, leadership=Post()) as bot:
            await api.webhook.set({"url": bot.address, "secret_token": SECRET})
            await api.say("pos 10")
            await api.confirmed()
            assert not api.called("setWebhook")
            assert not api.called("setMyCommands")
            assert len(api.sent) == 1

    async def test_a_refusal_or_fault_of_telegram_is_tried_again(self, api: BotApi, engine: Engine) -> None:
        api.fail("setWebhook", Fault.too_many(0), Fault.bad_gateway(), Fault.dropped())
        async with running(api, build(api, engine), WEBHOOK):
            await api.until(lambda: bool(api.called("setWebhook")))

    async def test_an_address_that_telegram_refuses_is_told_of_and_tried_again(
        self, api: BotApi, engine: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        refusal = Fault(400, "Bad Request: bad webhook: IP address 127.0.0.1 is reserved")
        api.fail("setWebhook", *[refusal] * 5)
        async with running(api, build(api, engine), WEBHOOK) as bot:
            await until(lambda: "refuses" in bot.line.progress.words)
            assert not bot.line.progress.is_well
            await until(lambda: bot.line.progress.is_well)
        assert "127.0.0.1 is reserved" in caplog.text

    async def test_a_refused_token_ends_it_without_the_token_in_the_fault(self, api: BotApi, engine: Engine) -> None:
        application = build(api, engine, token="1:wrong")
        line = Registration(
            application, Intake(application, LocalClaims()), url="https://example.org/hook", secret=SECRET
        )
        with pytest.raises(InvalidToken) as raised:
            await line.run(asyncio.Event())
        assert "wrong" not in str(raised.value)
        assert raised.value.__context__ is None

    async def test_readiness_is_red_while_updates_wait_and_deliveries_fail(self, api: BotApi, engine: Engine) -> None:
        async with running(api, build(api, engine), WEBHOOK, check_seconds=0.02) as bot:
            assert not bot.line.progress.is_well
            await until(lambda: bot.line.progress.is_well)
            address, api.webhook.url = api.webhook.url, f"{api.webhook.url}/elsewhere"
            await until(lambda: bot.line.progress.words == "the webhook is not registered")
            await api.webhook.set({"url": address, "secret_token": "another"})
            await api.say("pos 10")
            await until(lambda: bot.line.progress.words == "1 updates wait, deliveries fail")
            assert not bot.line.progress.is_well
            await api.webhook.set({"url": address, "secret_token": SECRET})
            await api.confirmed()
            await until(lambda: bot.line.progress.is_well)

    async def test_an_old_failure_and_one_before_the_last_answer_count_for_nothing(
        self, api: BotApi, engine: Engine
    ) -> None:
        async with running(api, build(api, engine), WEBHOOK, check_seconds=0.02) as bot:
            await until(lambda: bot.line.progress.is_well)
            await api.webhook.stop()
            await api.say("pos 10")
            api.webhook.error = int(time.time() - 600), "Connection refused"
            looked = len(api.called("getWebhookInfo"))
            await api.until(lambda: len(api.called("getWebhookInfo")) > looked + 1)
            assert bot.line.progress.is_well
            api.webhook.error = int(time.time()), "Connection refused"
            await until(lambda: not bot.line.progress.is_well)
            bot.intake.tally.last_done_at = time.time() + 1
            assert bot.line.progress.is_well
