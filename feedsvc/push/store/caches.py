"""The caches in front of the site, and the changes that are still to be purged from them.

A cache is one more reader of the order of changes: a row of the table of hubs, whose place is the
revision up to which it was purged (docs/adr/0074). A new one starts at the beginning, as it may
still have responses from an earlier catalog.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from feedsvc.catalog import schema
from feedsvc.catalog.queries import newest
from feedsvc.catalog.tables import set_metadata
from feedsvc.model import FeedRef
from feedsvc.push.store import hubs
from feedsvc.push.store.hubs import START, Claim, Place, State

_SETTINGS = "purged"  # a name in schema.metadata_table

_h, _f, _a = schema.hub.c, schema.feed.c, schema.archive.c


class Changed(NamedTuple):
    """The feeds and archives that changed since a place."""

    feeds: list[FeedRef]
    archives: list[tuple[FeedRef, int]]


def add(connection: Connection, names: Sequence[str], settings: str) -> None:
    """Add the caches that are not known yet.

    settings: a hash of everything but the catalog that determines responses. If it has changed,
    everything has to be purged from all caches.
    """
    hubs.add(connection, names, START)
    if set_metadata(connection, _SETTINGS, settings) != settings:
        hubs.restart(connection, names)


def changed(connection: Connection, place: Place, most: int) -> Changed | None:
    """Return the changes since a place; None if there are more than `most`, or for everything.

    Changes by revisions that other processes may not show yet are included: older versions have to
    be purged, and these are purged again later.
    """
    if place == START:
        return None
    feeds = connection.scalars(
        select(_f.key).where(_f.revision > place.revision).order_by(_f.number).limit(most + 1)
    ).all()
    archives = connection.execute(
        select(_f.key, _a.number)
        .join(schema.archive, _a.feed == _f.number)
        .where(_a.revision > place.revision)
        .order_by(_a.feed, _a.number)
        .limit(most + 1)
    ).all()
    if len(feeds) + len(archives) > most:
        return None
    of_archives = [(FeedRef.of(key), number) for key, number in archives]
    return Changed([FeedRef.of(key) for key in feeds], of_archives)


def record(connection: Connection, claim: Claim, settled: int, next_try: int) -> bool:
    """Record that a cache was purged of all revisions up to `settled`."""
    last = connection.scalar(select(func.max(_f.number))) or 0
    return hubs.record(connection, claim, Place(settled, last), 0, next_try)


def states(connection: Connection, names: Sequence[str]) -> list[State]:
    """Return the states of caches. pending: the number of revisions since the last purge."""
    number = newest(connection).number
    found = connection.execute(select(_h.url, _h.attempts, _h.next_try, _h.revision))
    by_name = {row.url: State(*row[:3], max(0, number - row.revision)) for row in found}
    return [by_name[name] for name in names if name in by_name]
