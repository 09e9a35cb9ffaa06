"""Redirects: aliases, moved or retired feeds, non-canonical spellings.

Their Location is absolute, because some readers resolve a path incorrectly.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from feedsvc import routes
from feedsvc.errors import CatalogError
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.web import assets
from feedsvc.web.oldfeeds import OldFeeds
from feedsvc.web.tags import Tagger

# Cached for an hour only, as settings and articles may change. Browser-based readers may follow.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=60, stale-if-error=86400",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


class Redirects:
    """Request hooks for aliases, old addresses, and feeds that moved or are retired."""

    def __init__(self, publication: Publication, table: routes.Routes) -> None:
        self._publication = publication
        self._table = table
        self._tag = Tagger(publication.settings)
        self._old = OldFeeds(publication, table)
        aliases = publication.settings.aliases.items()
        self._aliases = {f"{unquote(table.prefix)}{path}": target for path, target in aliases}

    def alias(self) -> Response | None:
        """Redirect an alias to its feed, and an old address if no app has anything there."""
        target = self._aliases.get(request.script_root + request.path)
        if target is None:
            return None if request.endpoint else self.old_feed()
        return self._redirect(routes.feed_path(*target), 301)

    def old_feed(self) -> Response | None:
        """Redirect an old address to its feed if this site has nothing else there."""
        prefix = unquote(self._table.prefix)
        path = request.script_root + request.path
        if not path.startswith(f"{prefix}/") or "\0" in path:
            return None
        try:
            target = self._old.target(path[len(prefix) :])
        except CatalogError:
            abort(503)
        return self._redirect(routes.feed_path(*target), 301) if target else None

    def feed(self) -> Response | None:
        """Redirect requests for a moved feed; respond with 410 for a retired feed.

        Conditional requests are not treated differently (conformance 32).
        """
        view_args = dict(request.view_args or {})
        ref = view_args.get("ref")
        settings = self._publication.settings
        if ref is None:
            return None
        if ref.key in settings.retired:
            abort(410)
        elsewhere = settings.feed(ref.key).elsewhere
        if elsewhere and "format" in view_args:
            return self._redirect(elsewhere, 308)
        if ref.key not in settings.moved:
            return None
        return self._redirect(self._path(FeedRef.of(settings.moved[ref.key]), **view_args), 308)

    def icon(self, name: str) -> Response:
        """Redirect to the site's icon; without one, send feedsvc's own mark."""
        icon = self._publication.settings.icon
        return self._redirect(icon, 301) if icon else assets.icon(name)

    def _path(self, new: FeedRef, format: Format | None = None, number: int = 0, **_: Any) -> str:
        """Return the path of a feed's archive if that number exists, else its document or page."""
        if format is None:
            return routes.page_path(new)
        feed = self._publication.feed(new) if number else None
        if feed and number <= feed.archives:
            return routes.archive_path(new, format, number)
        return routes.feed_path(new, format)

    def _redirect(self, path: str, code: int) -> Response:
        response = redirect(self._table.absolute(path), code)
        response.headers.update(HEADERS)
        return self._tag(response)  # the blueprint's hooks do not run for an alias in another app


def redirect_to_canonical(table: routes.Routes) -> None:
    """Redirect to the canonical URL of the current endpoint if the request used another one."""
    endpoint, values = request.endpoint or "", request.view_args or {}
    if unquote(url_for(endpoint, **values)) != request.script_root + request.path:
        path = table.build(endpoint.rpartition(".")[2], **values)
        abort(redirect(table.absolute(path), 308))
