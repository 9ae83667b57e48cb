"""What is counted and measured, in a registry of its own; never a word, a name or an id of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.channels.answering import Answered
    from bot.core.knowledge import Knowledge

ANSWER_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds the engine may take."""
HTTP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
"""Seconds a request may take; a webhook call lasts until its answer is sent."""


class Metrics:
    """Counts what the service does; a count returns at once and never raises."""

    def __init__(self) -> None:
        """Begin at nought."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "posbot_questions",
            "Questions answered, asked back or declined.",
            ["outcome", "intent", "match", "channel"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "posbot_answer_seconds",
            "Seconds the engine took for a question.",
            ["channel"],
            buckets=ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._requests = Counter(
            "posbot_http_requests", "HTTP requests.", ["route", "method", "status"], registry=self.registry
        )
        self._http_seconds = Histogram(
            "posbot_http_seconds", "Seconds a request took.", ["route"], buckets=HTTP_BUCKETS, registry=self.registry
        )
        self._knowledge = Gauge(
            "posbot_knowledge_info", "The knowledge in force.", ["version", "checked"], registry=self.registry
        )

    def answered(self, answered: Answered) -> None:
        """Count a question; a listener of `Answering`."""
        reply = answered.reply
        self._questions.labels(reply.outcome, reply.intent, reply.match, answered.channel).inc()
        self._seconds.labels(answered.channel).observe(answered.seconds)

    def requested(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request by the pattern of its path."""
        self._requests.labels(route, method, str(status)).inc()
        self._http_seconds.labels(route).observe(seconds)

    def knows(self, knowledge: Knowledge) -> None:
        """Tell which knowledge is in force."""
        self._knowledge.clear()
        self._knowledge.labels(knowledge.version, knowledge.newest.isoformat()).set(1)

    def measure(self, name: str, told: str, read: Callable[[], float]) -> None:
        """Read a measure when asked for it, under posbot_ and a name."""
        Gauge(f"posbot_{name}", told, registry=self.registry).set_function(read)

    def count(self, name: str, told: str, read: Callable[[], float]) -> None:
        """Read a count that somebody else keeps when asked for it."""
        self.registry.register(_Elsewhere(f"posbot_{name}", told, (), lambda: {"": read()}))

    def count_by(self, label: str, name: str, told: str, read: Callable[[], Mapping[Any, float]]) -> None:
        """Read counts by a label that somebody else keeps when asked for them."""
        self.registry.register(_Elsewhere(f"posbot_{name}", told, (label,), read))


@dataclass(frozen=True, slots=True)
class _Elsewhere(Collector):
    """Counts that are kept where they arise."""

    name: str
    told: str
    labels: tuple[str, ...]
    read: Callable[[], Mapping[Any, float]]

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self.name, self.told, labels=self.labels)
        for key, count in self.read().items():
            family.add_metric([str(key)] if self.labels else [], count)
        yield family
