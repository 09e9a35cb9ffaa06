"""Validates self links, and paged and archived feeds (RFC 5005).

Covers the links of one document, and the chain of all documents of a feed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from feedsvc.check import values
from feedsvc.check.atom_rules import Link
from feedsvc.check.finding import Findings, shown
from feedsvc.check.xml import ATOM, HISTORY, line_of
from feedsvc.model import Format

_PAGING = ("first", "last", "next", "previous", "prev-archive", "next-archive")
_HEADS = (f"{{{ATOM}}}feed", "channel")
_HISTORY_RELS = (*_PAGING, "current")
# A page that is itself the target of the first relation must not have the second.
_ENDS = (("first", "previous"), ("last", "next"))


def validate_self_url(
    name: str, self_url: str, line: int, url: str | None, findings: Findings
) -> None:
    """Validate the URL that a feed gives as its own. url: where it was fetched from, if known."""
    if url and self_url != url:
        message = f"{name} {shown(self_url)} differs from the URL it was fetched from, {url}"
        findings.warning("other-self-link", line, f"{message}; fix one of the two")


def validate_head(
    head: "etree._Element", links: Sequence[Link], url: str | None, findings: Findings
) -> None:
    """Validate the links of a feed to itself and to its other documents."""
    self_links = [link for link in links if link.rel == "self"]
    if not self_links:
        prefix = "" if head.tag == _HEADS[0] else "atom:"
        message = f'has no <{prefix}link rel="self">, which tells readers its address; add one'
        findings.warning("no-self-link", line_of(head), message)
    for link in self_links:
        if values.iri(link.href):
            message = f"the self link {shown(link.href)} is not absolute; write the full URL"
            findings.warning("relative-self-link", link.line, message)
        else:
            validate_self_url("the self link", link.href, link.line, url, findings)
    self_urls = {url, *(link.href for link in self_links)}
    _validate_history(head, links, self_urls, findings)


def _validate_history(
    head: "etree._Element",
    links: Sequence[Link],
    self_urls: set[str | None],
    findings: Findings,
) -> None:
    complete, archive = (
        head.find(f"{{{HISTORY}}}{name}") is not None for name in ("complete", "archive")
    )
    rels = {link.rel for link in links}
    for rel, href, line, _ in links:
        if complete and rel in _PAGING:
            message = f"is marked complete, but has a link {rel}; remove one of the two"
            findings.error("complete-with-pages", line, message)
        elif complete and rel == "current" and any(self_urls) and href not in self_urls:
            message = "is marked complete, but names another document as current; fix one"
            findings.error("complete-not-current", line, message)
        for end, beyond in _ENDS:
            if rel == end and beyond in rels and href in self_urls:
                message = f"is the {end} page, but has a link {beyond}; remove it"
                findings.error("link-past-end", line, message)
    if complete and archive:
        message = "is marked both complete and an archive; it can be only one"
        findings.error("complete-with-pages", line_of(head), message)
    elif archive and not rels & {"prev-archive", "next-archive", "current"}:
        # The only archive of a feed has neither of the first two (RFC 5005 4).
        message = "is an archive without links to others; add prev-archive or next-archive"
        findings.warning("lone-archive", line_of(head), message)
    if archive and "current" not in rels:
        message = 'is an archive without a link to the current feed; add <link rel="current">'
        findings.warning("archive-without-current", line_of(head), message)


def validate_entry(links: Sequence[Link], findings: Findings) -> None:
    """Validate the links of an entry, where links between documents have no meaning."""
    for link in links:
        if link.rel in _HISTORY_RELS:
            message = f"an entry has a link {link.rel}, which belongs in the feed; move it there"
            findings.warning("history-link-in-entry", link.line, message)


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one document of a feed to the others; None for those it does not have.

    name: used in findings.
    """

    name: str
    self_url: str | None
    current: str | None
    previous: str | None
    next: str | None


def links(body: bytes, name: str, format: Format) -> Links:
    """Return the links of a document that this program rendered. name: used in findings."""
    if format is Format.JSON:
        feed = json.loads(body)
        return Links(name, feed.get("feed_url"), None, feed.get("next_url"), None)
    root = etree.fromstring(body)
    urls = {
        str(each.get("rel")): str(each.get("href"))
        for each in root.iter(f"{{{ATOM}}}link")
        if (parent := each.getparent()) is not None and str(parent.tag) in _HEADS
    }
    return Links(name, *map(urls.get, ("self", "current", "prev-archive", "next-archive")))


def validate_chain(start: str, documents: Mapping[str, Links]) -> list[Findings]:
    """Validate that the chain from the subscription document reaches every archive.

    start: the URL of the subscription document. documents: all documents of the feed, including
    that one, by URL. In JSON Feed, which has no such links, `current` and `next` are always None.
    """
    findings = {url: Findings(links.name, 1) for url, links in documents.items()}
    chain = [start]
    while (url := documents[chain[-1]].previous) is not None:
        if url in chain:
            findings[chain[-1]].error("archive-loop", 1, f"links back to {url}; end the chain")
            break
        if url not in documents:
            message = f"names {shown(url)} as previous archive, which does not exist; fix the link"
            findings[chain[-1]].error("missing-archive", 1, message)
            break
        _validate_archive(documents[url], start, chain[-1], findings[url])
        chain.append(url)
    for url in documents.keys() - set(chain):
        message = "is an archive that no other document links to; link to it"
        findings[url].error("unreachable-archive", 1, message)
    for url, links in documents.items():
        if links.self_url != url:
            message = f"is at {url}, but gives {links.self_url} as its own URL; fix the self link"
            findings[url].warning("other-self-link", 1, message)
    return [findings[url] for url in sorted(findings)]


def _validate_archive(links: Links, current: str, later: str, findings: Findings) -> None:
    """Validate the links of an archive. current, later: the URLs they must lead to."""
    if links.current not in {None, current}:
        message = f"names {shown(str(links.current))} as current, not {current}; fix the link"
        findings.error("other-current", 1, message)
    if links.next not in {None, later}:
        message = f"names {shown(str(links.next))} as next archive, not {later}; fix the link"
        findings.error("other-next-archive", 1, message)
