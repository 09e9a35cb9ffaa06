"""Apple's elements for podcasts (https://podcasters.apple.com/support/823-podcast-requirements).

feedgen has an extension for them, which is not used: it writes neither `true` and `false`, the only
values of `itunes:explicit` that Apple accepts, nor the title of a show, and drops `.jpeg` artwork.

The object `_itunes` of JSON Feed is that of https://github.com/bcomnes/jsonfeed-to-rss.
"""

from collections.abc import Mapping

from lxml import etree
from lxml.etree import _Element

from feedsvc.model import Entry
from feedsvc.podcast import Episode
from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace

URI = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_TRUTH = {True: "true", False: "false"}


class Show(FeedExtension):
    """The elements of a channel."""

    def extend(self, parent: _Element) -> None:
        """Add to the channel or `feed` element."""
        show = self.feed.show
        if not show:
            return
        _text(parent, "title", show.title)
        _text(parent, "author", show.author)
        if show.owner:
            owner = etree.SubElement(parent, f"{{{URI}}}owner")
            _text(owner, "name", show.owner.name or show.author)
            _text(owner, "email", show.owner.email)
        if self.feed.image:
            etree.SubElement(parent, f"{{{URI}}}image", href=self.feed.image.url)
        for name, below in self._categories.items():
            category = etree.SubElement(parent, f"{{{URI}}}category", text=name)
            for each in below:
                etree.SubElement(category, f"{{{URI}}}category", text=each)
        _text(parent, "explicit", _TRUTH[show.explicit])
        _text(parent, "type", show.type)
        _text(parent, "new-feed-url", show.new_feed_url)
        _text(parent, "complete", "Yes" if show.complete else None)
        _text(parent, "block", "Yes" if show.block else None)

    @property
    def _categories(self) -> Mapping[str, list[str]]:
        """The categories in order, each once, with their subcategories."""
        found: dict[str, list[str]] = {}
        for name, below in self.feed.show.categories if self.feed.show else ():
            found.setdefault(name, []).extend([below] if below else [])
        return found

    def json(self) -> Mapping[str, object]:
        """Return the object of the feed; it has one category only."""
        show = self.feed.show
        if not show:
            return {}
        category, below = show.categories[0] if show.categories else ("", "")
        owner = {"name": show.owner.name, "email": show.owner.email} if show.owner else {}
        return {
            **_present(
                author=show.author,
                owner={name: value for name, value in owner.items() if value},
                image=self.feed.image.url if self.feed.image else None,
                category=category,
                subcategory=below,
                type=show.type,
                new_feed_url=show.new_feed_url,
                complete=show.complete,
                block=show.block,
            ),
            "explicit": show.explicit,
        }


class Item(EntryExtension):
    """The elements of an item."""

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        for name, value in _facts(self.entry).items():
            text = _TRUTH[value] if isinstance(value, bool) else str(value)
            if name == "image":
                etree.SubElement(element, f"{{{URI}}}image", href=text)
            else:
                _text(element, _NAMES.get(name, name), "Yes" if name == "block" else text)

    extend_atom = extend_rss

    def json(self) -> Mapping[str, object]:
        """Return the object of the item."""
        return _facts(self.entry)


_NAMES = {"episode_type": "episodeType"}


def _facts(entry: Entry) -> dict[str, object]:
    """Return the values of an episode by name; {} if the entry is not an episode."""
    episode = entry.episode
    if episode is None:
        return {}
    explicit = {} if episode.explicit is None else {"explicit": episode.explicit}
    return {
        **_present(
            title=episode.title,
            episode_type=episode.type,
            season=episode.season,
            episode=episode.number,
            duration=_seconds(entry, episode),
            image=episode.image or entry.image,
        ),
        **explicit,
        **_present(block=episode.block),
    }


def _seconds(entry: Entry, episode: Episode) -> int | None:
    """Return the duration in whole seconds, as Apple recommends."""
    duration = episode.duration or next((each.duration for each in entry.enclosures), None)
    return max(1, round(duration)) if duration else None


def _present(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


def _text(parent: _Element, name: str, text: str | None) -> None:
    if text:
        etree.SubElement(parent, f"{{{URI}}}{name}").text = text


NAMESPACE = Namespace("itunes", URI, Show, Item, of_shows=True)
