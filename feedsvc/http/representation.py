"""A Document becomes a Representation: its bytes in each content coding, and every header.

Pure: it says what there is to send, but knows no web framework, no request and no clock. The dear
codings are made by whoever asks, once; until then a client gets another that it takes.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import brotli
import zstandard

from feedsvc import dates
from feedsvc.http import fields
from feedsvc.http.fields import IDENTITY
from feedsvc.model import Document

Headers = list[tuple[str, str]]

# The best that each coding can do, and the same bytes each time: no time of day in them. In order
# of what they save.
_MAKE: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=11),
    "zstd": lambda body: zstandard.ZstdCompressor(level=19).compress(body),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
CODINGS = tuple(_MAKE)
QUICK = "gzip"  # the coding that everybody takes, and made within milliseconds
_DAY = 86_400
_DELTAS = 16  # kept with one representation: for readers that are so many changes behind
_BASES = 4  # tags of one request that are looked into
_OVERHEAD = 4_000  # bytes, about; of headers and tags
_OURS = re.compile(r'"([0-9a-f]+\.[0-9a-z]+)\.[0-9a-f]{18}(?:-[a-z]+)?"')


@dataclass(frozen=True, slots=True)
class Variant:
    """A representation in one content coding (RFC 9110 8.4).

    etag: strong, in its quotes. headers: all but Date, which the server adds, Cache-Control last;
    of `headers_unchanged`, for a 304, none describes a body (15.4.5).
    """

    coding: str
    etag: str
    body: bytes
    headers: Headers
    headers_unchanged: Headers


class Representation:
    """What a URL answers with until its document changes. Safe to share between threads.

    status: 200, or 226 for a delta. last_modified: an HTTP-date; instant: the same in seconds since
    the epoch. max_age: seconds, None for what no cache may keep. size: bytes that it takes in
    memory, about. etags: the coding of each tag, whether it is made yet or not.
    """

    def __init__(
        self,
        document: Document,
        headers: Headers,
        etags: Mapping[str, str],
        max_age: int | None,
        delta: Callable[[str], "Representation | None"] | None = None,
    ) -> None:
        self.document = document
        self.last_modified = dates.rfc822(document.last_modified)
        self.instant = dates.epoch(document.last_modified)
        self.max_age = max_age
        self.status = 226 if max_age is None else 200
        self.etags = dict(etags)
        self._headers = headers
        self._delta = delta
        self._deltas: dict[str, Representation] = {}
        self._variants: dict[str, Variant] = {}
        self._tags = {coding: tag for tag, coding in etags.items()}
        self.size = _OVERHEAD
        self.make(IDENTITY)

    def ready(self, coding: str) -> Variant | None:
        """Return a coding's variant if it is made."""
        return self._variants.get(coding)

    def make(self, coding: str) -> Variant:
        """Return a coding's variant, which may take long the first time."""
        found = self._variants.get(coding)
        if found is None:
            body = self.document.body
            found = self._variants[coding] = self._variant(
                coding, body if coding == IDENTITY else encode(body, coding)
            )
            self.size += len(found.body)
        return found

    def unchanged(self, coding: str) -> Headers:
        """Return the headers of a 304 for a client that has a coding's variant."""
        made = self._variants.get(coding)
        return made.headers_unchanged if made else self._variant(coding, b"").headers_unchanged

    def held(self, if_none_match: str) -> str | None:
        """Return the coding of a variant that the tags of If-None-Match name, compared weakly.

        Whatever coding would be chosen now, a client that has the bytes needs them no more.
        """
        coding = self.etags.get(if_none_match)
        if coding is not None:
            return coding
        tags = fields.entity_tags(if_none_match)
        if tags == fields.ANY:
            return IDENTITY
        return next((self.etags[tag] for tag in sorted(tags) if tag in self.etags), None)

    def delta(self, if_none_match: str) -> tuple["Representation | None", str]:
        """Return what a client lacks that has a document which one of the tags names, and that tag.

        None where that cannot be said (RFC 3229 10.5.3; conformance 38).
        """
        tags = fields.entity_tags(if_none_match)
        ours = {match[1]: tag for tag in tags if (match := _OURS.fullmatch(tag))}
        for base in sorted(ours, key=_revision, reverse=True)[:_BASES]:
            found = self._deltas.get(base) or self._find_delta(base)
            if found:
                return found, ours[base]
        return None, ""

    def _find_delta(self, base: str) -> "Representation | None":
        found = self._delta(base) if self._delta else None
        if found and len(self._deltas) < _DELTAS:
            self._deltas[base] = found
            self.size += found.size
        return found

    def _variant(self, coding: str, body: bytes) -> Variant:
        etag = self._tags[coding]
        coded = [] if coding == IDENTITY else [("Content-Encoding", coding)]
        about = [("Content-Type", self.document.media_type), ("Content-Length", str(len(body)))]
        headers = [("ETag", etag), ("Last-Modified", self.last_modified), *self._headers]
        headers.append(("Cache-Control", cache_control(self.max_age)))
        return Variant(coding, etag, body, [*about, *coded, *headers], headers)


def represent(
    document: Document,
    *,
    self_url: str,
    max_age: int,
    delta: Callable[[str], Document | None] | None = None,
) -> Representation:
    """Put the headers to a document.

    self_url: the absolute URL that it is served at. max_age: seconds for which a client may keep
    it. delta: returns the document that a client of an older one lacks, given that one's tag.
    """
    etag = f"{document.tag}.{blake2b(document.body, digest_size=9).hexdigest()}"
    etags = {f'"{etag}"': IDENTITY} | {f'"{etag}-{coding}"': coding for coding in CODINGS}

    def represent_delta(tag: str) -> Representation | None:
        found = delta(tag) if delta else None
        # One that leads to a later state than the tag says would be taken for what it is not.
        if found is None or found.tag != document.tag:
            return None
        vary = ("Vary", "Accept-Encoding, A-IM, If-None-Match")
        made = Representation(found, [("IM", "feed"), vary, *_headers(self_url)], etags, None)
        made.make(QUICK)  # nobody makes a coding of it later
        return made

    vary = ("Vary", "Accept-Encoding")
    headers = [vary, *_headers(self_url)]
    return Representation(document, headers, etags, max_age, represent_delta if delta else None)


def encode(body: bytes, coding: str) -> bytes:
    """Return a body in one of CODINGS, as small as that can make it."""
    return _MAKE[coding](body)


def cache_control(max_age: int | None, left: int | None = None) -> str:
    """Return the Cache-Control of an answer.

    max_age: seconds for which a client may keep it; for as long again a cache may answer with it
    while it fetches the next, and for a day if that fails (RFC 5861). None for a delta, which is
    kept only by caches that know of deltas (RFC 3229 10.8.1). left: seconds until something is
    released or expires; nothing may be taken for fresh beyond.
    """
    if max_age is None:
        return "no-store, im"
    revalidate = max_age
    if left is not None:
        max_age = min(max_age, left)
        revalidate = min(revalidate, left - max_age)
    return f"public, max-age={max_age}, stale-while-revalidate={revalidate}, stale-if-error={_DAY}"


def _headers(self_url: str) -> Headers:
    return [
        ("Link", f'<{self_url}>; rel="self"'),
        # Readers that live in a browser may fetch a public feed, and see what they poll with.
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link, IM"),
        ("X-Content-Type-Options", "nosniff"),
    ]


def _revision(tag: str) -> int:
    return int(tag.partition(".")[0], 16)
