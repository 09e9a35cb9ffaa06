"""Detects the first request from beyond this machine, from which on ids are kept (ADR 37).

A proxy on this machine forwards requests over the loopback interface, so the address of the
connection is not enough: the Host header, or the headers that proxies add, name the public side.
Anybody may forge them, which only keeps ids that would otherwise follow the settings.
"""

import logging
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from feedsvc.errors import CatalogError
from feedsvc.http.hosts import is_loopback, names_loopback
from feedsvc.publication import Publication

logger = logging.getLogger("feedsvc.web")


def is_public(environ: Mapping[str, Any]) -> bool:
    """Return whether a request comes, or was forwarded, from beyond this machine."""
    if "HTTP_FORWARDED" in environ:
        return True
    named = (environ.get("HTTP_HOST"), environ.get("HTTP_X_FORWARDED_HOST"))
    return _is_beyond(environ.get("REMOTE_ADDR"), named, environ.get("HTTP_X_FORWARDED_FOR", ""))


@lru_cache(64)  # the clients on this machine send the same few values with each poll
def _is_beyond(address: str | None, named: tuple[str | None, ...], forwarded: str) -> bool:
    clients = filter(None, map(str.strip, forwarded.split(",")))
    return (
        bool(address and not is_loopback(address))
        or any(host and not names_loopback(host) for host in named)
        or not all(map(is_loopback, clients))
    )


class PublicRequests:
    """Records the first public request in the catalog. Thread-safe."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._pending = True

    def observe(self, environ: Mapping[str, Any]) -> None:
        """Look at a request; never waits for the catalog, which a long sync may have locked."""
        if self._pending and is_public(environ):
            self._pending = False
            threading.Thread(target=self._record, name="feedsvc-public", daemon=True).start()

    def _record(self) -> None:
        try:
            self._publication.mark_published()
        except CatalogError as error:
            logger.warning("event=not-marked-published reason=%r", str(error))
            self._pending = True
