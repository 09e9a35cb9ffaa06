"""Cuts entries out of documents and inserts them into others, as bytes.

The result is exactly what feedgen would write for the whole feed, because each entry is serialized
inside a document of the same structure, which declares all prefixes at the root.
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
        """Serialize an entry as part of a document: indented, with prefixes declared outside."""
        root = parent = etree.Element(self.tags[0], nsmap=dict(self.namespaces))
        for tag in self.tags[1:]:
            parent = etree.SubElement(parent, tag)
        parent.append(entry)
        lines = etree.tostring(root, encoding="UTF-8", pretty_print=True)
        depth = len(self.tags)
        return lines.split(b"\n", depth)[depth].removesuffix(self._closing)

    def splice(self, head: bytes, fragments: Sequence[bytes]) -> bytes:
        """Append fragments to a document without entries."""
        return b"".join((head.removesuffix(self._closing), *fragments, self._closing))

    @property
    def _closing(self) -> bytes:
        ends = (f"{'  ' * depth}</{tag}>\n" for depth, tag in enumerate(self.tags))
        return "".join(reversed(list(ends))).encode()
