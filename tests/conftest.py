"""What most tests need: the built-in knowledge, an engine over it, a way to ask, and the facts to compare with."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import rtoml
from hypothesis import settings

from bot.core.checked import read_checked
from bot.core.engine import Engine
from bot.core.knowledge import CHECKED, Knowledge, built_in, load
from bot.core.models import Question, Reply
from tests.fakes.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    UrlOf = Callable[[str], str]
    Tell = Callable[[str], None]

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
TODAY = date(2026, 11, 23)
"""The day the facts in tests/data were established."""

with (DATA / "pos_codes.csv").open(encoding="utf-8", newline="") as file:
    VALUES: list[dict[str, str]] = list(csv.DictReader(file))
ASSIGNED = [row for row in VALUES if row["status"] == "assigned"]
UNASSIGNED = [row["code"] for row in VALUES if row["status"] == "unassigned"]
NAMES = {row["code"]: row["official_name"] for row in ASSIGNED}
"""The official name of every assigned code."""

LABELLED: list[dict[str, Any]] = [
    json.loads(line) for line in (DATA / "dev_questions.jsonl").read_text("utf-8").splitlines()
]

settings.register_profile("posbot", derandomize=True, database=None, deadline=None)
settings.load_profile("posbot")


class Ask(Protocol):
    """Asks the engine on the day of the facts."""

    def __call__(
        self, text: str, *, on: date | None = None, payer: str | None = None, context: Sequence[str] = ()
    ) -> Reply:
        """Ask one question."""


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The knowledge shipped with posbot."""
    return load([built_in()])


@pytest.fixture(scope="session")
def engine(knowledge: Knowledge) -> Engine:
    """An engine over the built-in knowledge; it holds no state between questions."""
    return Engine(knowledge)


@pytest.fixture(scope="session")
def ask(engine: Engine) -> Ask:
    """Ask the engine as of 2026-11-23."""

    def asked(text: str, *, on: date | None = None, payer: str | None = None, context: Sequence[str] = ()) -> Reply:
        return engine.answer(Question(text, TODAY, on=on, payer=payer, context=tuple(context)))

    return asked


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, one for all tests; who stops it uses one of their own."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The DATABASE_URL of an empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> UrlOf:
    """The DATABASE_URL of an empty database of a kind."""

    def made(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite+aiosqlite:///{tmp_path}/posbot.db"
        return str(request.getfixturevalue("postgres_url"))

    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, url_of: UrlOf) -> str:
    """The DATABASE_URL of an empty database, once of each kind."""
    return url_of(request.param)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints a line of the matrix's table."""

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")  # noqa: T201 - the counts are asked for

    return tell


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in knowledge with few checked questions: all of them, which tests/test_teaching.py asks, take a second each time."""
    folder = Path(copytree(built_in(), tmp_path_factory.mktemp("knowledge") / "base"))
    asked = [question for question in read_checked([folder])[0] if "kept the bed" in question.q]
    rows = [{name: getattr(each, name) for name in ("q", "context", "outcome", "codes")} for each in asked]
    (folder / CHECKED).write_text(rtoml.dumps({"question": rows}), "utf-8")
    return folder
