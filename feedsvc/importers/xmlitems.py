"""Iterates over the items of an XML document, one in memory at a time, for any feed format.

The parser never uses the network, loads no DTD and expands no entities. Documents that declare
entities are refused, because entities allow denial of service and reading local files.
"""

from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice
from typing import Any

from lxml import etree

from feedsvc.errors import Problem
from feedsvc.importers.stream import Stream

Element = Any  # lxml-stubs are incomplete

_MAX_KEPT = 100  # elements of a feed's metadata
_UNSAFE = "declares entities, which can be used for attacks; remove its <!DOCTYPE>"
# The errors that libxml2 reports about entities before the first element.
_ENTITIES = {etree.ErrorTypes.ERR_ENTITY_LOOP, etree.ErrorTypes.ERR_ENTITY_IS_EXTERNAL}
_AMPLIFICATION = "entity amplification"  # its code is shared by all limits


def elements(
    source: str,
    stream: Stream,
    names: frozenset[str],
    kept: frozenset[str],
    dropped: frozenset[str] = frozenset(),
) -> Iterator[Element | Problem]:
    """Yield the children of the root or its channel that have one of these local names.

    Each element is complete when it is yielded, and cleared afterwards. kept: local names of the
    metadata that stays until the first item is read. dropped: local names of numerous descendants
    that are not needed. Syntax errors are reported with their line, and warnings of the stream at
    the end.
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
    discarded = _Discarded(kept)
    is_checked = any_read = False
    try:
        for _, element in events:
            if not is_checked and _declares_entities(element):
                yield Problem(source, 1, "unsafe-xml", _UNSAFE)
                return
            is_checked = True
            name = local(element)
            if name in dropped:
                discarded.add(element)
            elif _is_near_root(element):
                if name in names:
                    any_read = True
                    yield element
                    _clear(element)
                elif not discarded.keeps(name):
                    discarded.add(element)
    except etree.XMLSyntaxError as error:
        yield _syntax_problem(source, error, any_read)
    yield from stream.warnings()


class _Discarded:
    """Frees unused elements: clears each at once, and removes it when the next one is added.

    The last one must stay in the tree, because the parser may still append to it.
    """

    def __init__(self, kept: frozenset[str]) -> None:
        self._kept = kept | {"channel"}
        self._remaining = _MAX_KEPT
        self._last: Element | None = None

    def keeps(self, name: str) -> bool:
        """Return whether one more element with this name is kept."""
        self._remaining -= name in self._kept
        return name in self._kept and self._remaining >= 0

    def add(self, element: Element) -> None:
        """Clear an element, and remove the previous one."""
        element.clear()
        parent = None if self._last is None else self._last.getparent()
        if parent is not None:
            parent.remove(self._last)
        self._last = element


class Fields:
    """The children of an element by name. name: returns the name of a child."""

    def __init__(self, element: Element, name: Callable[[Element], str]) -> None:
        self._children: dict[str, list[Element]] = {}
        for child in element:
            if isinstance(child.tag, str):
                self._children.setdefault(name(child), []).append(child)

    def all(self, *names: str) -> list[Element]:
        """Return the children with these names, in the order of the names."""
        return [child for name in names for child in self._children.get(name, ())]

    def first(self, *names: str) -> Element | None:
        """Return the first child with one of these names that is not empty."""
        return next((child for child in self.all(*names) if text(child) or len(child)), None)

    def texts(self, *names: str) -> list[str]:
        """Return the texts of all children with these names, including empty ones."""
        return [text(child) for child in self.all(*names)]

    def text(self, *names: str) -> str:
        """Return the first non-empty text of a child with one of these names."""
        return next(filter(None, self.texts(*names)), "")


def local(element: Element) -> str:
    """Return an element's local name."""
    return str(etree.QName(element).localname)


def text(element: Element) -> str:
    """Return all text of an element. Undefined entities have their meaning in HTML."""
    if len(element) == 0:
        return (element.text or "").strip()
    parts = [element.text or ""]
    for child in element:
        parts.append(unescape(child.text) if child.tag is etree.Entity else text(child))
        parts.append(child.tail or "")
    return "".join(parts).strip()


def _syntax_problem(source: str, error: Any, any_read: bool) -> Problem:
    # libxml2 appends the context on further lines.
    reason = (error.msg or "it is empty").splitlines()[0].partition(", line ")[0]
    if error.code in _ENTITIES or _AMPLIFICATION in reason:
        return Problem(source, 1, "unsafe-xml", _UNSAFE)
    message = (
        f"cannot be read from here on: {reason}; the items before it are read: fix it"
        if any_read
        else f"cannot be read: {reason}; fix it"
    )
    return Problem(source, error.lineno or 0, "broken-xml", message)


def _declares_entities(element: Element) -> bool:
    dtd = element.getroottree().docinfo.internalDTD
    return dtd is not None and any(True for _ in (*dtd.iterentities(), *dtd.iterelements()))


def _is_near_root(element: Element) -> bool:
    ancestors = list(islice(element.iterancestors(), 3))
    return len(ancestors) == 1 or (len(ancestors) == 2 and local(ancestors[0]) == "channel")


def _clear(element: Element) -> None:
    """Free an element and everything before it."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while element.getprevious() is not None:
        del parent[0]
