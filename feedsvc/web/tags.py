"""Adds the cache keys of pages to responses that have none yet, for a cache that is purged."""

from typing import TypeVar

from flask import request
from werkzeug.wrappers import Response

from feedsvc.config.settings import Settings
from feedsvc.http.caching import DIALECTS, PAGES, tag

# Responses that caches may keep (RFC 9110 15.1) although they change: pages, redirects, errors.
_KEPT = frozenset({200, 301, 308, 404, 410})
_UNCHANGED = frozenset({"asset", "file"})  # endpoints whose responses do not depend on revisions
_R = TypeVar("_R", bound=Response)


class Tagger:
    """Tags responses; to be called after each request."""

    def __init__(self, settings: Settings) -> None:
        self._cache = settings.purged

    def __call__(self, response: _R) -> _R:
        """Return a response with its keys."""
        endpoint = (request.endpoint or "").rpartition(".")[2]
        if (
            self._cache
            and response.status_code in _KEPT
            and endpoint not in _UNCHANGED
            and DIALECTS[self._cache.cache][0] not in response.headers
            and not (response.cache_control.no_store or response.cache_control.private)
        ):
            response.headers.extend(tag(self._cache, PAGES))
        return response
