"""Counts the requests of the push process, for `/metrics` of the serving processes.

The library writes the values into files in a folder, which `feedsvc serve` passes to all of its
processes in the environment; serve/metrics.py adds them up. Without the folder, the counts stay in
this process.
"""

import asyncio
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from feedsvc.catalog.store import Catalog
from feedsvc.errors import CatalogError
from feedsvc.push.store.deliveries import Counts, clock, counts

_INTERVAL = 10.0  # seconds between counts, which read all subscriptions
_LAG_BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0, 14_400.0)  # seconds
_STATE = {
    "subscriptions": "Subscriptions to the hub.",
    "pending": "Subscriptions whose newest document is not delivered yet.",
    "failing": "Subscriptions whose last delivery failed.",
}


class Counters:
    """The counters of one process."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        outcome = ("outcome",)
        self._deliveries = Counter(
            "feedsvc_push_deliveries", "Deliveries to subscribers.", outcome, registry=registry
        )
        self._requests = Counter(
            "feedsvc_push_hub_requests", "Requests to other hubs.", outcome, registry=registry
        )
        self._purges = Counter(
            "feedsvc_push_purges", "Requests that purge caches.", outcome, registry=registry
        )
        self._lag = Histogram(
            "feedsvc_push_lag_seconds",
            "Time from the commit of a revision to the delivery of a document.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        # If a process was restarted, the values of the latest one count.
        self._state = {
            name: Gauge(
                f"feedsvc_push_{name}", text, registry=registry, multiprocess_mode="mostrecent"
            )
            for name, text in _STATE.items()
        }

    def delivered(self, outcome: str, lag: float | None) -> None:
        """Count a delivery. outcome: delivered, failed, given-up, gone. lag: seconds."""
        self._deliveries.labels(outcome).inc()
        if lag is not None:
            self._lag.observe(lag)

    def pinged(self, outcome: str) -> None:
        """Count a request to another hub. outcome: notified, failed."""
        self._requests.labels(outcome).inc()

    def purged(self, outcome: str) -> None:
        """Count a request that purges a cache. outcome: purged, failed."""
        self._purges.labels(outcome).inc()

    async def keep_counting(self, catalog: Catalog) -> None:
        """Set the numbers of subscriptions periodically, until the task is cancelled."""
        while True:
            with suppress(CatalogError):
                self.set_state(await asyncio.to_thread(_counts, catalog))
            await asyncio.sleep(_INTERVAL)

    def set_state(self, numbers: Counts) -> None:
        """Set the numbers of subscriptions."""
        for name, gauge in self._state.items():
            gauge.set(getattr(numbers, name))


def _counts(catalog: Catalog) -> Counts:
    with catalog.reading() as connection:
        return counts(connection, clock(connection))
