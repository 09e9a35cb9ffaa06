"""What programs fetch: feeds, the list of feeds, and the files that articles show."""

import mimetypes
from typing import Any

from flask import Response, abort, redirect, request, send_file
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import urls
from feedsvc.model import Document, FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.render import opml
from feedsvc.representation import Representation, represent
from feedsvc.web.links import Links

_FILE_MAX_AGE = 3600
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
    """Views that answer a path that they know with a Representation or a file."""

    def __init__(self, publication: Publication, links: Links) -> None:
        self._publication = publication
        self._links = links

    def feed(self, path: str) -> AnyResponse | None:
        """Send a feed, or the way to the path that is its own."""
        found = urls.parse_feed_path(path)
        if found is None:
            return None
        asked, format = found
        ref = FeedRef(asked.kind, urls.term(asked.term))
        document = self._publication.document(ref, format)
        if document is None:
            abort(404)
        if ref != asked:
            return redirect(self._links.feed(ref, format), 308)
        max_age = self._publication.settings.feed(ref.key).max_age
        return _send(
            represent(document, self_url=self._links.feed_url(ref, format), max_age=max_age)
        )

    def opml(self, path: str) -> Response | None:
        """Send the list of all feeds, which a reader can subscribe to at one go."""
        if path != urls.OPML:
            return None
        publication = self._publication
        outlines = [
            opml.Outline(
                title=feed.title,
                feed_url=self._links.feed_url(feed.ref, Format.RSS),
                html_url=self._links.absolute(urls.page_path(feed.ref)),
            )
            for feed in publication.feeds()
        ]
        document = Document(
            body=opml.document(publication.settings.title, outlines),
            media_type="text/x-opml; charset=utf-8",
            revision=publication.revision(),
            last_modified=publication.last_modified(),
        )
        max_age = publication.settings.feed_defaults.max_age
        return _send(represent(document, self_url=self._links.absolute(urls.OPML), max_age=max_age))

    def file(self, path: str) -> Response | None:
        """Send a file that an article shows, whole or the ranges that are asked for."""
        name = urls.parse_file_path(path)
        if name is None:
            return None
        found = self._publication.file(name)
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
        return response


class _Unchanged(Response):
    """A 304 that keeps its Last-Modified, which Werkzeug takes out."""

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def _send(representation: Representation) -> Response:
    """Answer a request for a representation that would get a 200."""
    sent = request.headers
    if representation.is_unchanged(sent.get("If-None-Match"), sent.get("If-Modified-Since")):
        return _Unchanged(status=304, headers=list(representation.headers_when_unchanged))
    return Response(representation.body, headers=list(representation.headers))
