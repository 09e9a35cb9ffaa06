"""Dublin Core (https://www.rssboard.org/rss-profile#namespace-elements-dublin): authors in RSS.

`dc:creator` takes names; feedgen drops an author without an email address from RSS. Several authors
are joined in one element, as most readers show only one of several: the first or the last.
"""

from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element

from feedsvc.model import Format, Person
from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace

URI = "http://purl.org/dc/elements/1.1/"


class FeedCreators(FeedExtension):
    """`dc:creator`, if no author is the managingEditor."""

    def extend_rss(self, root: _Element) -> None:
        """Add to the channel."""
        if not any(each.email for each in self.feed.authors):
            _add_creator(root[0], self.feed.authors)


class Creators(EntryExtension):
    """`dc:creator` with the names of all authors."""

    def extend_rss(self, element: _Element) -> None:
        """Add to the item."""
        _add_creator(element, self.entry.authors)


def _add_creator(parent: _Element, authors: Sequence[Person]) -> None:
    if authors:
        *others, last = (each.name for each in authors)
        names = f"{', '.join(others)} and {last}" if others else last
        etree.SubElement(parent, f"{{{URI}}}creator").text = names


NAMESPACE = Namespace("dc", URI, FeedCreators, Creators, frozenset({Format.RSS}))
