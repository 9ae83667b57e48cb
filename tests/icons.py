"""Draws the web chat's icons from its SVG, by a headless Chromium.

python -m tests.icons
"""

from __future__ import annotations

from pathlib import Path

from bot.channels.web.pages import STATIC
from tests.browsers import chromium

ICONS = {"icon-180": (180, False), "icon-192": (192, False), "icon-512": (512, False), "icon-maskable-512": (512, True)}
"""By file: its width, and whether any shape may be cut out of it."""


def main() -> None:
    """Write all icons."""
    svg = (STATIC / "icon.svg").read_text("utf-8")
    # A phone cuts the outer fifth off: the ground goes to the edges there, without round corners.
    full = svg.replace(' rx="8"', "").replace('viewBox="0 0 32 32"', 'viewBox="-3 -3 38 38" style="background:#0b6a6c"')
    with chromium() as browser:
        for name, (width, is_maskable) in ICONS.items():
            page = browser.new_page(viewport={"width": width, "height": width})
            drawn = full if is_maskable or name == "icon-180" else svg
            page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:100vw}}</style>{drawn}")
            page.screenshot(path=Path(STATIC / f"{name}.png"), omit_background=True)
            page.close()


if __name__ == "__main__":
    main()
