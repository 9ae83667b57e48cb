"""How Telegram reads a message: its HTML and its buttons, or why not."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from tests.fakes.botapi.world import MAX_CALLBACK_DATA, RefusedError, buttons, units

if TYPE_CHECKING:
    from tests.fakes.botapi.world import Raw

VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\x00-\x1f]"
)
MAX_TEXT = 4096


def content_of(params: Raw, *, is_old: bool = False) -> Raw:
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
    return {"text": shown, "entities": entities} | markup_of(params, is_old=is_old)


def markup_of(params: Raw, *, is_old: bool) -> Raw:
    """Read the buttons, or refuse them as Telegram does."""
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
