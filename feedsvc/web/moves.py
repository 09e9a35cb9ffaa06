"""Where something was: feeds that moved, feeds that were retired, and the URLs of a predecessor.

Decides nothing: the settings say what went where.
"""

from collections.abc import Callable
from functools import partial

from flask import redirect
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response

from feedsvc import urls
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.web.links import Links
from feedsvc.web.pages import AWAY, show_error

_PathOf = Callable[[FeedRef], str]


class Moves:
    """Views that answer a path at which something was; they come before those of what is there."""

    def __init__(self, publication: Publication, links: Links) -> None:
        self._publication = publication
        self._links = links

    def alias(self, path: str) -> Response | None:
        """Show the way from a predecessor's path to the feed that carries on."""
        found = self._publication.settings.aliases.get(path)
        return self._lead(urls.feed_path(*found), 301) if found else None

    def feed(self, path: str) -> Response | None:
        """Show the way to where a feed moved, or say that it was retired, whatever is asked of it.

        The condition of a poll counts for nothing (conformance 32).
        """
        found = self._take_apart(path)
        if found is None:
            return None
        asked, path_of = found
        key = FeedRef(asked.kind, urls.term(asked.term)).key
        settings = self._publication.settings
        if key in settings.retired:
            return show_error(Gone())
        if key in settings.moved:
            return self._lead(path_of(FeedRef.of(settings.moved[key])), 308)
        return None

    def _take_apart(self, path: str) -> tuple[FeedRef, _PathOf] | None:
        """Return the feed that a path is of, and what gives the like path of another feed."""
        if document := urls.parse_feed_path(path):
            ref, format = document
            return ref, partial(urls.feed_path, format=format)
        if archive := urls.parse_archive_path(path):
            ref, format, number = archive
            return ref, partial(self._archive_path, format, number)
        page = urls.parse_page_path(path) or urls.parse_page_path(f"{path}/")
        return (page, urls.page_path) if page else None

    def _archive_path(self, format: Format, number: int, ref: FeedRef) -> str:
        """Return the path of an archive of a feed, or of the feed where it has none so high."""
        feed = self._publication.feed(ref)
        if feed and number <= feed.archives:
            return urls.archive_path(ref, format, number)
        return urls.feed_path(ref, format)

    def _lead(self, path: str, code: int) -> Response:
        response = redirect(self._links.here(path), code)
        response.headers.update(AWAY)
        return response
