"""Moves the oldest articles of a feed into archives, and records which archives changed.

An archive is closed when a feed has more unarchived articles than its subscription document may
show. A closed archive never gains an entry: its document changes only when one of its entries is
edited or removed, when the feed's head changes, and once more when there is a next archive to link
to.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from feedsvc.catalog import schema
from feedsvc.catalog.feeds import FeedState
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.config.settings import Settings


class FeedRow(NamedTuple):
    """A row of schema.feed_row."""

    article: int
    feed: int
    revision: int
    gone: bool
    withdrawn: bool
    archive: int | None
    published: int
    slug: str


class _Archived(NamedTuple):
    """The columns of a row that is put into an archive."""

    article: int
    feed: int
    archive: int | None


_order = attrgetter("published", "slug")


def take_complete(feed: FeedState, limit: int, rows: list[FeedRow]) -> list[FeedRow]:
    """Remove the rows that fill complete archives from the rows of a new feed; return them.

    rows: in order of publication; later ones follow.
    """
    closed = (len(rows) - 1) // limit * limit
    # A row added later may have the same instant, and a slug that sorts before these.
    if not closed or rows[closed - 1].published == rows[-1].published:
        return []
    filled = _filled(feed, limit, rows)
    rows[:] = filled[closed:]
    return filled[:closed]


def close(
    connection: Connection,
    settings: Settings,
    feeds: Iterable[FeedState],
    new: dict[int, list[FeedRow]],
) -> None:
    """Close archives until no feed has more unarchived rows than its limit.

    new: the rows not inserted yet, by feed; their archive numbers are set there. In a first sync,
    nearly all rows are new, and updating them afterwards would take as long as inserting them.
    """
    moved: list[_Archived] = []
    for feed in feeds:
        limit = settings.feed(feed.key).limit
        if feed.unarchived <= limit:
            continue
        added = new.get(feed.number, [])
        stored = _unarchived(connection, feed) if feed.stored else []
        known = {row.article for row in stored}
        filled = _filled(feed, limit, [*stored, *added])
        new[feed.number] = [row for row in filled if row.article not in known]
        moved += [
            _Archived(row.article, row.feed, row.archive)
            for row in filled
            if row.archive and row.article in known
        ]
    update_many(connection, schema.feed_row, moved)


def write(connection: Connection, feeds: Iterable[FeedState], revision: int) -> None:
    """Record the revision for each archive whose document it changes."""
    new: list[dict[str, int]] = []
    changed: list[dict[str, int]] = []
    for feed in feeds:
        before = feed.archives_before
        if feed.stored and feed.head != feed.stored.head:
            numbers = set(range(1, before + 1))
        elif feed.archives > before:
            numbers = feed.edited | {before} - {0}
        else:
            numbers = feed.edited
        changed += [_row(feed, number, revision) for number in sorted(numbers)]
        new += [_row(feed, number, revision) for number in range(before + 1, feed.archives + 1)]
    insert_many(connection, schema.archive, new)
    update_many(connection, schema.archive, changed)


def _row(feed: FeedState, number: int, revision: int) -> dict[str, int]:
    return {"feed": feed.number, "number": number, "revision": revision}


def _unarchived(connection: Connection, feed: FeedState) -> list[FeedRow]:
    row = schema.feed_row.c
    query = select(*(row[name] for name in FeedRow._fields)).where(
        row.feed == feed.number, row.archive.is_(None), row.gone.is_(False)
    )
    return [FeedRow(*each) for each in connection.execute(query)]


def _filled(feed: FeedState, limit: int, rows: list[FeedRow]) -> list[FeedRow]:
    """Return rows in order, the oldest in archives of `limit` rows each, the others in none."""
    ordered = sorted(rows, key=_order)
    closed = (len(rows) - 1) // limit
    for index, (article, number, revision, gone, withdrawn, _, published, slug) in enumerate(
        ordered[: closed * limit]
    ):
        archive = feed.archives + 1 + index // limit
        ordered[index] = FeedRow(
            article, number, revision, gone, withdrawn, archive, published, slug
        )
    feed.archives += closed
    feed.unarchived -= closed * limit
    return ordered
