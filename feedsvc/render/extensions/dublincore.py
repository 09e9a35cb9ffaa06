"""Dublin Core (https://www.rssboard.org/rss-profile#namespace-elements-dublin): authors in RSS.

`dc:creator` takes names; feedgen drops an author without an email address from RSS.
"""

from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element

from feedsvc.model import Format, Person
from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace

URI = "http://purl.org/dc/elements/1.1/"


class FeedCreators(FeedExtension):
    """`dc:creator` for each author, if none of them is the managingEditor."""

    def extend_rss(self, root: _Element) -> None:
        """Add to the channel."""
        if not any(each.email for each in self.feed.authors):
            _add_creators(root[0], self.feed.authors)


class Creators(EntryExtension):
    """`dc:creator` for each author."""

    def extend_rss(self, element: _Element) -> None:
        """Add to the item."""
        _add_creators(element, self.entry.authors)


def _add_creators(parent: _Element, authors: Sequence[Person]) -> None:
    for author in authors:
        etree.SubElement(parent, f"{{{URI}}}creator").text = author.name


NAMESPACE = Namespace("dc", URI, FeedCreators, Creators, frozenset({Format.RSS}))
