"""Decides what the public sees at an instant, and writes what changed of it as one revision.

One rule serves a sync, the release of a scheduled article and an expiry alike: an article is
visible or not, and is in the feeds that follow from that.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select

from feedsvc import dates
from feedsvc.catalog import queries, schema
from feedsvc.catalog.feed_rows import FeedRows
from feedsvc.catalog.state import State
from feedsvc.config.settings import Settings

_TOLERATED = 3  # of so many published articles, one may be withdrawn without being asked about


class What(StrEnum):
    """What happened to an article, as readers see it."""

    NEW = "new"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one article. former_id: by which readers knew it, if they no longer do."""

    what: What
    path: str
    id: str
    former_id: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What one transaction changed for the public.

    revision: its number, or None where the public sees no difference. new, edited, withdrawn:
    articles. feeds: the keys of the feeds whose subscription document changed in this revision.
    changes: those articles, one by one. new_feeds: the keys of feeds that exist from now on.
    """

    revision: int | None = None
    new: int = 0
    edited: int = 0
    withdrawn: int = 0
    feeds: tuple[str, ...] = ()
    changes: tuple[Change, ...] = field(default=(), repr=False, compare=False)
    new_feeds: tuple[str, ...] = field(default=(), repr=False, compare=False)


def standing(state: State, now: int, preview: bool) -> tuple[bool, int | None]:
    """Return whether an article is visible now, and the next instant at which that changes.

    What is out stays out when the clock is set back. preview: also to those who may see drafts and
    what is scheduled.
    """
    if state.removed or (state.draft and not preview) or _has_expired(state, now):
        return False, None
    if state.published > now and not (state.is_out or preview):
        return False, state.published
    return True, None if state.draft else state.expires


def _said(state: State) -> bytes:
    """Return all that decides what feeds say of an article; the fingerprint knows its terms."""
    labels = "\n".join([label for _, label in state.terms])
    return f"{state.number} {state.visible} {state.id} {state.fingerprint} {labels}\n".encode()


def _leaves_feeds(state: State) -> bool:
    """Tell whether a visible article is not to be seen any more, or in no feed."""
    before = (state.stored or {}).get("feeds")
    return not state.visible or bool(before and not state.feeds)


def _has_expired(state: State, now: int) -> bool:
    return not state.draft and state.expires is not None and state.expires <= now


class Publisher:
    """Publishes within one writing transaction, all as one revision.

    `decide` each article first; write the articles; then `finish`.
    """

    def __init__(self, connection: Connection, settings: Settings, now: datetime) -> None:
        self._connection = connection
        self._settings = settings
        self._now = dates.epoch(now)
        self._preview = settings.preview
        newest = queries.newest(connection)
        self.revision = newest.number + 1
        # Two revisions never share a second: Last-Modified could not tell them apart.
        self._instant = max(self._now, dates.epoch(newest.instant) + 1)
        self._digest = hashlib.blake2b(newest.digest.encode(), digest_size=16)
        self._rows = FeedRows(connection, settings, self.revision)
        self._changes: list[Change] = []
        self._lost = 0

    def decide(self, states: Iterable[State]) -> None:
        """Settle what the public sees of each article from now on.

        The earliest published come first: they give a new term its label, and come first in the
        order of their feeds.
        """
        ordered = sorted(states, key=lambda each: (each.published, each.path))
        self._rows.load([each.number for each in ordered if each.released is not None])
        for state in ordered:
            was = state.visible
            state.visible, state.due = standing(state, self._now, self._preview)
            self._label(state)
            keys = self._keys(state)
            if state.visible != was or (was and state.edited):
                self._note(state, was)
            if was and not _has_expired(state, self._now) and _leaves_feeds(state):
                self._lost += 1
            if state.visible or _has_expired(state, self._now):
                state.released = state.released or self.revision
            if was or state.visible:
                self._rows.place(state, keys, changed=state.edited or not was)

    def finish(self, everywhere: bool, relisted: bool) -> Published:
        """Write the feeds and, if the public sees a difference, the revision.

        everywhere: the settings changed, and with them maybe every feed. relisted: lists of feeds
        show others than before.
        """
        feeds = self._rows.write(everywhere)
        if not (feeds or relisted or self._changes):
            return Published()
        self._connection.execute(
            schema.revision.insert().values(
                number=self.revision, instant=self._instant, digest=self._digest.hexdigest()
            )
        )
        counts = Counter(change.what for change in self._changes)
        return Published(
            self.revision,
            new=counts[What.NEW],
            edited=counts[What.EDITED],
            withdrawn=counts[What.WITHDRAWN],
            feeds=feeds,
            changes=tuple(self._changes),
            new_feeds=self._rows.new_feeds,
        )

    def loss(self) -> str | None:
        """Say how much would be withdrawn at once, where that looks like an accident.

        To be asked before the articles are written. What expires was meant to go, and one article
        alone is no accident.
        """
        if self._lost < 2:
            return None
        article = schema.article
        query = select(func.count()).select_from(article).where(article.c.visible.is_(True))
        published = self._connection.scalar(query) or 0
        if self._lost * _TOLERATED <= published:
            return None
        return f"{self._lost} of {published} published articles would be withdrawn"

    def _note(self, state: State, was: bool) -> None:
        what = What.EDITED
        if state.visible != was:
            what = What.NEW if state.visible else What.WITHDRAWN
        self._changes.append(Change(what, state.path, state.id, state.former_id))
        self._digest.update(_said(state))

    def _label(self, state: State) -> None:
        terms = state.written  # kept as they are while nobody sees them
        if state.visible:
            terms = tuple((key, self._rows.label(key, label)) for key, label in terms)
        state.edited = state.edited or terms != state.terms
        state.terms = terms

    def _keys(self, state: State) -> tuple[str, ...]:
        if not (state.visible and state.feeds):
            return ()
        return self._settings.feeds_of([key for key, _ in state.terms])
