"""A local double of Telegram's Bot API that refuses what Telegram refuses.

It serves HTTP on a free port of 127.0.0.1 and keeps chats, messages and the queue of updates in memory. Where
Telegram is lenient about markup but its manual is not (a bare `&` or `>`), the double follows the manual.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

Raw = dict[str, Any]

TOKEN = "4242:double-of-the-bot-api"
BOT: Raw = {"id": 4242, "is_bot": True, "first_name": "POS", "username": "PosDoubleBot", "can_join_groups": True}
CLERK: Raw = {"id": 7001, "is_bot": False, "first_name": "Casey", "username": "casey_bills"}
PRIVATE: Raw = {"id": 7001, "type": "private", "first_name": "Casey", "username": "casey_bills"}
GROUP: Raw = {"id": -1001, "type": "supergroup", "title": "Billing team"}
FORUM: Raw = {"id": -1002, "type": "supergroup", "title": "Billing forum", "is_forum": True}
TOPIC = 77
MIDNIGHT = 1_795_392_000
"""The moment every message of the double is dated."""

KNOWN_KINDS = {"message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "callback_query"}
VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\x00-\x1f]"
)
MAX_TEXT = 4096
MAX_CALLBACK_DATA = 64
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


class RefusedError(Exception):
    """Telegram's answer to a request it will not carry out."""

    def __init__(self, description: str, code: int = 400, **parameters: Any) -> None:
        """Put Telegram's usual words before the description."""
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 404: "Not Found: ", 409: "Conflict: "}.get(code, "")
        self.code, self.parameters = code, parameters
        super().__init__(prefix + description)


