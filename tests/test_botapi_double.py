"""The double of the Bot API refuses what Telegram refuses, and queues updates as Telegram does."""

# ruff: noqa: D102 - the name of a test is the sentence it proves

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.botapi import CLERK, FORUM, GROUP, PRIVATE, TOKEN, TOPIC, BotApi, Fault, entities_of, parse_html
from tests.fakes.botapi.delivery import HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """Plain HTTP requests, as any Bot API library sends them."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self.api, self.session, self.token = api, session, TOKEN

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send JSON and give back Telegram's whole answer."""
        async with self.session.post(f"{self.api.base_url}{self.token}/{method}", json=params) as response:
            body: dict[str, Any] = await response.json()
            assert response.status == body.get("error_code", 200)
            return body

    async def refusal(self, method: str, **params: Any) -> str:
        """Send what should be refused and give back why it was."""
        body = await self.call(method, **params)
        assert body["ok"] is False
        return str(body["description"])

    async def send(self, text: str, **params: Any) -> dict[str, Any]:
        """Send a message to the clerk and give it back."""
        body = await self.call("sendMessage", **{"chat_id": PRIVATE["id"], "text": text} | params)
        assert body["ok"], body
        sent: dict[str, Any] = body["result"]
        return sent


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a running double."""
    async with BotApi() as api, aiohttp.ClientSession() as session:
        yield Client(api, session)


def keyboard(data: str, text: str = "More") -> dict[str, Any]:
    """One inline button."""
    return {"inline_keyboard": [[{"text": text, "callback_data": data}]]}


class TestSending:
    """sendMessage."""

    async def test_html_becomes_text_with_entities(self, client: Client) -> None:
        sent = await client.send(
            '<b>POS &amp; <a href="https://cms.gov">CMS</a></b> &lt;1&gt; &#39;', parse_mode="HTML"
        )
        assert sent["text"] == "POS & CMS <1> '"
        assert [(entity["type"], entity["offset"], entity["length"]) for entity in sent["entities"]] == [
            ("bold", 0, 9),
            ("text_link", 6, 3),
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
            ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
            ("\N{HOSPITAL}<br>", 'Unsupported start tag "br" at byte offset 4'),
            ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
            ("2 > 1", 'Unescaped ">" at byte offset 2'),
            ("E&M", 'Unescaped "&" at byte offset 1'),
            ("a&nbsp;b", 'Unescaped "&" at byte offset 1'),
        ],
    )
    async def test_markup_that_cannot_be_read_is_refused(self, client: Client, text: str, problem: str) -> None:
        reason = await client.refusal("sendMessage", chat_id=PRIVATE["id"], text=text, parse_mode="HTML")
        assert reason == f"Bad Request: can't parse entities: {problem}"

    async def test_without_a_parse_mode_markup_is_text(self, client: Client) -> None:
        assert (await client.send("1 < 2 & <p>"))["text"] == "1 < 2 & <p>"

    @pytest.mark.parametrize("text", ["", "  \n", "<b></b>", "\u200b\u2060", "<i> </i>"])
    async def test_a_text_with_nothing_to_see_is_refused(self, client: Client, text: str) -> None:
        reason = await client.refusal("sendMessage", chat_id=PRIVATE["id"], text=text, parse_mode="HTML")
        assert reason == "Bad Request: message text is empty"

    async def test_4096_characters_are_counted_after_markup_and_in_utf16(self, client: Client) -> None:
        await client.send("<b>" + "&amp;" * 4096 + "</b>", parse_mode="HTML")
        await client.send("\N{HOSPITAL}" * 2048)
        for text in ("x" * 4097, "\N{HOSPITAL}" * 2049):
            reason = await client.refusal("sendMessage", chat_id=PRIVATE["id"], text=text)
            assert reason == "Bad Request: message is too long"

    @pytest.mark.parametrize(
        ("params", "reason"),
        [
            ({"chat_id": 5}, "Bad Request: chat not found"),
            ({"chat_id": None}, "Bad Request: chat_id is empty"),
            ({"message_thread_id": TOPIC}, "Bad Request: message thread not found"),
            ({"chat_id": FORUM["id"], "message_thread_id": 5}, "Bad Request: message thread not found"),
            ({"reply_parameters": {"message_id": 99}}, "Bad Request: message to be replied not found"),
            ({"parse_mode": "Klingon"}, "Bad Request: unsupported parse_mode"),
            ({"reply_markup": keyboard("x" * 65)}, "Bad Request: BUTTON_DATA_INVALID"),
            ({"reply_markup": keyboard("é" * 33)}, "Bad Request: BUTTON_DATA_INVALID"),
            ({"reply_markup": keyboard("")}, "Bad Request: BUTTON_DATA_INVALID"),
            (
                {"reply_markup": keyboard("x", " ")},
                "Bad Request: can't parse inline keyboard button: button text must be non-empty",
            ),
        ],
    )
    async def test_what_telegram_refuses_is_refused(self, client: Client, params: dict[str, Any], reason: str) -> None:
        assert await client.refusal("sendMessage", **{"chat_id": PRIVATE["id"], "text": "x"} | params) == reason

    async def test_a_missing_message_may_be_replied_to_where_that_is_allowed(self, client: Client) -> None:
        sent = await client.send("x", reply_parameters={"message_id": 99, "allow_sending_without_reply": True})
        assert "reply_to_message" not in sent

    async def test_a_known_topic_takes_messages(self, client: Client) -> None:
        assert (await client.send("x", chat_id=FORUM["id"], message_thread_id=TOPIC))["is_topic_message"] is True

    async def test_who_blocked_the_bot_is_out_of_reach(self, client: Client) -> None:
        client.api.blocked.add(PRIVATE["id"])
        reason = await client.refusal("sendMessage", chat_id=PRIVATE["id"], text="x")
        assert reason == "Forbidden: bot was blocked by the user"


class TestEditing:
    """editMessageText and answerCallbackQuery."""

    async def test_an_edit_replaces_text_and_buttons(self, client: Client) -> None:
        sent = await client.send("x", reply_markup=keyboard("code:31"))
        await client.call("editMessageText", chat_id=PRIVATE["id"], message_id=sent["message_id"], text="y")
        assert [(message["text"], "reply_markup" in message) for message in client.api.sent] == [("y", False)]

    async def test_an_edit_that_changes_nothing_is_refused(self, client: Client) -> None:
        sent = await client.send("x")
        reason = await client.refusal(
            "editMessageText", chat_id=PRIVATE["id"], message_id=sent["message_id"], text="<b></b>x", parse_mode="HTML"
        )
        assert reason.startswith("Bad Request: message is not modified")

    async def test_only_messages_of_the_bot_that_exist_can_be_edited(self, client: Client) -> None:
        said = await client.api.say("pos 10")
        edit = {"chat_id": PRIVATE["id"], "text": "x"}
        assert await client.refusal("editMessageText", message_id=9, **edit) == "Bad Request: message to edit not found"
        reason = await client.refusal("editMessageText", message_id=said["message_id"], **edit)
        assert reason == "Bad Request: message can't be edited"

    async def test_a_callback_query_can_be_answered_once(self, client: Client) -> None:
        query_id = await client.api.press(await client.send("x"), "code:31")
        assert (await client.call("answerCallbackQuery", callback_query_id=query_id))["ok"]
        assert "query is too old" in await client.refusal("answerCallbackQuery", callback_query_id=query_id)


class TestUpdates:
    """getUpdates."""

    async def test_an_update_comes_again_until_a_later_one_is_asked_for(self, client: Client) -> None:
        await client.api.push({"update_id": 7}, {"update_id": 8})
        for offset in (0, 7):
            found = await client.call("getUpdates", offset=offset)
            assert found["result"] == [{"update_id": 7}, {"update_id": 8}]
        assert (await client.call("getUpdates", offset=8))["result"] == [{"update_id": 8}]
        assert (await client.call("getUpdates", offset=9))["result"] == []

    async def test_a_negative_offset_keeps_only_the_last(self, client: Client) -> None:
        await client.api.push({"update_id": 7}, {"update_id": 8})
        assert (await client.call("getUpdates", offset=-1))["result"] == [{"update_id": 8}]

    async def test_a_limit_is_kept(self, client: Client) -> None:
        await client.api.push({"update_id": 7}, {"update_id": 8})
        assert (await client.call("getUpdates", limit=1))["result"] == [{"update_id": 7}]

    async def test_a_long_poll_ends_when_something_arrives(self, client: Client) -> None:
        poll = asyncio.create_task(client.call("getUpdates", timeout=60))
        await client.api.push({"update_id": 7})
        async with asyncio.timeout(5):
            assert (await poll)["result"] == [{"update_id": 7}]

    async def test_malformed_updates_are_delivered_as_they_are(self, client: Client) -> None:
        await client.api.push({"update_id": 7, "message": "text"}, None, [1])
        assert (await client.call("getUpdates"))["result"] == [{"update_id": 7, "message": "text"}, None, [1]]

    async def test_only_kinds_asked_for_are_delivered(self, client: Client) -> None:
        await client.api.push({"update_id": 7, "edited_message": {}}, {"update_id": 8, "message": {}})
        found = await client.call("getUpdates", allowed_updates=["message"])
        assert [update["update_id"] for update in found["result"]] == [8]

    async def test_a_second_poll_ends_the_first_with_a_conflict(self, client: Client) -> None:
        first = asyncio.create_task(client.call("getUpdates", timeout=60))
        async with asyncio.timeout(5):
            await client.api.until(lambda: client.api.is_polled)
            await client.call("getUpdates")
            assert (await first)["error_code"] == 409

    async def test_asking_again_at_once_from_the_same_id_gets_one_update(self, client: Client) -> None:
        await client.api.push({"update_id": 7}, {"update_id": 8})
        await client.call("getUpdates", offset=7)
        assert (await client.call("getUpdates", offset=7))["result"] == [{"update_id": 7}]

    async def test_an_offset_far_ahead_counts_as_none(self, client: Client) -> None:
        await client.api.push({"update_id": 7})
        assert (await client.call("getUpdates", offset=18))["result"] == [{"update_id": 7}]
        assert (await client.call("getUpdates", offset=17))["result"] == []

    async def test_a_webhook_and_polling_exclude_each_other(self, client: Client) -> None:
        client.api.webhook.url = "https://example.org/hook"
        assert "webhook is active" in await client.refusal("getUpdates")
        await client.call("deleteWebhook")
        assert (await client.call("getUpdates"))["ok"]


class Hook:
    """A webhook that answers as it is told to."""

    def __init__(self) -> None:
        """Take everything."""
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.got: list[tuple[int, str]] = []
        """The id of each update that came, and the secret that came with it."""
        self.at_once = self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, request: web.Request) -> web.Response:
        """Take one update."""
        update = await request.json()
        self.got.append((update["update_id"], request.headers[HEADER]))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers)


@pytest.fixture
async def hook(client: Client) -> AsyncIterator[Hook]:
    """A webhook that the double delivers to."""
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    await client.call("setWebhook", url=f"http://{host}:{port}/hook", secret_token="s-1", max_connections=3)
    yield hook
    hook.gate.set()
    await runner.cleanup()


def of_chat(update_id: int, chat: int) -> dict[str, Any]:
    """An update from a chat."""
    return {"update_id": update_id, "message": {"chat": {"id": chat}}}


class TestWebhook:
    """How updates are delivered."""

    async def test_what_is_taken_is_forgotten_and_carries_the_secret(self, client: Client, hook: Hook) -> None:
        await client.api.push(of_chat(7, 1), of_chat(8, 1))
        await client.api.confirmed()
        assert hook.got == [(7, "s-1"), (8, "s-1")]

    async def test_what_is_not_taken_comes_again_and_its_chat_waits_for_it(self, client: Client, hook: Hook) -> None:
        hook.answers = [(500, {}), (503, {"Retry-After": "2"})]
        await client.api.push(of_chat(7, 1), of_chat(8, 1))
        await client.api.confirmed()
        assert [update for update, _ in hook.got] == [7, 7, 7, 8]
        info = (await client.call("getWebhookInfo"))["result"]
        assert info["last_error_message"] == "Wrong response from the webhook: 503"

    async def test_chats_go_side_by_side_over_so_many_connections(self, client: Client, hook: Hook) -> None:
        hook.gate.clear()
        await client.api.push(*(of_chat(number, number % 5) for number in range(10)))
        async with asyncio.timeout(5):
            while hook.at_once < 3:  # noqa: ASYNC110 - the webhook tells nobody
                await asyncio.sleep(0.01)
        assert (await client.call("getWebhookInfo"))["result"]["pending_update_count"] == 10
        hook.gate.set()
        await client.api.confirmed()
        assert hook.most_at_once == 3

    async def test_only_kinds_asked_for_are_brought(self, client: Client, hook: Hook) -> None:
        await client.call("setWebhook", url=client.api.webhook.url, secret_token="s-1", allowed_updates=["message"])
        await client.api.push({"update_id": 7, "edited_message": {}}, of_chat(8, 1))
        await client.api.confirmed()
        assert [update for update, _ in hook.got] == [8]

    @pytest.mark.parametrize(
        "params",
        [{"url": "http://example.org/hook"}, {"url": "https://example.org/hook", "secret_token": "not allowed"}],
    )
    async def test_what_telegram_refuses_is_refused(self, client: Client, params: dict[str, Any]) -> None:
        assert await client.refusal("setWebhook", **params)


class TestProtocol:
    """What holds for every method."""

    @pytest.mark.parametrize(("token", "reason"), [("1:other", "Unauthorized"), ("nonsense", "Not Found: Not Found")])
    async def test_a_wrong_token_is_refused(self, client: Client, token: str, reason: str) -> None:
        client.token = token
        assert await client.refusal("getMe") == reason

    async def test_an_unknown_method_is_not_found(self, client: Client) -> None:
        assert await client.refusal("makeCoffee") == "Not Found: method not found"

    async def test_method_names_may_be_written_in_any_case(self, client: Client) -> None:
        assert (await client.call("getme"))["result"]["is_bot"] is True

    async def test_a_form_is_read_like_json(self, client: Client) -> None:
        form = {"chat_id": str(PRIVATE["id"]), "text": "10", "reply_markup": json.dumps(keyboard("code:31"))}
        async with client.session.post(f"{client.api.base_url}{TOKEN}/sendMessage", data=form) as response:
            assert (await response.json())["result"]["text"] == "10"
        assert client.api.sent[0]["reply_markup"] == keyboard("code:31")

    async def test_commands_must_be_lower_case(self, client: Client) -> None:
        commands = [{"command": "POS", "description": "x"}]
        assert await client.refusal("setMyCommands", commands=commands) == "Bad Request: BOT_COMMAND_INVALID"

    async def test_canned_faults_come_once_each_in_order(self, client: Client) -> None:
        client.api.fail("getMe", Fault.too_many(3), Fault.bad_gateway(), Fault.dropped())
        limited = await client.call("getMe")
        assert (limited["error_code"], limited["parameters"]) == (429, {"retry_after": 3})
        async with client.session.post(f"{client.api.base_url}{TOKEN}/getMe") as response:
            assert response.status == 502
        with pytest.raises(aiohttp.ClientError):
            await client.session.post(f"{client.api.base_url}{TOKEN}/getMe")
        assert (await client.call("getMe"))["ok"]
        assert [call.is_ok for call in client.api.calls] == [False, False, False, True]

    async def test_a_chat_that_is_held_back_gets_429_and_others_nothing_of_it(self, client: Client) -> None:
        client.api.hold_back(GROUP, 60)
        assert "retry after 60" in await client.refusal("sendMessage", chat_id=GROUP["id"], text="pos 10")
        await client.send("pos 10")

    async def test_trouble_decides_for_each_request(self, client: Client) -> None:
        client.api.trouble = lambda method, params: Fault.internal() if params.get("text") == "bad" else None
        assert "Internal" in await client.refusal("sendMessage", chat_id=PRIVATE["id"], text="bad")
        await client.send("good")

    async def test_a_lost_answer_may_follow_a_deed(self, client: Client) -> None:
        client.api.fail("sendMessage", Fault.dropped(is_done_first=True))
        with pytest.raises(aiohttp.ClientError):
            await client.send("x")
        assert [message["text"] for message in client.api.sent] == ["x"]


class TestBuilders:
    """What tests build messages with."""

    def test_commands_and_mentions_are_marked_in_utf16_units(self) -> None:
        assert entities_of("\N{HOSPITAL} @PosDoubleBot /pos@PosDoubleBot") == [
            {"type": "bot_command", "offset": 17, "length": 17},
            {"type": "mention", "offset": 3, "length": 13},
        ]

    def test_addresses_and_paths_are_neither(self) -> None:
        assert entities_of("me@example.org and/or 02/10") == []

    def test_a_topic_message_replies_to_the_topics_first(self) -> None:
        message = BotApi().in_topic("pos 10")
        assert (message["chat"], message["message_thread_id"], message["is_topic_message"]) == (FORUM, TOPIC, True)
        assert "forum_topic_created" in message["reply_to_message"]

    def test_a_group_message_is_the_clerks(self) -> None:
        message = BotApi().message("pos 10", GROUP)
        assert (message["chat"], message["from"]) == (GROUP, CLERK)

    def test_entities_of_html_nest(self) -> None:
        text, entities = parse_html("<blockquote expandable>a<code>b</code></blockquote>")
        assert text == "ab"
        assert [entity["type"] for entity in entities] == ["expandable_blockquote", "code"]
