"""Judges Atom 1.0 (RFC 4287), feeds and single entries; sections in brackets are of that RFC."""

from collections import Counter
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from feedsvc.check import archives, entries, moments, values
from feedsvc.check.atom_rules import ENTRY, FEED, TYPE, rel_of
from feedsvc.check.constructs import judge_content, judge_text
from feedsvc.check.extensions import EXTENSIONS
from feedsvc.check.finding import Findings, shown
from feedsvc.check.grammar import Walk
from feedsvc.check.xml import ATOM, XML, line_of, text_of

_A = f"{{{ATOM}}}"


def judge(root: "etree._Element", url: str | None, now: datetime, findings: Findings) -> None:
    """Judge a document whose outermost element is Atom's. url: where it was fetched from."""
    found = root.findall(f"{_A}entry")
    entries.judge_number(len(found), findings)
    for entry in found[entries.MOST :]:
        root.remove(entry)
    found = found[: entries.MOST]
    walk = Walk(ATOM, EXTENSIONS, findings)
    walk.namespaces(root)
    if root.prefix:
        message = f"writes Atom with the prefix {root.prefix!r}, which some readers cannot read"
        findings.warning("prefixed-atom", 1, f"{message}; declare the namespace without one")
    if root.tag == f"{_A}entry":
        walk.element(root, ENTRY)
        _judge_entry(root, True, now, findings)
        return
    walk.element(root, FEED)
    _judge_head(root, url, now, findings)
    authored = root.find(f"{_A}author") is not None
    for entry in found:
        _judge_entry(entry, authored, now, findings)
    _judge_ids(found, findings)
    _judge_order(root, findings)


def _judge_head(feed: "etree._Element", url: str | None, now: datetime, findings: Findings) -> None:
    _judge_shared(feed, now, findings)
    links = feed.findall(f"{_A}link")
    own = [link for link in links if rel_of(link) == "self"]
    if not own:
        message = 'has no <link rel="self">, by which readers know its address; add one'
        findings.warning("no-self-link", line_of(feed), message)
    for link in own:
        href = _resolved(link, str(link.get("href", "")))
        if values.iri(href):
            message = f"the self link {shown(href)} is not absolute; write it whole"
            findings.warning("relative-self-link", line_of(link), message)
        elif url and href != url:
            message = f"the self link {shown(href)} is not where it was fetched, {url}; mend one"
            findings.warning("other-self-link", line_of(link), message)
    archives.judge_head(feed, [(rel_of(each), str(each.get("href", "")), line_of(each))
                                for each in links], url, findings)  # fmt: skip


def _judge_shared(element: "etree._Element", now: datetime, findings: Findings) -> None:
    """Judge what feeds, entries and sources have alike."""
    _judge_links(element, findings)
    _judge_texts(element, findings)
    for name in ("updated", "published"):
        for date in element.findall(f"{_A}{name}"):
            moment = moments.parse_rfc3339(text_of(date).strip())
            entries.judge_moment(f"<{name}>", line_of(date), moment, now, findings)
    for name in ("author", "contributor"):
        for person in element.findall(f"{_A}{name}"):
            _judge_person(person, findings)
    for own in element.findall(f"{_A}id"):
        if fault := values.canonical(text_of(own).strip()):
            told = fault._replace(message=f"{fault.message} [4.2.6.1]")
            findings.add(told.of(f"<id> {shown(text_of(own))}"), line_of(own))


def _judge_links(element: "etree._Element", findings: Findings) -> None:
    alternates: Counter[tuple[str | None, str | None]] = Counter()
    for link in element.findall(f"{_A}link"):
        if link.get("title"):
            entries.judge_plain("a link's title", line_of(link), str(link.get("title")), findings)
        rel = rel_of(link)
        if rel == "self" and not str(link.get("type", TYPE)).lower().startswith(TYPE):
            message = f"a self link has the type {link.get('type')!r}, but leads to Atom; mend it"
            findings.warning("self-link-type", line_of(link), message)
        if rel == "alternate":
            kind = (link.get("type"), link.get("hreflang"))
            alternates[kind] += 1
            if alternates[kind] == 2:
                message = "has two alternate links of one type and language; keep one [4.1.1]"
                findings.error("repeated-link", line_of(link), message)


def _judge_texts(element: "etree._Element", findings: Findings) -> None:
    for name in ("title", "subtitle", "summary", "rights"):
        for text in element.findall(f"{_A}{name}"):
            judge_text(text, _based(text), findings)
            if name in {"title", "subtitle", "rights"} and not text_of(text).strip():
                findings.warning("blank", line_of(text), f"<{name}> is empty; write something")
    for category in element.findall(f"{_A}category"):
        label = str(category.get("label", ""))
        entries.judge_plain("a category's label", line_of(category), label, findings)
    for generator in element.findall(f"{_A}generator"):
        entries.judge_plain("<generator>", line_of(generator), text_of(generator), findings)


