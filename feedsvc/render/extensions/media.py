"""Media RSS (https://www.rssboard.org/media-rss): the image of an entry as its thumbnail."""

from lxml import etree
from lxml.etree import _Element

from feedsvc.render.extensions import XML_FORMATS, EntryExtension, Namespace

URI = "http://search.yahoo.com/mrss/"


class Thumbnail(EntryExtension):
    """`media:thumbnail`, if the entry has an image. JSON Feed has the member `image` instead."""

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        if self.entry.image:
            etree.SubElement(element, f"{{{URI}}}thumbnail", url=self.entry.image)

    extend_atom = extend_rss


NAMESPACE = Namespace("media", URI, entry=Thumbnail, formats=XML_FORMATS)
