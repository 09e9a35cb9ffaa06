"""The Atom "deleted-entry" element (RFC 6721): which entries were withdrawn."""

from lxml import etree
from lxml.etree import _Element

from feedsvc.dates import rfc3339
from feedsvc.model import Format
from feedsvc.render.extensions import FeedExtension, Namespace

URI = "http://purl.org/atompub/tombstones/1.0"


class Tombstones(FeedExtension):
    """`at:deleted-entry` for each entry that was withdrawn (RFC 6721 3)."""

    @property
    def is_declared(self) -> bool:
        """Each element declares the prefix itself, as most feeds have none of them."""
        return False

    def extend_atom(self, root: _Element) -> None:
        """Add to the feed element."""
        for each in self.feed.withdrawn:
            attributes = {"ref": each.id, "when": rfc3339(each.when)}
            etree.SubElement(root, f"{{{URI}}}deleted-entry", attributes, {"at": URI})


NAMESPACE = Namespace("at", URI, Tombstones, formats=frozenset({Format.ATOM}))
