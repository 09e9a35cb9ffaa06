"""Validates Atom 1.0 feeds and entry documents; sections in brackets refer to RFC 4287."""

from collections import Counter
from datetime import datetime

from feedsvc.check import archives, constructs, entries
from feedsvc.check.archives import Link, links_of
from feedsvc.check.finding import Findings, quoted
from feedsvc.check.grammar import Walk, validate_order
from feedsvc.check.vocabularies import ENTRY, EXTENSIONS, FEED
from feedsvc.check.xml import ATOM, Element, text_at, text_of

_A = f"{{{ATOM}}}"
_TYPE = "application/atom+xml"


def validate(root: Element, url: str | None, now: datetime, findings: Findings) -> None:
    """Validate a document with an Atom root element. url: where it was fetched from."""
    found = root.findall(f"{_A}entry")
    kept = entries.limit(found, findings)
    for entry in found[len(kept) :]:
        root.remove(entry)
    walk = Walk(ATOM, EXTENSIONS, now, findings)
    walk.namespaces(root)
    if root.prefix:
        message = f"uses the prefix {root.prefix!r} for Atom; make it the default namespace"
        findings.warning("prefixed-atom", 1, message)
    if root.tag == f"{_A}entry":
        walk.element(root, ENTRY)
        _validate_entry(root, True, findings)
        return
    walk.element(root, FEED)
    archives.validate_head(root, _validate_common(root, findings), url, findings)
    has_author = root.find(f"{_A}author") is not None
    for entry in kept:
        _validate_entry(entry, has_author, findings)
    _validate_ids(kept, findings)
    validate_order(root, f"{_A}entry", lambda tag: tag.startswith(_A), findings)


def _validate_common(element: Element, findings: Findings) -> list[Link]:
    """Validate the elements common to feeds, entries and sources, and return the links."""
    links = links_of(element)
    alternates: Counter[tuple[str | None, str | None]] = Counter()
    for link in links:
        kind = link.element.get("type")
        if link.rel == "self" and not (kind or _TYPE).lower().startswith(_TYPE):
            message = f"a self link has the type {kind!r}, not Atom's; correct the type"
            findings.warning("self-link-type", link.element, message)
        if link.rel == "alternate":
            alternates[kind, link.element.get("hreflang")] += 1
            if alternates[kind, link.element.get("hreflang")] == 2:
                message = "has two alternate links of one type and language; keep one [4.1.1]"
                findings.error("repeated-link", link.element, message)
    for name in ("title", "subtitle", "summary", "rights"):
        for text in element.findall(f"{_A}{name}"):
            constructs.validate_text(text, findings)
            if name in {"title", "subtitle"} and not text_of(text).strip():
                findings.warning("blank", text, f"<{name}> is empty; add text")
    return links


def _validate_entry(entry: Element, has_author: bool, findings: Findings) -> None:
    links = _validate_common(entry, findings)
    archives.validate_entry(links, findings)
    source = entry.find(f"{_A}source")
    if source is not None:
        _validate_common(source, findings)
        for name in ("id", "title", "updated"):
            if source.find(f"{_A}{name}") is None:
                findings.warning("incomplete-source", source, f"<source> has no <{name}>; add it")
        has_author = has_author or source.find(f"{_A}author") is not None
    if not has_author and entry.find(f"{_A}author") is None:
        message = "neither an entry nor its feed has an author; add one [4.1.2]"
        findings.error("no-author", entry, message)
    content, summary = entry.find(f"{_A}content"), entry.find(f"{_A}summary")
    if content is not None:
        if constructs.validate_content(content, findings) and summary is None:
            message = "an entry has content that is external or not text; add a <summary> [4.1.2]"
            findings.error("no-summary", entry, message)
    elif not any(link.rel == "alternate" for link in links):
        message = 'an entry has neither <content> nor <link rel="alternate">; add one [4.1.2]'
        findings.error("nowhere-to-go", entry, message)
    if content is summary is None:
        findings.note("no-text", entry, "an entry has neither content nor summary; add a summary")
    texts = [text_of(each) for each in (content, summary) if each is not None]
    entries.validate_entry_size(entry, texts, findings)
    published, updated = text_at(entry, f"{_A}published"), text_at(entry, f"{_A}updated")
    entries.validate_update(entry, published, updated, findings)


def _validate_ids(found: list[Element], findings: Findings) -> None:
    seen: dict[str, set[str]] = {}
    times: Counter[str] = Counter()
    for entry in found:
        own, updated = text_at(entry, f"{_A}id"), text_at(entry, f"{_A}updated")
        times[updated] += 1
        if updated and times[updated] == 2:
            message = "two entries have the same `updated`, so their order is undefined; change one"
            findings.note("same-updated", entry, message)
        if own and updated in seen.get(own, ()):
            message = f"two entries have the id {quoted(own)} and the same updated; remove one"
            findings.error("repeated-entry", entry, f"{message} [4.1.1]")
        elif own in seen:
            message = f"two entries have the id {quoted(own)}; keep only the newest"
            findings.warning("repeated-id", entry, message)
        seen.setdefault(own, set()).add(updated)
