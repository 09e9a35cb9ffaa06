"""Paged and archived feeds (RFC 5005 4): links between documents, and the archive element."""

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from feedsvc.render.extensions import XML_FORMATS, FeedExtension, Namespace, before_link

URI = "http://purl.org/syndication/history/1.0"
_ATOM = "http://www.w3.org/2005/Atom"


class History(FeedExtension):
    """Links `current`, `prev-archive` and `next-archive`; `fh:archive` in an archive document."""

    @property
    def is_declared(self) -> bool:
        """Only an archive document has an element of the namespace."""
        return self.feed.current is not None

    def extend_rss(self, root: _Element) -> None:
        """Add to the channel: the links as `atom:link`, before `link` like all of them."""
        before_link(root[0], *self._links(f"{{{_ATOM}}}link"))
        self._mark(root[0])

    def extend_atom(self, root: _Element) -> None:
        """Add to the feed element: the links after those of feedgen."""
        if links := [*self._links("link")]:
            place = root.index(root.findall("link")[-1]) + 1
            root[place:place] = links
        self._mark(root)

    def _links(self, tag: str) -> Iterator[_Element]:
        for rel, url in self.feed.archive_links:
            yield etree.Element(tag, href=url, rel=rel)

    def _mark(self, parent: _Element) -> None:
        if self.feed.current:
            etree.SubElement(parent, f"{{{URI}}}archive")


NAMESPACE = Namespace("fh", URI, History, formats=XML_FORMATS)
