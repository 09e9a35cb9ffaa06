"""What those who serve ask of the catalog; every function reads within one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.model import ContentChoice, Enclosure, FeedRef, Person


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed as it is stored. label: as first written. changed: when its document last did."""

    number: int
    ref: FeedRef
    label: str
    entries: int
    revision: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it is stored, its texts included; see model.Article for the fields.

    zone: in which published was written; both dates are in UTC.
    """

    number: int
    slug: str
    id: str
    title: str
    published: datetime
    zone: timezone
    updated: datetime
    summary: str
    html: str
    link: str
    authors: tuple[Person, ...]
    terms: tuple[tuple[FeedRef, str], ...]
    language: str
    image: str | None
    enclosures: tuple[Enclosure, ...]
    content: ContentChoice | None
    feeds: bool


def newest(connection: Connection) -> tuple[int, datetime]:
    """Return the newest revision's number and instant; 0 and the epoch before the first."""
    revision = schema.revision
    query = select(revision).order_by(revision.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.number, dates.from_epoch(row.instant)) if row else (0, dates.from_epoch(0))


def next_due(connection: Connection) -> datetime | None:
    """Return the next instant at which something is released or expires; None if nothing is."""
    due = connection.scalar(select(func.min(schema.article.c.due)))
    return None if due is None else dates.from_epoch(due)


def feeds(connection: Connection) -> list[FeedRow]:
    """Return every feed there ever was."""
    return [_feed(row) for row in connection.execute(_select_feeds())]


def feed(connection: Connection, ref: FeedRef) -> FeedRow | None:
    """Return one feed; None if there never was such a one."""
    row = connection.execute(_select_feeds().where(schema.feed.c.key == ref.key)).first()
    return _feed(row) if row else None


def window(connection: Connection, feed_number: int, limit: int) -> list[tuple[int, int]]:
    """Return what a subscription document shows: (article, revision of its entry), newest first."""
    row = schema.feed_row
    query = (
        select(row.c.article, row.c.revision)
        .where(row.c.feed == feed_number, row.c.gone.is_(False))
        .order_by(row.c.published.desc(), row.c.slug.desc())
        .limit(limit)
    )
    return [(article, revision) for article, revision in connection.execute(query)]


def articles(connection: Connection, numbers: Sequence[int]) -> dict[int, Stored]:
    """Return articles by number."""
    table = schema.article
    return {
        row.number: _stored(row)
        for some in rows.chunks(numbers)
        for row in connection.execute(select(table).where(table.c.number.in_(some)))
    }


def article(connection: Connection, slug: str) -> Stored | None:
    """Return the article of a slug that is visible now."""
    table = schema.article
    query = select(table).where(table.c.slug == slug, table.c.visible.is_(True))
    row = connection.execute(query).first()
    return _stored(row) if row else None


def was_visible(connection: Connection, slug: str) -> bool:
    """Tell whether an article of this slug was published once."""
    table = schema.article
    query = select(table.c.number).where(table.c.slug == slug, table.c.released.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def is_shown(connection: Connection, path: str) -> bool:
    """Tell whether a visible article shows a local file. path: relative to the content folder."""
    table, shown = schema.article, schema.shown_file
    query = (
        select(table.c.number)
        .join(shown, shown.c.article == table.c.number)
        .where(shown.c.path == path, table.c.visible.is_(True))
    )
    return connection.execute(query.limit(1)).first() is not None


def _select_feeds() -> Select[Any]:
    table, revision = schema.feed, schema.revision
    return select(
        table.c.number, table.c.key, table.c.label, table.c.entries, table.c.revision,
        revision.c.instant,
    ).join(revision, revision.c.number == table.c.revision)  # fmt: skip


def _feed(row: Row[Any]) -> FeedRow:
    changed = dates.from_epoch(row.instant)
    return FeedRow(row.number, FeedRef.of(row.key), row.label, row.entries, row.revision, changed)


def _stored(row: Row[Any]) -> Stored:
    return Stored(
        number=row.number,
        slug=row.slug,
        id=row.id,
        title=row.title,
        published=dates.from_epoch(row.published),
        zone=timezone(timedelta(seconds=row.utc_offset)),
        updated=dates.from_epoch(row.updated),
        summary=row.summary,
        html=row.html,
        link=row.link,
        authors=rows.load_authors(row.authors),
        terms=tuple((FeedRef.of(key), label) for key, label in rows.load_terms(row.terms)),
        language=row.language,
        image=row.image,
        enclosures=rows.load_enclosures(row.enclosures),
        content=ContentChoice(row.content) if row.content else None,
        feeds=row.feeds,
    )
