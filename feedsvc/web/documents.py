"""What programs fetch: feeds, the list of feeds, and the files that articles show."""

import mimetypes
import time
from functools import partial
from typing import Any

from flask import Response, abort, request, send_file
from werkzeug.datastructures import Headers

from feedsvc import dates
from feedsvc.errors import CatalogError
from feedsvc.http.conditional import FEED_KEY, FILE_KEY, REPRESENTATION_KEY, answer
from feedsvc.http.representation import Representation, represent
from feedsvc.model import Document, FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.render import opml
from feedsvc.routes import OPML, Routes, archive_path, feed_path, page_path
from feedsvc.web.moves import settle

_FILE_MAX_AGE = 3600
_ARCHIVE_MAX_AGE = 86_400  # only edits and removals change it
_FILE_HEADERS = {
    # A file of the site may be anything, also HTML or SVG with a script in it: nothing in it runs.
    # Led straight to a picture or a recording, a browser makes a document that styles and loads
    # itself; being sandboxed, it does so from another origin.
    "Content-Security-Policy": (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


class Documents:
    """Views that answer with a Representation or a file."""

    def __init__(self, publication: Publication, routes: Routes) -> None:
        self._publication = publication
        self._absolute = routes.absolute

    def feed(self, ref: FeedRef, format: Format) -> Response:
        """Send a feed."""
        document = self._publication.document(ref, format) or abort(404)
        settle()
        shown = represent(
            document,
            self_url=self._absolute(feed_path(ref, format)),
            max_age=self._publication.settings.feed(ref.key).max_age,
            delta=partial(self._delta, ref, format),
        )
        return self._send(shown, ref.key)

    def archive(self, ref: FeedRef, format: Format, number: int) -> Response:
        """Send an archive document of a feed."""
        document = self._publication.archive(ref, format, number) or abort(404)
        settle()
        own = self._absolute(archive_path(ref, format, number))
        return self._send(represent(document, self_url=own, max_age=_ARCHIVE_MAX_AGE), ref.key)

    def opml(self) -> Response:
        """Send the list of all feeds, which a reader can subscribe to at one go."""
        publication = self._publication
        outlines = [
            opml.Outline(
                title=feed.title,
                feed_url=self._absolute(feed_path(feed.ref, Format.RSS)),
                html_url=self._absolute(page_path(feed.ref)),
            )
            for feed in publication.feeds()
        ]
        revision, instant = publication.newest()
        document = Document(
            body=opml.document(publication.settings.title, outlines),
            media_type="text/x-opml; charset=utf-8",
            revision=revision,
            last_modified=instant,
            tag=f"{revision:x}.opml",
        )
        max_age = publication.settings.feed_defaults.max_age
        own = self._absolute(OPML)
        return self._send(represent(document, self_url=own, max_age=max_age), "")

    def file(self, path: str) -> Response:
        """Send a file that an article shows, whole or the ranges that are asked for."""
        found = self._publication.file(path)
        if found is None:
            abort(404)
        guessed, coding = mimetypes.guess_type(found.name, strict=False)
        # What is compressed is stored so, and not to be unpacked on the way.
        media_type = "application/octet-stream" if coding or not guessed else guessed
        try:
            response = send_file(found, media_type, max_age=_FILE_MAX_AGE)
        except FileNotFoundError:
            abort(404)
        response.headers.update(_FILE_HEADERS)
        request.environ[FILE_KEY] = str(found)
        return response

    def _delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
        """Return a delta, but none while the catalog cannot be used: the whole may be in memory."""
        try:
            return self._publication.delta(ref, format, tag)
        except CatalogError:
            return None

    def _send(self, shown: Representation, feed: str) -> Response:
        """Answer with a representation, and leave it to the edge."""
        request.environ.update({REPRESENTATION_KEY: shown, FEED_KEY: feed})
        _, due = self._publication.state()
        sent = answer(shown, request.environ, time.time(), dates.epoch(due) if due else None)
        return _Sent(sent.body, sent.line, list(sent.headers))


class _Sent(Response):
    """An answer that goes out as it is: Werkzeug takes Last-Modified out of a 304."""

    automatically_set_content_length = False
    default_mimetype = None  # or a 304 would have one

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002
        return self.headers
