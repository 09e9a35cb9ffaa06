"""Determines what the public sees at an instant, and writes the difference as one revision.

The same rule covers a sync, the release of a scheduled article and an expiry: an article is visible
or not, and its feeds follow from that.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from feedsvc import dates
from feedsvc.catalog import queries, schema
from feedsvc.catalog.changes import notify
from feedsvc.catalog.feed_rows import FeedRows
from feedsvc.catalog.published import is_published
from feedsvc.catalog.state import ArticleState
from feedsvc.config.settings import Settings

MOST_CHANGES = 50_000
_TOLERATED = 3  # a third of the published articles may be withdrawn without confirmation


class ChangeKind(StrEnum):
    """How readers see a change of an article."""

    NEW = "new"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"


class Change(NamedTuple):
    """A change of one article. former_id: the id that readers know, if it has changed."""

    kind: ChangeKind
    path: str
    id: str
    former_id: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What one transaction changed for the public.

    revision: its number, or None if nothing changed. new, edited, withdrawn: how many articles.
    feeds: the keys of the feeds whose subscription document changed. changes: one for each of those
    articles; after the first MOST_CHANGES, only those with a former_id. new_feeds: the keys of the
    feeds that were created.
    """

    revision: int | None = None
    new: int = 0
    edited: int = 0
    withdrawn: int = 0
    feeds: tuple[str, ...] = ()
    changes: tuple[Change, ...] = field(default=(), repr=False, compare=False)
    new_feeds: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        """Return a summary without zero counts: `1 new, 2 edited: 6 feeds`."""
        numbers = {each: getattr(self, each) for each in ChangeKind}
        articles = ", ".join(f"{number:,} {kind}" for kind, number in numbers.items() if number)
        feeds = f"{len(self.feeds):,} feed{'s' * (len(self.feeds) != 1)}"
        return f"{articles or 'no article changed'}: {feeds}"


def visibility(state: ArticleState, now: int, preview: bool) -> tuple[bool, int | None]:
    """Return whether an article is visible now, and the next instant at which that changes.

    A published article stays published if the clock is set back. preview: drafts and scheduled
    articles are visible, too.
    """
    if state.removed or (state.draft and not preview) or _has_expired(state, now):
        return False, None
    if state.published > now and not (state.keeps_its_date or preview):
        return False, state.published
    return True, None if state.draft else state.expires


def _has_expired(state: ArticleState, now: int) -> bool:
    return not state.draft and state.expires is not None and state.expires <= now


def _is_lost(state: ArticleState) -> bool:
    """Return whether an article that was visible no longer is, or left all feeds."""
    return not state.visible or bool((state.stored or {}).get("feeds") and not state.feeds)


class Publisher:
    """Publishes the changes of one writing transaction as one revision.

    Call `decide` for the articles, write them, then call `finish`.
    """

    def __init__(self, connection: Connection, settings: Settings, now: datetime) -> None:
        self._connection = connection
        self._settings = settings
        self._now = dates.epoch(now)
        newest = queries.newest(connection)
        self.revision = newest.number + 1
        # Two revisions never share a second: Last-Modified could not tell them apart.
        self._instant = max(self._now, dates.epoch(newest.instant) + 1)
        self._digest = hashlib.blake2b(newest.digest.encode(), digest_size=16)
        self._is_published = is_published(connection)
        self._rows = FeedRows(connection, settings, self.revision)
        self._changes: list[Change] = []
        self._counts: Counter[ChangeKind] = Counter()
        self._lost = 0
        self._due_changed = False

    def decide(self, states: Iterable[ArticleState]) -> None:
        """Determine the visibility, labels and feeds of each article.

        The earliest published come first: a new term gets its label from the first of them.
        """
        ordered = sorted(states, key=lambda state: (state.published, state.path))
        self._rows.load([state.number for state in ordered if state.released is not None])
        for state in ordered:
            was_visible, was_due = state.visible, state.due
            expired = _has_expired(state, self._now)
            state.visible, state.due = visibility(state, self._now, self._settings.preview)
            self._due_changed = self._due_changed or state.due != was_due
            self._label(state)
            if state.visible != was_visible or (was_visible and state.edited):
                self._record(state, was_visible)
            if was_visible and not expired and _is_lost(state):
                self._lost += 1
            if state.visible or expired:
                state.released = state.released or self.revision
            if was_visible or state.visible:
                changed = state.edited or not was_visible
                self._rows.place(state, self._feeds_of(state), changed)

    def finish(self, every_feed: bool, listings_changed: bool) -> Published:
        """Write the feeds and, if the public sees a difference, the revision.

        every_feed: check all feeds, as the settings changed. listings_changed: other
        feeds are unlisted than before.
        """
        feeds = self._rows.write(every_feed)
        if not (feeds or listings_changed or self._changes):
            if self._due_changed:  # Cache-Control depends on it
                notify(self._connection)
            return Published()
        self._connection.execute(
            schema.revision.insert().values(
                number=self.revision, instant=self._instant, digest=self._digest.hexdigest()
            )
        )
        notify(self._connection, self.revision)
        return Published(
            self.revision,
            new=self._counts[ChangeKind.NEW],
            edited=self._counts[ChangeKind.EDITED],
            withdrawn=self._counts[ChangeKind.WITHDRAWN],
            feeds=feeds,
            changes=tuple(self._changes),
            new_feeds=tuple(feed.key for feed in self._rows.feeds if not feed.stored),
        )

    def loss(self) -> str | None:
        """Describe how much would be withdrawn if that looks like an accident, else return None.

        Call it before the articles are written. Expired articles and a single withdrawal do not
        count as an accident.
        """
        if self._lost < 2:
            return None
        article = schema.article
        query = select(func.count()).select_from(article).where(article.c.visible.is_(True))
        published = self._connection.scalar(query) or 0
        if self._lost * _TOLERATED <= published:
            return None
        return f"{self._lost} of {published} published articles would be withdrawn"

    def _record(self, state: ArticleState, was_visible: bool) -> None:
        kind = ChangeKind.EDITED
        if state.visible != was_visible:
            kind = ChangeKind.NEW if state.visible else ChangeKind.WITHDRAWN
        former_id = state.former_id if self._is_published else None
        self._counts[kind] += 1
        if former_id or len(self._changes) < MOST_CHANGES:
            self._changes.append(Change(kind, state.path, state.id, former_id))
        # Everything that feeds show of an article; its fingerprint covers the keys of its terms.
        labels = "\n".join([label for _, label in state.terms])
        line = f"{state.number} {state.visible} {state.id} {state.fingerprint} {labels}\n"
        self._digest.update(line.encode())

    def _label(self, state: ArticleState) -> None:
        terms = state.written  # stay as written while the article is not visible
        if state.visible:
            label = self._rows.feeds.label
            terms = tuple([(key, label(key, written)) for key, written in terms])
            terms = state.written if terms == state.written else terms  # one copy in memory
        state.edited = state.edited or terms != state.terms
        state.terms = terms

    def _feeds_of(self, state: ArticleState) -> tuple[str, ...]:
        if not (state.visible and state.feeds):
            return ()
        return self._settings.feeds_of([key for key, _ in state.terms])
