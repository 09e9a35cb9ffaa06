"""Judges Atom's text constructs and content (RFC 4287 3.1, 4.1.3): what they say they hold."""

import base64
import binascii
import re

from lxml import etree

from feedsvc.check import entries, markup, values
from feedsvc.check.finding import Findings, shown
from feedsvc.check.xml import ATOM, XHTML, line_of, shown_name, split, text_of

_XML_TYPE = re.compile(r"(?i)[^;]*(?:\+xml|/xml)")


def judge_text(element: "etree._Element", based: bool, findings: Findings) -> None:
    """Judge a text construct. based: whether an xml:base is in force."""
    kind, name, line = element.get("type", "text"), shown_name(element), line_of(element)
    if kind == "xhtml":
        _judge_xhtml(element, based, findings)
        return
    _refuse_elements(element, findings)
    if kind in {"html", "text/html"}:  # the latter is a fault, and is meant so
        entries.judge_html(name, line, text_of(element), based, findings)
    elif kind in {"text", "text/plain"}:
        entries.judge_plain(name, line, text_of(element), findings)


def judge_content(element: "etree._Element", based: bool, findings: Findings) -> bool:
    """Judge an entry's content, and tell whether it needs a summary beside it."""
    kind, line, source = str(element.get("type", "text")), line_of(element), element.get("src")
    if source is not None:
        _judge_elsewhere(element, findings)
        return True
    if kind in {"text", "html", "xhtml"}:
        judge_text(element, based, findings)
        if not text_of(element).strip() and not len(element):
            findings.warning("blank", line, "<content> is empty; leave it out")
        return False
    if values.media_type(kind) or kind.lower().startswith(("multipart/", "message/")):
        message = f"<content> has the type {shown(kind)}, which it cannot hold [4.1.3.1]"
        findings.error("bad-media-type", line, f"{message}; write html")
        return False
    return _judge_typed(element, kind.lower(), findings)


def _judge_elsewhere(element: "etree._Element", findings: Findings) -> None:
    line, kind = line_of(element), element.get("type")
    if len(element):
        message = "<content> has a src, and so holds nothing; remove what it holds [4.1.3.2]"
        findings.error("unexpected-element", line, message)
    elif text_of(element).strip():
        message = "<content> has a src, and so holds nothing; remove its text [4.1.3.2]"
        findings.error("unexpected-text", line, message)
    if kind is None:
        findings.warning(
            "no-type", line, "<content> has a src without a type; add the type [4.1.3.2]"
        )
    elif values.media_type(str(kind)):
        message = f"<content> has the type {shown(str(kind))}, but wants a media type with its src"
        findings.error("bad-media-type", line, f"{message}; write one like text/html")


def _judge_typed(element: "etree._Element", kind: str, findings: Findings) -> bool:
    line = line_of(element)
    if _XML_TYPE.match(kind):
        if kind.startswith("application/xhtml+xml"):
            message = f"<content> has the type {kind}, which is for whole documents; write xhtml"
            findings.warning("whole-document-type", line, message)
        if len(element) and any((each or "").strip() for each in
                                (element.text, *(child.tail for child in element))):  # fmt: skip
            message = "<content> of an XML type holds text beside its element; remove it"
            findings.error("unexpected-text", line, message)
        return False
    if kind.startswith("text/"):
        if kind.startswith("text/html"):
            message = "<content> has the type text/html, which is for whole documents; write html"
            findings.warning("whole-document-type", line, message)
        judge_text(element, True, findings)
        return False
    _refuse_elements(element, findings)
    try:
        held = base64.b64decode("".join(text_of(element).split()), validate=True)
    except (binascii.Error, ValueError):
        message = f"<content> of type {kind} is not in Base64; encode it [4.1.3.3]"
        findings.error("bad-base64", line, message)
    else:
        if b"<script" in held.lower():
            message = "<content> holds a script in Base64; take it out"
            findings.warning("unsafe-html", line, message)
    return True


def _refuse_elements(element: "etree._Element", findings: Findings) -> None:
    for child in element.iterchildren(etree.Element):
        message = f"{shown_name(element)} holds {shown_name(child)} itself; escape it"
        findings.error("unexpected-element", line_of(child), f'{message}, or say type="xhtml"')
        return


def _judge_xhtml(element: "etree._Element", based: bool, findings: Findings) -> None:
    name, line = shown_name(element), line_of(element)
    children = list(element.iterchildren(etree.Element))
    beside = any((each or "").strip() for each in (element.text, *(each.tail for each in element)))
    if len(children) != 1 or children[0].tag != f"{{{XHTML}}}div" or beside:
        message = f"{name} of type xhtml must hold one <div> of XHTML and nothing else [3.1.1.3]"
        findings.error("no-xhtml-div", line, f"{message}; put one around it")
    if not any(len(each) or each.tag != f"{{{XHTML}}}div" for each in children):
        _judge_escaped(name, line, text_of(element), findings)
    prefixed: dict[str, etree._Element] = {}
    for child in element.iterdescendants(etree.Element):
        namespace, _ = split(str(child.tag))
        if namespace in {ATOM, ""}:
            message = f"{name} holds {shown_name(child)}, which is not in the namespace of XHTML"
            findings.warning("no-namespace", line_of(child), f"{message}; declare it on the <div>")
        elif namespace == XHTML:
            if child.prefix:
                prefixed.setdefault(child.prefix, child)
            for fault in markup.faults_of(child, based):
                findings.add(fault.of(name), line_of(child))
        elif namespace not in _WITHIN_XHTML:
            message = f"{name} holds {shown_name(child)} of {shown(namespace)}; take it out"
            findings.note("unknown-namespace", line_of(child), message)
    for prefix, child in prefixed.items():
        message = f"{name} writes XHTML with the prefix {prefix!r}, which some readers cannot read"
        findings.warning("prefixed-atom", line_of(child), f"{message}; do without")


_WITHIN_XHTML = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")


def _judge_escaped(name: str, line: int, text: str, findings: Findings) -> None:
    if values.looks_like_html(text, markup.ELEMENTS):
        message = f'{name} of type xhtml holds escaped markup; say type="html"'
        findings.warning("escaped-xhtml", line, message)
