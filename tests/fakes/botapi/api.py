"""The double itself: a server to start, updates to push, requests to look at."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from dataclasses import InitVar, dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests.fakes.botapi.delivery import Delivery
from tests.fakes.botapi.faults import Fault
from tests.fakes.botapi.markup import content_of, markup_of
from tests.fakes.botapi.queue import Queue
from tests.fakes.botapi.world import (
    BOT,
    CLERK,
    FORUM,
    GROUP,
    MAX_CALLBACK_DATA,
    MIDNIGHT,
    PRIVATE,
    TOKEN,
    TOPIC,
    RefusedError,
    buttons,
    entities_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from tests.fakes.botapi.world import Raw

MAX_CALLBACK_ANSWER = 200
MAX_INLINE_RESULTS = 50
MAX_DESCRIPTION, MAX_SHORT_DESCRIPTION = 512, 120
_RIGHTS = (
    "can_be_edited", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message"
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"


@dataclass(frozen=True, slots=True)
class Call:
    """A request the double got."""

    method: str
    params: Raw
    is_ok: bool


@dataclass(slots=True)
class BotApi:
    """The double: a server to start, updates to push, requests to look at."""

    token: str = TOKEN
    calls: list[Call] = field(default_factory=list)
    chats: dict[int, Raw] = field(default_factory=lambda: {chat["id"]: chat for chat in (PRIVATE, GROUP, FORUM)})
    topics: set[tuple[int, int]] = field(default_factory=lambda: {(FORUM["id"], TOPIC)})
    blocked: set[int] = field(default_factory=set)
    """Chats that have blocked or removed the bot."""
    messages: dict[tuple[int, int], Raw] = field(default_factory=dict)
    webhook_url: InitVar[str] = ""
    """A webhook that an earlier run has left."""
    latency: float = 0.0
    """Seconds that every request takes longer."""
    trouble: Callable[[str, Raw], Fault | None] | None = None
    """Decides for each request, by method and parameters, what goes wrong with it."""
    commands: dict[str, list[Raw]] = field(default_factory=dict)
    """The command menus by the type of their scope."""
    described: dict[str, str] = field(default_factory=dict)
    """What the bot says of itself outside its chats."""
    members: dict[tuple[int, int], str] = field(default_factory=dict)
    """The status of people in chats; who is not there has left."""
    migrated: dict[int, int] = field(default_factory=dict)
    """Groups that have become supergroups, with their new numbers."""
    hears_all: bool = False
    """Whether the bot's privacy mode is off."""
    is_old: bool = False
    """Whether it is a server from before folded quotes and buttons that copy."""
    inline: dict[str, Raw] = field(default_factory=dict)
    """Messages sent through inline queries, by their inline id."""

    queue: Queue = field(default_factory=Queue)
    held: dict[int, float] = field(default_factory=dict)
    """Chats that take no message until a moment, by the monotonic clock."""
    webhook: Delivery = field(init=False)

    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _queries: set[str] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _runner: web.AppRunner | None = None
    _address: str = ""

    def __post_init__(self, webhook_url: str) -> None:
        """Set the webhook that was left, which nothing is delivered to."""
        self.webhook = Delivery(self.queue, webhook_url)

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of whoever still polls, and stop."""
        self.queue.is_closing = True
        await self.webhook.stop()
        await self.queue.notify()
        if self._runner:
            await self._runner.cleanup()

    # What tests do

    @property
    def base_url(self) -> str:
        """What python-telegram-bot takes as base_url."""
        return f"{self._address}/bot"

    @property
    def sent(self) -> list[Raw]:
        """Messages the bot has sent, in the form they have now."""
        return [message for message in self.messages.values() if message["from"]["id"] == BOT["id"]]

    @property
    def is_polled(self) -> bool:
        """Whether somebody is waiting for updates."""
        return self.queue.is_polled

    def called(self, method: str) -> list[Raw]:
        """The parameters of every request for a method that was carried out."""
        return [call.params for call in self.calls if call.method == method and call.is_ok]

    @property
    def refused(self) -> list[Call]:
        """Requests that were not carried out."""
        return [call for call in self.calls if not call.is_ok]

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next requests for a method go wrong."""
        self._faults[method].extend(faults)

    def hold_back(self, chat: Raw, seconds: float) -> None:
        """Let Telegram take nothing for a chat for so long: it answers 429, as after a flood."""
        self.held[chat["id"]] = time.monotonic() + seconds

    async def push(self, *updates: Any) -> None:
        """Queue raw updates, well-formed or not; what lacks an update_id keeps lacking it."""
        for update in updates:
            known = update.get("update_id") if isinstance(update, dict) else None
            await self.queue.put(known if type(known) is int else next(self._ids), update)

    async def say(self, text: str | None = None, chat: Raw = PRIVATE, **fields: Any) -> Raw:
        """Queue somebody's message and give it back; entities are found as Telegram's clients find them."""
        message = self.message(text, chat, **fields)
        await self.push(self.update(message=message))
        return message

    async def press(self, message: Raw, data: str | None = None, label: str | None = None, who: Raw = CLERK) -> str:
        """Queue the press of a button, by its label or with the data given, and give back the query's id."""
        query_id = str(next(self._ids))
        self._queries.add(query_id)
        query = {"id": query_id, "from": who, "chat_instance": "1", "message": message}
        chosen = (
            data if label is None else next(each["callback_data"] for each in buttons(message) if each["text"] == label)
        )
        await self.push(self.update(callback_query=query | ({} if chosen is None else {"data": chosen})))
        return query_id

    async def press_inline(self, inline_id: str, data: str) -> str:
        """Queue the press of a button under a message sent through an inline query."""
        query_id = str(next(self._ids))
        self._queries.add(query_id)
        query = {"id": query_id, "from": CLERK, "chat_instance": "1", "inline_message_id": inline_id, "data": data}
        await self.push(self.update(callback_query=query))
        return query_id

    async def type_inline(self, text: str, who: Raw = CLERK) -> str:
        """Queue an inline query and give back its id."""
        query_id = str(next(self._ids))
        self._queries.add(query_id)
        await self.push(self.update(inline_query={"id": query_id, "from": who, "query": text, "offset": ""}))
        return query_id

    def forget_queries(self) -> None:
        """Let the open callback queries grow too old to be answered."""
        self._queries.clear()

    def update(self, **content: Any) -> Raw:
        """Wrap content into an update with the next id."""
        return {"update_id": next(self._ids), **content}

    def message(self, text: str | None = None, chat: Raw = PRIVATE, **fields: Any) -> Raw:
        """Build a message of the clerk's and remember it, so that it can be replied to."""
        written = {"text": text, "entities": entities_of(text)} if text is not None else {}
        if caption := fields.get("caption"):
            written["caption_entities"] = entities_of(caption)
        return self._keep({"from": CLERK, "chat": chat, **written, **fields})

    def in_topic(self, text: str, topic: int = TOPIC, **fields: Any) -> Raw:
        """Build a message in a topic of the forum: it counts as a reply to the topic's first message."""
        first = {"message_id": topic, "date": MIDNIGHT, "chat": FORUM, "from": CLERK}
        created = first | {"forum_topic_created": {"name": "Claims", "icon_color": 7322096}}
        placed = {"message_thread_id": topic, "is_topic_message": True, "reply_to_message": created}
        return self.message(text, FORUM, **(placed | fields))

    async def confirmed(self) -> None:
        """Wait until the bot has confirmed every update: by asking for later ones, or by taking them at its webhook."""
        async with self.queue.changed:
            await self.queue.changed.wait_for(lambda: not self.queue.waiting)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on the double holds; it is looked at after every request."""
        async with self.queue.changed:
            await self.queue.changed.wait_for(condition)

    # What Telegram does

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method, params = request.match_info["method"], await _params(request)
        await asyncio.sleep(self.latency)
        fault = self._fault(method, params)
        if fault and not fault.is_done_first:
            self.calls.append(Call(method, params, is_ok=False))
            await self.queue.notify()
            return await fault.answer(request, None)
        response = await self._carry_out(request.match_info["token"], method, params)
        await self.queue.notify()
        return await fault.answer(request, response) if fault else response

    def _fault(self, method: str, params: Raw) -> Fault | None:
        if self._faults[method]:
            return self._faults[method].popleft()
        if method.startswith(("send", "edit")):
            left = self.held.get(params.get("chat_id", 0), 0.0) - time.monotonic()
            if left > 0:
                return Fault.too_many(max(1, round(left)))
        return self.trouble(method, params) if self.trouble else None

    async def _carry_out(self, token: str, method: str, params: Raw) -> web.Response:
        try:
            result = await self._call(token, method, params)
        except RefusedError as refused:
            self.calls.append(Call(method, params, is_ok=False))
            body = {"ok": False, "error_code": refused.code, "description": str(refused)}
            return web.json_response(
                body | ({"parameters": refused.parameters} if refused.parameters else {}), status=refused.code
            )
        self.calls.append(Call(method, params, is_ok=True))
        return web.json_response({"ok": True, "result": result})

    async def _call(self, token: str, method: str, params: Raw) -> Any:
        if token != self.token:
            raise (
                RefusedError("Unauthorized", 401)
                if re.fullmatch(r"\d+:[\w-]+", token)
                else RefusedError("Not Found", 404)
            )
        if method.lower() in ("getupdates", "setwebhook", "deletewebhook"):
            return await self._concerning_updates(method.lower(), params)
        methods: dict[str, Callable[[Raw], Any]] = {
            "getMe": lambda _: BOT | {"can_read_all_group_messages": self.hears_all},
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "answerCallbackQuery": self._answer_callback_query,
            "setMyCommands": self._set_my_commands,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "answerInlineQuery": self._answer_inline_query,
            "getChatMember": self._get_chat_member,
            "getMyDescription": lambda _: {"description": self.described.get("description", "")},
            "getMyShortDescription": lambda _: {"short_description": self.described.get("short_description", "")},
            "setMyDescription": lambda given: self._describe("description", given, MAX_DESCRIPTION),
            "setMyShortDescription": lambda given: self._describe("short_description", given, MAX_SHORT_DESCRIPTION),
            "getWebhookInfo": lambda _: self.webhook.info,
            "sendChatAction": lambda given: bool(self._chat(given)),
        }
        lowered = {name.lower(): carry_out for name, carry_out in methods.items()}
        if method.lower() not in lowered:
            raise RefusedError("method not found", 404)
        return lowered[method.lower()](params)

    async def _concerning_updates(self, method: str, params: Raw) -> Any:
        if method == "getupdates":
            if self.webhook.url:
                raise RefusedError(
                    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook"
                    " first",
                    409,
                )
            return await self.queue.get_updates(params)
        return await self.webhook.set(params if method == "setwebhook" else {**params, "url": ""})

    def _send_message(self, params: Raw) -> Raw:
        chat = self._chat(params)
        content = self._content(params)
        placed = self._placed(params, chat)
        return self._keep({"from": BOT, "chat": chat, **content, **placed})

    def _edit_message_text(self, params: Raw) -> Raw | bool:
        known = self._to_edit(params)
        content = self._content(params)
        if all(content.get(key) == known.get(key) for key in ("text", "entities", "reply_markup")):
            raise RefusedError(NOT_MODIFIED)
        kept = {key: value for key, value in known.items() if key not in ("text", "entities", "reply_markup")}
        return self._changed_to(params, {**kept, **content})

    def _answer_callback_query(self, params: Raw) -> bool:
        if params.get("callback_query_id") not in self._queries:
            raise RefusedError(OLD_QUERY)
        if len(params.get("text", "")) > MAX_CALLBACK_ANSWER:
            raise RefusedError("MESSAGE_TOO_LONG")
        self._queries.remove(params["callback_query_id"])
        return True

    def _set_my_commands(self, params: Raw) -> bool:
        for command in params.get("commands", []):
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise RefusedError("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise RefusedError("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[params.get("scope", {}).get("type", "default")] = params["commands"]
        return True

    def _describe(self, kind: str, params: Raw, most: int) -> bool:
        text = params.get(kind, "")
        if len(text) > most:
            raise RefusedError("BOT_DESCRIPTION_TOO_LONG")
        self.described[kind] = text
        return True

    def _get_chat_member(self, params: Raw) -> Raw:
        chat, user = self._chat(params), _integer(params, "user_id")
        status = self.members.get((chat["id"], user), "left")
        person = BOT if user == BOT["id"] else CLERK | {"id": user}
        extra = {"is_anonymous": False} if status == "creator" else {}
        rights = dict.fromkeys(_RIGHTS, True) | {"is_anonymous": False} if status == "administrator" else {}
        return {"user": person, "status": status, **extra, **rights}

    def _answer_inline_query(self, params: Raw) -> bool:
        if params.get("inline_query_id") not in self._queries:
            raise RefusedError(OLD_QUERY)
        results = params.get("results", [])
        if len(results) > MAX_INLINE_RESULTS:
            raise RefusedError("RESULTS_TOO_MUCH")
        if len({result["id"] for result in results}) < len(results):
            raise RefusedError("RESULT_ID_DUPLICATE")
        for result in results:
            if not 1 <= len(result["id"].encode()) <= MAX_CALLBACK_DATA or not result.get("title"):
                raise RefusedError("RESULT_ID_INVALID")
            said = result["input_message_content"]
            self._content({"text": said["message_text"], **said, "reply_markup": result.get("reply_markup")})
        button = params.get("button") or {}
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", button.get("start_parameter", "")):
            raise RefusedError("START_PARAM_INVALID")
        self._queries.remove(params["inline_query_id"])
        return True

    def _edit_message_reply_markup(self, params: Raw) -> Raw | bool:
        known = self._to_edit(params)
        markup = markup_of(params, is_old=self.is_old)
        if markup == {key: known[key] for key in ("reply_markup",) if key in known}:
            raise RefusedError(NOT_MODIFIED)
        kept = {key: value for key, value in known.items() if key != "reply_markup"}
        return self._changed_to(params, {**kept, **markup})

    def _to_edit(self, params: Raw) -> Raw:
        if inline := params.get("inline_message_id"):
            if inline not in self.inline:
                raise RefusedError("MESSAGE_ID_INVALID")
            return self.inline[inline]
        chat = self._chat(params)
        known = self.messages.get((chat["id"], _integer(params, "message_id")))
        if known is None:
            raise RefusedError("message to edit not found")
        if known["from"]["id"] != BOT["id"]:
            raise RefusedError("message can't be edited")
        return known

    def _changed_to(self, params: Raw, message: Raw) -> Raw | bool:
        if inline := params.get("inline_message_id"):
            self.inline[inline] = message
            return True
        return self._keep({**message, "edit_date": MIDNIGHT})

    def _content(self, params: Raw) -> Raw:
        return content_of(params, is_old=self.is_old)

    def _chat(self, params: Raw) -> Raw:
        if not params.get("chat_id"):
            raise RefusedError("chat_id is empty")
        number = _integer(params, "chat_id")
        if number in self.migrated:
            to = self.migrated[number]
            raise RefusedError("group chat was upgraded to a supergroup chat", migrate_to_chat_id=to)
        chat = self.chats.get(number)
        if chat is None:
            raise RefusedError("chat not found")
        if chat["id"] in self.blocked:
            raise RefusedError("bot was blocked by the user", 403)
        return chat

    def _placed(self, params: Raw, chat: Raw) -> Raw:
        """Where the message goes: its topic and the message it replies to."""
        placed: Raw = {}
        if thread := params.get("message_thread_id"):
            if (chat["id"], thread) not in self.topics:
                raise RefusedError("message thread not found")
            placed = {"message_thread_id": thread, "is_topic_message": True}
        if reply := params.get("reply_parameters"):
            replied = self.messages.get((reply.get("chat_id", chat["id"]), reply["message_id"]))
            if replied is None and not reply.get("allow_sending_without_reply"):
                raise RefusedError("message to be replied not found")
            if replied is not None:
                placed["reply_to_message"] = {key: value for key, value in replied.items() if key != "reply_to_message"}
        return placed

    def _keep(self, message: Raw) -> Raw:
        kept = {"message_id": message.get("message_id") or next(self._ids), "date": MIDNIGHT, **message}
        self.messages[kept["chat"]["id"], kept["message_id"]] = kept
        return kept


async def _params(request: web.Request) -> Raw:
    """Read the parameters from the query and a JSON or form body; the values of a form are JSON where they can be."""
    if request.content_type == "application/json":
        return dict(request.query) | dict(await request.json())
    form = await request.post()
    return {name: _value(name, value) for name, value in [*request.query.items(), *form.items()]}


_WORDS = {"text", "callback_query_id", "inline_query_id", "inline_message_id", "parse_mode", "url"} | {
    "description",
    "short_description",
}
"""Parameters that are words even where they look like JSON."""


def _value(name: str, value: Any) -> Any:
    if name in _WORDS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _integer(params: Raw, name: str) -> int:
    try:
        return int(params[name])
    except (KeyError, TypeError, ValueError):
        raise RefusedError(f"{name} is invalid") from None