@dataclass(frozen=True, slots=True)
class Call:
    """A request the double got."""

    method: str
    params: Raw
    is_ok: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request instead of its answer."""

    status: int = 0
    """The HTTP status; 0 drops the connection."""
    description: str = ""
    retry_after: int | None = None
    is_done_first: bool = False
    """Whether the request is carried out all the same, so that only its answer is lost."""

    @classmethod
    def too_many(cls, retry_after: int) -> Fault:
        """Telegram asks to wait."""
        return cls(429, f"Too Many Requests: retry after {retry_after}", retry_after)

    @classmethod
    def bad_gateway(cls) -> Fault:
        """A proxy before Telegram fails, and answers with a web page."""
        return cls(502)

    @classmethod
    def dropped(cls, *, is_done_first: bool = False) -> Fault:
        """The connection breaks before the answer."""
        return cls(is_done_first=is_done_first)


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
    webhook_url: str = ""
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

    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _queue: list[tuple[int, Any]] = field(default_factory=list)
    _queries: set[str] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _poller: asyncio.Event | None = None
    _is_closing: bool = False
    _runner: web.AppRunner | None = None
    _address: str = ""

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
        self._is_closing = True
        await self._notify()
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
        return self._poller is not None

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

    async def push(self, *updates: Any) -> None:
        """Queue raw updates, well-formed or not; what lacks an update_id keeps lacking it."""
        for update in updates:
            known = update.get("update_id") if isinstance(update, dict) else None
            self._queue.append((known if type(known) is int else next(self._ids), update))
        await self._notify()

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
        """Wait until the bot has confirmed every update, which it does by asking for later ones."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._queue)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on the double holds; it is looked at after every request."""
        async with self._changed:
            await self._changed.wait_for(condition)

    # What Telegram does

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method, params = request.match_info["method"], await _params(request)
        fault = self._faults[method].popleft() if self._faults[method] else None
        if fault and not fault.is_done_first:
            self.calls.append(Call(method, params, is_ok=False))
            await self._notify()
            return _broken(request, fault)
        response = await self._carry_out(request.match_info["token"], method, params)
        await self._notify()
        return _broken(request, fault) if fault else response

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
        if method == "getUpdates":
            return await self._get_updates(params)
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
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": lambda _: {
                "url": self.webhook_url,
                "has_custom_certificate": False,
                "pending_update_count": len(self._queue),
            },
            "sendChatAction": lambda given: bool(self._chat(given)),
        }
        lowered = {name.lower(): carry_out for name, carry_out in methods.items()}
        if method.lower() not in lowered:
            raise RefusedError("method not found", 404)
        return lowered[method.lower()](params)

    async def _get_updates(self, params: Raw) -> list[Any]:
        offset, allowed_updates = params.get("offset", 0), params.get("allowed_updates")
        if self.webhook_url:
            raise RefusedError(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                409,
            )
        if self._poller:
            self._poller.set()
        self._poller = mine = asyncio.Event()
        self._confirm(offset, allowed_updates)
        await self._notify()
        await self._wait_for_updates(mine, params.get("timeout", 0))
        if mine.is_set():
            raise RefusedError(
                "terminated by other getUpdates request; make sure that only one bot instance is running", 409
            )
        self._poller = None
        self._confirm(offset, allowed_updates)
        return [update for _, update in self._queue[: min(max(params.get("limit", 100), 1), 100)]]

    async def _wait_for_updates(self, mine: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._queue or mine.is_set() or self._is_closing)
        except TimeoutError:
            pass

    def _confirm(self, offset: int, allowed: list[str] | None) -> None:
        """Forget what lies before the offset (from the end where it is negative) and what was not asked for."""
        if offset < 0:
            self._queue = self._queue[offset:]
        self._queue = [
            (number, update) for number, update in self._queue if number >= offset and _is_wanted(update, allowed)
        ]

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
        markup = _markup(params, is_old=self.is_old)
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
        return _content(params, is_old=self.is_old)

    def _delete_webhook(self, params: Raw) -> bool:
        self.webhook_url = ""
        if params.get("drop_pending_updates"):
            self._queue = []
        return True

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

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def buttons(message: Raw) -> list[Raw]:
    """The inline buttons under a message, row by row."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def entities_of(text: str) -> list[Raw]:
    """The commands and mentions that Telegram's clients mark, in UTF-16 units."""
    patterns = {"bot_command": r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?", "mention": r"(?<![\w/])@\w{3,32}"}
    return [
        {"type": kind, "offset": units(text[: found.start()]), "length": units(found[0])}
        for kind, pattern in patterns.items()
        for found in re.finditer(pattern, text)
    ]


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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


def _is_wanted(update: Any, allowed: list[str] | None) -> bool:
    """Whether the bot asked for this kind of update; what has no kind is for the bot to make sense of."""
    kinds = KNOWN_KINDS & set(update) if isinstance(update, dict) else set()
    return not allowed or not kinds or bool(kinds & set(allowed))


def _broken(request: web.Request, fault: Fault) -> web.StreamResponse:
    if not fault.status:
        if request.transport:
            request.transport.abort()
        return web.Response()
    if not fault.description:
        return web.Response(status=fault.status, text="<html>Bad Gateway</html>", content_type="text/html")
    body = {"ok": False, "error_code": fault.status, "description": fault.description}
    extra = {"parameters": {"retry_after": fault.retry_after}} if fault.retry_after else {}
    return web.json_response(body | extra, status=fault.status)


def _content(params: Raw, *, is_old: bool = False) -> Raw:
    """Read the text and its markup, or refuse them as Telegram does."""
    text = params.get("text") or ""
    mode = str(params.get("parse_mode") or "").lower()
    if mode not in ("", "html"):
        raise RefusedError("unsupported parse_mode")
    if is_old and " expandable>" in text:
        raise RefusedError(
            'can\'t parse entities: Expected equal sign in declaration of an attribute of the tag "blockquote"'
        )
    plain, entities = parse_html(text) if mode else (text, [])
    shown = plain.strip()
    if not VISIBLE.search(shown):
        raise RefusedError("message text is empty")
    if units(shown) > MAX_TEXT:
        raise RefusedError("message is too long")
    return {"text": shown, "entities": entities} | _markup(params, is_old=is_old)


def _markup(params: Raw, *, is_old: bool) -> Raw:
    markup = params.get("reply_markup")
    for button in buttons({"reply_markup": markup}) if markup else []:
        _check_button(button, is_old=is_old)
    return {"reply_markup": markup} if markup and markup.get("inline_keyboard") else {}


def _check_button(button: Raw, *, is_old: bool) -> None:
    if not button.get("text", "").strip():
        raise RefusedError("can't parse inline keyboard button: button text must be non-empty")
    deeds = {"callback_data", "url", "switch_inline_query", "switch_inline_query_current_chat"}
    if not set(button) & (deeds if is_old else deeds | {"copy_text"}):
        raise RefusedError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= MAX_CALLBACK_DATA:
        raise RefusedError("BUTTON_DATA_INVALID")


_TOKENS = re.compile(
    r"<(?P<end>/)?(?P<tag>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:\s+[a-z-]+(?:=(?:\"[^\"<>]*\"|'[^'<>]*'))?)*)\s*>"
    r"|&(?P<entity>lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);"
    r"|(?P<text>[^<>&]+)|(?P<stray>.)",
    re.DOTALL,
)
_ENTITIES = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}
FOLDED = "\0folded"
"""In place of a link, for a quote that is folded."""
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def parse_html(source: str) -> tuple[str, list[Raw]]:
    """Read Telegram's HTML into plain text and its entities, or refuse it."""
    plain, entities = "", []
    opened: list[tuple[str, int, str]] = []
    for token in _TOKENS.finditer(source):
        if tag := (token["tag"] or "").lower():
            if token["end"]:
                entities.append(_closed(source, token, opened, units(plain)))
            else:
                if tag == "blockquote" and any(name == tag for name, _, _ in opened):
                    raise RefusedError("can't parse entities: blockquotes can't be nested")
                opened.append(_opened(source, token, tag, units(plain)))
        else:
            plain += _literal(source, token)
    if opened:
        raise RefusedError(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1][0]}\"")
    kept = [entity for entity in entities if entity["length"]]
    return plain, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def _literal(source: str, token: re.Match[str]) -> str:
    if entity := token["entity"]:
        if not entity.startswith("#"):
            return _NAMED[entity]
        return chr(int(f"0{entity[1:]}", 16) if entity[1] == "x" else int(entity[1:]))
    if token["stray"]:
        where = f"at byte offset {_bytes_before(source, token)}"
        problem = 'Unsupported start tag ""' if token["stray"] == "<" else f'Unescaped "{token["stray"]}"'
        raise RefusedError(f"can't parse entities: {problem} {where}")
    return token["text"]


