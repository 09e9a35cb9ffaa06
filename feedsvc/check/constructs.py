"""Validates Atom's text constructs and content against their types (RFC 4287 3.1, 4.1.3)."""

import base64
import binascii
import re

from feedsvc.check import markup, values
from feedsvc.check.finding import Findings, quoted
from feedsvc.check.xml import ATOM, XHTML, Element, bases, has_own_text, name_of, split, text_of

_XML_TYPE = re.compile(r"(?i)[^;]*(?:\+xml|/xml)")
_IN_XHTML = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")
# Types of whole documents, and the type of a fragment to use instead.
_DOCUMENTS = {"application/xhtml+xml": "xhtml", "text/html": "html"}


def validate_text(element: Element, findings: Findings) -> None:
    """Validate a text construct."""
    _validate_typed_text(element, bool(bases(element)), findings)


def _validate_typed_text(element: Element, has_base: bool, findings: Findings) -> None:
    kind, name, text = element.get("type", "text"), name_of(element), text_of(element)
    if kind == "xhtml":
        _validate_xhtml(element, has_base, findings)
        return
    _refuse_elements(element, findings)
    if kind in {"html", "text/html"}:  # text/html is an error, but its meaning is clear
        findings.add_all(markup.faults(text, has_base), element, name)
    elif kind in {"text", "text/plain"}:
        findings.add(markup.plain(text), element, f"{name} {quoted(text)}")


def validate_content(element: Element, findings: Findings) -> bool:
    """Validate the content of an entry, and return whether it requires a summary."""
    kind = str(element.get("type", "text"))
    if element.get("src") is not None:
        _validate_external(element, findings)
        return True
    if kind in {"text", "html", "xhtml"}:
        validate_text(element, findings)
        if not text_of(element).strip() and not len(element):
            findings.warning("blank", element, "<content> is empty; leave it out")
        return False
    if values.media_type(kind) or kind.lower().startswith(("multipart/", "message/")):
        message = f"<content> has the type {quoted(kind)}, which is not allowed; use html [4.1.3.1]"
        findings.error("bad-media-type", element, message)
        return False
    return _validate_media(element, kind.lower(), findings)


def _validate_external(element: Element, findings: Findings) -> None:
    kind = element.get("type")
    empty = "<content> with a src must be empty; remove its"
    if len(element):
        findings.error("unexpected-element", element, f"{empty} elements [4.1.3.2]")
    elif text_of(element).strip():
        findings.error("unexpected-text", element, f"{empty} text [4.1.3.2]")
    if kind is None:
        findings.warning("no-type", element, "<content> has a src, but no type; add it [4.1.3.2]")
    elif values.media_type(str(kind)):
        message = f"<content> has the type {quoted(str(kind))}; write one such as text/html"
        findings.error("bad-media-type", element, message)


def _validate_media(element: Element, kind: str, findings: Findings) -> bool:
    """Validate content whose type is a media type, and return whether it requires a summary."""
    for document, fragment in _DOCUMENTS.items():
        if kind.partition(";")[0].strip() == document:
            message = f"<content> has the type of a whole document, {kind}; use {fragment}"
            findings.warning("whole-document-type", element, message)
    if _XML_TYPE.match(kind):
        if len(element) and has_own_text(element):
            message = "<content> of an XML type has text next to its element; remove it"
            findings.error("unexpected-text", element, message)
        return False
    if kind.startswith("text/"):
        _validate_typed_text(element, True, findings)
        return False
    _refuse_elements(element, findings)
    try:
        decoded = base64.b64decode("".join(text_of(element).split()), validate=True)
    except (binascii.Error, ValueError):
        findings.error("bad-base64", element, "<content> is not Base64; encode it [4.1.3.3]")
        return True
    if b"<script" in decoded.lower():
        findings.warning("unsafe-html", element, "<content> contains a script; remove it")
    return True


def _refuse_elements(element: Element, findings: Findings) -> None:
    child = element.find("*")
    if child is not None:
        message = f"{name_of(element)} contains {name_of(child)} unescaped; escape it"
        findings.error("unexpected-element", child, f'{message}, or set type="xhtml"')


def _validate_xhtml(element: Element, has_base: bool, findings: Findings) -> None:
    name = name_of(element)
    children = list(element.iterchildren("*"))
    is_div = [child.tag == f"{{{XHTML}}}div" for child in children]
    if is_div != [True] or has_own_text(element):
        message = f"{name} of type xhtml must contain exactly one XHTML <div> [3.1.1.3]"
        findings.error("no-xhtml-div", element, f"{message}; wrap the content in one")
    is_escaped = all(is_div) and not any(map(len, children))
    if is_escaped and markup.looks_like_html(text_of(element)):
        message = f'{name} of type xhtml contains escaped markup; set type="html"'
        findings.warning("escaped-xhtml", element, message)
    _validate_descendants(element, has_base, findings)


def _validate_descendants(element: Element, has_base: bool, findings: Findings) -> None:
    name = name_of(element)
    prefixes: set[str] = set()
    for child in element.iterdescendants("*"):
        namespace, _ = split(str(child.tag))
        if namespace in {ATOM, ""}:
            message = f"{name} contains {name_of(child)}, which is not XHTML; declare the namespace"
            findings.warning("no-namespace", child, message)
        elif namespace == XHTML:
            if child.prefix and child.prefix not in prefixes:
                prefixes.add(child.prefix)
                message = f"{name} uses the prefix {child.prefix!r} for XHTML; remove it"
                findings.warning("prefixed-atom", child, message)
            findings.add_all(markup.faults_of(child, has_base), child, name)
        elif namespace not in _IN_XHTML:
            message = f"{name} contains {name_of(child)} of {quoted(namespace)}; remove it"
            findings.note("unknown-namespace", child, message)
