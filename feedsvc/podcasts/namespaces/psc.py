"""Podlove Simple Chapters 1.2 (https://podlove.org/simple-chapters/) in RSS and Atom."""

from lxml import etree
from lxml.etree import _Element

from feedsvc.render.extensions import XML_FORMATS, EntryExtension, Namespace

URI = "http://podlove.org/simple-chapters"


class Chapters(EntryExtension):
    """The chapters of an episode. Hidden ones are left out, as clients would list them."""

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        episode = self.entry.episode
        listed = [each for each in episode.chapters if not each.hidden] if episode else []
        if not listed:
            return
        # Declared here, so not in shows without chapters: validators report an unknown namespace.
        parent = etree.SubElement(
            element, f"{{{URI}}}chapters", {"version": "1.2"}, nsmap={"psc": URI}
        )
        for each in listed:
            attributes = {
                "start": _normal_play_time(each.start),
                "title": each.title,
                "href": each.link,
                "image": each.image,
            }
            present = {name: value for name, value in attributes.items() if value is not None}
            etree.SubElement(parent, f"{{{URI}}}chapter", present)

    extend_atom = extend_rss


def _normal_play_time(seconds: float) -> str:
    """Return a time as `00:01:30.500`."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    whole = f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}"
    return f"{whole}.{milliseconds % 1000:03}"


NAMESPACE = Namespace(
    "psc", URI, entry=Chapters, formats=XML_FORMATS, of_shows=True, declared=False
)
