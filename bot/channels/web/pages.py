"""Draws pages: templates of this package, every value escaped."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.channels.feedback import REASONS
from bot.core.dates import us

if TYPE_CHECKING:
    from bot.channels.web.web import Web

HERE = Path(__file__).parent
STATIC = HERE / "static"
RATE_WORDS = {"facility": "Facility rate", "nonfacility": "Nonfacility rate", "none": "No Medicare rate"}
PART = "posbot-part"
"""The header with which our script asks for a part of a page."""


def page(web: Web, template: str, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """Draw a page, or a part of one."""
    drawn = _environment().get_template(template).render(web=web, **values)
    return HTMLResponse(drawn, status)


def warm() -> None:
    """Read and compile all templates now, so that the first visitor does not wait for it."""
    environment = _environment()
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["us"] = us
    environment.globals.update(static=static, RATE_WORDS=RATE_WORDS, REASONS=REASONS)
    return environment


@lru_cache(maxsize=32)
def static(name: str) -> str:
    """The address of a file of ours; it changes with what the file holds, so that browsers may keep it for good."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
