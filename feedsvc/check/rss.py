"""Judges RSS 2.0, and what RSS 0.91 to 0.94 have in common with it, by the Best Practices Profile.

RSS 1.0 is another format in all but the name, and is not judged here.
"""

import re
from collections import Counter
from datetime import datetime

from lxml import etree

from feedsvc.check import archives, entries, markup, moments, values
from feedsvc.check.atom_rules import ATOM_RULES, rel_of
from feedsvc.check.extensions import EXTENSIONS
from feedsvc.check.finding import Findings, shown
from feedsvc.check.grammar import Namespace, Walk
from feedsvc.check.rss_rules import OF_CHANNEL, RSS
from feedsvc.check.xml import ATOM, CONTENT, DC, SLASH, XHTML, XML, XmlSource, line_of, text_of

_VERSIONS = ("2.0",)
_OLD_VERSIONS = ("0.91", "0.92", "0.93", "0.94")
_KNOWN = EXTENSIONS | {ATOM: Namespace("atom", ATOM_RULES)}
# What says the same, in the channel or in an item.
_TWINS = {
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


def judge(source: XmlSource, url: str | None, now: datetime, findings: Findings) -> None:
    """Judge a document whose outermost element is <rss>. url: where it was fetched from."""
    root = source.root
    version = root.get("version", "")
    if version in _OLD_VERSIONS:
        message = f"is RSS {version}, which RSS 2.0 replaced in 2002; write 2.0"
        findings.note("old-version", line_of(root), message)
    elif version and version not in _VERSIONS:
        message = f'has the version {shown(version)}; write <rss version="2.0">'
        findings.error("rss-version", line_of(root), message)
    channel = root.find("channel")
    items: list[etree._Element] = []
    if channel is not None:
        items = channel.findall("item")
        entries.judge_number(len(items), findings)
        for item in items[entries.MOST :]:
            channel.remove(item)
    walk = Walk("", _KNOWN, findings)
    walk.namespaces(root)
    walk.element(root, RSS)
    if channel is None:
        return
    _judge_channel(channel, source, url, now, findings)
    for item in items[: entries.MOST]:
        _judge_item(item, source, version, now, findings)
    _judge_guids(items[: entries.MOST], findings)


def _judge_channel(
    channel: "etree._Element", source: XmlSource, url: str | None, now: datetime, findings: Findings
) -> None:
    line = line_of(channel)
    _judge_texts(channel, source, now, findings)
    _judge_image(channel, findings)
    _judge_skipped(channel, findings)
    links = [
        (rel_of(each), str(each.get("href", "")), line_of(each))
        for each in channel.findall(f"{{{ATOM}}}link")
    ]
    own = [(href, at) for rel, href, at in links if rel == "self"]
    if not own:
        message = 'has no <atom:link rel="self">, by which readers know its address; add one'
        findings.warning("no-self-link", line, message)
    for href, at in own:
        if values.iri(href):
            message = f"the self link {shown(href)} is not absolute; write it whole"
            findings.warning("relative-self-link", at, message)
        elif url and href != url:
            message = f"the self link {shown(href)} is not where it was fetched, {url}; mend one"
            findings.warning("other-self-link", at, message)
    archives.judge_head(channel, links, url, findings)
    if (
        channel.find("language") is None
        and channel.find(f"{{{DC}}}language") is None
        and not any(each.get(f"{{{XML}}}lang") for each in (channel, source.root))
    ):
        findings.note("no-language", line, "does not say in which language it is; add <language>")
    for each in channel.findall("textInput"):
        message = "has a <textInput>, which no reader shows; remove it"
        findings.warning("text-input", line_of(each), message)
    within = False
    for child in channel.iterchildren(etree.Element):
        within = within or child.tag == "item"
        if within and child.tag in OF_CHANNEL and child.tag != "item":
            message = f"<{child.tag}> stands behind an item, where readers miss it; move it up"
            findings.warning("late-metadata", line_of(child), message)


def _judge_image(channel: "etree._Element", findings: Findings) -> None:
    image = channel.find("image")
    if image is None:
        return
    for name in ("title", "link"):
        own, of_channel = image.findtext(name), channel.findtext(name)
        if own and of_channel and own.strip() != of_channel.strip():
            message = f"the image's {name} is not the channel's; write the same"
            findings.warning("image-differs", line_of(image), message)
    address = (image.findtext("url") or "").strip()
    if _FILE_NAME.search(address.rpartition("/")[2]) and not _IMAGE_URL.search(address):
        message = f"the image {shown(address)} is no GIF, JPEG or PNG; use one of these"
        findings.warning("image-format", line_of(image), message)


def _judge_skipped(channel: "etree._Element", findings: Findings) -> None:
    for name, each, most in (("skipHours", "hour", 24), ("skipDays", "day", 7)):
        within = channel.find(name)
        if within is None:
            continue
        found = Counter((child.text or "").strip() for child in within.findall(each))
        if found.total() > most:
            message = f"<{name}> has more than {most}; remove some"
            findings.error("too-many-skipped", line_of(within), message)
        if any(count > 1 for count in found.values()) or {"0", "24"} <= found.keys():
            message = f"<{name}> names one {each} twice; remove one"
            findings.error("repeated-value", line_of(within), message)
        if "24" in found and name == "skipHours":
            findings.warning("hour-24", line_of(within), "<skipHours> has 24; write 0 for midnight")


def _judge_item(
    item: "etree._Element", source: XmlSource, version: str, now: datetime, findings: Findings
) -> None:
    line = line_of(item)
    _judge_texts(item, source, now, findings)
    title, description = item.find("title"), item.find("description")
    encoded = item.find(f"{{{CONTENT}}}encoded")
    if title is None and description is None:
        findings.error("empty-item", line, "an item has neither title nor description; add one")
    if encoded is not None and (description is None or _comes_later(description, encoded)):
        message = "an item has content:encoded without a description before it; put a summary there"
        findings.warning("content-before-description", line_of(encoded), message)
    for each in (description, encoded):
        if each is not None and version != "0.91":
            based = any(x.get(f"{{{XML}}}base") for x in (each, *each.iterancestors()))
            entries.judge_html(f"<{'content:encoded' if each is encoded else 'description'}>",
                               line_of(each), text_of(each), based, findings)  # fmt: skip
    entries.judge_entry_size(
        line, [text_of(each) for each in (description, encoded) if each is not None], findings
    )
    for each in item.iterfind(f"{{{XHTML}}}body//*"):
        for fault in markup.faults_of(each, False):
            findings.add(fault.of("<body>"), line_of(each))
    enclosures = item.findall("enclosure")
    if len(enclosures) > 1:
        message = "an item has more than one enclosure, and readers take one of them; keep one"
        findings.warning("many-enclosures", line_of(enclosures[1]), message)
    links = [(rel_of(each), line_of(each)) for each in item.findall(f"{{{ATOM}}}link")]
    archives.judge_entry(links, findings)
    if version in _VERSIONS and item.find("guid") is None and item.find(f"{{{ATOM}}}id") is None:
        message = "an item has no guid, by which readers know what they have shown; add one"
        findings.warning("no-guid", line, message)
    if item.find(f"{{{SLASH}}}comments") is not None and not _built(item):
        message = "counts comments without a lastBuildDate in the channel; add it"
        findings.note("comments-without-date", line, f"an item {message}")


def _built(item: "etree._Element") -> bool:
    channel = item.getparent()
    return channel is not None and channel.find("lastBuildDate") is not None


def _comes_later(one: "etree._Element", other: "etree._Element") -> bool:
    parent = one.getparent()
    return parent is not None and parent.index(one) > parent.index(other)


def _judge_guids(items: "list[etree._Element]", findings: Findings) -> None:
    seen: set[str] = set()
    for item in items:
        for guid in item.findall("guid")[:1]:
            value, line = text_of(guid).strip(), line_of(guid)
            if guid.get("isPermaLink", "true") != "false":
                _judge_permalink(value, line, findings)
            elif not value:
                findings.warning("blank", line, "<guid> is empty; write one")
            if _WEAK.fullmatch(value):
                message = f"the guid {shown(value)} is too short to be unique; write a tag URI"
                findings.warning("weak-guid", line, message)
            if value in seen and value:
                message = f"two items have the guid {shown(value)}; give each its own"
                findings.error("repeated-guid", line, message)
            seen.add(value)


def _judge_permalink(value: str, line: int, findings: Findings) -> None:
    if not value.lower().startswith(("http://", "https://")) or values.url(value):
        message = f'the guid {shown(value)} is no URL; add isPermaLink="false", or write its URL'
        findings.error("guid-not-url", line, message)


def _judge_texts(
    element: "etree._Element", source: XmlSource, now: datetime, findings: Findings
) -> None:
    """Judge what channel and items have alike."""
    for path in ("title", "image/title", "image/description", "textInput/title"):
        for title in element.findall(path):
            _judge_title(title, source, findings)
    for name in _PLAIN:
        for each in element.findall(name):
            entries.judge_plain(f"<{name}>", line_of(each), text_of(each), findings)
    for name in ("pubDate", "lastBuildDate"):
        for date in element.findall(name):
            moment = moments.parse_rfc822(text_of(date))
            entries.judge_moment(f"<{name}>", line_of(date), moment, now, findings)
    present = {
        _prefixed(str(child.tag))
        for child in element.iterchildren(etree.Element)
        if child.get("src") is None
    }
    for name, twins in _TWINS.items():
        for twin in twins:
            if name in present and twin in present:
                message = f"has both <{name}> and <{twin}>, which say the same; keep one"
                findings.warning("said-twice", line_of(element), message)


def _prefixed(tag: str) -> str:
    """Return a name with its usual prefix."""
    namespace, _, local = tag.removeprefix("{").rpartition("}")
    return f"{_KNOWN[namespace].prefix}:{local}" if namespace in _KNOWN else local


def _judge_title(title: "etree._Element", source: XmlSource, findings: Findings) -> None:
    text, line = text_of(title), line_of(title)
    if line in source.hexadecimal or not values.is_ambiguous(text):
        return
    message = (
        f"<{title.tag}> {shown(text)} looks like markup to some readers and not to others; "
        "write & and < as &#x26; and &#x3C;"
    )
    findings.warning("ambiguous-title", line, message)
