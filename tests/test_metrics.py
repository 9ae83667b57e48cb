"""What is counted, and that the dashboard asks for nothing else."""

# ruff: noqa: D103 - the name of a test is the sentence it proves

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from prometheus_client import generate_latest

from bot.channels.answering import Answering, Channel
from bot.core.models import Question
from bot.service.metrics import Metrics
from tests.conftest import ROOT, TODAY

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
    of = {"outcome": "answer", "intent": "describe", "match": "exact", "channel": "web"}
    assert value(metrics, "questions_total", **of) == 2
    assert value(metrics, "answer_seconds_count", channel="telegram") == 1
    assert b"snf" not in generate_latest(metrics.registry)


def test_what_happens_to_updates_is_counted() -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.update("message")
    metrics.redelivered()
    metrics.telegram_failed("RetryAfter")
    metrics.gave_up()
    metrics.turned_away("private")
    assert value(metrics, "updates_total", kind="message") == 2
    assert value(metrics, "redeliveries_total") == 1
    assert value(metrics, "telegram_errors_total", kind="RetryAfter") == 1
    assert value(metrics, "given_up_total") == 1
    assert value(metrics, "turned_away_total", where="private") == 1


def test_what_is_watched_is_read_when_asked_for() -> None:
    metrics, ages = Metrics(), iter([1.5, 2.5])
    metrics.watch("last_update_age_seconds", "Seconds since the last update.", lambda: next(ages))
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
    first.gave_up()
    assert value(second, "given_up_total") == 0


def expressions(panels: list[dict[str, Any]]) -> list[str]:
    """Every query of the dashboard, those of folded rows too."""
    own = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return own + [each for panel in panels for each in expressions(panel.get("panels", []))]
