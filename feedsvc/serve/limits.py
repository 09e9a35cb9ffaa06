"""Limits how often a client may fetch the same unchanged feed in full; off by default.

Uses the `limits` library, with counters in memory or, shared by several machines, in Redis.
Polls answered with 304 or 226 are never counted.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import FeedsvcError
from feedsvc.extras import how_to_install
from feedsvc.http.conditional import Answer, plain
from feedsvc.http.hosts import client_address, networks

logger = logging.getLogger("feedsvc.serve")

_REFUSAL = (
    b"You have fetched this feed in full too often while it did not change. "
    b"Send If-None-Match with the ETag that you were given.\n"
)


class Limits:
    """Counts full responses by client, feed and version of the feed."""

    def __init__(self, settings: ServeSettings) -> None:
        try:
            from limits import parse, storage, strategies
        except ImportError as error:
            command = how_to_install("limits", error)
            raise FeedsvcError(f"full_polls needs a library; install it with {command}") from None
        self._proxies = networks(settings.trusted_proxies)
        self._rate = parse(settings.full_polls)
        try:
            counters = storage.storage_from_string(settings.limit_storage)
        except Exception as error:  # noqa: BLE001 - depends on the storage
            raise FeedsvcError(f"limit_storage cannot be used: {error}") from None
        self._limiter = strategies.FixedWindowRateLimiter(counters)

    def refuse(self, environ: Mapping[str, Any], answer: Answer) -> Answer | None:
        """Count a response; return the 429 to send instead if the limit is exceeded."""
        if answer.status != 200 or not answer.body:
            return None
        client = client_address(environ, self._proxies)
        agent = environ.get("HTTP_USER_AGENT", "")[:200]
        key = (client, agent, environ["PATH_INFO"], answer.representation.document.tag)
        try:
            if self._limiter.hit(self._rate, *key):
                return None
            reset = self._limiter.get_window_stats(self._rate, *key).reset_time
        except Exception:  # the storage is unreachable: do not refuse anybody
            logger.exception("event=limits-failed")
            return None
        headers = plain(_REFUSAL, ("Retry-After", str(max(1, int(reset - time.time()) + 1))))
        return answer._replace(
            line="429 Too Many Requests", headers=headers, body=_REFUSAL, status=429, coding=""
        )


def create_limits(settings: ServeSettings) -> Limits | None:
    """Return the configured limits, None if there are none. Raises FeedsvcError."""
    return Limits(settings) if settings.full_polls else None
