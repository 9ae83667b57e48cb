"""Draws the README's pictures of the web chat: the site itself, photographed by a headless Chromium.

    python -m tests.web_screens

Beside the pictures stands a digest of what they show, so that a test can tell when they are out of date.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from bot.channels.web.pages import HERE, STATIC
from bot.core.engine import Engine
from bot.core.knowledge import built_in, load
from bot.core.models import Question
from bot.core.plain import full
from tests import browsers
from tests.conftest import TODAY
from tests.fakes import site
from tests.screenshots import SCREENS

if TYPE_CHECKING:
    from playwright.sync_api import Page

DIGEST = SCREENS / "web-digest.txt"
SHOWN = ("base.html", "cards.html", "chat.html", "turn.html", "code.html", "changes.html", "timeline.html", "find.html")
"""Templates that the pictures show."""
LARGEST = 150_000
"""Bytes of a picture."""


class Picture(NamedTuple):
    """What a picture shows."""

    path: str
    width: int
    height: int
    scheme: str = "light"
    questions: tuple[str, ...] = ()
    """Asked one after the other."""


PICTURES = {
    "web-start": Picture("/", 1100, 660),
    "web-answer": Picture("/", 390, 844, questions=("snf resident on video",)),
    "web-choice": Picture("/", 390, 844, "dark", ("pos for nursing home visit",)),
    "web-finder": Picture("/find/px", 390, 844),
    "web-code": Picture("/codes/22", 390, 844, "dark"),
    "web-changes": Picture("/changes", 1100, 900),
}


def digest() -> str:
    """Changes with the looks of the pages and with what they say."""
    engine = Engine(load([built_in()]))
    looks = [(STATIC / "posbot.css").read_text("utf-8")]
    looks += [(HERE / "templates" / name).read_text("utf-8") for name in SHOWN]
    asked = [question for picture in PICTURES.values() for question in picture.questions]
    told = [full(engine.answer(Question(question, TODAY))) for question in asked]
    return hashlib.sha256("".join([*looks, *told, repr(PICTURES)]).encode()).hexdigest()


def photograph(page: Page, picture: Picture, name: str) -> None:
    """Ask what is to be asked, and write the picture."""
    for at, question in enumerate(picture.questions):
        page.get_by_label("Your question").fill(question)
        page.get_by_role("button", name="Ask", exact=True).tap()
        page.locator(".turn").nth(at).wait_for()
    page.screenshot(path=SCREENS / f"{name}.png", animations="disabled")


def main() -> None:
    """Write all pictures and their digest."""
    with site.serving(site.web(Engine(load([built_in()])))) as address, browsers.chromium() as browser:
        for name, picture in PICTURES.items():
            is_phone = picture.width < picture.height and picture.width < 500
            context = browser.new_context(
                viewport={"width": picture.width, "height": picture.height},
                device_scale_factor=1.5 if is_phone else 1,
                is_mobile=is_phone,
                has_touch=True,
                color_scheme=picture.scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.goto(address + picture.path)
            photograph(page, picture, name)
            context.close()
    DIGEST.write_text(digest() + "\n", "utf-8")


if __name__ == "__main__":
    main()
