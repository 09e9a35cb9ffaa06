"""Validates how a feed is served: what came over HTTP with the bytes. Asks nobody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from feedsvc.check import xml
from feedsvc.check.finding import Findings, shown
from feedsvc.errors import Problem

_RIGHT = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_TOLERATED = ("application/xml", "text/xml", "application/json")
_CHARSET = re.compile(r"(?i);\s*charset\s*=\s*\"?([A-Za-z0-9._-]+)")
_PERMANENT = (301, 308)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a server answered.

    url: where the answer came from in the end. redirects: the statuses on the way there. headers:
    by name in small letters. body: decoded. again: the status of the same request with the
    validators that came, None where none came.
    """

    url: str
    redirects: tuple[int, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes
    again: int | None


def validate(exchange: Exchange) -> list[Problem]:
    """Return what is wrong with how a feed was served."""
    findings = Findings(exchange.url)
    _validate_way(exchange, findings)
    if exchange.status == 200:
        _validate_type(exchange, findings)
        _validate_caching(exchange, findings)
    return findings.problems()


def _validate_way(exchange: Exchange, findings: Findings) -> None:
    for status in exchange.redirects:
        if status in _PERMANENT:
            message = f"was reached by a permanent redirect ({status}); subscribe to it here"
            findings.note("permanent-redirect", 0, message)
        else:
            message = f"was reached by a temporary redirect ({status}); if it has moved, send 308"
            findings.note("temporary-redirect", 0, message)
    if exchange.status != 200:
        message = f"is answered with {exchange.status}; a feed is answered with 200"
        findings.error("http-status", 0, message)
    if exchange.url.lower().startswith("http:"):
        message = "is not https, so that anybody on the way can change it; serve it by https"
        findings.warning("plain-http", 0, message)


def _validate_type(exchange: Exchange, findings: Findings) -> None:
    written = exchange.headers.get("content-type", "")
    media_type = written.partition(";")[0].strip().lower()
    wanted = _wanted(exchange.body)
    if media_type != wanted and media_type in (*_RIGHT, *_TOLERATED):
        message = f"has the content type {media_type}, which says too little; send {wanted}"
        findings.warning("wrong-content-type", 0, message)
    elif media_type != wanted:
        message = f"has the content type {shown(media_type)}, which is of no feed; send {wanted}"
        findings.warning("wrong-content-type", 0, message)
    charset = _CHARSET.search(written)
    if charset and wanted != "application/feed+json":
        declared = xml.encoding(exchange.body)
        if charset[1].lower() != declared:
            message = f"is {charset[1]} by its content type and {declared} by itself; make them one"
            findings.warning("contradicting-charset", 0, message)


def _wanted(body: bytes) -> str:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return "application/feed+json"
    is_atom = b"http://www.w3.org/2005/Atom" in start[:2000] and b"<rss" not in start[:2000]
    return "application/atom+xml" if is_atom else "application/rss+xml"


def _validate_caching(exchange: Exchange, findings: Findings) -> None:
    headers = exchange.headers
    if "etag" not in headers and "last-modified" not in headers:
        message = "has neither ETag nor Last-Modified, so each poll costs all of it; send both"
        findings.warning("no-validator", 0, message)
    elif exchange.again != 304:
        message = f"is answered with {exchange.again} to a poll that has it already; answer 304"
        findings.warning("no-conditional", 0, message)
    if "cache-control" not in headers and "expires" not in headers:
        message = "has no Cache-Control, so each client guesses; send max-age"
        findings.note("no-cache-control", 0, message)
    coding = headers.get("content-encoding", "")
    if not coding and len(exchange.body) > 1000:
        message = "is not compressed for a client that takes gzip; compress it"
        findings.note("no-compression", 0, message)
    elif coding and "accept-encoding" not in headers.get("vary", "").lower():
        message = "is compressed without `Vary: Accept-Encoding`, which caches need; send it"
        findings.warning("compression-without-vary", 0, message)
