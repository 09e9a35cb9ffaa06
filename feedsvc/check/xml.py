"""Parses XML, without DTDs, entities or network access, and validates that it is well-formed.

Knows nothing about the meaning of elements.
"""

import codecs
import re
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from feedsvc.check.finding import Findings

Element = etree._Element

ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
XHTML = "http://www.w3.org/1999/xhtml"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
SLASH = "http://purl.org/rss/1.0/modules/slash/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC, "slash": SLASH, "xhtml": XHTML}

# Reading all attributes of an element takes quadratic time.
MAX_ATTRIBUTES = 200
_DECLARATION = re.compile(
    rb"\s*<\?xml\s+version\s*=\s*[\"']([^\"']{1,20})[\"']"
    rb"(?:\s+encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"'])?"
)
_COMMON = ("utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252")
# C1 controls, and UTF-8 that was decoded as Windows-1252.
_GARBLED = re.compile("[\u0080-\u0084\u0086-\u009f\ufffd]|[ÂÃ][\u0080-\u00bf]|â€")


def encoding(body: bytes) -> str:
    """Return the encoding that a document declares, in lower case; utf-8 if it does not."""
    if body.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return "utf-16"
    match = _DECLARATION.match(body.removeprefix(codecs.BOM_UTF8)[:300])
    return match[2].decode().lower() if match and match[2] else "utf-8"


def read(body: bytes, findings: Findings) -> Element | None:
    """Parse a document and return its root; None, with a finding, if it is not XML."""
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
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        reason = re.sub(r", line \d+, column \d+.*", "", str(getattr(error, "msg", error)))
        message = f"is not XML: {reason or 'it is empty'}; correct it"
        findings.error("not-well-formed", getattr(error, "lineno", None) or 1, message)
        return None
    if any(len(element.attrib) > MAX_ATTRIBUTES for element in root.iter("*")):
        message = f"has an element with more than {MAX_ATTRIBUTES} attributes; remove some"
        findings.error("many-attributes", 1, message)
        return None
    if not _validate_doctype(root, findings):
        _validate_entities(root, findings)
    _validate_characters(root, findings)
    return root


def _validate_declaration(body: bytes, findings: Findings) -> None:
    start = body.removeprefix(codecs.BOM_UTF8)[:300]
    match = _DECLARATION.match(start)
    if not match:
        return
    if start[:1].isspace():
        findings.error("not-well-formed", 1, "has white space before `<?xml`; remove it")
    if match[1] != b"1.0":
        findings.error("xml-version", 1, "is not XML 1.0, as readers require; write 1.0")
    name = encoding(body)
    if body.startswith(codecs.BOM_UTF8) and name != "utf-8":
        message = f"has a UTF-8 byte order mark, but declares {name}; write encoding='utf-8'"
        findings.error("contradicting-encoding", 1, message)
    try:
        codecs.lookup(name)
    except LookupError:
        message = f"declares the encoding {name!r}, which does not exist; use UTF-8"
        findings.error("unknown-encoding", 1, message)
    else:
        if name not in _COMMON:
            message = f"is in {name}, which few readers support; save it as UTF-8"
            findings.warning("uncommon-encoding", 1, message)


_RSS_091 = (
    "-//Netscape Communications//DTD RSS 0.91//EN",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd",
    "http://www.rssboard.org/rss-0.91.dtd",
)


def _validate_doctype(root: Element, findings: Findings) -> bool:
    """Validate the DOCTYPE; return whether it is the RSS 0.91 DOCTYPE, which declares entities."""
    info: Any = root.getroottree().docinfo
    if not info.doctype:
        return False
    known = info.public_id in _RSS_091 or info.system_url in _RSS_091
    if not known or root.get("version") != "0.91":
        findings.warning("doctype", 1, "has a DOCTYPE, which many readers reject; remove it")
    dtd = info.internalDTD
    for entity in dtd.iterentities() if dtd is not None else ():
        message = f"declares the entity {str(entity.name)[:30]!r}; write its text instead"
        findings.error("entity", 1, message)
    return known


def _validate_entities(root: Element, findings: Findings) -> None:
    for entity in root.iter(etree.Entity):
        message = f"uses {str(entity.text)[:30]!r}, which XML does not define; write the character"
        findings.error("entity", 1 if (parent := entity.getparent()) is None else parent, message)


def _validate_characters(root: Element, findings: Findings) -> None:
    for element in root.iter("*"):
        for text in (element.text, element.tail, *element.attrib.values()):
            garbled = _GARBLED.search(text) if text and not str(text).isascii() else None
            if garbled:
                message = f"contains {garbled[0]!r}, as if decoded with the wrong encoding; fix it"
                findings.warning("garbled-text", element, message)


def text_of(element: Element) -> str:
    """Return the text of an element and its descendants."""
    return "".join(map(str, element.itertext())) if len(element) else str(element.text or "")


def text_at(element: Element, path: str) -> str:
    """Return the text of the first element at a path, without surrounding white space."""
    return (element.findtext(path) or "").strip()


def has_own_text(element: Element) -> bool:
    """Return whether an element has text other than white space outside its children."""
    return any((text or "").strip() for text in (element.text, *(each.tail for each in element)))


def split(name: str) -> tuple[str, str]:
    """Split the name of an element or attribute into its namespace, '' if none, and local name."""
    namespace, _, local = name.rpartition("}")
    return namespace.removeprefix("{"), local


def name_of(element: Element) -> str:
    """Return an element's name as written in the document: `<dc:creator>`."""
    local = split(str(element.tag))[1]
    return f"<{element.prefix}:{local}>" if element.prefix else f"<{local}>"


def bases(element: Element) -> list[str]:
    """Return the values of xml:base that apply to an element, innermost first."""
    found = (each.get(f"{{{XML}}}base") for each in (element, *element.iterancestors()))
    return [str(base) for base in found if base]


def resolve(element: Element, url: str) -> str:
    """Resolve a URL against the applicable xml:base; return '' if that is impossible."""
    try:
        for base in bases(element):
            url = urljoin(base, url)
    except ValueError:
        return ""
    return url
