"""What is counted, and that the dashboard asks for nothing else."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.channels.answering import Answering, Channel
from bot.core.models import Question
from bot.service.metrics import Metrics
from bot.service.service import Service
from bot.service.settings import Settings
from bot.service.values import Secret
from tests.conftest import ROOT, TODAY
from tests.fakes.botapi import TOKEN

if TYPE_CHECKING:
    from bot.core.engine import Engine

DASHBOARD: dict[str, Any] = json.loads((ROOT / "bot" / "service" / "dashboard.json").read_text("utf-8"))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """What a sample stands at."""
    return metrics.registry.get_sample_value(f"posbot_{name}", labels)


def test_a_question_is_counted_by_how_it_ended_and_where_it_came_from(engine: Engine) -> None:
    metrics = Metrics()
    answering = Answering(engine, lambda: TODAY, [metrics.answered])
    answering.ask(Question("what is pos 02", TODAY), Channel.WEB)
    answering.ask(Question("what is pos 02", TODAY), Channel.WEB)
    answering.ask(Question("snf", TODAY), Channel.TELEGRAM)
    of = {"outcome": "answer", "intent": "code", "match": "exact", "channel": "web"}
    assert value(metrics, "questions_total", **of) == 2
    assert value(metrics, "answer_seconds_count", channel="telegram") == 1
    assert b"snf" not in generate_latest(metrics.registry)


def test_what_others_count_is_read_when_asked_for() -> None:
    metrics, kinds, late = Metrics(), Counter[str](), Counter[str]()
    metrics.count_by("kind", "updates", "Updates taken.", lambda: kinds)
    metrics.count("redeliveries", "Updates that came again.", late.total)
    assert value(metrics, "redeliveries_total") == 0
    kinds["message"] += 2
    late["message"] += 1
    assert value(metrics, "updates_total", kind="message") == 2
    assert value(metrics, "redeliveries_total") == 1


def test_what_is_measured_is_read_when_asked_for() -> None:
    metrics, ages = Metrics(), iter([1.5, 2.5])
    metrics.measure("last_update_age_seconds", "Seconds since the last update.", lambda: next(ages))
    assert value(metrics, "last_update_age_seconds") == 1.5
    assert value(metrics, "last_update_age_seconds") == 2.5


def test_only_the_knowledge_in_force_is_told(engine: Engine) -> None:
    metrics, known = Metrics(), engine.knowledge
    metrics.knows(known)
    metrics.knows(known)
    assert value(metrics, "knowledge_info", version=known.version, checked=known.newest.isoformat()) == 1
    assert generate_latest(metrics.registry).decode().count("posbot_knowledge_info{") == 1


def test_each_service_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.requested("/codes", "GET", 200, 0.01)
    of = {"route": "/codes", "method": "GET", "status": "200"}
    assert (value(first, "http_requests_total", **of), value(second, "http_requests_total", **of)) == (1, None)


def expressions(panels: list[dict[str, Any]]) -> list[str]:
    """Every query of the dashboard, those of folded rows too."""
    own = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return own + [each for panel in panels for each in expressions(panel.get("panels", []))]


@pytest.fixture(scope="module")
def exposed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names a service with Telegram tells at /metrics, each with the names of its labels."""
    database = tmp_path_factory.mktemp("store") / "posbot.db"
    settings = Settings(telegram_bot_token=Secret(TOKEN), database_url=Secret(f"sqlite+aiosqlite:///{database}"))
    service = Service(settings, engine)
    service.answering.ask(Question("what is pos 02", TODAY), Channel.WEB)
    service.metrics.requested("/codes", "GET", 200, 0.01)
    names: dict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(generate_latest(service.metrics.registry).decode()):
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        for suffix in suffixes:
            names[family.name + suffix] |= {label for sample in family.samples for label in sample.labels}
    return names


def test_the_dashboard_asks_only_for_what_there_is(exposed: dict[str, set[str]]) -> None:
    asked = {
        name for query in expressions(DASHBOARD["panels"]) for name in re.findall(r"(?:posbot|process)_\w+", query)
    }
    assert asked
    assert asked - set(exposed) == set()


def test_every_metric_of_ours_is_on_the_dashboard(exposed: dict[str, set[str]]) -> None:
    asked = " ".join(expressions(DASHBOARD["panels"]))
    ours = {name for name in exposed if name.startswith("posbot_") and not name.endswith(("_sum", "_count"))}
    assert {name for name in ours if name not in asked} == set()


def test_the_readme_names_the_metrics_there_are(exposed: dict[str, set[str]]) -> None:
    told = set(re.findall(r"`(posbot_\w+)`", (ROOT / "README.md").read_text("utf-8")))
    assert told
    assert told - set(exposed) == set()
