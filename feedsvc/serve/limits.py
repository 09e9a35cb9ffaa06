"""Refuses clients that fetch the same unchanged feed in full again and again; off by default.

Counts with the `limits` library, in memory or, for many machines, in Redis. A poll that ends in 304
or 226 costs nothing and is never counted.
"""

import ipaddress
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import FeedsvcError
from feedsvc.http.conditional import Answer, plain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

logger = logging.getLogger("feedsvc.serve")

_REFUSAL = (
    b"You have fetched this feed in full too often while it did not change. "
    b"Send If-None-Match with the ETag that you were given.\n"
)


class Limits:
    """Counts full answers by client, feed and state of the feed."""

    def __init__(self, settings: ServeSettings) -> None:
        try:
            from limits import parse, storage, strategies
        except ImportError:
            raise FeedsvcError(
                "full_polls needs a library; install it with `pip install 'feedsvc[limits]'`"
            ) from None
        self._proxies = networks(settings.trusted_proxies)
        self._rate = parse(settings.full_polls)
        try:
            counts = storage.storage_from_string(settings.limit_storage)
        except Exception as error:  # noqa: BLE001 - of whatever store it is
            raise FeedsvcError(f"limit_storage cannot be used: {error}") from None
        self._limiter = strategies.FixedWindowRateLimiter(counts)

    def refuse(self, environ: Mapping[str, Any], answer: Answer) -> Answer | None:
        """Count an answer, and return the refusal to send instead if it is one too many."""
        if answer.status != 200 or not answer.body:
            return None
        client = client_address(environ, self._proxies)
        agent = environ.get("HTTP_USER_AGENT", "")[:200]
        key = (client, agent, environ["PATH_INFO"], answer.shown.document.tag)
        try:
            if self._limiter.hit(self._rate, *key):
                return None
            reset = self._limiter.get_window_stats(self._rate, *key).reset_time
        except Exception:  # a store elsewhere is out of reach; nobody suffers for it
            logger.exception("event=limits-failed")
            return None
        headers = plain(_REFUSAL, ("Retry-After", str(max(1, int(reset - time.time()) + 1))))
        return answer._replace(
            line="429 Too Many Requests", headers=headers, body=_REFUSAL, status=429, coding=""
        )


def limits(settings: ServeSettings) -> Limits | None:
    """Return the limits that are set, None for none. Raises FeedsvcError."""
    return Limits(settings) if settings.full_polls else None


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of the settings."""
    return tuple(map(ipaddress.ip_network, written))


def client_address(environ: Mapping[str, Any], proxies: Sequence[Network]) -> str:
    """Return who asks: the last address in X-Forwarded-For that no trusted proxy wrote of another.

    Whoever is not trusted may have written anything into it, so it is read from its end.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    while is_within(address, proxies) and forwarded:
        previous = forwarded.pop().strip()
        if not _is_address(previous):
            break
        address = previous
    return address


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address belongs to one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
