"""Previews of a site with drafts and scheduled articles, for local use only.

`Settings.preview` makes the catalog include them. This module marks them in titles, and guards the
app: only requests from this machine are accepted, and responses must not be cached.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from feedsvc import dates
from feedsvc.catalog.queries import StoredArticle
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.http.caching import Headers
from feedsvc.http.conditional import plain
from feedsvc.http.hosts import names_loopback
from feedsvc.model import ContentChoice, Entry
from feedsvc.publication import Publication
from feedsvc.publication.entries import Entries
from feedsvc.routes import Routes
from feedsvc.web.app import create_app

_ELSEWHERE = b"This preview is only available on its own machine: open it as localhost.\n"
# Ignored, because marks in titles change with time: a cached response may be outdated.
_CONDITIONS = (
    "HTTP_A_IM",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_RANGE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_MATCH",
)
_PRIVATE: Headers = [
    ("Cache-Control", "private, no-store"),
    ("X-Robots-Tag", "noindex"),
    # Other sites must not embed a draft's images, which CORS does not prevent.
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
_REPLACED = re.compile(
    r"(?i)access-control-.*|cdn-cache-control|surrogate-control|expires|last-modified|etag|"
    + "|".join(re.escape(name) for name, _ in _PRIVATE)
)


class Preview(Publication):
    """A publication that marks unpublished articles, and caches nothing between requests."""

    cache_size = 0

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(settings, catalog, entries=_Marked(settings, clock))


class _Marked(Entries):
    """Entries with a mark in the titles of unpublished articles."""

    cache_size = 0

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        super().__init__(settings)
        self._clock = clock

    def entry(self, stored: StoredArticle, choice: ContentChoice, **changes: Any) -> Entry:
        """Return an article as a feed entry, marked if it is not published."""
        entry = super().entry(stored, choice, **changes)
        mark = _mark(stored, self._clock())
        return replace(entry, title=f"{mark}: {entry.title}") if mark else entry


def create_preview(preview: Preview) -> WSGIApplication:
    """Return the app that shows a preview, with its guard in front of it."""
    app = create_app(preview).wsgi_app
    here = Routes(preview.settings).here

    def guard(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(line: str, headers: Headers, *more: Any) -> Any:
            kept = [
                (name, here(value) if name == "Location" else value)
                for name, value in headers
                if not _REPLACED.fullmatch(name)
            ]
            return start_response(line, [*kept, *_PRIVATE], *more)

        # Any other host may come from a page of another site whose name resolves here (DNS
        # rebinding), which could then read everything.
        if not names_loopback(environ.get("HTTP_HOST", "")):
            start("421 Misdirected Request", plain(_ELSEWHERE))
            return [b"" if environ["REQUEST_METHOD"] == "HEAD" else _ELSEWHERE]
        for name in _CONDITIONS:
            environ.pop(name, None)
        return app(environ, start)

    return guard


def _mark(stored: StoredArticle, now: datetime) -> str:
    """Return the mark for the title of an article that is not published; '' if it is."""
    if stored.draft:
        return "Draft"
    if stored.published > now:
        return f"Scheduled for {dates.written(stored.published.astimezone(stored.zone))}"
    return ""
