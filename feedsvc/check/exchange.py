"""Validates how a feed is served over HTTP."""

import re

from feedsvc.check import discovery, feed, xml
from feedsvc.check.finding import Findings, quoted
from feedsvc.errors import Problem
from feedsvc.fetch import Answer

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_GENERIC_TYPES = ("application/xml", "text/xml", "application/json")
_CHARSET = re.compile(r"(?i);\s*charset\s*=\s*\"?([A-Za-z0-9._-]+)")


def validate(answer: Answer, again: int | None) -> list[Problem]:
    """Return the problems in how a feed is served.

    again: the status of a conditional request that followed, None if there was none.
    """
    findings = Findings(answer.url)
    for status in answer.redirects:
        if status in {301, 308}:
            message = f"was reached by a permanent redirect ({status}); subscribe to this address"
            findings.note("permanent-redirect", 0, message)
        else:
            message = f"was reached by a temporary redirect ({status}); send 308 if it has moved"
            findings.note("temporary-redirect", 0, message)
    if answer.url.lower().startswith("http:"):
        findings.warning("plain-http", 0, "is not https, so others can modify it; use https")
    if answer.status == 200:
        _validate_type(answer, findings)
        _validate_caching(answer, again, findings)
        discovery.validate(answer, findings)
    else:
        findings.error("http-status", 0, f"returns the status {answer.status}; return 200")
    return findings.problems()


def _validate_type(answer: Answer, findings: Findings) -> None:
    written = answer.headers.get("content-type", "")
    media_type = written.partition(";")[0].strip().lower()
    wanted = _media_type(answer.body)
    if media_type != wanted:
        is_feed = media_type in (*_TYPES, *_GENERIC_TYPES)
        reason = "is not specific" if is_feed else "is not that of a feed"
        message = f"has the content type {quoted(media_type)}, which {reason}; send {wanted}"
        findings.warning("wrong-content-type", 0, message)
    charset = _CHARSET.search(written)
    declared = xml.encoding(answer.body)
    if charset and wanted != "application/feed+json" and charset[1].lower() != declared:
        message = f"is {charset[1]} by its content type, but declares {declared}; send the same"
        findings.warning("contradicting-charset", 0, message)


def _media_type(body: bytes) -> str:
    """Return the media type of a feed."""
    if feed.is_json(body):
        return "application/feed+json"
    is_atom = xml.ATOM.encode() in body[:2000] and b"<rss" not in body[:2000]
    return "application/atom+xml" if is_atom else "application/rss+xml"


def _validate_caching(answer: Answer, again: int | None, findings: Findings) -> None:
    headers = answer.headers
    if "etag" not in headers and "last-modified" not in headers:
        findings.warning("no-validator", 0, "has neither ETag nor Last-Modified; send both")
    elif again != 304:
        message = f"answers a conditional request with {again}; return 304"
        findings.warning("no-conditional", 0, message)
    if "cache-control" not in headers and "expires" not in headers:
        findings.note("no-cache-control", 0, "has no Cache-Control; send max-age")
    coding = headers.get("content-encoding", "")
    if not coding and len(answer.body) > 1000:
        findings.note("no-compression", 0, "is not compressed with gzip; compress it")
    elif coding and "accept-encoding" not in headers.get("vary", "").lower():
        message = "is compressed, but without Vary: Accept-Encoding, which caches need; send it"
        findings.warning("compression-without-vary", 0, message)
