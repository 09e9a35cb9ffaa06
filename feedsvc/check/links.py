"""Tells whether the site has something to show at one of its own URLs; asks the publication."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from feedsvc import urls
from feedsvc.model import FeedRef
from feedsvc.publication import Publication
from feedsvc.routes import Routes


class Targets:
    """The URLs of one site; remembers its answers."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._routes = Routes(publication.settings)
        self._base = urlsplit(publication.settings.base_url)
        self._known: dict[str, str | None] = {}

    def broken(self, url: str) -> str | None:
        """Return why nothing is to be found at a URL; None where something is, or elsewhere."""
        if url not in self._known:
            self._known[url] = self._look(url)
        return self._known[url]

    def _look(self, url: str) -> str | None:
        try:
            parts = urlsplit(url)
        except ValueError:
            return "which is no URL"
        if (parts.scheme.lower(), parts.netloc.lower()) != (
            self._base.scheme.lower(),
            self._base.netloc.lower(),
        ):
            return None
        if not f"{parts.path}/".startswith(f"{self._base.path.rstrip('/')}/"):
            return None
        path = unquote(parts.path[len(self._base.path.rstrip("/")) :]) or urls.INDEX
        endpoint, values = self._routes.match(path) or ("", {})
        if endpoint == "article":
            found = self._publication.article(values["slug"])
            return None if found else "which no public article has"
        return None if self._is_there(endpoint, values) else "which this site has not"

    def _is_there(self, endpoint: str, values: Mapping[str, Any]) -> bool:
        """Return whether an endpoint has something to show, or leads to what has."""
        publication = self._publication
        match endpoint, values:
            case "file", {"path": path}:
                return publication.file(path) is not None
            case _, {"ref": ref}:
                settings = publication.settings
                target = FeedRef.of(settings.moved.get(ref.key, ref.key))
                if target.key in settings.retired:
                    return False
                if endpoint == "archive" and target == ref:
                    return publication.archive(**values) is not None
                return publication.feed(target) is not None
        return endpoint in {"index", "opml", "kind", "asset"}
