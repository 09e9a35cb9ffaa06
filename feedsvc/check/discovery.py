"""Validates how a feed names its hubs; sections in brackets refer to WebSub.

Subscribers take the hubs and the address of a topic from the Link header field, or from the
document if it has none there, and refuse a topic that contradicts itself.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urljoin

from feedsvc import syntax
from feedsvc.check import feed, xml
from feedsvc.check.archives import links_of
from feedsvc.check.finding import Findings, quoted
from feedsvc.fetch import Answer
from feedsvc.http import fields

_Links = list[tuple[str, str]]  # (relation, URL)


def validate(answer: Answer, findings: Findings) -> None:
    """Validate the hubs of a feed that was fetched, if it has any."""
    header = [
        (relation, _resolve(answer.url, url))
        for relation, url in fields.links(answer.headers.get("link", ""))
    ]
    document = _links(answer.body)
    in_header, in_document = (_targets(each, "hub") for each in (header, document))
    if not in_header and not in_document:
        return
    for url in dict.fromkeys((*in_header, *in_document)):
        if not syntax.is_url(url):
            message = f"names the hub {quoted(url)}, which is not an absolute URL; correct it [4]"
            findings.warning("unusable-hub", 0, message)
    if not in_header or not in_document:
        here, there = ("Link field", "document") if in_header else ("document", "Link field")
        message = f"names hubs in its {here} only; name them in its {there} too [4]"
        findings.note("hub-in-one-place", 0, message)
    elif set(in_header) != set(in_document):
        message = "names other hubs in its Link field than in the document; name the same [4]"
        findings.warning("other-hubs", 0, message)
    _validate_self(header, document, bool(in_header), findings)


def _validate_self(header: _Links, document: _Links, has_hub: bool, findings: Findings) -> None:
    """Validate the address of the topic. has_hub: whether the Link field names a hub."""
    selves = _targets(header, "self"), _targets(document, "self")
    for name, found in zip(("Link field", "document"), selves, strict=True):
        if len(found) > 1:
            message = f"has {len(found)} self links in its {name}; keep one [4]"
            findings.warning("repeated-self-link", 0, message)
    in_header, in_document = selves
    if has_hub and not in_header:
        message = 'names a hub in its Link field without a link rel="self"; add one [4]'
        findings.warning("hub-without-self-link", 0, message)
    elif in_header and in_document and {*in_header} != {*in_document}:
        message = (
            f"is {quoted(in_header[0])} by its Link field, and {quoted(in_document[0])} by its"
        )
        findings.warning("other-self-link", 0, f"{message} own link; correct one of the two [4]")


def _targets(links: Iterable[tuple[str, str]], relation: str) -> list[str]:
    return [url for each, url in links if each == relation]


def _resolve(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _links(body: bytes) -> _Links:
    """Return the links of a feed document; [] if it cannot be parsed, which others report."""
    with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
        if feed.is_json(body):
            return _json_links(json.loads(body.decode("utf-8-sig")))
    root = xml.read(body, Findings(""))
    head = root if root is None or root.tag == f"{{{xml.ATOM}}}feed" else root.find("channel")
    return [] if head is None else [(link.rel, link.href) for link in links_of(head)]


def _json_links(value: dict[str, object]) -> _Links:
    hubs = value.get("hubs")
    found = [
        ("hub", str(hub["url"]))
        for hub in (hubs if isinstance(hubs, list) else ())
        if str(hub.get("type")).lower() == "websub"
    ]
    return [*found, ("self", str(value["feed_url"]))] if "feed_url" in value else found
