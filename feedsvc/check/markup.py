"""Finds the HTML in feeds that readers remove, cannot resolve, or display wrongly.

HTML is parsed, so text that only looks like a tag is not mistaken for one.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html.entities import html5

from lxml import etree
from lxml.html import defs

from feedsvc import html
from feedsvc.check.finding import Fault, quoted
from feedsvc.check.xml import MAX_ATTRIBUTES, Element, split
from feedsvc.html.text import names

ELEMENTS = (defs.tags - names("command isindex keygen")) | names(
    "bdi data dialog frame main noframes picture plaintext rb rtc search slot template xmp"
)
_UNSAFE = names(
    "applet base basefont body embed frame frameset head html iframe link meta noframes object "
    "param plaintext script style title xmp"
)
# Harmless, but removed by all common sanitisers.
_LOST = names("button canvas dialog form input label math select svg template textarea")
_URLS = {
    "a": ("href",), "area": ("href",), "audio": ("src",), "blockquote": ("cite",), "del": ("cite",),
    "img": ("src",), "ins": ("cite",), "q": ("cite",), "source": ("src",), "track": ("src",),
    "video": ("src", "poster"),
}  # fmt: skip
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
_SCRIPT = re.compile(r"(?i)\s*(?:java|vb)script\s*:")
# Styles that position content outside the entry, or are specific to one program.
_WILD = re.compile(
    r"(?i)position\s*:|z-index\s*:|mso-|tab-stops|expression\s*\(|behaviou?r\s*:|-moz-binding|url\s*\("
    r"|background-repeat\s*:|@import|(?<![0-9])[0-9]{4,}+(?:em|ex|px|pt|%)|\\"
)
# A tag with its attributes, in the syntax on which all parsers agree.
_ATTRIBUTE = r"[\s/]++[A-Za-z_:@][\w:.@-]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>=]++))?+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_TAG = re.compile(rf"<[A-Za-z][^\s/<>]*+((?:{_ATTRIBUTE})*+)([\s/]*+>)?+")
_SEPARATOR = re.compile(r"[\s=/]")
_MAX_SEPARATORS = 5000  # after a tag on which parsers may disagree
_UNCLOSED = re.compile(r"<[a-zA-Z/!][^>]*\Z")
_NESTING = etree.ErrorTypes.ERR_TAG_NAME_MISMATCH
_ENTITIES = frozenset(name.rstrip(";") for name in html5)
# Markup in plain text: an end tag, a void tag, a tag with attributes, a comment, a reference. A
# start tag such as `<b>` alone may be the subject of the text.
_MARKUP = re.compile(
    r"</(?P<end>[a-zA-Z][a-zA-Z0-9]*)\s?>|<(?P<void>br|hr|img|p|li|wbr)\s?/?>|<!--"
    r"|<(?P<start>[a-zA-Z][a-zA-Z0-9]*)\s+[a-zA-Z-]+=[^<>]{1,500}>"
    r"|&#x?[0-9a-fA-F]|&(?P<entity>[a-zA-Z]{2,31});"
)
_LIKE_MARKUP = re.compile(r"<[a-zA-Z/!]|&#[0-9xX]|&(?P<entity>[a-zA-Z]{2,31})")
_MAX_PLAIN = 20_000  # characters of plain text that are searched for markup


def looks_like_html(text: str) -> bool:
    """Return whether a plain text contains markup."""
    for match in _MARKUP.finditer(text[:_MAX_PLAIN]):
        if tag := match["end"] or match["start"]:
            if tag.lower() in ELEMENTS:
                return True
        elif not match["entity"] or match["entity"] in _ENTITIES:
            return True
    return False


def is_ambiguous(text: str) -> bool:
    """Return whether a plain text would be displayed differently as HTML."""
    found = _LIKE_MARKUP.finditer(text[:_MAX_PLAIN])
    return any(not match["entity"] or match["entity"] in _ENTITIES for match in found)


def plain(text: str) -> Fault | None:
    """Validate a text that must not contain markup."""
    if looks_like_html(text):
        return Fault.warning("html-in-text", "has markup where readers show plain text; remove it")
    return None


def parse(text: str) -> Element | None:
    """Parse a fragment of HTML; return None if it is empty or has too many attributes."""
    return None if _has_many_attributes(text) else _parse(text)[0]


def _has_many_attributes(text: str) -> bool:
    """Return whether a tag may have so many attributes that parsing would take long."""
    for tag in _TAG.finditer(text):
        if len(tag[1]) > MAX_ATTRIBUTES and len(_ATTRIBUTES.findall(tag[1])) > MAX_ATTRIBUTES:
            return True
        if not tag[2]:
            rest = text[tag.end() :]
            return len(rest) > _MAX_SEPARATORS < len(_SEPARATOR.findall(rest))
    return False


def _parse(text: str) -> tuple[Element | None, tuple[str, ...]]:
    """Parse a fragment of HTML, and return its tree and the nesting errors."""
    parser = etree.HTMLParser(recover=True, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(f"<div>{html.xml_safe(text)}</div>", parser)
    except (etree.LxmlError, ValueError):
        return None, ()
    return root, tuple(each.message for each in parser.error_log if each.type == _NESTING)


@lru_cache(maxsize=512)
def faults(text: str, has_base: bool) -> tuple[Fault, ...]:
    """Return the faults in the HTML of an entry, without repetitions.

    has_base: whether relative URLs can be resolved (xml:base).
    """
    if "<" not in text:
        return ()
    if "<?" in text:
        return (_unsafe("<?, which is not HTML; remove it"),)
    if _UNCLOSED.search(text[text.rindex("<") :]):
        return (_broken("ends within a tag; close it"),)
    if _has_many_attributes(text):
        return (_broken("contains a tag with far too many attributes; remove them"),)
    root, nesting = _parse(text)
    if root is None:
        return (_broken("contains HTML that cannot be parsed; fix it"),)
    found = dict.fromkeys(_validate(root, has_base))
    for message in nesting[:1]:
        found[_broken(f"contains wrongly nested HTML ({message.strip()}); fix it")] = None
    return tuple(found)


def faults_of(element: Element, has_base: bool) -> Iterator[Fault]:
    """Yield the faults of one XHTML element, apart from its content."""
    name = split(str(element.tag))[1].lower()
    yield from _validate_element(name)
    yield from _validate_attributes(element, name, has_base)


def _broken(message: str) -> Fault:
    return Fault.warning("broken-html", message)


def _unsafe(what: str) -> Fault:
    return Fault.warning("unsafe-html", f"contains {what}")


def _validate(root: Element, has_base: bool) -> Iterator[Fault]:
    added = _added(root)
    for element in root.iter("*"):
        name = str(element.tag).lower()
        is_foreign = next(element.iterancestors("math", "svg"), None) is not None
        if not any(element is each for each in added):
            yield from _validate_element(name, is_foreign)
        if len(element.attrib) > MAX_ATTRIBUTES:
            yield _broken(f"contains <{name}> with far too many attributes; remove them")
        else:
            yield from _validate_attributes(element, name, has_base)


def _added(root: Element) -> list[Element]:
    """Return the elements html, body and div that surround a parsed fragment."""
    return [root, *root, *(child for body in root for child in list(body)[:1])]


def _validate_element(name: str, is_foreign: bool = False) -> Iterator[Fault]:
    if name in _UNSAFE:
        yield _unsafe(f"<{name}>, which readers remove; remove it")
    elif name in _LOST:
        yield Fault.note("lost-html", f"contains <{name}>, which most readers remove; replace it")
    elif name not in ELEMENTS and not is_foreign:
        message = f"contains <{name[:30]}>, which is not HTML; escape it, or remove it"
        yield Fault.warning("unknown-html", message)


def _validate_attributes(element: Element, name: str, has_base: bool) -> Iterator[Fault]:
    for key, text in element.attrib.items():
        attribute, value = str(key).lower(), str(text)
        if attribute.startswith("on"):
            yield _unsafe(f"{attribute[:30]}=, which readers remove; remove it")
        elif attribute == "style" and _WILD.search(value):
            message = "contains a style that positions it outside the entry; remove it"
            yield Fault.warning("wild-style", message)
        elif attribute == "style":
            yield Fault.note("style-attribute", "contains style=, which readers remove; remove it")
        elif attribute not in _URLS.get(name, ()):
            continue
        elif _SCRIPT.match(value):
            yield _unsafe(f"a script in {attribute}=, which readers remove; remove it")
        elif not (has_base or _SCHEME.match(value)):
            message = f"contains the relative URL {quoted(value)} in <{name}>; write the full URL"
            yield Fault.warning("relative-html-url", message)
