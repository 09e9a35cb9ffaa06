"""Articles as feeds carry them: as Entries, rendered and remembered, and put together to Documents.

Rendered entries are remembered by revision, so nothing here is ever stale. Chooses no article.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feedsvc import routes
from feedsvc.catalog import queries
from feedsvc.catalog.queries import Archive, FeedRow, Shown, Stored
from feedsvc.catalog.store import Reading
from feedsvc.config.settings import Settings
from feedsvc.lru import LRUCache
from feedsvc.model import (
    Category,
    ContentChoice,
    Document,
    Entry,
    Feed,
    FeedRef,
    Format,
    Kind,
    presented,
)
from feedsvc.render import RENDERERS
from feedsvc.render.extensions import registry

# The fifty entries of a feed of full texts take a quarter of a MB.
_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """A rendered entry, and what its feed has to know of it."""

    body: bytes
    updated: datetime


class Entries:
    """Makes the entries of one site. Safe to share between threads."""

    def __init__(self, settings: Settings, room: int = _BYTES) -> None:
        """room: bytes of rendered entries to keep."""
        self._settings = settings
        for format in Format:
            registry.installed(format)  # a broken extension is reported before the first request
        self._fragments = LRUCache[Hashable, Fragment](room, _size)
        self._schemes = {
            kind: routes.category_scheme(settings.base_url, kind)
            for kind in (Kind.CATEGORY, Kind.TAG)
        }

    def render(
        self,
        connection: Reading,
        ref: FeedRef,
        format: Format,
        language: str,
        shown: Sequence[Shown],
    ) -> dict[Shown, Fragment]:
        """Return entries of a feed in one format; only those not kept yet are read and rendered.

        language: the feed's.
        """
        own = self._settings.feed(ref.key)
        keys = {each: (format, own.content, language, *each) for each in shown}
        kept = {each: self._fragments.get(key) for each, key in keys.items()}
        missing = [number for (number, _), fragment in kept.items() if fragment is None]
        articles = queries.articles(connection, missing)
        rendered = {}
        for each, fragment in kept.items():
            if fragment is None:
                entry = self.entry(articles[each[0]], own.content)
                if entry.language == language:
                    entry = replace(entry, language=None)
                fragment = Fragment(RENDERERS[format].entry(entry), entry.updated)
                self._fragments.put(keys[each], fragment)
            rendered[each] = fragment
        return rendered

    def entry(self, stored: Stored, choice: ContentChoice) -> Entry:
        """Return an article as a feed carries it. choice: what the feed wants of its text."""
        chosen = stored.content or choice
        return Entry(
            id=stored.id,
            link=stored.link,
            published=stored.published,
            content=stored.html if chosen is ContentChoice.FULL else None,
            categories=tuple(
                Category(ref.term, self._schemes[ref.kind], label)
                for ref, label in stored.terms
                if ref.kind in self._schemes
            ),
            **presented(stored) | ({"summary": ""} if chosen is ContentChoice.NONE else {}),
        )


def assemble(
    feed: Feed,
    format: Format,
    fragments: Mapping[Shown, Fragment],
    of: FeedRow | Archive,
    held: int = 0,
) -> Document:
    """Put a document together, but for entries that no revision after `held` touched.

    feed: its updated is for want of entries: an empty one, too, is the same whenever it is made.
    """
    updated = max((each.updated for each in fragments.values()), default=feed.updated)
    bodies = [each.body for (_, revision), each in fragments.items() if revision > held]
    renderer = RENDERERS[format]
    body = renderer.document(replace(feed, updated=updated), bodies)
    return Document(body, renderer.media_type, of.revision, of.changed, of.tag)


def _size(fragment: Fragment) -> int:
    return len(fragment.body)
