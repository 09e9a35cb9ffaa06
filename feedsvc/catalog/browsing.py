"""Queries for pages: parts of a feed, articles with their neighbours and files, sitemaps.

Every function reads within one transaction. Rows of a feed that are not `gone` belong to visible
articles only.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, literal, select, tuple_

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.catalog.listings import Dated
from feedsvc.catalog.queries import StoredArticle, stored

_article, _row = schema.article.c, schema.feed_row.c
_ORDER = (_row.published, _row.slug)
_REVERSED = (_row.published.desc(), _row.slug.desc())


def page(connection: Connection, feed_number: int, newer: int, count: int) -> list[int]:
    """Return the numbers of articles of a feed, newest first.

    newer: how many of the newest to skip.
    """
    query = select(_row.article).where(_row.feed == feed_number, _row.gone.is_(False))
    return list(connection.scalars(query.order_by(*_REVERSED).offset(newer).limit(count)))


def neighbours(
    connection: Connection, feed_number: int, article_number: int
) -> tuple[int | None, int | None]:
    """Return the numbers of the articles before and after one in a feed; None if there is none."""
    inside = select(_row.article).where(_row.feed == feed_number, _row.gone.is_(False))
    own = inside.where(_row.article == article_number).with_only_columns(*_ORDER)
    current = connection.execute(own).first()
    if current is None:
        return None, None
    here = tuple_(literal(current.published), literal(current.slug))
    older = inside.where(tuple_(*_ORDER) < here).order_by(*_REVERSED).limit(1)
    newer = inside.where(tuple_(*_ORDER) > here).order_by(*_ORDER).limit(1)
    return connection.scalar(older), connection.scalar(newer)


def updates(
    connection: Connection, feed_number: int, first: int, count: int
) -> list[tuple[Dated, datetime]]:
    """Return the URL parts of articles of a feed, and when each was updated; oldest first.

    first: the position of the first, from 0.
    """
    query = (
        select(
            *(_article.slug, _article.link, _article.published, _article.utc_offset),
            _article.presentation,
        )
        .join(schema.feed_row, _row.article == _article.number)
        .where(_row.feed == feed_number, _row.gone.is_(False))
        .order_by(*_ORDER)
        .offset(first)
        .limit(count)
    )
    return [
        (Dated(slug, link, dates.from_epoch(seconds), rows.zone(offset)), rows.load_updated(text))
        for slug, link, seconds, offset, text in connection.execute(query)
    ]


def article(connection: Connection, slug: str) -> StoredArticle | None:
    """Return the article with this slug, else the last one that had it; None unless visible.

    Articles that were never published do not count.
    """
    table, former = schema.article, schema.former_slug
    current = select(table).where(table.c.slug == slug, table.c.released.is_not(None))
    row = connection.execute(current.where(table.c.visible.is_(True))).first()
    row = row or connection.execute(current.limit(1)).first()
    if row is None:
        given_up = select(table).join(former, former.c.article == table.c.number)
        newest = given_up.where(former.c.slug == slug).order_by(former.c.revision.desc())
        row = connection.execute(newest.limit(1)).first()
    return stored(row) if row and row.visible else None


def was_visible(connection: Connection, slug: str) -> bool:
    """Return whether an article that has or had this slug was ever published."""
    table, former = schema.article, schema.former_slug
    current = select(table.c.number).where(table.c.slug == slug, table.c.released.is_not(None))
    given_up = select(former.c.article).where(former.c.slug == slug)
    return any(connection.execute(query.limit(1)).first() for query in (current, given_up))


def is_shown(connection: Connection, path: str) -> bool:
    """Return whether a visible article shows a local file. path: relative to the content folder."""
    return connection.execute(_that_show(schema.article.c.number, path)).first() is not None


def article_with(connection: Connection, path: str) -> StoredArticle | None:
    """Return a visible article that shows a local file; None if there is none."""
    row = connection.execute(_that_show(schema.article, path)).first()
    return stored(row) if row else None


def _that_show(what: Any, path: str) -> Select[Any]:
    table, files = schema.article, schema.shown_file
    is_visible = table.c.visible.is_(True)
    query = select(what).join(files, files.c.article == table.c.number)
    return query.where(files.c.path == path, is_visible).limit(1)
