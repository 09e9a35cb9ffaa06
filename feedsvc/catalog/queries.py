"""Queries for serving the site. Every function reads within one transaction."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, select

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.catalog.tables import get_metadata
from feedsvc.model import ContentChoice, FeedRef, Presentation

EntryRevision = tuple[int, int]  # an article's number, and the revision that last touched its entry
_TAG = re.compile(r"([0-9a-f]{1,12})\.[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """A stored feed.

    label: as first written. entries: the number of articles in it. unarchived: the number of those
    in no archive. archives: the number of its archives. head: a hash of the feed's own fields.
    revision, changed, tag: of its subscription document. guid: of a podcast, else ''.
    """

    number: int
    ref: FeedRef
    label: str
    entries: int
    unarchived: int
    archives: int
    head: str
    revision: int
    changed: datetime
    tag: str
    guid: str = ""


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """A stored archive document. entries: newest first."""

    revision: int
    changed: datetime
    entries: Sequence[EntryRevision]
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle(Presentation):
    """A stored article with its texts; see model.Article for the fields.

    Both dates are in UTC. zone: the time zone in which `published` was written.
    """

    number: int
    slug: str
    id: str
    published: datetime
    zone: timezone
    html: str
    link: str
    terms: tuple[tuple[FeedRef, str], ...]
    content: ContentChoice | None
    draft: bool
    feeds: bool


class Revision(NamedTuple):
    """A stored revision. digest: a hash of the history up to it."""

    number: int
    instant: datetime
    digest: str


def newest(connection: Connection) -> Revision:
    """Return the newest revision; before the first, number 0 at the epoch."""
    number, instant, digest = connection.execute(_LAST_REVISION).first() or (0, 0, "")
    return Revision(number, dates.from_epoch(instant), digest)


def next_due(connection: Connection) -> datetime | None:
    """Return the next instant at which an article is released or expires, or None."""
    due = connection.scalar(_NEXT_DUE)
    return None if due is None else dates.from_epoch(due)


def last_sync(connection: Connection) -> tuple[datetime, int] | None:
    """Return the instant of the last sync and the number of its Problems; None before the first."""
    value = get_metadata(connection, "synced")
    if value is None:
        return None
    instant, problems = value.split()
    return dates.from_epoch(int(instant)), int(problems)


def feeds(connection: Connection) -> list[StoredFeed]:
    """Return all feeds, past ones included."""
    return [_feed(row) for row in connection.execute(_FEEDS)]


def feed(connection: Connection, ref: FeedRef) -> StoredFeed | None:
    """Return one feed, or None if it never existed."""
    row = connection.execute(_FEED, {"of_key": ref.key}).first()
    return _feed(row) if row else None


def current_entries(
    connection: Connection, feed_number: int, unarchived: int, limit: int
) -> list[EntryRevision]:
    """Return the entries that a subscription document shows, newest first.

    They are all unarchived entries, however old, and the newest archived ones up to the limit.
    unarchived: the number of unarchived entries of the feed.
    """
    newest = connection.execute(_NEWEST, {"of_feed": feed_number, "most": limit}).all()
    if sum(archive is None for _, _, archive, _, _ in newest) < unarchived:
        rest = connection.execute(_UNARCHIVED, {"of_feed": feed_number}).all()
        archived = [row for row in newest if row.archive is not None]
        return _in_order([*rest, *archived[: max(0, limit - len(rest))]])
    return [(article, revision) for article, revision, _, _, _ in newest]


def withdrawn(
    connection: Connection, feed_number: int, entries: Sequence[EntryRevision], limit: int
) -> list[tuple[str, int]]:
    """Return the withdrawn articles that a subscription document would otherwise show.

    Each is an id and the revision that withdrew it; newest first, at most `limit`. entries: the
    entries that the document shows. An article that merely left this feed is not withdrawn.
    """
    row, article = schema.feed_row.c, schema.article.c
    query = (
        select(article.id, row.revision)
        .join(schema.article, row.article == article.number)
        .where(row.feed == feed_number, row.gone.is_(True), row.withdrawn.is_(True))
        .order_by(row.published.desc(), row.slug.desc())
        .limit(limit)
    )
    if len(entries) >= limit:
        present = [number for number, _ in entries]
        inside = (row.feed == feed_number, row.article.in_(present))
        query = query.where(
            row.published >= select(func.min(row.published)).where(*inside).scalar_subquery()
        )
    return [(entry_id, revision) for entry_id, revision in connection.execute(query)]


def instants(connection: Connection, revisions: Iterable[int]) -> dict[int, datetime]:
    """Return the instants of revisions, by number."""
    revision = schema.revision
    query = select(revision.c.number, revision.c.instant).where(revision.c.number.in_(revisions))
    return {number: dates.from_epoch(instant) for number, instant in connection.execute(query)}


def archive(connection: Connection, feed: StoredFeed, number: int) -> StoredArchive | None:
    """Return an archive of a feed, or None if there is none with this number."""
    of_archive = {"of_feed": feed.number, "of_archive": number}
    row = connection.execute(_ARCHIVE_REVISION, of_archive).first()
    if row is None:
        return None
    entries = _in_order(connection.execute(_ARCHIVED, of_archive))
    tag = _tag(row.number, f"{feed.head} {number} {number < feed.archives} {entries}", row.digest)
    return StoredArchive(row.number, dates.from_epoch(row.instant), entries, tag)


def held(connection: Connection, feed: StoredFeed, tag: str) -> int | None:
    """Return the revision of an older subscription document, from which a delta can start.

    tag: of that document. None if no delta can start from it.
    """
    match = _TAG.fullmatch(tag)
    if not match:
        return None
    number = int(match[1], 16)
    history, revision = schema.feed_history, schema.revision
    query = (
        select(history.c.window, revision.c.digest)
        .join(revision, revision.c.number == history.c.revision)
        .where(history.c.feed == feed.number, history.c.revision == number)
    )
    row = connection.execute(query).first()
    return number if row and _tag(number, row.window, row.digest) == tag else None


def articles(connection: Connection, numbers: Sequence[int]) -> dict[int, StoredArticle]:
    """Return articles by number."""
    return {
        row.number: stored(row)
        for some in rows.chunks(numbers)
        for row in connection.execute(_ARTICLES, {"numbers": some})
    }


def _in_order(found: Iterable[Any]) -> list[EntryRevision]:
    ordered = sorted(found, key=lambda row: (row.published, row.slug), reverse=True)
    return [(row.article, row.revision) for row in ordered]


def _tag(revision: int, contents: str, digest: str) -> str:
    """Return the tag of a document: its revision and a hash of its contents and the history.

    A rebuilt catalog counts revisions from 1 again; the hash keeps it from reusing tags.
    """
    made_of = hashlib.blake2b(f"{contents} {digest}".encode(), digest_size=4)
    return f"{revision:x}.{made_of.hexdigest()}"


def _feed(row: Row[Any]) -> StoredFeed:
    return StoredFeed(
        number=row.number,
        ref=FeedRef.of(row.key),
        label=row.label,
        entries=row.entries,
        unarchived=row.unarchived,
        archives=row.archives,
        head=row.head,
        revision=row.revision,
        changed=dates.from_epoch(row.instant),
        tag=_tag(row.revision, row.window, row.digest),
        guid=row.guid,
    )


def stored(row: Row[Any]) -> StoredArticle:
    """Return an article from its row."""
    return StoredArticle(
        number=row.number,
        slug=row.slug,
        id=row.id,
        published=dates.from_epoch(row.published),
        zone=rows.zone(row.utc_offset),
        link=row.link,
        terms=tuple((FeedRef.of(key), label) for key, label in rows.load_terms(row.terms)),
        draft=row.draft,
        feeds=row.feeds,
        **rows.load_content(row.presentation),
    )


# Built once, since building a statement takes longer than executing it.
_article, _revision, _row = schema.article.c, schema.revision.c, schema.feed_row.c
_LAST_REVISION = select(schema.revision).order_by(_revision.number.desc()).limit(1)
_NEXT_DUE = select(func.min(_article.due))
_ARTICLES = select(schema.article).where(_article.number.in_(bindparam("numbers", expanding=True)))
_FEEDS = select(schema.feed, _revision.instant, _revision.digest).join(
    schema.revision, _revision.number == schema.feed.c.revision
)
_FEED = _FEEDS.where(schema.feed.c.key == bindparam("of_key"))
_ARCHIVE_REVISION = (
    select(schema.revision)
    .join(schema.archive, _revision.number == schema.archive.c.revision)
    .where(
        schema.archive.c.feed == bindparam("of_feed"),
        schema.archive.c.number == bindparam("of_archive"),
    )
)
_SHOWN = select(_row.article, _row.revision, _row.archive, _row.published, _row.slug).where(
    _row.feed == bindparam("of_feed"), _row.gone.is_(False)
)
_NEWEST = _SHOWN.order_by(_row.published.desc(), _row.slug.desc()).limit(bindparam("most"))
# Sorted in Python: with ORDER BY, SQLite would scan the whole feed in that order.
_UNARCHIVED = _SHOWN.where(_row.archive.is_(None))
_ARCHIVED = _SHOWN.where(_row.archive == bindparam("of_archive"))
