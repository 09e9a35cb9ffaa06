"""Validates RSS 2.0, and RSS 0.91 to 0.94 by the same rules, against the Best Practices Profile."""

import re
from collections import Counter
from datetime import datetime

from feedsvc.check import archives, entries, markup, shows, values
from feedsvc.check.finding import Findings, line_of, quoted
from feedsvc.check.grammar import Walk, validate_order
from feedsvc.check.vocabularies import CHANNEL, IN_RSS, RSS
from feedsvc.check.xml import NAMESPACES, XML, Element, bases, split, text_at, text_of

_VERSION = "2.0"
_OLD_VERSIONS = ("0.91", "0.92", "0.93", "0.94")
# Elements with the same meaning, in the channel or in an item.
_SYNONYMS = {
    "title": "dc:title",
    "description": "dc:description atom:content xhtml:body",
    "author": "dc:creator atom:author",
    "managingEditor": "dc:creator",
    "category": "dc:subject",
    "copyright": "dc:rights",
    "creativeCommons:license": "cc:license",
    "generator": "admin:generatorAgent",
    "guid": "atom:id",
    "language": "dc:language",
    "pubDate": "dc:date atom:published",
    "webMaster": "dc:publisher",
    "source": "dc:source",
    "lastBuildDate": "dcterms:modified",
}
_IMAGE_URL = re.compile(r"(?i)\.(?:jpe?g|jpe|gif|png)(?:[?#]|$)")
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{2,4}(?:[?#]|$)")
_WEAK = re.compile(r"[0-9]{1,8}")


def validate(
    root: Element, body: bytes, url: str | None, now: datetime, findings: Findings
) -> None:
    """Validate a document with the root element <rss>.

    body: its source. url: where it was fetched from.
    """
    version = root.get("version", "")
    if version in _OLD_VERSIONS:
        findings.note("old-version", root, f"is RSS {version}, which is obsolete; use RSS 2.0")
    elif version and version != _VERSION:
        findings.error("rss-version", root, f'has version {quoted(version)}; write "2.0"')
    channel = root.find("channel")
    items = root.findall("channel[1]/item")
    kept = entries.limit(items, findings)
    for item in items[len(kept) :]:
        if channel is not None:
            channel.remove(item)
    walk = Walk("", IN_RSS, now, findings)
    walk.namespaces(root)
    walk.element(root, RSS)
    if channel is None:
        return
    # The tree does not preserve character references.
    hexadecimal = {number for number, line in enumerate(body.split(b"\n"), 1) if b"&#x" in line}
    _validate_common(channel, hexadecimal, findings)
    _validate_channel(channel, url, findings)
    has_build_date = channel.find("lastBuildDate") is not None
    for item in kept:
        _validate_common(item, hexadecimal, findings)
        _validate_item(item, version, has_build_date, findings)
    _validate_guids(kept, findings)
    shows.validate(channel, kept, findings)


def _validate_channel(channel: Element, url: str | None, findings: Findings) -> None:
    _validate_image(channel, findings)
    _validate_skipped(channel, findings)
    archives.validate_head(channel, archives.links_of(channel), url, findings)
    has_lang = any(each.get(f"{{{XML}}}lang") for each in (channel, *channel.iterancestors()))
    if not has_lang and channel.find("language") is channel.find("dc:language", NAMESPACES) is None:
        findings.note("no-language", channel, "does not declare its language; add <language>")
    for each in channel.findall("textInput"):
        findings.warning("text-input", each, "<textInput> is displayed by no reader; remove it")
    validate_order(channel, "item", CHANNEL.__contains__, findings)


def _validate_image(channel: Element, findings: Findings) -> None:
    image = channel.find("image")
    if image is None:
        return
    for name in ("title", "link"):
        own, expected = image.findtext(name), channel.findtext(name)
        if own and expected and own.strip() != expected.strip():
            message = f"the image's {name} differs from the channel's; use the same"
            findings.warning("image-differs", image, message)
    address = text_at(image, "url")
    if _FILE_NAME.search(address.rpartition("/")[2]) and not _IMAGE_URL.search(address):
        message = f"the image {quoted(address)} is not a GIF, JPEG or PNG; use one of these"
        findings.warning("image-format", image, message)


def _validate_skipped(channel: Element, findings: Findings) -> None:
    for name, unit, most in (("skipHours", "hour", 24), ("skipDays", "day", 7)):
        parent = channel.find(name)
        if parent is None:
            continue
        counts = Counter((child.text or "").strip() for child in parent.findall(unit))
        if counts.total() > most:
            findings.error("too-many-skipped", parent, f"<{name}> lists more than {most}; fix it")
        if any(count > 1 for count in counts.values()) or {"0", "24"} <= counts.keys():
            findings.error("repeated-value", parent, f"<{name}> repeats one {unit}; remove one")
        if "24" in counts and unit == "hour":
            findings.warning("hour-24", parent, "<skipHours> has 24; write 0 for midnight")


def _validate_item(item: Element, version: str, has_build_date: bool, findings: Findings) -> None:
    description, encoded = item.find("description"), item.find("content:encoded", NAMESPACES)
    if item.find("title") is description is None:
        findings.error("empty-item", item, "an item has neither title nor description; add one")
    if encoded is not None and (
        description is None or item.index(description) > item.index(encoded)
    ):
        message = "an item has content:encoded without a description before it; put a summary there"
        findings.warning("content-before-description", encoded, message)
    texts = {"<description>": description, "<content:encoded>": encoded}
    found = {name: each for name, each in texts.items() if each is not None}
    for name, each in found.items() if version != "0.91" else ():
        findings.add_all(markup.faults(text_of(each), bool(bases(each))), each, name)
    entries.validate_entry_size(item, map(text_of, found.values()), findings)
    for each in item.iterfind("xhtml:body//*", NAMESPACES):
        findings.add_all(markup.faults_of(each, False), each, "<body>")
    for each in item.findall("enclosure")[1:2]:
        findings.warning("many-enclosures", each, "an item has several enclosures; keep one")
    archives.validate_entry(archives.links_of(item), findings)
    if version == _VERSION and item.find("guid") is item.find("atom:id", NAMESPACES) is None:
        findings.warning("no-guid", item, "an item has no guid; add one that never changes")
    if item.find("slash:comments", NAMESPACES) is not None and not has_build_date:
        message = "an item has a comment count, but the channel has no lastBuildDate; add it"
        findings.note("comments-without-date", item, message)


def _validate_guids(items: list[Element], findings: Findings) -> None:
    seen: set[str] = set()
    for item in items:
        guid = item.find("guid")
        if guid is None:
            continue
        value = text_of(guid).strip()
        if guid.get("isPermaLink", "true") != "false":
            if not value.lower().startswith(("http://", "https://")) or values.url(value):
                message = f'the guid {quoted(value)} is not a URL; add isPermaLink="false"'
                findings.error("guid-not-url", guid, message)
        elif not value:
            findings.warning("blank", guid, "<guid> is empty; add a value")
        if _WEAK.fullmatch(value):
            message = f"the guid {quoted(value)} is too short to be unique; use a tag URI"
            findings.warning("weak-guid", guid, message)
        if value and value in seen:
            message = f"two items have the guid {quoted(value)}; give each its own"
            findings.error("repeated-guid", guid, message)
        seen.add(value)


def _validate_common(element: Element, hexadecimal: set[int], findings: Findings) -> None:
    """Validate the elements that channels and items have in common.

    hexadecimal: the lines with hexadecimal character references.
    """
    for path in ("title", "image/title", "image/description", "textInput/title"):
        for title in element.findall(path):
            text = text_of(title)
            if line_of(title) not in hexadecimal and markup.is_ambiguous(text):
                message = f"<{title.tag}> {quoted(text)} may be interpreted as HTML"
                remedy = "write & and < as &#x26; and &#x3C;"
                findings.warning("ambiguous-title", title, f"{message}; {remedy}")
    present = {
        _prefixed(str(child.tag)) for child in element.iterchildren("*") if child.get("src") is None
    }
    for name in _SYNONYMS.keys() & present:
        for synonym in present.intersection(_SYNONYMS[name].split()):
            message = f"has both <{name}> and <{synonym}>, which mean the same; keep one"
            findings.warning("said-twice", element, message)


def _prefixed(tag: str) -> str:
    """Return a name with its usual prefix."""
    namespace, local = split(tag)
    return f"{IN_RSS[namespace].prefix}:{local}" if namespace in IN_RSS else local
