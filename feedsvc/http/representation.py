"""Representations: a Document in each content coding, with all response headers.

Independent of the web framework, the request and the clock. Expensive codings are compressed once,
lazily; until then, clients get another coding that they accept.
"""

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import brotli
import zstandard

from feedsvc import dates
from feedsvc.config.purge import PurgeSettings
from feedsvc.http import fields
from feedsvc.http.caching import Headers, caching, horizon, tag
from feedsvc.http.fields import IDENTITY
from feedsvc.model import Document

# Maximum compression, with deterministic output (no timestamps). Smallest result first.
_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=11),
    "zstd": lambda body: zstandard.ZstdCompressor(level=19).compress(body),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
CODINGS = tuple(_COMPRESS)
QUICK = "gzip"  # accepted by all clients, and compressed within milliseconds
_MAX_DELTAS = 16  # cached per representation
_MAX_BASES = 4  # entity tags of one request for which a delta is tried
_COMMON = [
    # Browser-based readers may fetch a public feed and read the fields for conditional requests.
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link, IM"),
    ("X-Content-Type-Options", "nosniff"),
]
_OVERHEAD = 4_000  # approximate bytes of headers and tags
_OUR_TAG = re.compile(
    rf'"(([0-9a-f]{{1,12}})\.[0-9a-z]+)\.[0-9a-f]{{18}}(?:-({"|".join(CODINGS)}))?"'
)


