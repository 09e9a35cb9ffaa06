"""What those who run the site ask: whether it is ready, and what it has served."""

import json
from typing import Any

from flask import Response, abort, request

from feedsvc import dates, urls
from feedsvc.config.serving import ServeSettings
from feedsvc.http.conditional import RETRY
from feedsvc.serve import metrics
from feedsvc.serve.limits import client_address, is_within, networks
from feedsvc.serve.watch import Watch

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Status:
    """Views that answer a path that they know. They wait for nothing, the catalog included."""

    def __init__(self, settings: ServeSettings, watch: Watch, counted: metrics.Metrics) -> None:
        self._proxies = networks(settings.trusted_proxies)
        self._visitors = networks(settings.metrics_from)
        self._watch = watch
        self._counted = counted

    def health(self, path: str) -> Response | None:
        """Tell a load balancer whether to send requests here: 200, or 503 where not."""
        if path != urls.HEALTH:
            return None
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

    def metrics(self, path: str) -> Response | None:
        """Show the counters to those who may see them; to others there is nothing here."""
        if path != urls.METRICS:
            return None
        asked = request.environ
        forwarded = "HTTP_X_FORWARDED_FOR" in asked or "HTTP_FORWARDED" in asked
        # An unknown proxy on an address that may see them would show them to the world.
        if forwarded and not is_within(asked.get("REMOTE_ADDR", ""), self._proxies):
            abort(404)
        if not is_within(client_address(asked, self._proxies), self._visitors):
            abort(404)
        text = self._counted.text(self._watch.health)
        return Response(text, headers=_HEADERS, content_type=metrics.MEDIA_TYPE)
