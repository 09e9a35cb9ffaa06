"""Evaluates conditional requests for a Representation, for Flask's views and the edge alike.

Reads the WSGI environment (PEP 3333), writes nothing into it, and knows neither Flask nor the
publication.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from feedsvc import dates
from feedsvc.http import fields
from feedsvc.http.caching import Headers
from feedsvc.http.representation import CODINGS, Held, Representation

# Keys of the WSGI environment in which a view passes its Representation and the feed's key, or the
# path of the file to send, to the server in front of the app.
REPRESENTATION_KEY = "feedsvc.http.representation"
FEED_KEY = "feedsvc.feed"
FILE_KEY = "feedsvc.file"

RETRY = 10  # seconds for Retry-After while the catalog is unavailable
_LINES = {200: "200 OK", 226: "226 IM Used", 304: "304 Not Modified", 406: "406 Not Acceptable"}
_NOT_ACCEPTABLE = b"No content coding that this server has is acceptable to you.\n"


class Answer(NamedTuple):
    """A response. line: status code and reason phrase. body: b'' for HEAD and 304.

    representation: the one that was sent, which may be a delta. coding: of its body. missing: the
    coding that the client prefers, if the body has not been compressed in it yet.
    """

    line: str
    headers: Headers
    body: bytes
    status: int
    representation: Representation
    coding: str
    missing: str | None = None


def answer(
    representation: Representation,
    environ: Mapping[str, Any],
    now: float,
    due: int | None,
    is_current: bool = True,
) -> Answer:
    """Answer a GET or HEAD request that would get 200 if it were unconditional.

    now, due: seconds since the epoch; due is when something is released or expires next.
    is_current: whether the representation is known to be newer than the last purge of caches.
    """
    time = _Time(now, due, is_current)
    codings = fields.acceptable(environ.get("HTTP_ACCEPT_ENCODING"), CODINGS)
    if not codings:  # conditions are ignored then (RFC 9110 13.2.1)
        headers = plain(_NOT_ACCEPTABLE, ("Vary", "Accept-Encoding"))
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else _NOT_ACCEPTABLE
        return Answer(_LINES[406], headers, body, 406, representation, "")
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is not None:  # overrides If-Modified-Since (RFC 9110 13.1.3)
        coding = representation.match(if_none_match)
        if coding is not None:
            return _not_modified(representation, coding, time)
        manipulations = environ.get("HTTP_A_IM")
        if manipulations is not None and "feed" in fields.manipulations(manipulations):
            delta, base = representation.delta(if_none_match)
            if delta:
                base = base if "," in if_none_match else ""
                return _full(delta, codings, environ, time, base)
    elif (since := environ.get("HTTP_IF_MODIFIED_SINCE")) is not None and (
        since == representation.last_modified or _is_since(representation, since, now)
    ):
        return _not_modified(representation, codings[0], time)
    return _full(representation, codings, environ, time)


def keep(representation: Representation, held: Held, now: float, due: int | None) -> Answer:
    """Answer a client that may have a newer document than the server: 304, so that it keeps it.

    A cache revalidates after some seconds, when the server has polled the catalog again.
    """
    left = RETRY if due is None else max(0, min(RETRY, int(due - now)))
    headers = representation.kept(held, left)
    return Answer(_LINES[304], headers, b"", 304, representation, held.coding)


def plain(text: bytes, *more: tuple[str, str]) -> Headers:
    """Return the headers of an uncacheable plain text response."""
    return [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *more,
    ]


class _Time(NamedTuple):
    """The arguments of `answer` that determine how long a response may be kept."""

    now: float
    due: int | None
    is_current: bool


def _not_modified(representation: Representation, coding: str, time: _Time) -> Answer:
    headers = _adjust(representation, representation.not_modified(coding), time)
    return Answer(_LINES[304], headers, b"", 304, representation, coding)


def _full(
    representation: Representation,
    codings: Sequence[str],
    environ: Mapping[str, Any],
    time: _Time,
    base: str = "",
) -> Answer:
    best = codings[0]
    ready = (representation.ready(coding) for coding in codings)
    variant = next((each for each in ready if each), None)
    if variant is None:  # the client accepts none that is ready
        variant = representation.make(best)
    headers = _adjust(representation, variant.headers, time)
    if base:
        headers = [*headers, ("Delta-Base", base)]
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else variant.body
    missing = None if variant.coding == best else best
    status = representation.status
    return Answer(_LINES[status], headers, body, status, representation, variant.coding, missing)


def _adjust(representation: Representation, headers: Headers, time: _Time) -> Headers:
    """Adjust the headers that depend on the time of day, if necessary.

    A response is not fresh beyond the next release or expiry. If the clock is behind the document,
    because it was set back or there were two revisions within a second, Date is set to
    Last-Modified, which must not be later than Date (RFC 9110 8.8.2.1) and never decreases.
    """
    left = None if time.due is None else time.due - time.now
    is_near = left is not None and left < representation.horizon
    if representation.max_age is not None and (
        is_near or (representation.is_purged and not time.is_current)
    ):
        whole = None if left is None else max(0, int(left))
        headers = representation.recached(headers, whole, time.is_current)
    if representation.instant > time.now:
        headers = [*headers, ("Date", representation.last_modified)]
    return headers


def _is_since(representation: Representation, since: str, now: float) -> bool:
    moment = dates.http_date(since, dates.from_epoch(int(now)))
    return moment is not None and representation.instant <= dates.epoch(moment)
