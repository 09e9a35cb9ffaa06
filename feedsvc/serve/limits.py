"""Limits how often a client may fetch the same unchanged feed in full; off by default.

Uses the `limits` library, with counters in memory or, shared by several machines, in Redis or
Valkey. While these are unreachable, no client is refused, and hardly any poll waits for them.
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

_PATIENCE = 0.25  # seconds to wait for the storage, which holds up all polls of the process
_REST = 5.0  # seconds before an unreachable storage is tried again
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
        self._rest_until = 0.0  # by the monotonic clock
        self._is_lost = False
        try:
            options = _redis_options() if settings.limit_storage.startswith("redis") else {}
            counters = storage.storage_from_string(settings.limit_storage, **options)
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
        reset = self._hit(key)
        if reset is None:
            return None
        headers = plain(_REFUSAL, ("Retry-After", str(max(1, int(reset - time.time()) + 1))))
        return answer._replace(
            line="429 Too Many Requests", headers=headers, body=_REFUSAL, status=429, coding=""
        )

    def _hit(self, key: tuple[str, ...]) -> float | None:
        """Count a full response; if the limit is exceeded, return when the client may retry."""
        if self._is_lost and time.monotonic() < self._rest_until:
            return None
        try:
            reset = None
            if not self._limiter.hit(self._rate, *key):
                reset = self._limiter.get_window_stats(self._rate, *key).reset_time
        except Exception as error:  # noqa: BLE001 - depends on the storage
            if not self._is_lost:
                logger.warning("event=limits-lost reason=%r", str(error))
            self._is_lost, self._rest_until = True, time.monotonic() + _REST
            return None
        if self._is_lost:
            logger.warning("event=limits-found")
            self._is_lost = False
        return reset


def _redis_options() -> dict[str, Any]:
    """Return the options of a Redis client that times out early and never retries."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": _PATIENCE,
        "socket_connect_timeout": _PATIENCE,
        "retry": Retry(NoBackoff(), 0),
    }


def create_limits(settings: ServeSettings) -> Limits | None:
    """Return the configured limits, None if there are none. Raises FeedsvcError."""
    return Limits(settings) if settings.full_polls else None
