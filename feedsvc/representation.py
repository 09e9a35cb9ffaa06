"""A Document becomes a Representation: bytes and every header that goes with them.

Pure: it decides what is sent, also that nothing need be sent, but knows no web framework, no
request object and no clock. Content codings are not made here yet.
"""

from dataclasses import dataclass
from hashlib import blake2b

from feedsvc import dates
from feedsvc.model import Document

Headers = tuple[tuple[str, str], ...]

_DAY = 86_400
_ABOUT_THE_BODY = frozenset({"Content-Type", "Content-Length"})


@dataclass(frozen=True, slots=True)
class Representation:
    """What a URL answers with, made once and sent to everybody who asks.

    etag: strong, in its quotes (RFC 9110 8.8.3). last_modified: an HTTP-date in GMT.
    headers: those of a 200, except Date, which the server adds.
    """

    body: bytes
    headers: Headers
    etag: str
    last_modified: str

    @property
    def headers_when_unchanged(self) -> Headers:
        """Those of a 304: all that do not describe a body (RFC 9110 15.4.5)."""
        return tuple(header for header in self.headers if header[0] not in _ABOUT_THE_BODY)

    def is_unchanged(self, if_none_match: str | None, if_modified_since: str | None) -> bool:
        """Tell whether a client that sent these fields has these bytes already: answer 304.

        If-None-Match is compared weakly and may be a list or `*` (RFC 9110 13.1.2); where it is
        present, If-Modified-Since is not looked at (13.1.3). A date counts if it is the very
        text that was sent as Last-Modified: any other gets the bytes, which is never wrong.
        """
        if if_none_match is None:
            return if_modified_since == self.last_modified
        members = [member.strip(" \t") for member in if_none_match.split(",")]
        return members == ["*"] or self.etag in (member.removeprefix("W/") for member in members)


def represent(document: Document, *, self_url: str, max_age: int) -> Representation:
    """Put the headers to a document.

    self_url: the absolute URL that it is served at. max_age: seconds for which a client may keep
    it; for as long again a cache may answer with it while it fetches the next, and for a day if
    that fails (RFC 5861).
    """
    etag = f'"{document.revision:x}-{blake2b(document.body, digest_size=8).hexdigest()}"'
    last_modified = dates.rfc822(document.last_modified)
    headers = (
        ("Content-Type", document.media_type),
        ("Content-Length", str(len(document.body))),
        ("ETag", etag),
        ("Last-Modified", last_modified),
        (
            "Cache-Control",
            f"public, max-age={max_age}, stale-while-revalidate={max_age}, stale-if-error={_DAY}",
        ),
        ("Link", f'<{self_url}>; rel="self"'),
        # Readers that live in a browser may fetch a public feed, and see what they poll with.
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Representation(document.body, headers, etag, last_modified)