def _judge_person(person: "etree._Element", findings: Findings) -> None:
    for name in person.findall(f"{_A}name"):
        text = text_of(name)
        entries.judge_plain("a name", line_of(name), text, findings)
        if "@" in text and values.address(text.strip().split(" ")[-1].strip("<>()")) is None:
            message = f"the name {shown(text)} holds an email address; move it to <email>"
            findings.note("email-in-name", line_of(name), message)


def _judge_entry(
    entry: "etree._Element", authored: bool, now: datetime, findings: Findings
) -> None:
    line = line_of(entry)
    _judge_shared(entry, now, findings)
    source = entry.find(f"{_A}source")
    if source is not None:
        _judge_source(source, now, findings)
        authored = authored or source.find(f"{_A}author") is not None
    if not authored and entry.find(f"{_A}author") is None:
        message = "has no author, and neither has its feed; add one [4.1.2]"
        findings.error("no-author", line, f"an entry {message}")
    rels = {rel_of(link) for link in entry.findall(f"{_A}link")}
    content, summary = entry.find(f"{_A}content"), entry.find(f"{_A}summary")
    if content is not None:
        needs_summary = judge_content(content, _based(content), findings)
        if needs_summary and summary is None:
            message = "has content that is elsewhere or not text; add a <summary> [4.1.2]"
            findings.error("no-summary", line, f"an entry {message}")
    elif "alternate" not in rels:
        message = 'has neither <content> nor <link rel="alternate">; add one [4.1.2]'
        findings.error("nowhere-to-go", line, f"an entry {message}")
    if content is None and summary is None:
        findings.note("no-text", line, "an entry has neither content nor summary; add a summary")
    archives.judge_entry(
        [(rel_of(link), line_of(link)) for link in entry.findall(f"{_A}link")], findings
    )
    texts = [text_of(each) for each in (content, summary) if each is not None]
    entries.judge_entry_size(line, texts, findings)
    published, updated = (_moment(entry, name) for name in ("published", "updated"))
    if published and updated and updated < published:
        findings.warning(
            "updated-early", line, "an entry was updated before it was published; mend it"
        )


def _judge_source(source: "etree._Element", now: datetime, findings: Findings) -> None:
    _judge_shared(source, now, findings)
    missing = [name for name in ("id", "title", "updated") if source.find(f"{_A}{name}") is None]
    for name in missing:
        findings.warning("incomplete-source", line_of(source), f"<source> has no <{name}>; add it")


def _judge_ids(found: "list[etree._Element]", findings: Findings) -> None:
    seen: dict[str, set[str]] = {}
    times: Counter[str] = Counter()
    for entry in found:
        own = (entry.findtext(f"{_A}id") or "").strip()
        updated = (entry.findtext(f"{_A}updated") or "").strip()
        if updated:
            times[updated] += 1
            if times[updated] == 2:
                message = "entries were updated at one instant, so their order is open; write times"
                findings.note("same-updated", line_of(entry), message)
        if own and updated in seen.get(own, ()):
            message = f"two entries have the id {shown(own)} and one time; remove one [4.1.1]"
            findings.error("repeated-entry", line_of(entry), message)
        elif own in seen:
            message = f"two entries have the id {shown(own)}; carry the newest alone"
            findings.warning("repeated-id", line_of(entry), message)
        seen.setdefault(own, set()).add(updated)


def _judge_order(root: "etree._Element", findings: Findings) -> None:
    within = False
    for child in root.iterchildren(etree.Element):
        if child.tag == f"{_A}entry":
            within = True
        elif within and str(child.tag).startswith(_A):
            message = "stands behind an entry, where readers miss it; move it before them"
            findings.warning(
                "late-metadata", line_of(child), f"{child.tag.rpartition('}')[2]} {message}"
            )


def _moment(entry: "etree._Element", name: str) -> datetime | None:
    return moments.parse_rfc3339((entry.findtext(f"{_A}{name}") or "").strip())


def _resolved(element: "etree._Element", url: str) -> str:
    """Return a URL as the xml:base in force makes it; '' for one that is hopeless."""
    bases = [each.get(f"{{{XML}}}base", "") for each in (element, *element.iterancestors())]
    try:
        for base in bases:
            url = urljoin(base, url) if base else url
    except ValueError:
        return ""
    return url


def _based(element: "etree._Element") -> bool:
    """Tell whether an xml:base is in force."""
    return any(each.get(f"{{{XML}}}base") for each in (element, *element.iterancestors()))
