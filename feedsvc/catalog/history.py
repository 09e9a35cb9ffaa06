"""Remembers which older subscription documents a delta can start from (RFC 3229).

A delta is the rows of the window that were touched since. That is all that a reader of the older
document lacks, unless an entry left the feed, or one that nobody touched came into the window. No
revision at which that may have happened is led over: what went before it is forgotten.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select

from feedsvc.catalog import schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.feeds import FeedState

_KEPT = 500  # documents of each feed; a reader that polls is seldom more than one behind


def write(connection: Connection, feeds: Sequence[FeedState], revision: int) -> None:
    """Note the documents that this revision changed, and forget those that no delta starts from."""
    history = schema.feed_history
    changed = [each for each in feeds if each.revision == revision]
    rows = [{"feed": each.number, "revision": revision, "window": each.window} for each in changed]
    insert_many(connection, history, rows)
    of_feed = history.c.feed == bindparam("of_feed")
    severed = [
        {"of_feed": each.number, "of_revision": each.revision}
        for each in feeds
        if each.stored and each.severed
    ]
    if severed:
        older = history.c.revision < bindparam("of_revision")
        connection.execute(delete(history).where(of_feed, older), severed)
    grown = [{"of_feed": each.number} for each in changed if each.stored and not each.severed]
    if grown:
        newest = select(history.c.revision).where(of_feed).order_by(history.c.revision.desc())
        last = newest.offset(_KEPT).limit(1).scalar_subquery()
        connection.execute(delete(history).where(of_feed, history.c.revision <= last), grown)
