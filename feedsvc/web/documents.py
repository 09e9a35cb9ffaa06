"""Views for programs: feeds, the OPML list of feeds, and the files that articles embed."""

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

from flask import Response, abort, request, send_file
from werkzeug.datastructures import Headers
from werkzeug.http import http_date, is_resource_modified

from feedsvc import dates, urls
from feedsvc.errors import CatalogError
from feedsvc.http.caching import PAGES, archive_key, feed_key
from feedsvc.http.conditional import FEED_KEY, FILE_KEY, REPRESENTATION_KEY, answer
from feedsvc.http.representation import Representation, represent
from feedsvc.model import TERM_KINDS, Document, FeedRef, Format, Kind
from feedsvc.publication import Publication
from feedsvc.render import opml, sitemap
from feedsvc.routes import OPML, Routes, archive_path, feed_path, page_path, sitemap_path
from feedsvc.sources.attachments import sent_type
from feedsvc.web.interface import interface
from feedsvc.web.moves import redirect_to_canonical

_FILE_MAX_AGE = 3600
_DERIVED_MAX_AGE = 300  # as edits of the article change it
_RANGE = re.compile(r"bytes=(?=-?\d)(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)
_RECORDINGS = ("audio/", "video/")
_ARCHIVE_MAX_AGE = 86_400  # only edits and removals change it
_FILE_HEADERS = {
    # Files may be HTML or SVG with scripts, which must not run. For an image or recording that is
    # opened directly, browsers generate a document that styles itself and loads the file; as it is
    # sandboxed, it does so from an opaque origin.
    "Content-Security-Policy": (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


class Documents:
    """Views that return a Representation or a file."""

    def __init__(self, publication: Publication, routes: Routes) -> None:
        self._publication = publication
        self._routes = routes
        self._cache = publication.settings.purged
        self._absolute = routes.absolute

    def feed(self, ref: FeedRef, format: Format) -> Response:
        """Send a feed."""
        document = self._publication.document(ref, format) or abort(404)
        redirect_to_canonical(self._routes)
        representation = represent(
            document,
            self_url=self._absolute(feed_path(ref, format)),
            max_age=self._publication.settings.feed(ref.key).max_age,
            delta=partial(self._delta, ref, format),
            hubs=self._publication.hubs,
            cache=self._cache,
            key=feed_key(ref),
        )
        return self._send(representation, ref.key)

    def archive(self, ref: FeedRef, format: Format, number: int) -> Response:
        """Send an archive document of a feed."""
        document = self._publication.archive(ref, format, number) or abort(404)
        redirect_to_canonical(self._routes)
        representation = represent(
            document,
            self_url=self._absolute(archive_path(ref, format, number)),
            max_age=_ARCHIVE_MAX_AGE,
            cache=self._cache,
            key=archive_key(ref, number),
        )
        return self._send(representation, ref.key)

    def opml(self) -> Response:
        """Send the list of all feeds, grouped by kind, which a reader can import in one step."""
        publication = self._publication
        headings = interface(publication.settings.language).headings
        top: list[opml.Outline] = []
        groups: defaultdict[str, list[opml.Outline]] = defaultdict(list)
        for feed in publication.feeds():
            members = groups[headings[feed.ref.kind]] if feed.ref.kind in TERM_KINDS else top
            members.append(
                opml.Outline(
                    title=feed.title,
                    feed_url=self._absolute(feed_path(feed.ref, Format.RSS)),
                    html_url=self._absolute(page_path(feed.ref)),
                )
            )
        body = opml.document(publication.settings.title, top, groups)
        return self._list(body, "text/x-opml; charset=utf-8", OPML)

    def sitemap(self, number: int | None = None) -> Response:
        """Send the sitemap, its index if it has several parts, or one of the parts."""
        site = self._publication.feed(FeedRef(Kind.ALL))
        parts = sitemap.parts(site.entries if site else 0)
        if (number or 1) > parts:
            abort(404)
        if number is None and parts > 1:
            links = (sitemap_path(part) for part in range(1, parts + 1))
            body = sitemap.index(map(self._absolute, links))
        else:
            body = sitemap.document(self._located(number or 1))
        return self._list(body, sitemap.MEDIA_TYPE, sitemap_path(number))

    def _located(self, part: int) -> list[tuple[str, datetime | None]]:
        """Return the URLs in a part of the sitemap: the home page, and articles on this site."""
        start = self._absolute(urls.INDEX)
        home = [(start, None)] if part == 1 else []
        articles = self._publication.sitemap(*sitemap.part_range(part))
        return [*home, *((url, updated) for url, updated in articles if url.startswith(start))]

    def _list(self, body: bytes, media_type: str, path: str) -> Response:
        """Send a list of the whole site, which may change with each revision."""
        revision, instant = self._publication.newest()
        document = Document(
            body=body,
            media_type=media_type,
            revision=revision,
            last_modified=instant,
            tag=f"{revision:x}.{path.rpartition('.')[2]}",
        )
        representation = represent(
            document,
            self_url=self._absolute(path),
            max_age=self._publication.settings.feed_defaults.max_age,
            cache=self._cache,
            key=PAGES,
        )
        return self._send(representation, "")

    def file(self, path: str) -> Response:
        """Send a file that an article uses, or the requested range of it; or a derived file."""
        file = self._publication.files.find(path)
        if file is None:
            return self._derived(path)
        environ = request.environ
        media_type = sent_type(file.name)
        try:
            status = file.stat()
            etag = f"{status.st_size:x}-{status.st_mtime_ns:x}"  # the same for copies
            modified = dates.from_epoch(int(status.st_mtime))
            # Werkzeug sends a range even if the client has the file (RFC 9110 13.2.2).
            is_known = not is_resource_modified(environ, etag, last_modified=modified)
            current = (f'"{etag}"', http_date(modified))
            if is_known or not _wants_range(environ, status.st_size, current):
                environ.pop("HTTP_RANGE", None)
            response = send_file(file, media_type, max_age=_FILE_MAX_AGE, etag=etag)
        except FileNotFoundError:
            abort(404)
        response.headers.update(_FILE_HEADERS)
        if media_type.startswith(_RECORDINGS):  # for ranges, bytes must be those of the file
            response.cache_control.no_transform = True
        environ[FILE_KEY] = str(file)
        return response

    def _derived(self, path: str) -> Response:
        """Send a file that is derived from an article."""
        body, media_type = self._publication.files.derived(path) or abort(404)
        headers = {**_FILE_HEADERS, "Cache-Control": f"public, max-age={_DERIVED_MAX_AGE}"}
        response = Response(body, headers=headers, content_type=media_type)
        response.set_etag(blake2b(body, digest_size=12).hexdigest())
        response.make_conditional(request)
        return response

    def _delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
        """Return a delta; None if the catalog is unavailable, as the feed itself may be cached."""
        try:
            return self._publication.delta(ref, format, tag)
        except CatalogError:
            return None

    def _send(self, representation: Representation, feed: str) -> Response:
        """Answer with a representation, and pass it to the edge."""
        environ = request.environ
        environ.update({REPRESENTATION_KEY: representation, FEED_KEY: feed})
        _, due = self._publication.state()
        sent = answer(representation, environ, time.time(), dates.epoch(due) if due else None)
        return _RawResponse(sent.body, sent.line, list(sent.headers))


def _wants_range(environ: Mapping[str, Any], size: int, current: tuple[str, str]) -> bool:
    """Return whether a request is for one range of bytes; all other forms of Range are ignored.

    Also ignored are ranges with methods other than GET (RFC 9110 14.2), suffixes that are not
    shorter than the file (14.1.2), and ranges of another version of the file (13.1.5).

    size: bytes of the file. current: its ETag and Last-Modified.
    """
    asked = _RANGE.fullmatch(environ.get("HTTP_RANGE", ""))
    if not asked or environ["REQUEST_METHOD"] == "HEAD":
        return False
    first, last = asked.groups()
    is_valid = int(first) <= int(last) if first and last else bool(first) or int(last) < size
    return is_valid and environ.get("HTTP_IF_RANGE", current[0]) in current


class _RawResponse(Response):
    """A response with exactly these headers: Werkzeug removes Last-Modified from a 304."""

    automatically_set_content_length = False
    default_mimetype = None  # a 304 has none

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002
        return self.headers
