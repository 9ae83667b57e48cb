"""What is counted and measured, in a registry of its own; never a word, a name or an id of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.channels.answering import Answered
    from bot.core.knowledge import Knowledge

ANSWER_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds the engine may take."""
HTTP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
"""Seconds a request may take; a webhook call lasts until its answer is sent."""


class Metrics:
    """Counts what the service does; each method returns at once and never raises."""

    def __init__(self) -> None:
        """Begin at nought."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = self._counter(
            "questions", "Questions answered, asked back or declined.", "outcome", "intent", "match", "channel"
        )
        self._seconds = Histogram(
            "posbot_answer_seconds",
            "Seconds the engine took for a question.",
            ["channel"],
            buckets=ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._updates = self._counter("updates", "Updates that Telegram delivered.", "kind")
        self._redeliveries = self._counter("redeliveries", "Updates delivered again that were answered or in hand.")
        self._telegram = self._counter("telegram_errors", "Calls to Telegram that failed, each try.", "kind")
        self._given_up = self._counter("given_up", "Answers that could not be sent in time.")
        self._turned_away = self._counter("turned_away", "Questions of people or chats that are not let in.", "where")
        self._requests = self._counter("http_requests", "HTTP requests.", "route", "method", "status")
        self._http_seconds = Histogram(
            "posbot_http_seconds", "Seconds a request took.", ["route"], buckets=HTTP_BUCKETS, registry=self.registry
        )
        self._knowledge = Gauge(
            "posbot_knowledge_info", "The knowledge in force.", ["version", "checked"], registry=self.registry
        )

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"posbot_{name}", told, labels, registry=self.registry)

    def watch(self, name: str, told: str, read: Callable[[], float]) -> None:
        """Measure something when asked for it, under posbot_ and a name."""
        Gauge(f"posbot_{name}", told, registry=self.registry).set_function(read)

    def answered(self, answered: Answered) -> None:
        """Count a question; a listener of `Answering`."""
        reply = answered.reply
        self._questions.labels(reply.outcome, reply.intent, reply.match, answered.channel).inc()
        self._seconds.labels(answered.channel).observe(answered.seconds)

    def update(self, kind: str) -> None:
        """Count an update by its kind."""
        self._updates.labels(kind).inc()

    def redelivered(self) -> None:
        """Count an update that came again."""
        self._redeliveries.inc()

    def telegram_failed(self, kind: str) -> None:
        """Count a failed call by the class of its fault."""
        self._telegram.labels(kind).inc()

    def gave_up(self) -> None:
        """Count an answer that was not sent."""
        self._given_up.inc()

    def turned_away(self, where: str) -> None:
        """Count a question that was not let in, by the kind of chat."""
        self._turned_away.labels(where).inc()

    def requested(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request by the pattern of its path."""
        self._requests.labels(route, method, str(status)).inc()
        self._http_seconds.labels(route).observe(seconds)

    def knows(self, knowledge: Knowledge) -> None:
        """Tell which knowledge is in force."""
        self._knowledge.clear()
        self._knowledge.labels(knowledge.version, knowledge.newest.isoformat()).set(1)
