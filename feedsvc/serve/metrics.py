"""Counts responses; exposes the sum of all serving processes in Prometheus' text format.

The hot path increments plain integers; `flush` adds them to the library's counters every second.
"""

import os
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from feedsvc.http.conditional import Answer
from feedsvc.publication import Health

# The library's environment variable for the folder shared by the serving processes. Must be set
# before they start.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ATTEMPTS, _PAUSE = 10, 0.01  # to read the files of all processes; seconds between them
_RENDER_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # seconds


@dataclass(slots=True)
class _Tally:
    answers: int = 0
    sent: int = 0
    saved: int = 0


class Metrics:
    """The counters of one process. Thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        names, registry = ("feed", "status", "coding"), self._registry
        self._polls = Counter("feedsvc_polls", "Answers to polls.", names, registry=registry)
        self._sent = Counter("feedsvc_sent_bytes", "Bytes of bodies.", names, registry=registry)
        self._saved = Counter(
            "feedsvc_saved_bytes",
            "Bytes saved by 304, 226 or compression, compared with the whole plain document.",
            names,
            registry=registry,
        )
        self._pages = Counter(
            "feedsvc_pages", "Answers to all other requests.", ("status",), registry=registry
        )
        self._renders = Histogram(
            "feedsvc_render_seconds",
            "Time to render a feed that was not in memory.",
            buckets=_RENDER_BUCKETS,
            registry=registry,
        )
        self._tallies: dict[tuple[str, int, str], _Tally] = {}
        self._guard = threading.Lock()

    def count(self, feed: str, answer: Answer, whole: int) -> None:
        """Count the response to a poll. whole: bytes of the plain document. HEAD saves nothing."""
        key = (feed, answer.status, answer.coding)
        sent = len(answer.body)
        with self._guard:
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = _Tally()
            tally.answers += 1
            tally.sent += sent
            if sent or answer.status == 304:
                tally.saved += whole - sent

    def count_page(self, status: str) -> None:
        """Count a response that is not a feed. status: its code."""
        self._pages.labels(status).inc()

    def rendered(self, seconds: float) -> None:
        """Record how long a feed took to render."""
        self._renders.observe(seconds)

    def flush(self) -> None:
        """Add the counts since the last flush to the library's counters."""
        with self._guard:
            tallies, self._tallies = self._tallies, {}
        for (feed, status, coding), tally in tallies.items():
            labels = (feed, str(status), coding)
            self._polls.labels(*labels).inc(tally.answers)
            self._sent.labels(*labels).inc(tally.sent)
            self._saved.labels(*labels).inc(max(0, tally.saved))

    def text(self, health: Health | None) -> bytes:
        """Return the metrics of all processes. health: None if the catalog is unavailable."""
        self.flush()
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = _sum(registry)
        state = CollectorRegistry()
        state.register(_State(health))
        return counted + generate_latest(state)


def _sum(registry: CollectorRegistry) -> bytes:
    """Return the metrics of a registry.

    While a process starts, its file is empty for a moment; the library fails to read that.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return generate_latest(registry)
        except struct.error:
            time.sleep(_PAUSE)
    return generate_latest(registry)


class _State:
    """Gauges, computed at scrape time."""

    def __init__(self, health: Health | None) -> None:
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics (the library's collector protocol)."""
        up = GaugeMetricFamily("feedsvc_catalog_up", "Whether the catalog can be reached.")
        up.add_metric([], 1.0 if self._health else 0.0)
        yield up
        if not self._health:
            return
        for name, text, value in (
            ("feedsvc_revision", "The newest revision.", self._health.revision),
            ("feedsvc_sync_problems", "Problems that the last sync found.", self._health.problems),
            (
                "feedsvc_last_sync_timestamp_seconds",
                "When the last sync ended.",
                self._health.synced.timestamp() if self._health.synced else 0,
            ),
        ):
            gauge = GaugeMetricFamily(name, text)
            gauge.add_metric([], float(value))
            yield gauge
