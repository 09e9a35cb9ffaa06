"""Judges paged and archived feeds (RFC 5005): the links of one document, and the chain of all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from feedsvc.check.finding import Findings, shown
from feedsvc.check.xml import ATOM, HISTORY, line_of
from feedsvc.model import Format

_PAGING = ("first", "last", "next", "previous", "prev-archive", "next-archive")
_HEADS = (f"{{{ATOM}}}feed", "channel")
_HISTORY_RELS = (*_PAGING, "current")
Linked = tuple[str, str, int]  # rel, href, line


def judge_head(
    head: "etree._Element", links: Sequence[Linked], url: str | None, findings: Findings
) -> None:
    """Judge the links that a feed document has to its other documents."""
    complete = head.find(f"{{{HISTORY}}}complete") is not None
    archive = head.find(f"{{{HISTORY}}}archive") is not None
    rels = {rel for rel, _, _ in links}
    own = {href for rel, href, _ in links if rel == "self"} | ({url} if url else set())
    for rel, href, line in links:
        if complete and rel in _PAGING:
            message = f"says that it is complete, and has a link {rel}; remove one of the two"
            findings.error("complete-with-pages", line, message)
        elif complete and rel == "current" and own and href not in own:
            message = "says that it is complete, and that another document is current; mend one"
            findings.error("complete-not-current", line, message)
        if (rel, "previous") in {("first", each) for each in rels} and href in own:
            findings.error("link-past-end", line, "is the first page and has one before; remove it")
        if (rel, "next") in {("last", each) for each in rels} and href in own:
            findings.error("link-past-end", line, "is the last page and has one after; remove it")
    if complete and archive:
        message = "says that it is complete, and an archive; it can be one of the two"
        findings.error("complete-with-pages", line_of(head), message)
    elif archive and not rels & {"prev-archive", "next-archive", "current"}:
        # The only archive of a feed has neither of the first two (RFC 5005 4).
        message = "says that it is an archive, and leads nowhere; add prev-archive or next-archive"
        findings.warning("lone-archive", line_of(head), message)
    if archive and "current" not in rels:
        message = 'is an archive without a link to the current feed; add <link rel="current">'
        findings.warning("archive-without-current", line_of(head), message)


def judge_entry(links: Sequence[tuple[str, int]], findings: Findings) -> None:
    """Judge the links of an entry, where those between documents mean nothing."""
    for rel, line in links:
        if rel in _HISTORY_RELS:
            message = f"an entry has a link {rel}, which is for feeds; move it there"
            findings.warning("history-link-in-entry", line, message)


@dataclass(frozen=True, slots=True)
class Links:
    """How a feed's document is tied to its others; None where it has no such link.

    name: as findings name it.
    """

    name: str
    self_url: str | None
    current: str | None
    previous: str | None
    next: str | None


def links(body: bytes, name: str, format: Format) -> Links:
    """Return the links of a document that this program rendered. name: as findings name it."""
    if format is Format.JSON:
        feed = json.loads(body)
        return Links(name, feed.get("feed_url"), None, feed.get("next_url"), None)
    root = etree.fromstring(body)
    found = {
        str(each.get("rel")): str(each.get("href"))
        for each in root.iter(f"{{{ATOM}}}link")
        if (parent := each.getparent()) is not None and str(parent.tag) in _HEADS
    }
    rels = ("self", "current", "prev-archive", "next-archive")
    return Links(name, *(found.get(rel) for rel in rels))


def judge_chain(start: str, documents: Mapping[str, Links]) -> list[Findings]:
    """Judge whether the chain from a subscription document leads through all archives.

    start: the subscription document's URL. documents: all that there are of the feed, it included,
    by URL. Where the format has no link back (JSON Feed), `current` and `next` are None throughout.
    """
    found = {url: Findings(links.name, 1) for url, links in documents.items()}
    seen = [start]
    while (url := documents[seen[-1]].previous) is not None:
        if url in seen:
            found[seen[-1]].error("archive-loop", 1, f"leads back to {url}; end the chain")
            break
        if url not in documents:
            message = f"names {shown(url)} as the archive before, which is not there; mend the link"
            found[seen[-1]].error("missing-archive", 1, message)
            break
        _judge_step(documents, start, seen[-1], url, found[url])
        seen.append(url)
    for url in documents.keys() - set(seen):
        message = "is an archive to which no other document leads; link to it"
        found[url].error("unreachable-archive", 1, message)
    for url, links in documents.items():
        if links.self_url != url:
            message = f"is at {url}, and says that it is at {links.self_url}; mend the self link"
            found[url].warning("other-self-link", 1, message)
    return [found[url] for url in sorted(found)]


def _judge_step(
    documents: Mapping[str, Links], start: str, after: str, url: str, findings: Findings
) -> None:
    """Judge an archive. after: the URL of the document that names it as the one before."""
    links = documents[url]
    if links.current is not None and links.current != start:
        message = f"names {shown(links.current)} as current, not {start}; mend the link"
        findings.error("other-current", 1, message)
    if links.next is not None and links.next != after:
        message = f"names {shown(links.next)} as the archive after, not {after}; mend the link"
        findings.error("other-next-archive", 1, message)
