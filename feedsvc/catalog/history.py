"""Records which older subscription documents a delta can start from (RFC 3229).

A delta consists of the rows of the window that were touched since the older document. Its
reader needs no more, unless an entry left the feed or an untouched one entered the window. At a
revision where that may have happened, all earlier documents are forgotten.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select

from feedsvc.catalog import schema
from feedsvc.catalog.feeds import FeedState
from feedsvc.catalog.tables import insert_many

_KEPT = 500  # documents per feed; a polling reader is seldom more than one behind


def write(connection: Connection, feeds: Sequence[FeedState], revision: int) -> None:
    """Record the documents that this revision changed, and delete those that are too old."""
    history = schema.feed_history
    changed = [feed for feed in feeds if feed.revision == revision]
    rows = [{"feed": feed.number, "revision": revision, "window": feed.window} for feed in changed]
    insert_many(connection, history, rows)
    of_feed = history.c.feed == bindparam("of_feed")
    severed = [
        {"of_feed": feed.number, "of_revision": feed.revision}
        for feed in feeds
        if feed.stored and feed.severed
    ]
    if severed:
        older = history.c.revision < bindparam("of_revision")
        connection.execute(delete(history).where(of_feed, older), severed)
    grown = [{"of_feed": feed.number} for feed in changed if feed.stored and not feed.severed]
    if grown:
        newest = select(history.c.revision).where(of_feed).order_by(history.c.revision.desc())
        last = newest.offset(_KEPT).limit(1).scalar_subquery()
        connection.execute(delete(history).where(of_feed, history.c.revision <= last), grown)
