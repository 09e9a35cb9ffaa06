"""Validates RSS 2.0, and RSS 0.91 to 0.94 by the same rules, against the Best Practices Profile.

RSS 1.0 shares only the name, and is not validated here.
"""

import re
from collections import Counter
from datetime import datetime

from lxml import etree

from feedsvc.check import archives, entries, markup, moments, values
from feedsvc.check.atom_rules import ATOM_RULES, links_of
from feedsvc.check.extensions import EXTENSIONS
from feedsvc.check.finding import Findings, shown
from feedsvc.check.grammar import Namespace, Walk
from feedsvc.check.rss_rules import CHANNEL_RULES, RSS
from feedsvc.check.xml import (
    ATOM,
    CONTENT,
    DC,
    SLASH,
    XHTML,
    XML,
    XmlSource,
    bases,
    line_of,
    split,
    text_of,
)  # fmt: skip

_VERSION = "2.0"
_OLD_VERSIONS = ("0.91", "0.92", "0.93", "0.94")
_KNOWN = EXTENSIONS | {ATOM: Namespace("atom", ATOM_RULES)}
# Elements with the same meaning, in the channel or in an item.
_SYNONYMS = {
    "title": ("dc:title",),
    "description": ("dc:description", "atom:content", "xhtml:body"),
    "author": ("dc:creator", "atom:author"),
    "managingEditor": ("dc:creator",),
    "category": ("dc:subject",),
    "copyright": ("dc:rights",),
    "creativeCommons:license": ("cc:license",),
    "generator": ("admin:generatorAgent",),
    "guid": ("atom:id",),
    "language": ("dc:language",),
    "pubDate": ("dc:date", "atom:published"),
    "webMaster": ("dc:publisher",),
    "source": ("dc:source",),
    "lastBuildDate": ("dcterms:modified",),
}
_IMAGE_URL = re.compile(r"(?i)\.(?:jpe?g|jpe|gif|png)(?:[?#]|$)")
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{2,4}(?:[?#]|$)")
_WEAK = re.compile(r"[0-9]{1,8}")
_PLAIN = ("copyright", "managingEditor", "webMaster", "generator", "author", "category", "rating")


def validate(source: XmlSource, url: str | None, now: datetime, findings: Findings) -> None:
    """Validate a document with the root element <rss>. url: where it was fetched from."""
    root = source.root
    version = root.get("version", "")
    if version in _OLD_VERSIONS:
        message = f"is RSS {version}, which RSS 2.0 replaced in 2002; use 2.0"
        findings.note("old-version", line_of(root), message)
    elif version and version != _VERSION:
        message = f'has the version {shown(version)}; write <rss version="2.0">'
        findings.error("rss-version", line_of(root), message)
    channel = root.find("channel")
    items = root.findall("channel[1]/item")
    kept = entries.limit(items, findings)
    for item in items[len(kept) :]:
        if channel is not None:
            channel.remove(item)
    walk = Walk("", _KNOWN, findings)
    walk.namespaces(root)
    walk.element(root, RSS)
    if channel is None:
        return
    _validate_channel(channel, source, url, now, findings)
    has_build_date = channel.find("lastBuildDate") is not None
    for item in kept:
        _validate_texts(item, source, now, findings)
        _validate_item(item, version, has_build_date, findings)
    _validate_guids(kept, findings)


def _validate_channel(
    channel: "etree._Element", source: XmlSource, url: str | None, now: datetime, findings: Findings
) -> None:
    _validate_texts(channel, source, now, findings)
    _validate_image(channel, findings)
    _validate_skipped(channel, findings)
    archives.validate_head(channel, links_of(channel), url, findings)
    languages = (*map(channel.find, ("language", f"{{{DC}}}language")), *(
        each.get(f"{{{XML}}}lang") or None for each in (channel, source.root)
    ))  # fmt: skip
    if all(each is None for each in languages):
        message = "does not declare its language; add <language>"
        findings.note("no-language", line_of(channel), message)
    for each in channel.findall("textInput"):
        message = "has a <textInput>, which no reader shows; remove it"
        findings.warning("text-input", line_of(each), message)
    entries.validate_order(channel, "item", CHANNEL_RULES.__contains__, findings)


def _validate_image(channel: "etree._Element", findings: Findings) -> None:
    image = channel.find("image")
    if image is None:
        return
    for name in ("title", "link"):
        own, expected = image.findtext(name), channel.findtext(name)
        if own and expected and own.strip() != expected.strip():
            message = f"the image's {name} differs from the channel's; use the same"
            findings.warning("image-differs", line_of(image), message)
    address = (image.findtext("url") or "").strip()
    if _FILE_NAME.search(address.rpartition("/")[2]) and not _IMAGE_URL.search(address):
        message = f"the image {shown(address)} is not a GIF, JPEG or PNG; use one of these"
        findings.warning("image-format", line_of(image), message)


def _validate_skipped(channel: "etree._Element", findings: Findings) -> None:
    for name, unit, most in (("skipHours", "hour", 24), ("skipDays", "day", 7)):
        parent = channel.find(name)
        if parent is None:
            continue
        line = line_of(parent)
        counts = Counter((child.text or "").strip() for child in parent.findall(unit))
        if counts.total() > most:
            findings.error("too-many-skipped", line, f"<{name}> has more than {most}; remove some")
        if any(count > 1 for count in counts.values()) or {"0", "24"} <= counts.keys():
            findings.error("repeated-value", line, f"<{name}> repeats one {unit}; remove one")
        if "24" in counts and unit == "hour":
            findings.warning("hour-24", line, "<skipHours> has 24; write 0 for midnight")


def _validate_item(
    item: "etree._Element", version: str, has_build_date: bool, findings: Findings
) -> None:
    line = line_of(item)
    description, encoded = item.find("description"), item.find(f"{{{CONTENT}}}encoded")
    if item.find("title") is None and description is None:
        findings.error("empty-item", line, "an item has neither title nor description; add one")
    if encoded is not None and (
        description is None or item.index(description) > item.index(encoded)
    ):
        message = "an item has content:encoded without a description before it; put a summary there"
        findings.warning("content-before-description", line_of(encoded), message)
    html = {"<description>": description, "<content:encoded>": encoded}
    texts = {name: each for name, each in html.items() if each is not None}
    for name, each in texts.items():
        if version != "0.91":
            entries.validate_html(name, line_of(each), text_of(each), bool(bases(each)), findings)
    entries.validate_entry_size(line, map(text_of, texts.values()), findings)
    for each in item.iterfind(f"{{{XHTML}}}body//*"):
        for fault in markup.faults_of(each, False):
            findings.add(fault.of("<body>"), line_of(each))
    for each in item.findall("enclosure")[1:2]:
        message = "an item has more than one enclosure, but readers use only one; keep one"
        findings.warning("many-enclosures", line_of(each), message)
    archives.validate_entry(links_of(item), findings)
    if version == _VERSION and item.find("guid") is None and item.find(f"{{{ATOM}}}id") is None:
        message = "an item has no guid, by which readers recognise it; add one"
        findings.warning("no-guid", line, message)
    if item.find(f"{{{SLASH}}}comments") is not None and not has_build_date:
        message = "an item has a comment count, but the channel has no lastBuildDate; add it"
        findings.note("comments-without-date", line, message)


def _validate_guids(items: "list[etree._Element]", findings: Findings) -> None:
    seen: set[str] = set()
    for item in items:
        guid = item.find("guid")
        if guid is None:
            continue
        value, line = text_of(guid).strip(), line_of(guid)
        if guid.get("isPermaLink", "true") != "false":
            if not value.lower().startswith(("http://", "https://")) or values.url(value):
                message = f"the guid {shown(value)} is not a URL"
                remedy = 'add isPermaLink="false", or use its URL'
                findings.error("guid-not-url", line, f"{message}; {remedy}")
        elif not value:
            findings.warning("blank", line, "<guid> is empty; add a value")
        if _WEAK.fullmatch(value):
            message = f"the guid {shown(value)} is too short to be unique; use a tag URI"
            findings.warning("weak-guid", line, message)
        if value and value in seen:
            message = f"two items have the guid {shown(value)}; give each its own"
            findings.error("repeated-guid", line, message)
        seen.add(value)


def _validate_texts(
    element: "etree._Element", source: XmlSource, now: datetime, findings: Findings
) -> None:
    """Validate what channels and items have in common."""
    for path in ("title", "image/title", "image/description", "textInput/title"):
        for title in element.findall(path):
            text, line = text_of(title), line_of(title)
            if line not in source.hexadecimal and values.is_ambiguous(text):
                message = f"<{title.tag}> {shown(text)} looks like markup to some readers"
                remedy = "write & and < as &#x26; and &#x3C;"
                findings.warning("ambiguous-title", line, f"{message}; {remedy}")
    for name in _PLAIN:
        for each in element.findall(name):
            entries.validate_plain(f"<{name}>", line_of(each), text_of(each), findings)
    for name in ("pubDate", "lastBuildDate"):
        for date in element.findall(name):
            moment = moments.parse_rfc822(text_of(date))
            entries.validate_date(f"<{name}>", line_of(date), moment, now, findings)
    present = {
        _prefixed(str(child.tag))
        for child in element.iterchildren(etree.Element)
        if child.get("src") is None
    }
    for name in _SYNONYMS.keys() & present:
        for synonym in present.intersection(_SYNONYMS[name]):
            message = f"has both <{name}> and <{synonym}>, which mean the same; keep one"
            findings.warning("said-twice", line_of(element), message)


def _prefixed(tag: str) -> str:
    """Return a name with its usual prefix."""
    namespace, local = split(tag)
    return f"{_KNOWN[namespace].prefix}:{local}" if namespace in _KNOWN else local
