"""Queries for the pages of a feed: parts of it, and the neighbours of an article.

Every function reads within one transaction. The rows of a feed that are not gone belong to visible
articles only.
"""

from datetime import datetime

from sqlalchemy import Connection, literal, select, tuple_

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.catalog.listings import Dated

_article, _row = schema.article.c, schema.feed_row.c
_ORDER = (_row.published, _row.slug)
_REVERSED = (_row.published.desc(), _row.slug.desc())


def page(connection: Connection, feed_number: int, newer: int, count: int) -> list[int]:
    """Return the numbers of articles of a feed, newest first.

    newer: how many newer ones to skip.
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

    first: from 0.
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
