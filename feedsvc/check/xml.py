"""Bytes to a tree of XML: loads no DTD, replaces no entity, asks no network, trusts nothing.

What keeps a document from being XML is found here; what its elements mean is not known here.
"""

import codecs
import re
from typing import Any, cast
from urllib.parse import urljoin

from lxml import etree

from feedsvc.check.finding import Findings

ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
XHTML = "http://www.w3.org/1999/xhtml"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
SLASH = "http://purl.org/rss/1.0/modules/slash/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"

# To look at all attributes of an element takes the square of their number.
MOST_ATTRIBUTES = 200
_DECLARATION = re.compile(
    rb"\s*<\?xml\s+version\s*=\s*[\"']([^\"']{1,20})[\"']"
    rb"(?:\s+encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"'])?"
)
_COMMON = ("utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252")
# What UTF-8 that was read as Windows-1252 and written as UTF-8 again looks like, and C1 controls.
_GARBLED = re.compile("[\u0080-\u0084\u0086-\u009f\ufffd]|[ÂÃ][\u0080-\u00bf]|â€")


class XmlSource:
    """A parsed document, and what the tree no longer tells of its text.

    root: its outermost element. hexadecimal: the lines on which a hexadecimal reference stands.
    """

    def __init__(self, root: "etree._Element", body: bytes) -> None:
        self.root = root
        self.hexadecimal = {
            number for number, line in enumerate(body.split(b"\n"), 1) if b"&#x" in line
        }


def encoding(body: bytes) -> str:
    """Return the encoding that a document declares, in small letters; utf-8 if it does not."""
    if body.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return "utf-16"
    match = _DECLARATION.match(body.removeprefix(codecs.BOM_UTF8)[:300])
    return match[2].decode().lower() if match and match[2] else "utf-8"


def read(body: bytes, findings: Findings) -> XmlSource | None:
    """Return the tree of a document; None, and a finding, where it is not XML."""
    _validate_declaration(body, findings)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        findings.error("not-well-formed", line, f"is not XML: {_reason(error)}; fix the document")
        return None
    except (LookupError, ValueError) as error:
        findings.error("not-well-formed", 1, f"is not XML: {error}; fix the document")
        return None
    if any(len(element.attrib) > MOST_ATTRIBUTES for element in root.iter(etree.Element)):
        message = f"has an element of more than {MOST_ATTRIBUTES} attributes, as no feed has"
        findings.error("many-attributes", 1, f"{message}; fix what writes it")
        return None
    if not _validate_doctype(root, findings):
        _validate_entities(root, findings)
    _validate_characters(root, findings)
    return XmlSource(root, body)


def _reason(error: etree.XMLSyntaxError) -> str:
    return re.sub(r", line \d+, column \d+.*", "", str(error.msg)) or "it is empty"


def _validate_declaration(body: bytes, findings: Findings) -> None:
    start = body.removeprefix(codecs.BOM_UTF8)[:300]
    match = _DECLARATION.match(start)
    if not match:
        return
    if start[:1].isspace():
        findings.error("not-well-formed", 1, "has white space before `<?xml`; remove it")
    if match[1] != b"1.0":
        findings.error(
            "xml-version", 1, "is not XML 1.0, the only one that readers know; write 1.0"
        )
    name = encoding(body)
    if body.startswith(codecs.BOM_UTF8) and name != "utf-8":
        message = f"begins as UTF-8 and says that it is {name}; write encoding='utf-8'"
        findings.error("contradicting-encoding", 1, message)
    try:
        codecs.lookup(name)
    except LookupError:
        findings.error(
            "unknown-encoding", 1, f"has the encoding {name!r}, which is none; use UTF-8"
        )
    else:
        if name not in _COMMON:
            message = f"is in {name}, which few readers know; save it as UTF-8"
            findings.warning("uncommon-encoding", 1, message)


_OF_RSS_091 = (
    "-//Netscape Communications//DTD RSS 0.91//EN",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd",
    "http://www.rssboard.org/rss-0.91.dtd",
)


def _validate_doctype(root: "etree._Element", findings: Findings) -> bool:
    """Validate the DOCTYPE, and return whether it is the one of RSS 0.91, which has entities."""
    info: Any = root.getroottree().docinfo
    if not info.doctype:
        return False
    known = info.public_id in _OF_RSS_091 or info.system_url in _OF_RSS_091
    if not known or root.get("version") != "0.91":
        message = "has a DOCTYPE, which no feed needs and many readers refuse; remove it"
        findings.warning("doctype", 1, message)
    dtd = info.internalDTD
    for entity in dtd.iterentities() if dtd is not None else ():
        name = str(entity.name)
        message = f"declares the entity {name[:30]!r}; write out what it stands for"
        findings.error("entity", 1, message)
    return known


def _validate_entities(root: "etree._Element", findings: Findings) -> None:
    for entity in root.iter(etree.Entity):
        parent = entity.getparent()
        line = line_of(parent) if parent is not None else 1
        message = f"uses {str(entity.text)[:30]!r}, which is not of XML; write the character itself"
        findings.error("entity", line, message)


def _validate_characters(root: "etree._Element", findings: Findings) -> None:
    for element in root.iter(etree.Element):
        for text in (element.text, element.tail, *element.attrib.values()):
            garbled = _GARBLED.search(text) if text and not str(text).isascii() else None
            if garbled:
                message = f"holds {garbled[0]!r}, as of text read in the wrong encoding; fix it"
                findings.warning("garbled-text", line_of(element), message)


def text_of(element: "etree._Element") -> str:
    """Return the text of an element and its descendants."""
    return "".join(map(str, element.itertext())) if len(element) else str(element.text or "")


def has_own_text(element: "etree._Element") -> bool:
    """Whether an element has text other than white space outside its children."""
    return any((text or "").strip() for text in (element.text, *(each.tail for each in element)))


def line_of(element: "etree._Element") -> int:
    """Return the line on which an element begins."""
    return int(cast(Any, element).sourceline or 1)


def split(name: str) -> tuple[str, str]:
    """Split a name into its namespace, '' if it has none, and its local name."""
    namespace, _, local = name.rpartition("}")
    return namespace.removeprefix("{"), local


def shown_name(element: "etree._Element") -> str:
    """Return an element's name as written in the document: `<dc:creator>`."""
    local = split(str(element.tag))[1]
    return f"<{element.prefix}:{local}>" if element.prefix else f"<{local}>"


def bases(element: "etree._Element") -> list[str]:
    """Return the values of xml:base that apply to an element, innermost first."""
    found = (each.get(f"{{{XML}}}base") for each in (element, *element.iterancestors()))
    return [str(base) for base in found if base]


def resolve(element: "etree._Element", url: str) -> str:
    """Resolve a URL against the xml:base in force; '' if that is impossible."""
    try:
        for base in bases(element):
            url = urljoin(base, url)
    except ValueError:
        return ""
    return url
