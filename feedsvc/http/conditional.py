"""Which answer a request for a Representation gets; the one place that evaluates a poll.

Serves Flask's views and the edge alike, so that both say the same. Reads the WSGI environment
(PEP 3333), writes nothing into it, and knows neither Flask nor the publication.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from feedsvc import dates
from feedsvc.http import fields
from feedsvc.http.representation import CODINGS, Headers, Representation, cache_control

# Keys of the WSGI environment under which a view leaves, for the server in front of the app, the
# Representation that it answers with and the key of its feed, or the path of the file to send.
REPRESENTATION_KEY = "feedsvc.http.representation"
FEED_KEY = "feedsvc.feed"
FILE_KEY = "feedsvc.file"

RETRY = 10  # seconds after which to ask again while the catalog cannot be reached
_LINES = {200: "200 OK", 226: "226 IM Used", 304: "304 Not Modified", 406: "406 Not Acceptable"}
_NOT_ACCEPTABLE = b"No content coding that this server has is acceptable to you.\n"


class Answer(NamedTuple):
    """What goes out. line: status code and reason. body: b'' for HEAD and 304.

    shown: the representation that answers, a delta where it is one. coding: of its body. wanted:
    the coding that this client likes best, if that is not made yet.
    """

    line: str
    headers: Headers
    body: bytes
    status: int
    shown: Representation
    coding: str
    wanted: str | None = None


def answer(
    representation: Representation, environ: Mapping[str, Any], now: float, due: int | None
) -> Answer:
    """Answer a GET or HEAD whose plain answer would be 200.

    now and due: seconds since the epoch; due is when something is released or expires next.
    """
    codings = fields.acceptable(environ.get("HTTP_ACCEPT_ENCODING"), CODINGS)
    if not codings:  # and no condition counts (RFC 9110 13.2.1)
        return _not_acceptable(representation, environ)
    held = environ.get("HTTP_IF_NONE_MATCH")
    if held is not None:  # then If-Modified-Since counts for nothing (RFC 9110 13.1.3)
        coding = representation.held(held)
        if coding is not None:
            return _unchanged(representation, coding, now, due)
        manipulations = environ.get("HTTP_A_IM")
        if manipulations is not None and "feed" in fields.manipulations(manipulations):
            delta, base = representation.delta(held)
            if delta:
                return _whole(delta, codings, environ, now, due, base if "," in held else "")
    elif (since := environ.get("HTTP_IF_MODIFIED_SINCE")) is not None and (
        since == representation.last_modified or _is_since(representation, since, now)
    ):
        return _unchanged(representation, codings[0], now, due)
    return _whole(representation, codings, environ, now, due)


def plain(text: bytes, *more: tuple[str, str]) -> Headers:
    """Return the headers of a sentence that stands in for a document, and is for now alone."""
    return [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *more,
    ]


def _unchanged(representation: Representation, coding: str, now: float, due: int | None) -> Answer:
    headers = _timely(representation, representation.unchanged(coding), now, due)
    return Answer(_LINES[304], headers, b"", 304, representation, coding)


def _whole(
    shown: Representation,
    codings: Sequence[str],
    environ: Mapping[str, Any],
    now: float,
    due: int | None,
    base: str = "",
) -> Answer:
    best = codings[0]
    made = (shown.ready(coding) for coding in codings)
    variant = next((each for each in made if each), None)
    if variant is None:  # the client takes nothing else
        variant = shown.make(best)
    headers = _timely(shown, variant.headers, now, due)
    if base:
        headers = [*headers, ("Delta-Base", base)]
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else variant.body
    wanted = None if variant.coding == best else best
    return Answer(_LINES[shown.status], headers, body, shown.status, shown, variant.coding, wanted)


def _not_acceptable(shown: Representation, environ: Mapping[str, Any]) -> Answer:
    headers = plain(_NOT_ACCEPTABLE, ("Vary", "Accept-Encoding"))
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else _NOT_ACCEPTABLE
    return Answer(_LINES[406], headers, body, 406, shown, "")


def _timely(shown: Representation, headers: Headers, now: float, due: int | None) -> Headers:
    """Mend what depends on the time of day, which is seldom anything.

    While the clock is behind the document, because it was set back or there were two revisions in a
    second, the answer is dated as late as that: Last-Modified neither goes backwards nor lies ahead
    of Date (RFC 9110 8.8.2.1).
    """
    if shown.max_age is not None and due is not None and due - now < 2 * shown.max_age:
        control = cache_control(shown.max_age, max(0, int(due - now)))
        headers = [*headers[:-1], ("Cache-Control", control)]
    if shown.instant > now:
        headers = [*headers, ("Date", shown.last_modified)]
    return headers


def _is_since(representation: Representation, since: str, now: float) -> bool:
    moment = dates.http_date(since, dates.from_epoch(int(now)))
    return moment is not None and representation.instant <= dates.epoch(moment)
