"""Draws the README's pictures of cards: real replies at a phone's width, photographed by a headless Chromium.

    python -m tests.screenshots

Beside the pictures stands a digest of what they show, so that a test can tell when they are out of date.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from bot.channels.answering import Answering
from bot.channels.telegram import keyboards, render
from bot.channels.telegram.finding import Finding
from bot.channels.telegram.kit import Kit
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.models import Question
from bot.store.memory import ChatSettings
from tests.conftest import TODAY

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup

SCREENS = Path(__file__).parent / "screens"
DIGEST = SCREENS / "digest.txt"
WIDTH, SCALE = 390, 1.5
ASKED = {
    "code": "pt at home on the phone",
    "choice": "pos for nursing home visit",
    "debated": "video visit, pt in parked car",
}
"""Pictures of answers: the file's name and the question."""
FOUND = ("finder", "pxf")
"""The picture of the finder: the file's name and the path of taps."""
HEIGHTS = {"code": 640, "choice": 340, "debated": 672, "finder": 862}

PAGE = Markup("""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 10px; background: #cfe0c8; width: 370px; font: 15px/1.32 -apple-system, "DejaVu Sans", sans-serif }}
.mine, .theirs {{ white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 14px; padding: 8px 11px; margin: 0 0 6px }}
.mine {{ background: #e6fcd6; width: fit-content; margin-left: auto }}
.theirs {{ background: #fff; max-width: 348px }}
a {{ color: #2a7ab8; text-decoration: none }}
blockquote {{ margin: 4px 0 0; padding: 4px 8px; border-left: 3px solid #4a9ad4; background: #eef5fb; border-radius: 5px;
  max-height: 58px; overflow: hidden }}
.row {{ display: flex; gap: 4px; margin-bottom: 4px }}
.row span {{ flex: 1; text-align: center; background: #8fae87; color: #fff; border-radius: 9px; padding: 7px 2px; font-size: 13.5px }}
</style><body>{mine}<div class="theirs">{theirs}</div>{rows}</body>""")
MINE = Markup('<div class="mine">{}</div>')
ROW = Markup('<div class="row">{}</div>')
BUTTON = Markup("<span>{}</span>")


def pages() -> dict[str, str]:
    """The HTML of each picture."""
    kit = Kit(Answering(Engine(load([built_in()])), lambda: TODAY))
    drawn = {}
    for name, question in ASKED.items():
        reply = kit.engine.answer(Question(question, TODAY))
        drawn[name] = _page(question, render.answer(reply)[0], keyboards.under(reply, TODAY, kit.views(), thumbs=True))
    name, path = FOUND
    shown = Finding(kit).shown(path, "your_bot", ChatSettings())
    if shown is None:
        raise LookupError(path)
    drawn[name] = _page("/find", *shown)
    return drawn


def digest() -> str:
    """Changes with what the pictures show."""
    return hashlib.sha256("".join(pages().values()).encode()).hexdigest()


def browser() -> str | None:
    """A Chromium, where one is installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def photograph(html: str, height: int, file: Path, with_browser: str) -> None:
    """Write the picture of a page."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, "utf-8")
        size = f"--window-size={WIDTH},{height}"
        how = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size]
        where = [f"--user-data-dir={folder}/profile", f"--screenshot={file}", page.as_uri()]
        command = [with_browser, *how, f"--force-device-scale-factor={SCALE}", *where]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def main() -> None:
    """Write all pictures and their digest."""
    chromium = browser()
    if chromium is None:
        raise SystemExit("no Chromium is installed")
    SCREENS.mkdir(exist_ok=True)
    for name, html in pages().items():
        photograph(html, HEIGHTS[name], SCREENS / f"{name}.png", chromium)
    DIGEST.write_text(digest() + "\n", "utf-8")


def _page(asked: str, answer: str, keyboard: InlineKeyboardMarkup | None) -> str:
    rows = keyboard.inline_keyboard if keyboard else ()
    drawn = Markup("").join(ROW.format(Markup("").join(BUTTON.format(each.text) for each in row)) for row in rows)
    return PAGE.format(mine=MINE.format(asked), theirs=Markup(answer), rows=drawn)  # noqa: S704 - the escaped card itself


if __name__ == "__main__":
    main()
