"""Puts the oldest articles of a feed into archives, and knows which archive documents changed.

An archive is closed when a feed has more articles in none than its subscription document may show,
and never gets another entry; so its document changes only with an edit or a removal in it, with
the feed's head, and once more when the next archive is there to link to.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from feedsvc.catalog import schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.feeds import FeedState
from feedsvc.config.settings import Settings

_Rows = list[dict[str, Any]]


def close(
    connection: Connection, settings: Settings, feeds: Iterable[FeedState], new: _Rows
) -> None:
    """Close archives until no feed has more unarchived rows than its limit.

    new: rows that are yet to be inserted, which get their archives' numbers here; of a hundred
    thousand articles nearly all do, and to update their rows would take as long as to insert them.
    """
    crowded = [each for each in feeds if each.unarchived > settings.feed(each.key).limit]
    if not crowded:
        return
    added: dict[int, _Rows] = {each.number: [] for each in crowded}
    for row in new:
        if row["feed"] in added:
            added[row["feed"]].append(row)
    moved: _Rows = []
    for feed in crowded:
        stored = _unarchived(connection, feed) if feed.stored else []
        _fill(feed, settings.feed(feed.key).limit, [*stored, *added[feed.number]])
        moved += [row for row in stored if row["archive"]]
    if moved:
        table = schema.feed_row
        of_row = (table.c.article == bindparam("of_article"), table.c.feed == bindparam("of_feed"))
        keyed = [
            {"of_article": row["article"], "of_feed": row["feed"], "archive": row["archive"]}
            for row in moved
        ]
        connection.execute(update(table).where(*of_row), keyed)


def write(connection: Connection, feeds: Iterable[FeedState], revision: int) -> None:
    """Note the revision with every archive whose document it changes."""
    archive = schema.archive
    new, old = [], []
    for feed in feeds:
        before = feed.archives_before
        if feed.stored and feed.head != feed.stored["head"]:
            changed = set(range(1, before + 1))
        elif feed.archives > before:
            changed = feed.edited | {before} - {0}
        else:
            changed = feed.edited
        old += [{"of_feed": feed.number, "of_number": number} for number in sorted(changed)]
        new += [
            {"feed": feed.number, "number": number, "revision": revision}
            for number in range(before + 1, feed.archives + 1)
        ]
    insert_many(connection, archive, new)
    if old:
        of_archive = (
            archive.c.feed == bindparam("of_feed"),
            archive.c.number == bindparam("of_number"),
        )
        connection.execute(update(archive).where(*of_archive).values(revision=revision), old)


def _unarchived(connection: Connection, feed: FeedState) -> _Rows:
    row = schema.feed_row.c
    query = select(row.article, row.feed, row.archive, row.published, row.slug).where(
        row.feed == feed.number, row.archive.is_(None), row.gone.is_(False)
    )
    return [each._asdict() for each in connection.execute(query)]


def _fill(feed: FeedState, limit: int, rows: _Rows) -> None:
    """Give the oldest rows to archives of `limit` each, and leave no more than that."""
    rows.sort(key=itemgetter("published", "slug"))
    closed = (len(rows) - 1) // limit
    for index, row in enumerate(rows[: closed * limit]):
        row["archive"] = feed.archives + 1 + index // limit
    feed.archives += closed
    feed.unarchived -= closed * limit
