"""The HTML in feeds: what readers strip, cannot resolve, or show wrong. Changes nothing.

Works on a parsed copy, so that text that only looks like a tag is not taken for one.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from feedsvc import html
from feedsvc.check.finding import Fault
from feedsvc.check.xml import MOST_ATTRIBUTES, split
from feedsvc.html.text import names

ELEMENTS = names(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink "
    "blockquote body br button canvas caption center cite code col colgroup data datalist dd del "
    "details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame "
    "frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend "
    "li link main map mark marquee math menu meta meter nav noframes noscript object ol optgroup "
    "option output p param picture plaintext pre progress q rb rp rt rtc ruby s samp script search "
    "section select slot small source span strike strong style sub summary sup svg table tbody td "
    "template textarea tfoot th thead time title tr track tt u ul var video wbr xmp"
)
_UNSAFE = names(
    "applet base basefont body embed frame frameset head html iframe link meta noframes object "
    "param plaintext script style title xmp"
)
# What every sanitiser known to us removes, safe or not, so that nobody sees it.
_LOST = names("button canvas dialog form input label math select svg template textarea")
_FOREIGN = names("math svg")
_URLS = {
    "a": ("href",), "area": ("href",), "audio": ("src",), "blockquote": ("cite",), "del": ("cite",),
    "img": ("src",), "ins": ("cite",), "q": ("cite",), "source": ("src",), "track": ("src",),
    "video": ("src", "poster"),
}  # fmt: skip
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
_SCRIPT = re.compile(r"(?i)\s*(?:java|vb)script\s*:")
# What takes an entry out of its place in the reader's page, or only means something to a program.
_WILD = re.compile(
    r"(?i)position\s*:|z-index\s*:|mso-|tab-stops|expression\s*\(|behaviou?r\s*:|-moz-binding|url\s*\("
    r"|background-repeat\s*:|@import|(?<![0-9])[0-9]{4,}+(?:em|ex|px|pt|%)|\\"
)
# A tag with its attributes, as far as all parsers agree on them.
_ATTRIBUTE = r"[\s/]++[A-Za-z_:@][\w:.@-]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>=]++))?+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_TAG = re.compile(rf"<[A-Za-z][^\s/<>]*+((?:{_ATTRIBUTE})*+)([\s/]*+>)?+")
_SEPARATOR = re.compile(r"[\s=/]")
_MOST_SEPARATORS = 5000  # after a tag on which they may not agree
_UNCLOSED = re.compile(r"<[a-zA-Z/!][^>]*\Z")
_NESTING = etree.ErrorTypes.ERR_TAG_NAME_MISMATCH


def parse(text: str) -> "etree._Element | None":
    """Return a tree of a piece of HTML; None where there is nothing in it, or far too much."""
    return None if _has_many_attributes(text) else _parse(text)[0]


def _has_many_attributes(text: str) -> bool:
    """Return whether a tag may have so many attributes that the parser would take long."""
    for tag in _TAG.finditer(text):
        if len(tag[1]) > MOST_ATTRIBUTES and len(_ATTRIBUTES.findall(tag[1])) > MOST_ATTRIBUTES:
            return True
        if not tag[2]:
            rest = text[tag.end() :]
            return len(rest) > _MOST_SEPARATORS < len(_SEPARATOR.findall(rest))
    return False


def _parse(text: str) -> "tuple[etree._Element | None, tuple[str, ...]]":
    parser = etree.HTMLParser(recover=True, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(f"<div>{html.xml_safe(text)}</div>", parser)
    except (etree.LxmlError, ValueError):
        return None, ()
    wrong = tuple(each.message for each in parser.error_log if each.type == _NESTING)
    return root, wrong


@lru_cache(maxsize=512)
def faults(text: str, based: bool) -> tuple[Fault, ...]:
    """Return what is wrong with the HTML of an entry, each thing once.

    based: whether a relative URL in it has something to be relative to (xml:base).
    """
    if "<" not in text:
        return ()
    if "<?" in text:
        return (Fault.warning("unsafe-html", "holds <?, which starts no HTML; take it out"),)
    if _UNCLOSED.search(text[text.rindex("<") :]):
        return (Fault.warning("broken-html", "ends within a tag; close it"),)
    if _has_many_attributes(text):
        return (
            Fault.warning("broken-html", "holds a tag with far too many attributes; take them out"),
        )
    root, nesting = _parse(text)
    if root is None:
        return (Fault.warning("broken-html", "holds HTML that cannot be parsed; fix it"),)
    found = dict.fromkeys(_validate(root, based))
    for message in nesting[:1]:
        found[
            Fault.warning(
                "broken-html", f"holds HTML that is not nested well ({message.strip()}); fix it"
            )
        ] = None
    return tuple(found)


def faults_of(element: "etree._Element", based: bool) -> Iterator[Fault]:
    """Yield what is wrong with one element of XHTML itself, whatever is in it."""
    name = split(str(element.tag))[1].lower()
    yield from _validate_element(name, False)
    yield from _validate_attributes(element, name, based)


def _validate(root: "etree._Element", based: bool) -> Iterator[Fault]:
    added = list(_added(root))
    for element in root.iter(etree.Element):
        name = str(element.tag).lower()
        if not any(element is each for each in added):
            foreign = next(element.iterancestors(*_FOREIGN), None) is not None
            yield from _validate_element(name, foreign)
        if len(element.attrib) > MOST_ATTRIBUTES:
            yield Fault.warning(
                "broken-html", f"holds <{name}> with far too many attributes; take them out"
            )
        else:
            yield from _validate_attributes(element, name, based)


def _added(root: "etree._Element") -> "Iterator[etree._Element]":
    """Yield the html, body and div that stand around what was given to the parser."""
    yield root
    for body in root:
        yield body
        yield from list(body)[:1]


def _validate_element(name: str, foreign: bool) -> Iterator[Fault]:
    if name in _UNSAFE:
        yield Fault.warning("unsafe-html", f"holds <{name}>, which readers remove; take it out")
    elif name in _LOST:
        yield Fault.note(
            "lost-html", f"holds <{name}>, which most readers drop; show it another way"
        )
    elif name not in ELEMENTS and not foreign:
        yield Fault.warning(
            "unknown-html", f"holds <{name[:30]}>, which is not HTML; escape it or take it out"
        )


def _validate_attributes(element: "etree._Element", name: str, based: bool) -> Iterator[Fault]:
    for key, value in element.attrib.items():
        attribute = str(key).lower()
        if attribute.startswith("on"):
            yield Fault.warning(
                "unsafe-html", f"holds {attribute[:30]}=, which readers remove; take it out"
            )
        elif attribute == "style":
            if _WILD.search(str(value)):
                yield Fault.warning(
                    "wild-style", "holds a style that would leave its place; take it out"
                )
            else:
                yield Fault.note(
                    "style-attribute", "holds style=, which many readers remove; do without"
                )
        elif attribute in _URLS.get(name, ()):
            yield from _validate_url(name, attribute, str(value), based)


def _validate_url(name: str, attribute: str, value: str, based: bool) -> Iterator[Fault]:
    if _SCRIPT.match(value):
        yield Fault.warning(
            "unsafe-html", f"holds a script in {attribute}=, which readers remove; take it out"
        )
    elif not (based or _SCHEME.match(value)):
        said = f"the relative URL {value.strip()[:60]!r} in <{name}>"
        yield Fault.warning("relative-html-url", f"holds {said}; write it whole")
