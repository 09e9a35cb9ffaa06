"""Validates Atom 1.0 feeds and entry documents; sections in brackets refer to RFC 4287."""

from collections import Counter
from datetime import datetime

from lxml import etree

from feedsvc.check import archives, entries, moments, values
from feedsvc.check.atom_rules import ENTRY, FEED, TYPE, Link, links_of
from feedsvc.check.constructs import validate_content, validate_text
from feedsvc.check.extensions import EXTENSIONS
from feedsvc.check.finding import Findings, shown
from feedsvc.check.grammar import Walk
from feedsvc.check.xml import ATOM, line_of, text_of

_A = f"{{{ATOM}}}"
_TEXTS = {"title": True, "subtitle": True, "summary": False, "rights": True}  # if text is required


def validate(root: "etree._Element", url: str | None, now: datetime, findings: Findings) -> None:
    """Validate a document with an Atom root element. url: where it was fetched from."""
    found = root.findall(f"{_A}entry")
    kept = entries.limit(found, findings)
    for entry in found[len(kept) :]:
        root.remove(entry)
    walk = Walk(ATOM, EXTENSIONS, findings)
    walk.namespaces(root)
    if root.prefix:
        message = f"uses the prefix {root.prefix!r} for Atom, which some readers do not support"
        findings.warning("prefixed-atom", 1, f"{message}; make it the default namespace")
    if root.tag == f"{_A}entry":
        walk.element(root, ENTRY)
        _validate_entry(root, True, now, findings)
        return
    walk.element(root, FEED)
    archives.validate_head(root, _validate_common(root, now, findings), url, findings)
    has_author = root.find(f"{_A}author") is not None
    for entry in kept:
        _validate_entry(entry, has_author, now, findings)
    _validate_ids(kept, findings)
    entries.validate_order(root, f"{_A}entry", lambda tag: tag.startswith(_A), findings)


def _validate_common(element: "etree._Element", now: datetime, findings: Findings) -> list[Link]:
    """Validate what feeds, entries and sources have in common, and return the links."""
    links = links_of(element)
    _validate_links(links, findings)
    _validate_texts(element, findings)
    for name in ("updated", "published"):
        for date in element.findall(f"{_A}{name}"):
            moment = moments.parse_rfc3339(text_of(date).strip())
            entries.validate_date(f"<{name}>", line_of(date), moment, now, findings)
    for own in element.findall(f"{_A}id"):
        if fault := values.canonical(text_of(own).strip()):
            fault = fault._replace(message=f"{fault.message} [4.2.6.1]")
            findings.add(fault.of(f"<id> {shown(text_of(own))}"), line_of(own))
    return links


def _validate_links(links: list[Link], findings: Findings) -> None:
    alternates: Counter[tuple[str | None, str | None]] = Counter()
    for rel, _, line, link in links:
        entries.validate_plain("a link's title", line, str(link.get("title", "")), findings)
        if rel == "self" and not str(link.get("type", TYPE)).lower().startswith(TYPE):
            message = f"a self link has the type {link.get('type')!r}, not Atom's; fix the type"
            findings.warning("self-link-type", line, message)
        if rel == "alternate":
            kind = (link.get("type"), link.get("hreflang"))
            alternates[kind] += 1
            if alternates[kind] == 2:
                message = "has two alternate links of one type and language; keep one [4.1.1]"
                findings.error("repeated-link", line, message)


def _validate_texts(element: "etree._Element", findings: Findings) -> None:
    for name, required in _TEXTS.items():
        for text in element.findall(f"{_A}{name}"):
            validate_text(text, findings)
            if required and not text_of(text).strip():
                findings.warning("blank", line_of(text), f"<{name}> is empty; add text")
    for category in element.findall(f"{_A}category"):
        label = str(category.get("label", ""))
        entries.validate_plain("a category's label", line_of(category), label, findings)
    for generator in element.findall(f"{_A}generator"):
        entries.validate_plain("<generator>", line_of(generator), text_of(generator), findings)
    for role in ("author", "contributor"):
        for name_element in element.findall(f"{_A}{role}/{_A}name"):
            written, line = text_of(name_element), line_of(name_element)
            entries.validate_plain("a name", line, written, findings)
            last_word = written.strip().split(" ")[-1].strip("<>()")
            if "@" in written and values.address(last_word) is None:
                message = f"the name {shown(written)} contains an email address; move it to <email>"
                findings.note("email-in-name", line, message)


def _validate_entry(
    entry: "etree._Element", has_author: bool, now: datetime, findings: Findings
) -> None:
    line = line_of(entry)
    links = _validate_common(entry, now, findings)
    archives.validate_entry(links, findings)
    source = entry.find(f"{_A}source")
    if source is not None:
        _validate_source(source, now, findings)
        has_author = has_author or source.find(f"{_A}author") is not None
    if not has_author and entry.find(f"{_A}author") is None:
        message = "an entry has no author, and neither has its feed; add one [4.1.2]"
        findings.error("no-author", line, message)
    content, summary = entry.find(f"{_A}content"), entry.find(f"{_A}summary")
    if content is not None:
        if validate_content(content, findings) and summary is None:
            message = "an entry has content that is external or not text; add a <summary> [4.1.2]"
            findings.error("no-summary", line, message)
    elif not any(link.rel == "alternate" for link in links):
        message = 'an entry has neither <content> nor <link rel="alternate">; add one [4.1.2]'
        findings.error("nowhere-to-go", line, message)
    if content is None and summary is None:
        findings.note("no-text", line, "an entry has neither content nor summary; add a summary")
    texts = [text_of(each) for each in (content, summary) if each is not None]
    entries.validate_entry_size(line, texts, findings)
    published, updated = (
        moments.parse_rfc3339(_text(entry, name)) for name in ("published", "updated")
    )
    entries.validate_update(line, published, updated, findings)


def _validate_source(source: "etree._Element", now: datetime, findings: Findings) -> None:
    _validate_common(source, now, findings)
    for name in ("id", "title", "updated"):
        if source.find(f"{_A}{name}") is None:
            message = f"<source> has no <{name}>; add it"
            findings.warning("incomplete-source", line_of(source), message)


def _validate_ids(found: "list[etree._Element]", findings: Findings) -> None:
    seen: dict[str, set[str]] = {}
    times: Counter[str] = Counter()
    for entry in found:
        own, updated, line = _text(entry, "id"), _text(entry, "updated"), line_of(entry)
        times[updated] += 1
        if updated and times[updated] == 2:
            message = "two entries have the same updated, so their order is undefined; use times"
            findings.note("same-updated", line, message)
        if own and updated in seen.get(own, ()):
            message = f"two entries have the id {shown(own)} and the same updated; remove one"
            findings.error("repeated-entry", line, f"{message} [4.1.1]")
        elif own in seen:
            message = f"two entries have the id {shown(own)}; keep only the newest"
            findings.warning("repeated-id", line, message)
        seen.setdefault(own, set()).add(updated)


def _text(entry: "etree._Element", name: str) -> str:
    return (entry.findtext(f"{_A}{name}") or "").strip()
