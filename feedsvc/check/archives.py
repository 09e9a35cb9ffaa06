"""Validates self links, and paged and archived feeds (RFC 5005).

Covers the links of one document, and the chain of all documents of a feed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from feedsvc.check import values
from feedsvc.check.finding import Findings, quoted
from feedsvc.check.xml import ATOM, HISTORY, Element, resolve
from feedsvc.model import Format

_PAGING = ("first", "last", "next", "previous", "prev-archive", "next-archive")
_BEYOND = {"first": "previous", "last": "next"}  # links that the first and last page must not have
_HEADS = (f"{{{ATOM}}}feed", "channel")
_REGISTRY = "http://www.iana.org/assignments/relation/"


class Link(NamedTuple):
    """An `atom:link`. rel: the short name if it is registered (4.2.7.2). href: resolved."""

    rel: str
    href: str
    element: Element


def links_of(parent: Element) -> list[Link]:
    """Return the Atom links of a feed or an entry of any XML format."""
    return [
        Link(
            str(link.get("rel", "alternate")).strip().removeprefix(_REGISTRY),
            resolve(link, str(link.get("href", ""))),
            link,
        )
        for link in parent.findall(f"{{{ATOM}}}link")
    ]


def validate_self_url(
    name: str, self_url: str, at: object, url: str | None, findings: Findings
) -> None:
    """Validate the URL that a feed gives as its own. url: where it was fetched from, if known."""
    if url and self_url != url:
        message = f"{name} {quoted(self_url)} differs from the URL it was fetched from, {url}"
        findings.warning("other-self-link", at, f"{message}; correct one of the two")


def validate_head(
    head: Element, links: Sequence[Link], url: str | None, findings: Findings
) -> None:
    """Validate the links of a feed to itself and to its other documents."""
    self_links = [link for link in links if link.rel == "self"]
    if not self_links:
        prefix = "" if head.tag == _HEADS[0] else "atom:"
        message = f'has no <{prefix}link rel="self">, which tells readers its address; add one'
        findings.warning("no-self-link", head, message)
    for link in self_links:
        if values.iri(link.href):
            message = f"the self link {quoted(link.href)} is not absolute; write the full URL"
            findings.warning("relative-self-link", link.element, message)
        else:
            validate_self_url("the self link", link.href, link.element, url, findings)
    own = {url or "", *(link.href for link in self_links)} - {""}
    _validate_history(head, links, own, findings)


def _validate_history(
    head: Element, links: Sequence[Link], own: set[str], findings: Findings
) -> None:
    """Validate links to other documents. own: the URLs of this document."""
    complete, archive = (
        head.find(f"{{{HISTORY}}}{name}") is not None for name in ("complete", "archive")
    )
    rels = {link.rel for link in links}
    for rel, href, element in links:
        if complete and rel in _PAGING:
            message = f"is marked complete, but has a link {rel}; remove one of the two"
            findings.error("complete-with-pages", element, message)
        if complete and rel == "current" and own and href not in own:
            message = "is marked complete, but names another document as current; correct one"
            findings.error("complete-not-current", element, message)
        if href in own and _BEYOND.get(rel) in rels:
            message = f"is the {rel} page, but has a link {_BEYOND[rel]}; remove it"
            findings.error("link-past-end", element, message)
    if complete and archive:
        message = "is marked both complete and an archive; it can be only one"
        findings.error("complete-with-pages", head, message)
    elif archive and not rels & {"prev-archive", "next-archive", "current"}:
        # The only archive of a feed has neither of the first two (RFC 5005 4).
        message = "is an archive without links to others; add prev-archive or next-archive"
        findings.warning("lone-archive", head, message)
    if archive and "current" not in rels:
        message = 'is an archive without a link to the current feed; add <link rel="current">'
        findings.warning("archive-without-current", head, message)


def validate_entry(links: Sequence[Link], findings: Findings) -> None:
    """Validate the links of an entry, where links between documents have no meaning."""
    for link in links:
        if link.rel in _PAGING or link.rel == "current":
            message = f"an entry has a link {link.rel}, which belongs in the feed; move it there"
            findings.warning("history-link-in-entry", link.element, message)


class DocumentLinks(NamedTuple):
    """The links of one document of a feed to the others; None for a missing link."""

    self_url: str | None
    current: str | None = None
    previous: str | None = None
    next: str | None = None


def links(body: bytes, format: Format) -> DocumentLinks:
    """Return the links of a document that this program rendered."""
    if format is Format.JSON:
        feed = json.loads(body)
        return DocumentLinks(feed.get("feed_url"), previous=feed.get("next_url"))
    head = next(etree.fromstring(body).iter(*_HEADS))
    urls = {link.rel: link.href for link in links_of(head)}
    return DocumentLinks(*map(urls.get, ("self", "current", "prev-archive", "next-archive")))


def validate_chain(start: str, documents: Mapping[str, DocumentLinks]) -> list[Findings]:
    """Validate that the chain from the subscription document reaches every archive.

    start: the URL of the subscription document. documents: all documents of the feed, including
    that one, by URL. In JSON Feed, which has no such links, `current` and `next` are always None.
    """
    findings = {url: Findings(url, 1) for url in documents}
    chain = [start]
    while (url := documents[chain[-1]].previous) is not None:
        if url in chain:
            findings[chain[-1]].error("archive-loop", 1, f"links back to {url}; end the chain")
            break
        if url not in documents:
            message = f"names {quoted(url)} as previous archive, which does not exist"
            findings[chain[-1]].error("missing-archive", 1, f"{message}; correct the link")
            break
        _, current, _, later = documents[url]
        if current not in {None, start}:
            message = f"names {quoted(str(current))} as current, not {start}; correct the link"
            findings[url].error("other-current", 1, message)
        if later not in {None, chain[-1]}:
            message = f"names {quoted(str(later))} as next archive, not {chain[-1]}"
            findings[url].error("other-next-archive", 1, f"{message}; correct the link")
        chain.append(url)
    for url in documents.keys() - set(chain):
        message = "is an archive that no other document links to; link to it"
        findings[url].error("unreachable-archive", 1, message)
    for url, (self_url, *_) in documents.items():
        if self_url != url:
            message = f"is at {url}, but gives {self_url} as its own URL; correct the self link"
            findings[url].warning("other-self-link", 1, message)
    return [findings[url] for url in sorted(findings)]
