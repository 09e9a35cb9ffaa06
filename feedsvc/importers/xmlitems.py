"""The elements of an XML document one at a time, in the memory of one; knows no feed format.

The parser reaches no network, loads no DTD and replaces no entity. A document that declares
entities is refused, as they are for bombs and for reading the machine's files.
"""

from collections.abc import Iterator
from html import unescape
from typing import Any

from lxml import etree

from feedsvc.errors import Problem
from feedsvc.importers.stream import Stream

Element = Any  # what lxml-stubs say of elements leaves out half of it

# No names at all, for what is not to be dropped.
NONE: frozenset[str] = frozenset()


def elements(
    source: str, stream: Stream, names: frozenset[str], dropped: frozenset[str] = NONE
) -> Iterator[Element | Problem]:
    """Yield each element with one of these local names that is a child of the root or its channel.

    An element is complete when it is yielded, and emptied afterwards. dropped: local names of
    elements within them that nobody wants, and of which there may be very many. What was mended is
    told at the end; where the document breaks off or is not XML, the line is.
    """
    events = etree.iterparse(
        stream,
        events=("end",),
        tag=[f"{{*}}{name}" for name in names | dropped],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        for _, element in events:
            if _declares(element):
                message = "declares entities, which can hold a bomb; take its <!DOCTYPE> out"
                yield Problem(source, 1, "unsafe-xml", message)
                return
            if local(element) in dropped:
                element.clear()
            elif _is_near_root(element):
                yield element
                _forget(element)
    except etree.XMLSyntaxError as error:
        # libxml2 adds what it was reading, on further lines.
        reason = (error.msg or "it is empty").splitlines()[0].partition(", line ")[0]
        message = (
            f"cannot be read from here on: {reason}; what comes before is imported: mend it and "
            "import it again"
        )
        yield Problem(source, error.lineno or 0, "broken-xml", message)
    yield from stream.warnings()


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname)


def text(element: Element) -> str:
    """Return all the text of an element; references that only a DTD explains mean HTML's."""
    if len(element) == 0:
        return (element.text or "").strip()
    parts = [element.text or ""]
    for child in element:
        parts.append(unescape(child.text) if child.tag is etree.Entity else text(child))
        parts.append(child.tail or "")
    return "".join(parts).strip()


def _declares(element: Element) -> bool:
    dtd = element.getroottree().docinfo.internalDTD
    return dtd is not None and any(True for each in (*dtd.iterentities(), *dtd.iterelements()))


def _is_near_root(element: Element) -> bool:
    parent = element.getparent()
    above = parent.getparent() if parent is not None else None
    return parent is not None and (
        above is None or (local(parent) == "channel" and above.getparent() is None)
    )


def _forget(element: Element) -> None:
    """Free an element and all that came before it."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while element.getprevious() is not None:
        del parent[0]
