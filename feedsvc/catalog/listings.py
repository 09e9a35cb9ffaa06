"""Queries that cover the whole site: ids, paths, files. Not for polls.

Every function reads within one transaction and takes time proportional to the number of articles.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import Connection, and_, false, func, select

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.catalog.published import is_published
from feedsvc.model import Article, FeedRef, Kind


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of a file's article.

    released: it was visible once. final: readers may know it, so it keeps its id.
    """

    path: str
    id: str
    pinned: bool
    released: bool
    final: bool
    fingerprint: str

    def is_of(self, article: Article) -> bool:
        """Return whether an article just read is the one last synced, and has no pinned id."""
        columns, _ = rows.article_row(article)
        return not columns.pinned and columns.fingerprint == self.fingerprint


@dataclass(frozen=True, slots=True)
class Dated:
    """The parts of an article's URL. published: in UTC; zone: the time zone it was written in."""

    slug: str
    link: str
    published: datetime
    zone: timezone


def identities(connection: Connection) -> list[Identity]:
    """Return the identity of each article that has a file, sorted by path."""
    table = schema.article.c
    columns = (table.path, table.id, table.pinned, table.released, table.fingerprint)
    query = select(*columns).where(table.removed.is_(False))
    known = is_published(connection)
    found = [
        Identity(
            path, entry_id, pinned, since is not None, known and since is not None, fingerprint
        )
        for path, entry_id, pinned, since, fingerprint in connection.execute(query)
    ]
    return sorted(found, key=lambda each: each.path)


def published(connection: Connection) -> tuple[list[Dated], list[Dated]]:
    """Return the URL parts of all visible articles, and those of former URLs.

    A former URL belongs to a withdrawn article, or has a slug that its article gave up.
    """
    table, former = schema.article, schema.former_slug
    columns = (table.c.link, table.c.published, table.c.utc_offset)
    own = select(table.c.slug, *columns, table.c.visible).where(table.c.released.is_not(None))
    given_up = select(former.c.slug, *columns, false().label("visible")).join(
        table, former.c.article == table.c.number
    )
    present: dict[str, Dated] = {}
    past: dict[str, Dated] = {}
    for query in (given_up, own):
        for slug, link, seconds, offset, is_visible in connection.execute(query):
            dated = Dated(slug, link, dates.from_epoch(seconds), rows.zone(offset))
            (present if is_visible else past)[slug] = dated
    return list(present.values()), [past[slug] for slug in past if slug not in present]


def page_versions(connection: Connection) -> list[tuple[Dated, str]]:
    """Return the URL parts of each visible article, and a text that changes with its page.

    A page also shows the labels of the article's terms, and its neighbours in the site feed.
    """
    table, row = schema.article.c, schema.feed_row.c
    site = select(schema.feed.c.number).where(schema.feed.c.key == str(Kind.ALL)).scalar_subquery()
    inside = and_(row.article == table.number, row.feed == site, row.gone.is_(False))
    entry = table.id + " " + table.fingerprint + " " + table.terms
    before, after = (
        shifted.over(partition_by=row.feed, order_by=(row.published, row.slug))
        for shifted in (func.lag(entry), func.lead(entry))
    )
    query = (
        select(
            *(table.slug, table.link, table.published, table.utc_offset),
            *(row.feed, entry, before, after),
        )
        .select_from(schema.article)
        .outerjoin(schema.feed_row, inside)
        .where(table.visible.is_(True))
    )
    return [
        (Dated(slug, link, dates.from_epoch(seconds), rows.zone(offset)), _digest(texts))
        for slug, link, seconds, offset, *texts in connection.execute(query)
    ]


def feed_versions(connection: Connection) -> dict[FeedRef, str]:
    """Return by feed a text that changes with any of its articles."""
    row, feed, revision = schema.feed_row.c, schema.feed.c, schema.revision.c
    last = select(row.feed, func.max(row.revision).label("number")).group_by(row.feed).subquery()
    query = (
        select(feed.key, revision.digest)  # a rebuilt catalog repeats the numbers
        .join(last, last.c.feed == feed.number)
        .join(schema.revision, revision.number == last.c.number)
    )
    return {FeedRef.of(key): digest for key, digest in connection.execute(query)}


def _digest(values: list[object]) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=8).hexdigest()


def visible(connection: Connection) -> list[int]:
    """Return the numbers of all visible articles, newest first."""
    table = schema.article.c
    query = select(table.number).where(table.visible.is_(True))
    return list(connection.scalars(query.order_by(table.published.desc(), table.slug.desc())))


def public_files(connection: Connection) -> list[str]:
    """Return the local files that visible articles show, relative to the content folder."""
    table, files = schema.article, schema.shown_file
    query = (
        select(files.c.path)
        .join(table, files.c.article == table.c.number)
        .where(table.c.visible.is_(True))
    )
    return list(connection.scalars(query.distinct()))
