"""Media RSS (https://www.rssboard.org/media-rss): images, videos, and alternative recordings.

JSON Feed has the members `image` and `attachments` instead.
"""

from collections.abc import Iterator, Mapping

from lxml import etree
from lxml.etree import _Element

from feedsvc.model import Enclosure
from feedsvc.podcast import Alternate
from feedsvc.render.extensions import XML_FORMATS, EntryExtension, Namespace

URI = "http://search.yahoo.com/mrss/"
_MEDIA = ("audio", "video")


class Media(EntryExtension):
    """The image as thumbnail and as content, as some readers know only one of the two; and videos.

    The image is not added as content if it is an enclosure, as readers would show it twice, nor in
    shows, as gPodder takes it for a second recording.
    """

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        episode, enclosures = self.entry.episode, self.entry.enclosures
        alternates = episode.alternates if episode else ()
        image = (episode and episode.image) or self.entry.image
        if image:
            etree.SubElement(element, f"{{{URI}}}thumbnail", url=image)
            if not episode and all(each.url != image for each in enclosures):
                etree.SubElement(element, f"{{{URI}}}content", url=image, medium="image")
        others = list(_alternates(alternates, {each.url for each in enclosures}))
        for enclosure in enclosures:
            medium = enclosure.type.partition("/")[0]
            if medium not in _MEDIA or (medium == "audio" and not others):
                continue
            group = etree.SubElement(element, f"{{{URI}}}group") if others else element
            _content(group, enclosure.url, enclosure, is_default=True)
            for url, alternate in others:
                _content(group, url, alternate, is_default=False)
            others = []

    extend_atom = extend_rss


def _alternates(
    alternates: tuple[Alternate, ...], enclosures: set[str]
) -> Iterator[tuple[str, Alternate]]:
    """Yield the files that are not also enclosures, with their first URL."""
    for each in alternates:
        if each.sources and not enclosures.intersection(each.sources):
            yield each.sources[0], each


def _content(parent: _Element, url: str, of: Enclosure | Alternate, is_default: bool) -> None:
    values = {
        "url": url,
        "fileSize": of.length or None,
        "type": of.type,
        "medium": of.type.partition("/")[0],
        "isDefault": "true" if is_default else None,
        "bitrate": of.bitrate and round(of.bitrate / 1000),  # kilobits per second
        "duration": of.duration and max(1, round(of.duration)),
        "height": of.height,
        "width": of.width,
    }
    etree.SubElement(parent, f"{{{URI}}}content", _present(values))


def _present(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value}


NAMESPACE = Namespace("media", URI, entry=Media, formats=XML_FORMATS)
