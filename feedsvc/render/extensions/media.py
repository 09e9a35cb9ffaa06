"""Media RSS (https://www.rssboard.org/media-rss): the image of an entry."""

from lxml import etree
from lxml.etree import _Element

from feedsvc.render.extensions import XML_FORMATS, EntryExtension, Namespace

URI = "http://search.yahoo.com/mrss/"


class Picture(EntryExtension):
    """The image as thumbnail and as content, since some readers know only one of the two.

    JSON Feed has the member `image` instead.
    """

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        if self.entry.image:
            etree.SubElement(element, f"{{{URI}}}thumbnail", url=self.entry.image)
            etree.SubElement(element, f"{{{URI}}}content", url=self.entry.image, medium="image")

    extend_atom = extend_rss


NAMESPACE = Namespace("media", URI, entry=Picture, formats=XML_FORMATS)
