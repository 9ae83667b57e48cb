"""Draws replies as Telegram messages: pure, cards in, HTML out.

Text is cut into messages before it is escaped, and measured as Telegram measures it: UTF-16 units of what is
left once tags and entities are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from bot.core.models import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.models import Block, Card, Reply, Source

SCREEN = 700
"""What fits one phone screen."""
LIMIT = 4000
"""Telegram takes 4096; the rest is left for what it may count differently."""
MOST_SOURCES = 5
"""A code rests on dozens of pages; these are named, the others counted."""
SIDE = "- "
"""What the engine puts before each reading of a debated fact."""
NOTHING = "I have no answer to that."

PLAIN = Markup("{}")
BOLD = Markup("<b>{}</b>")
CODE = Markup("<code>{}</code>")

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
    frame: Markup = PLAIN
    url: str = ""

    @property
    def html(self) -> Markup:
        """The words escaped and dressed."""
        if self.url:
            return Markup('<a href="{}">{}</a>').format(self.url, self.text)
        return self.frame.format(self.text)


Line = tuple[Span, ...]
Paragraph = list[Line]


def short(reply: Reply) -> list[str]:
    """Draw a reply to fit one phone screen; where no card is about a code there is no More button, so all of it."""
    if all(card.code is None for card in reply.cards):
        return _messages(paragraph for card in reply.cards for paragraph in _whole(card, reply))
    room = SCREEN // len(reply.cards)
    cards = [_paragraphs(card.head, _short_blocks(card, room), ()) for card in reply.cards]
    # Cards side by side mostly rest on the same page: it is named once, below them.
    sources = tuple(dict.fromkeys(source for card in reply.cards for source in card.sources[:1]))
    return _messages([*(paragraph for card in cards for paragraph in card), *_paragraphs("", (), sources)])


def full(card: Card) -> list[str]:
    """Draw everything a card tells."""
    return _messages(_paragraphs(card.head, card.blocks, card.sources))


def has_more(card: Card, cards_beside: int = 0) -> bool:
    """Whether the short form of a code's card leaves anything out."""
    if card.code is None:
        return False
    shown = _short_blocks(card, SCREEN // (cards_beside + 1))
    return len(shown) < len(card.blocks) or len(card.sources) > 1


def clean(text: str) -> str:
    """Take out what Telegram refuses and what would turn the rest of a line around; nothing visible is nothing."""
    kept = _UNSENDABLE.sub("", _LINE_ENDS.sub("\n", text)).strip()
    return kept if _VISIBLE.search(kept) else ""


def _whole(card: Card, reply: Reply) -> list[Paragraph]:
    blocks = [block for block in card.blocks if not (reply.choices and block.part is Part.CHOICES)]
    return _paragraphs(card.head, blocks, card.sources)


def _short_blocks(card: Card, room: int) -> list[Block]:
    """Pick every notice, the first passage and the sides of every debate, then others as there is room for."""
    chosen: list[Block] = []
    for block in filter(lambda block: block.short, card.blocks):
        is_first = all(known.part is Part.NOTICE for known in chosen)
        must = is_first or block.part is Part.NOTICE or any(line.startswith(SIDE) for line in block.lines)
        if must or _page_size(_paragraphs(card.head, [*chosen, block], card.sources[:1])) <= room:
            chosen.append(block)
    return chosen


def _paragraphs(head: str, blocks: Iterable[Block], sources: Sequence[Source]) -> list[Paragraph]:
    drawn: list[Paragraph] = [[(Span(clean(head), BOLD),)], *map(_passage, _passages(blocks)), _sources(sources)]
    return [visible for paragraph in drawn if (visible := [line for line in paragraph if _line_size(line)])]


def _passages(blocks: Iterable[Block]) -> list[list[Block]]:
    """Put blocks without a label to the labelled one of the same part before them."""
    passages: list[list[Block]] = []
    for block in blocks:
        if passages and not block.label and passages[-1][0].label and passages[-1][0].part is block.part:
            passages[-1].append(block)
        else:
            passages.append([block])
    return passages


def _passage(blocks: list[Block]) -> Paragraph:
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


def _sources(sources: Sequence[Source]) -> Paragraph:
    named = [_source(source) for source in sources[:MOST_SOURCES]]
    if len(sources) <= 1:
        return [(Span("Source:", BOLD), Span(" "), *line) for line in named]
    rest = sources[MOST_SOURCES:]
    oldest = min((source.checked for source in rest), default=None)
    more = [(Span(f"and {len(rest)} more, checked {oldest.isoformat()} or later"),)] if oldest else []
    return [(Span("Sources:", BOLD),), *((Span("• "), *line) for line in named), *more]


def _source(source: Source) -> Line:
    checked = Span(f", checked {source.checked.isoformat()}")
    return (Span(clean(source.title) or "page", url=clean(source.url)), checked)


def _messages(paragraphs: Iterable[Paragraph]) -> list[str]:
    """Fill messages, each broken between paragraphs where it can be, else between lines, else inside one."""
    pages: list[list[Paragraph]] = [[]]
    for paragraph in paragraphs:
        if _page_size([paragraph]) <= LIMIT:
            if _page_size([*pages[-1], paragraph]) > LIMIT:
                pages.append([])
            pages[-1].append(paragraph)
        else:
            _pour(paragraph, pages)
    return [_html(page) for page in pages if page] or [NOTHING]


def _pour(paragraph: Paragraph, pages: list[list[Paragraph]]) -> None:
    """Add a paragraph longer than a message line by line."""
    pages[-1].append([])
    for line in (part for whole in paragraph for part in _cut(whole)):
        if _page_size(pages[-1]) + 2 + _line_size(line) > LIMIT:
            pages.append([[]])
        pages[-1][-1].append(line)
    pages[:] = [filled for page in pages if (filled := [part for part in page if part])] or [[]]


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
    return "\n\n".join("\n".join("".join(str(span.html) for span in line) for line in part) for part in page)


def _page_size(page: list[Paragraph]) -> int:
    return sum(_line_size(line) + 1 for paragraph in page for line in paragraph) + len(page)


def _line_size(line: Line) -> int:
    return sum(_size(span.text) for span in line)


def _size(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
