"""Answers for what is elsewhere: aliases, feeds that moved or were retired, other spellings."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from flask import abort, redirect, request, url_for
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from feedsvc import routes
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication

# The answers are final, but for what the settings and articles say tomorrow. A reader that runs in
# a browser may follow.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "public, max-age=3600, stale-if-error=86400",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


class Moves:
    """Hooks that answer before the views, as the settings `aliases`, `moved` and `retired` say."""

    def __init__(self, publication: Publication, table: routes.Routes) -> None:
        self._publication = publication
        self._table = table
        aliases = publication.settings.aliases.items()
        self._aliases = {f"{unquote(table.prefix)}{path}": target for path, target in aliases}

    def alias(self) -> Response | None:
        """Redirect an alias to its feed."""
        target = self._aliases.get(request.script_root + request.path)
        return self._redirect(routes.feed_path(*target), 301) if target else None

    def feed(self) -> Response | None:
        """Redirect what is asked of a feed that moved, or answer that it was retired.

        Conditions of polls are ignored (conformance 32).
        """
        asked = dict(request.view_args or {})
        ref = asked.get("ref")
        settings = self._publication.settings
        if ref is None:
            return None
        if ref.key in settings.retired:
            abort(410)
        if ref.key not in settings.moved:
            return None
        return self._redirect(self._path(FeedRef.of(settings.moved[ref.key]), **asked), 308)

    def _path(self, new: FeedRef, format: Format | None = None, number: int = 0, **_: Any) -> str:
        """Return the path of a feed's page, document, or archive if it has so many."""
        if format is None:
            return routes.page_path(new)
        feed = self._publication.feed(new) if number else None
        if feed and number <= feed.archives:
            return routes.archive_path(new, format, number)
        return routes.feed_path(new, format)

    def _redirect(self, path: str, code: int) -> Response:
        response = redirect(self._table.here(path), code)
        response.headers.update(HEADERS)
        return response


def settle() -> None:
    """Redirect to the endpoint's own URL if it was asked for by another spelling."""
    canonical = url_for(request.endpoint or "", **(request.view_args or {}))
    if unquote(canonical) != request.script_root + request.path:
        abort(redirect(iri_to_uri(canonical), 308))  # it has SCRIPT_NAME decoded
