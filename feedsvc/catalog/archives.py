"""Moves the oldest articles of a feed into archives, and records which archives changed.

An archive is closed when more articles of a feed are unarchived than its subscription document may
show. A closed archive never gains an entry: its document changes only when one of its entries is
edited or removed, when the feed's head changes, and once more when the next archive is there to
link to.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from feedsvc.catalog import schema
from feedsvc.catalog.feeds import FeedState
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.config.settings import Settings

_Rows = list[dict[str, Any]]


def close(
    connection: Connection, settings: Settings, feeds: Iterable[FeedState], new: _Rows
) -> None:
    """Close archives until no feed has more unarchived rows than its limit.

    new: rows not inserted yet; they get their archive numbers in place. In a first sync nearly all
    rows are new, and updating them afterwards would take as long as inserting them.
    """
    crowded = [feed for feed in feeds if feed.unarchived > settings.feed(feed.key).limit]
    if not crowded:
        return
    added: dict[int, _Rows] = {feed.number: [] for feed in crowded}
    for row in new:
        if row["feed"] in added:
            added[row["feed"]].append(row)
    moved: _Rows = []
    for feed in crowded:
        stored = _unarchived(connection, feed) if feed.stored else []
        _fill(feed, settings.feed(feed.key).limit, [*stored, *added[feed.number]])
        moved += [
            {name: row[name] for name in ("article", "feed", "archive")}
            for row in stored
            if row["archive"]
        ]
    update_many(connection, schema.feed_row, moved)


def write(connection: Connection, feeds: Iterable[FeedState], revision: int) -> None:
    """Record the revision for each archive whose document it changes."""
    new: _Rows = []
    changed: _Rows = []
    for feed in feeds:
        before = feed.archives_before
        if feed.stored and feed.head != feed.stored["head"]:
            numbers = set(range(1, before + 1))
        elif feed.archives > before:
            numbers = feed.edited | {before} - {0}
        else:
            numbers = feed.edited
        changed += [_row(feed, number, revision) for number in sorted(numbers)]
        new += [_row(feed, number, revision) for number in range(before + 1, feed.archives + 1)]
    insert_many(connection, schema.archive, new)
    update_many(connection, schema.archive, changed)


def _row(feed: FeedState, number: int, revision: int) -> dict[str, Any]:
    return {"feed": feed.number, "number": number, "revision": revision}


def _unarchived(connection: Connection, feed: FeedState) -> _Rows:
    row = schema.feed_row.c
    query = select(row.article, row.feed, row.archive, row.published, row.slug).where(
        row.feed == feed.number, row.archive.is_(None), row.gone.is_(False)
    )
    return [each._asdict() for each in connection.execute(query)]


def _fill(feed: FeedState, limit: int, rows: _Rows) -> None:
    """Put the oldest rows into archives of `limit` rows each until at most `limit` are left."""
    rows.sort(key=itemgetter("published", "slug"))
    closed = (len(rows) - 1) // limit
    for index, row in enumerate(rows[: closed * limit]):
        row["archive"] = feed.archives + 1 + index // limit
    feed.archives += closed
    feed.unarchived -= closed * limit