def _opened(source: str, token: re.Match[str], tag: str, offset: int) -> tuple[str, int, str]:
    if tag not in _ENTITIES:
        where = _bytes_before(source, token)
        raise RefusedError(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {where}')
    if tag == "blockquote" and "expandable" in (token["attributes"] or ""):
        return tag, offset, FOLDED
    link = re.search(r"""href=["']([^"']*)""", token["attributes"] or "")
    return tag, offset, unescape(link[1]) if link else ""


def _closed(source: str, token: re.Match[str], opened: list[tuple[str, int, str]], end: int) -> Raw:
    where = f"at byte offset {_bytes_before(source, token)}"
    if not opened:
        raise RefusedError(f"can't parse entities: Unexpected end tag {where}")
    tag, start, link = opened.pop()
    if tag != token["tag"].lower():
        raise RefusedError(
            f'can\'t parse entities: Unmatched end tag {where}, expected "</{tag}>", found "</{token["tag"]}>"'
        )
    if link == FOLDED:
        return {"type": "expandable_blockquote", "offset": start, "length": end - start}
    return {"type": _ENTITIES[tag], "offset": start, "length": end - start} | ({"url": link} if link else {})


def _bytes_before(source: str, token: re.Match[str]) -> int:
    return len(source[: token.start()].encode(errors="surrogatepass"))
