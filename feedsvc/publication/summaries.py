"""Feeds and articles as lists and pages show them."""

from dataclasses import dataclass
from datetime import datetime

from feedsvc.catalog.queries import StoredFeed
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.model import Entry, FeedRef

PAGE_SIZE = 30  # articles on a numbered page of a feed


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A feed in a list of feeds.

    label: its display name: the site's title for the site feed, else the term's label. title,
    subtitle: as in the feed itself, but '' for no subtitle. entries: the number of its articles.
    changed: when its subscription document last changed, UTC. archives: how many it has. tag: of
    its subscription document; see model.Document.
    """

    ref: FeedRef
    label: str
    title: str
    entries: int
    changed: datetime
    subtitle: str = ""
    archives: int = 0
    tag: str = ""

    @property
    def pages(self) -> int:
        """The number of numbered pages, which hold the older articles."""
        return numbered_pages(self.entries)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The article before or after another one. url: of its page."""

    title: str
    url: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article as its page shows it.

    entry: with full content. link: the page's URL. feeds: the listed feeds that contain it, the
    site feed first. older, newer: its neighbours in the site feed, if it is in it.
    """

    entry: Entry
    link: str
    feeds: tuple[FeedSummary, ...]
    older: Neighbour | None = None
    newer: Neighbour | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """A health report. revision: the newest, 0 if there is none. problems: of the last sync."""

    revision: int
    synced: datetime | None
    problems: int


def of_feed(settings: Settings, row: StoredFeed) -> FeedSummary:
    """Return the summary of a stored feed."""
    label = head.label(settings, row.ref, row.label)
    title = head.title(settings, row.ref, label)
    subtitle = head.subtitle(settings, row.ref)
    return FeedSummary(
        row.ref, label, title, row.entries, row.changed, subtitle, row.archives, row.tag
    )


def numbered_pages(entries: int) -> int:
    """Return how many numbered pages a feed with this many articles has.

    They are numbered from 1 = oldest and always full, so that a new article changes none of them.
    The feed's own page shows the rest: up to two pages of the newest articles.
    """
    return max(0, entries // PAGE_SIZE - 1)


def page_range(entries: int, page: int | None) -> tuple[int, int]:
    """Return which articles a page shows: how many newer ones to skip, and how many to show.

    page: None for the feed's own page, with the newest articles.
    """
    if page is None:
        return 0, entries - numbered_pages(entries) * PAGE_SIZE
    return entries - page * PAGE_SIZE, PAGE_SIZE
