"""Draws replies as Telegram messages: pure, cards in, HTML out.

Text is cut into messages before it is escaped, and measured as Telegram measures it: UTF-16 units of what is
left once tags and entities are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import escape

from bot.channels.passages import SIDE, passages
from bot.core.dates import us
from bot.core.models import Part
from bot.core.plain import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.models import Block, Card, Reply, Source

LIMIT = 4000
"""Telegram takes 4096; the rest is left for what it may count differently."""
EXPANDABLE, PLAIN_QUOTE = "<blockquote expandable>", "<blockquote>"
"""How a long part begins that shows its first lines until it is tapped, and one that shows all."""
NOTHING = "I have no answer to that."

PLAIN = ("", "")
BOLD = ("<b>", "</b>")
CODE = ("<code>", "</code>")

_LINE_ENDS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")
_UNSENDABLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\u3164\ufeff\uffa0]"
)
_BREAKS = ("\n", ". ", "; ", ", ", " ")


@dataclass(frozen=True, slots=True)
class Span:
    """Words drawn in one way."""

    text: str
    frame: tuple[str, str] = PLAIN
    """What stands before and behind them."""
    url: str = ""

    @property
    def html(self) -> str:
        """The words escaped and dressed."""
        if self.url:
            return f'<a href="{escape(self.url)}">{escape(self.text)}</a>'
        before, behind = self.frame
        return f"{before}{escape(self.text)}{behind}"


Line = tuple[Span, ...]


@dataclass(slots=True)
class Paragraph:
    """Lines that stand together."""

    lines: list[Line]
    is_aside: bool = False
    """Whether it is folded away until tapped."""


def answer(reply: Reply, above: Card | None = None) -> list[str]:
    """Draw a reply: its short form, and folded below it what no button leads to; `above` stands before it.

    Of a code the rest is behind buttons; of a topic, a modifier or a denial code it is folded.
    """
    shown = shortened(reply)
    told = {id(block) for card in shown for block in card.blocks}
    drawn = _paragraphs(above.head, above.blocks, above.sources) if above else []
    drawn += [paragraph for card in shown for paragraph in _paragraphs(card.head, card.blocks, card.sources)]
    heads = {card.head for card in shown}
    for card in reply.cards:
        left = [block for block in card.blocks if id(block) not in told]
        if left and card.code is None:
            aside = _paragraphs("" if card.head in heads else card.head, left, card.sources)
            drawn += [replace(paragraph, is_aside=True) for paragraph in aside]
    return _messages(drawn)


def full(card: Card) -> list[str]:
    """Draw everything a card tells."""
    return _messages(_paragraphs(card.head, card.blocks, card.sources))


def clean(text: str) -> str:
    """Take out what Telegram refuses and what would turn the rest of a line around; nothing visible is nothing."""
    if text.isascii() and text.isprintable():  # nearly all is, and holds nothing to take out
        return text.strip()
    kept = _UNSENDABLE.sub("", _LINE_ENDS.sub("\n", text)).strip()
    return kept if _VISIBLE.search(kept) else ""


def _paragraphs(head: str, blocks: Iterable[Block], sources: Sequence[Source]) -> list[Paragraph]:
    drawn: list[list[Line]] = [[(Span(clean(head), BOLD),)], *map(_passage, passages(blocks)), _sources(sources)]
    return [Paragraph(visible) for lines in drawn if (visible := [line for line in lines if _line_size(line)])]


def _passage(blocks: list[Block]) -> list[Line]:
    label = clean(blocks[0].label).rstrip(":")
    lines = [line for block in blocks for line in map(clean, block.lines) if line]
    is_example = blocks[0].part is Part.EXAMPLES
    if label and len(lines) == 1 and not is_example:
        return [(Span(f"{label}:", BOLD), Span(f" {lines[0]}"))]
    heading = [(Span(f"{label}:", BOLD),)] if label and lines else []
    frame = CODE if is_example else PLAIN
    return [*heading, *((*_bullet(line, listed=bool(label) or is_example), Span(line, frame)) for line in lines)]


def _bullet(line: str, *, listed: bool) -> Line:
    """A bullet for an entry of a list; the sides of a debated one come with a dash of their own."""
    return (Span("• "),) if listed and not line.startswith(SIDE) else ()


def _sources(sources: Sequence[Source]) -> list[Line]:
    """Where it is written: pages last checked on one day stand together."""
    if len(sources) <= 1:
        return [
            (Span("Source:", BOLD), Span(" "), _linked(page), Span(f" (checked {us(page.checked)})"))
            for page in sources
        ]
    lines: list[Line] = []
    for day in dict.fromkeys(page.checked for page in sources):
        lines.append((Span(f"Sources (checked {us(day)}):", BOLD),))
        lines += [(Span("• "), _linked(page)) for page in sources if page.checked == day]
    return lines


def _linked(page: Source) -> Span:
    return Span(clean(page.title) or "page", url=clean(page.url))


def _messages(paragraphs: Iterable[Paragraph]) -> list[str]:
    """Fill messages, each broken between paragraphs where it can be, else between lines, else inside one."""
    pages: list[list[Paragraph]] = [[]]
    filled = 0
    for paragraph in paragraphs:
        size = _page_size([paragraph])
        if size > LIMIT:
            _pour(paragraph, pages)
            filled = _page_size(pages[-1])
            continue
        if filled + size > LIMIT:
            pages.append([])
            filled = 0
        pages[-1].append(paragraph)
        filled += size
    return [_html(page) for page in pages if page] or [NOTHING]


def _pour(paragraph: Paragraph, pages: list[list[Paragraph]]) -> None:
    """Add a paragraph longer than a message line by line."""
    pages[-1].append(replace(paragraph, lines=[]))
    for line in (part for whole in paragraph.lines for part in _cut(whole)):
        if _page_size(pages[-1]) + 2 + _line_size(line) > LIMIT:
            pages.append([replace(paragraph, lines=[])])
        pages[-1][-1].lines.append(line)
    pages[:] = [filled for page in pages if (filled := [part for part in page if part.lines])] or [[]]


def _cut(line: Line) -> Iterator[Line]:
    """Yield the line, or parts of it no longer than a message."""
    if _line_size(line) <= LIMIT:
        yield line
        return
    for span in line:
        rest = span.text
        while rest:
            end = _cut_at(rest)
            if piece := clean(rest[:end]):
                yield (Span(piece, span.frame, span.url),)
            rest = rest[end:]


def _cut_at(text: str) -> int:
    """Where to end the first part: after a sentence if it is not too near the start, else after a word."""
    if _size(text) <= LIMIT:
        return len(text)
    head = text.encode("utf-16-le")[: 2 * LIMIT].decode("utf-16-le", "ignore")
    ends = (head.rfind(mark) + len(mark) for mark in _BREAKS if mark in head)
    return next((end for end in ends if end > len(head) // 2), len(head))


def _html(page: list[Paragraph]) -> str:
    """The page as Telegram reads it; what is folded stands in quotes."""
    parts: list[str] = []
    for is_aside, together in groupby(page, key=lambda paragraph: paragraph.is_aside):
        told = "\n\n".join("\n".join(map(_line_html, each.lines)) for each in together)
        parts.append(f"{EXPANDABLE}{told}</blockquote>" if is_aside else told)
    return "\n\n".join(parts)


def _line_html(line: Line) -> str:
    return "".join([span.html for span in line])


def without_folding(page: str) -> str:
    """The page for a Bot API that cannot fold quotes."""
    return page.replace(EXPANDABLE, PLAIN_QUOTE)


def _page_size(page: list[Paragraph]) -> int:
    return sum([_line_size(line) + 1 for paragraph in page for line in paragraph.lines]) + len(page)


def _line_size(line: Line) -> int:
    return sum([_size(span.text) for span in line])


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