class Held(NamedTuple):
    """A document that a client has, by its entity tag. tag: of the document; see model.Document."""

    etag: str
    tag: str
    revision: int
    coding: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A representation in one content coding (RFC 9110 8.4).

    etag: strong, with quotes. headers: all but Date, which the server adds; those of `caching` are
    last. not_modified: the headers of a 304, which do not describe a body (15.4.5).
    """

    coding: str
    etag: str
    body: bytes
    headers: Headers
    not_modified: Headers


class Representation:
    """What a URL serves until its document changes. Thread-safe.

    status: 200, or 226 for a delta. last_modified: an HTTP-date; instant: the same in seconds since
    the epoch. max_age: seconds, None if it must not be cached. horizon: see http.caching. size:
    approximate bytes in memory. etags: codings by entity tag, including those not compressed yet.
    """

    def __init__(
        self,
        document: Document,
        headers: Headers,
        etags: Mapping[str, str],
        max_age: int | None,
        delta: Callable[[str], "Representation | None"] | None = None,
        cache: PurgeSettings | None = None,
    ) -> None:
        self.document = document
        self.last_modified = dates.rfc822(document.last_modified)
        self.instant = dates.epoch(document.last_modified)
        self.max_age = max_age
        self.horizon = 0 if max_age is None else horizon(max_age, cache)
        self.is_purged = cache is not None
        self._cache = cache
        self._caching = caching(max_age, cache)
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
        """Return the variant in a coding if it has been made."""
        return self._variants.get(coding)

    def make(self, coding: str) -> Variant:
        """Return the variant in a coding; compressing it the first time may be slow."""
        variant = self._variants.get(coding)
        if variant is None:
            body = self.document.body
            variant = self._variants[coding] = self._variant(
                coding, body if coding == IDENTITY else encode(body, coding)
            )
            self.size += len(variant.body)
        return variant

    def not_modified(self, coding: str) -> Headers:
        """Return the headers of a 304 for a client that has the variant in a coding."""
        return (self._variants.get(coding) or self._variant(coding, b"")).not_modified

    def match(self, if_none_match: str) -> str | None:
        """Return the coding of the variant that If-None-Match names, None if it names none.

        The comparison is weak. Any coding matches, not only the one that would be sent now.
        """
        coding = self.etags.get(if_none_match)
        if coding is not None:
            return coding
        tags = fields.entity_tags(if_none_match)
        if tags == fields.ANY:
            return IDENTITY
        return next((self.etags[tag] for tag in sorted(tags) if tag in self.etags), None)

    def delta(self, if_none_match: str) -> tuple["Representation | None", str]:
        """Return the delta from the newest older document that the tags name, and its entity tag.

        Returns `(None, "")` if there is no delta (RFC 3229 10.5.3; conformance 38).
        """
        older = [each for each in _held(if_none_match) if each.revision < self.document.revision]
        for base in older[:_MAX_BASES]:
            if delta := self._deltas.get(base.tag) or self._compute_delta(base.tag):
                return delta, base.etag
        return None, ""

    def newer(self, if_none_match: str) -> list[Held]:
        """Return the documents of later revisions that the tags name, newest first."""
        return [each for each in _held(if_none_match) if each.revision > self.document.revision]

    def kept(self, held: Held, left: int) -> Headers:
        """Return the headers of a 304 for a client that has a newer document.

        left: seconds of freshness. A 304 selects the stored response with its entity tag (RFC 9111
        4.3.4), so it carries the tag of that document, and no Last-Modified.
        """
        return [("ETag", held.etag), *self._headers, *self._fresh(left, is_current=False)]

    def recached(self, headers: Headers, left: int | None, is_current: bool) -> Headers:
        """Return the headers of a variant with other caching fields. See `caching`."""
        fresh = self._fresh(left, is_current)
        return [*headers[: -len(fresh)], *fresh]

    def _fresh(self, left: int | None, is_current: bool) -> Headers:
        return caching(self.max_age, self._cache, left, is_current)

    def _compute_delta(self, base: str) -> "Representation | None":
        delta = self._delta(base) if self._delta else None
        if delta and len(self._deltas) < _MAX_DELTAS:
            self._deltas[base] = delta
            self.size += delta.size
        return delta

    def _variant(self, coding: str, body: bytes) -> Variant:
        etag = self._tags[coding]
        of_body = [("Content-Type", self.document.media_type), ("Content-Length", str(len(body)))]
        if coding != IDENTITY:
            of_body.append(("Content-Encoding", coding))
        headers = [
            ("ETag", etag),
            ("Last-Modified", self.last_modified),
            *self._headers,
            *self._caching,
        ]
        return Variant(coding, etag, body, [*of_body, *headers], headers)


def represent(
    document: Document,
    *,
    self_url: str,
    max_age: int,
    delta: Callable[[str], Document | None] | None = None,
    hubs: Sequence[str] = (),
    cache: PurgeSettings | None = None,
    key: str = "",
) -> Representation:
    """Return the representation of a document.

    self_url: the absolute URL it is served at. max_age: seconds of freshness. delta: returns the
    delta from an older document, given the tag of the latter. hubs: the URLs that the document
    names. key: for purging it from `cache`.
    """
    etag = f"{document.tag}.{blake2b(document.body, digest_size=9).hexdigest()}"
    common = [("Link", link_field(self_url, hubs)), *_COMMON]
    etags = {f'"{etag}"': IDENTITY} | {f'"{etag}-{coding}"': coding for coding in CODINGS}

    def represent_delta(base: str) -> Representation | None:
        changes = delta(base) if delta else None
        # The ETag of a delta names the document it leads to, which must be this one.
        if changes is None or changes.tag != document.tag:
            return None
        vary = ("Vary", "Accept-Encoding, A-IM, If-None-Match")
        headers = [("IM", "feed"), vary, *common]
        representation = Representation(changes, headers, etags, None)
        representation.make(QUICK)  # deltas are not compressed in the background
        return representation

    vary = "A-IM, Accept-Encoding" if delta else "Accept-Encoding"  # scale 5
    headers = [("Vary", vary), *common, *(tag(cache, key) if cache else ())]
    made = represent_delta if delta else None
    return Representation(document, headers, etags, max_age, made, cache)


def encode(body: bytes, coding: str) -> bytes:
    """Compress a body in one of CODINGS, as far as possible."""
    return _COMPRESS[coding](body)


def link_field(self_url: str, hubs: Sequence[str]) -> str:
    """Return the value of the Link field of a document and its deliveries (WebSub 4, 7).

    It is a single field, as static hosts and some subscribers support only one of each name.
    """
    return ", ".join((*(f'<{hub}>; rel="hub"' for hub in hubs), f'<{self_url}>; rel="self"'))


def _held(if_none_match: str) -> list[Held]:
    """Return the documents that our entity tags in a field name, newest first."""
    matches = map(_OUR_TAG.fullmatch, fields.entity_tags(if_none_match))
    held = [
        Held(match[0], match[1], int(match[2], 16), match[3] or IDENTITY)
        for match in matches
        if match
    ]
    return sorted(held, key=lambda each: (each.revision, each.etag), reverse=True)
