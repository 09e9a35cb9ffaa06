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

_MOST_KEPT = 100  # elements, as a head has a few of them
_UNSAFE = "declares entities, which can hold a bomb; take its <!DOCTYPE> out"
# What libxml2 says of entities before there is an element.
_ENTITIES = {etree.ErrorTypes.ERR_ENTITY_LOOP, etree.ErrorTypes.ERR_ENTITY_IS_EXTERNAL}
_AMPLIFIED = "entity amplification"  # under a code that it has for all its limits


def elements(
    source: str,
    stream: Stream,
    names: frozenset[str],
    kept: frozenset[str],
    dropped: frozenset[str] = NONE,
) -> Iterator[Element | Problem]:
    """Yield each element with one of these local names that is a child of the root or its channel.

    An element is complete when it is yielded, and emptied afterwards. kept: local names of elements
    beside the first that stay for its reading. dropped: local names of elements within them that
    nobody wants, and of which there may be very many. What was mended is told at the end; where the
    document breaks off or is not XML, the line is.
    """
    events = etree.iterparse(
        stream,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    heap = _Heap(kept)
    is_known = any_read = False
    try:
        for _, element in events:
            if not is_known and _declares(element):
                yield Problem(source, 1, "unsafe-xml", _UNSAFE)
                return
            is_known = True
            name = local(element)
            if name in dropped:
                heap.throw(element)
            elif _is_near_root(element):
                if name in names:
                    any_read = True
                    yield element
                    _forget(element)
                elif not heap.keeps(name):
                    heap.throw(element)
    except etree.XMLSyntaxError as error:
        yield _broken(source, error, any_read)
    yield from stream.warnings()


class _Heap:
    """Elements that nobody wants: each is emptied at once, and taken out with the next.

    The parser may still add to what stands last in the tree, so that cannot be taken out.
    """

    def __init__(self, kept: frozenset[str]) -> None:
        self._kept = kept | {"channel"}
        self._left = _MOST_KEPT
        self._last: Element | None = None

    def keeps(self, name: str) -> bool:
        """Tell whether one more element of this name stays."""
        self._left -= name in self._kept
        return name in self._kept and self._left >= 0

    def throw(self, element: Element) -> None:
        """Empty an element, and take the last one out."""
        element.clear()
        parent = None if self._last is None else self._last.getparent()
        if parent is not None:
            parent.remove(self._last)
        self._last = element


def _broken(source: str, error: Any, any_read: bool) -> Problem:
    # libxml2 adds what it was reading, on further lines.
    reason = (error.msg or "it is empty").splitlines()[0].partition(", line ")[0]
    if error.code in _ENTITIES or _AMPLIFIED in reason:
        return Problem(source, 1, "unsafe-xml", _UNSAFE)
    message = (
        f"cannot be read from here on: {reason}; what comes before is imported: mend it and "
        "import it again"
        if any_read
        else f"cannot be read: {reason}; mend it and import it again"
    )
    return Problem(source, error.lineno or 0, "broken-xml", message)


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
