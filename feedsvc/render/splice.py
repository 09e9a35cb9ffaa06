"""Cuts an entry out of a document and puts entries into one, as bytes; never parses.

The result is byte for byte what feedgen would have written for the whole feed, because an entry
is written inside a document of the same shape, where all prefixes are declared at the root.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class Frame:
    """The elements around the entries of a format, from the root inwards.

    namespaces: URIs by prefix, as the root declares them.
    """

    tags: tuple[str, ...]
    namespaces: Mapping[str, str]

    def cut(self, entry: _Element) -> bytes:
        """Write one entry as it stands in a document: indented, its prefixes declared outside."""
        root = parent = etree.Element(self.tags[0], nsmap=dict(self.namespaces))
        for tag in self.tags[1:]:
            parent = etree.SubElement(parent, tag)
        parent.append(entry)
        lines = etree.tostring(root, encoding="UTF-8", pretty_print=True)
        depth = len(self.tags)
        return lines.split(b"\n", depth)[depth].removesuffix(self._closing)

    def splice(self, head: bytes, fragments: Sequence[bytes]) -> bytes:
        """Put fragments, in order, behind everything else in a document without entries."""
        return b"".join((head.removesuffix(self._closing), *fragments, self._closing))

    @property
    def _closing(self) -> bytes:
        ends = (f"{'  ' * depth}</{tag}>\n" for depth, tag in enumerate(self.tags))
        return "".join(reversed(list(ends))).encode()
