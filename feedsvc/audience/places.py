"""Finds the feed that a request in an access log is for."""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from feedsvc import urls
from feedsvc.audience.counts import Place
from feedsvc.config.settings import Settings
from feedsvc.routes import Routes

_ORIGIN = re.compile(rb"https?://[^/]*")  # of a target in absolute form
_MAX_CACHED = 50_000  # targets


class Places:
    """Finds the feed of a request, including requests for aliases, and old and moved feeds."""

    def __init__(self, settings: Settings) -> None:
        self._routes = Routes(settings)
        self._moved = settings.moved
        self._find = lru_cache(_MAX_CACHED)(self._uncached)

    def find(self, target: bytes) -> Place | None:
        """Return the feed and format of a request target; None if it is not a feed."""
        return self._find(target.partition(b"?")[0])

    def _uncached(self, encoded: bytes) -> Place | None:
        encoded = _ORIGIN.sub(b"", encoded)
        path = unquote_to_bytes(encoded).decode("utf-8", "replace")
        prefix = unquote_to_bytes(self._routes.prefix).decode()
        if f"{path}/".startswith(f"{prefix}/"):
            path = path[len(prefix) :] or urls.INDEX
        endpoint, values = self._routes.match(path) or ("", {})
        if endpoint in ("feed", "alias"):
            ref, format = values["ref"], values["format"]
        elif not endpoint and (old := next(self._routes.old_feeds(path), None)):
            ref, format = old
        else:
            return None
        return self._moved.get(ref.key, ref.key), format
