"""What those who run the site ask: whether it is ready, and what it has served."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort, request

from feedsvc import dates
from feedsvc.config.serving import ServeSettings
from feedsvc.http.conditional import RETRY
from feedsvc.serve import metrics
from feedsvc.serve.limits import client_address, is_within, networks
from feedsvc.serve.watch import Watch

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Status:
    """The views `health` and `metrics`. They wait for nothing, not even the catalog."""

    def __init__(self, settings: ServeSettings, watch: Watch, counted: metrics.Metrics) -> None:
        self._proxies = networks(settings.trusted_proxies)
        self._visitors = networks(settings.metrics_from)
        self._watch = watch
        self._counted = counted

    @property
    def views(self) -> Mapping[str, Callable[[], Response]]:
        """The views by their endpoints."""
        return {"health": self.health, "metrics": self.metrics}

    def health(self) -> Response:
        """Tell a load balancer whether to send requests here: 200, or 503 where not."""
        health = self._watch.health
        said: dict[str, Any] = {"ready": bool(health and health.revision)}
        if self._watch.reason:
            said["reason"] = self._watch.reason
        if health:
            said |= {
                "revision": health.revision,
                "last_sync": dates.rfc3339(health.synced) if health.synced else None,
                "problems": health.problems,
            }
        ready = said["ready"]
        headers = _HEADERS if ready else {**_HEADERS, "Retry-After": str(RETRY)}
        body = json.dumps(said) + "\n"
        return Response(body, 200 if ready else 503, headers, content_type="application/json")

    def metrics(self) -> Response:
        """Show the counters to those who may see them; to others there is nothing here."""
        asked = request.environ
        forwarded = "HTTP_X_FORWARDED_FOR" in asked or "HTTP_FORWARDED" in asked
        # An unknown proxy on an address that may see them would show them to the world.
        if forwarded and not is_within(asked.get("REMOTE_ADDR", ""), self._proxies):
            abort(404)
        if not is_within(client_address(asked, self._proxies), self._visitors):
            abort(404)
        text = self._counted.text(self._watch.health)
        return Response(text, headers=_HEADERS, content_type=metrics.MEDIA_TYPE)
