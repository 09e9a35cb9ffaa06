"""The monitoring endpoints: readiness and metrics."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort, request

from feedsvc import dates
from feedsvc.config.serving import ServeSettings
from feedsvc.http.conditional import RETRY
from feedsvc.http.hosts import client_address, is_within, networks
from feedsvc.serve import metrics
from feedsvc.serve.watch import Watch

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Status:
    """The views `health` and `metrics`. They never wait for the catalog."""

    def __init__(self, settings: ServeSettings, watch: Watch, counters: metrics.Metrics) -> None:
        self._proxies = networks(settings.trusted_proxies)
        self._allowed = networks(settings.metrics_from)
        self._watch = watch
        self._counters = counters

    @property
    def views(self) -> Mapping[str, Callable[[], Response]]:
        """The views by endpoint."""
        return {"health": self.health, "metrics": self.metrics}

    def health(self) -> Response:
        """Return readiness for a load balancer: 200 if ready, else 503."""
        health = self._watch.health
        ready = bool(health and health.revision)
        status: dict[str, Any] = {"ready": ready}
        if self._watch.reason:
            status["reason"] = self._watch.reason
        if health:
            status |= {
                "revision": health.revision,
                "last_sync": dates.rfc3339(health.synced) if health.synced else None,
                "problems": health.problems,
            }
        headers = _HEADERS if ready else {**_HEADERS, "Retry-After": str(RETRY)}
        body = json.dumps(status) + "\n"
        return Response(body, 200 if ready else 503, headers, content_type="application/json")

    def metrics(self) -> Response:
        """Return the metrics to the clients in `metrics_from`, and 404 to others."""
        environ = request.environ
        forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
        # An untrusted proxy at an allowed address would expose them to the world.
        if forwarded and not is_within(environ.get("REMOTE_ADDR", ""), self._proxies):
            abort(404)
        if not is_within(client_address(environ, self._proxies), self._allowed):
            abort(404)
        text = self._counters.text(self._watch.health)
        return Response(text, headers=_HEADERS, content_type=metrics.MEDIA_TYPE)
