"""The progress of notifications to the other hubs in the settings (WebSub 3).

Hubs are notified of feeds in the order of the revisions that changed them, then of their numbers. A
hub's row is its place in that order, so the pending notifications follow from the feeds alone: a
revision need not write anything for it, and a hub that was down for a week is notified of each feed
once. Caches that are purged have a row, too: see caches.py.

Instants are seconds since the epoch, by the clock of the database: see deliveries.clock.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from feedsvc.catalog import schema
from feedsvc.catalog.queries import newest
from feedsvc.model import FeedRef
from feedsvc.push.store.deliveries import CLAIM, MAX_WAIT

# A next try beyond this was set before the clock was set back.
_HORIZON = MAX_WAIT + 2 * CLAIM

_h, _f = schema.hub.c, schema.feed.c


class Place(NamedTuple):
    """The last feed that a hub was notified of. revision: the one that changed it."""

    revision: int
    feed: int


START = Place(0, 0)


class Claim(NamedTuple):
    """The right to notify a hub. attempts: failures since the last success. end: its expiry."""

    url: str
    place: Place
    attempts: int
    end: int


class State(NamedTuple):
    """The state of a hub. pending: the number of changed feeds that it was not notified of."""

    url: str
    attempts: int
    next_try: int
    pending: int


def add(connection: Connection, urls: Iterable[str], place: Place | None = None) -> list[str]:
    """Add hubs that are not known yet, and return them.

    place: where they start; by default after all changes so far, as nobody can have subscribed at a
    hub that no document has named.
    """
    known = set(connection.scalars(select(_h.url)))
    added = [url for url in urls if url not in known]
    if added:
        now = place or Place(
            newest(connection).number, connection.scalar(select(func.max(_f.number))) or 0
        )
        rows = [{"url": url, **now._asdict(), "attempts": 0, "next_try": 0} for url in added]
        connection.execute(insert(schema.hub), rows)
    return added


def restart(connection: Connection, urls: Iterable[str]) -> None:
    """Reset hubs, so that they are notified of all feeds again."""
    statement = update(schema.hub).where(_h.url.in_(list(urls)))
    connection.execute(statement.values(**START._asdict(), attempts=0, next_try=0))


def claim(
    connection: Connection, url: str, now: int, early: bool = False, revision: int | None = None
) -> Claim | None:
    """Claim a hub, if changes are pending for it and no other process has claimed it.

    early: claim it even if its next try is later, or another process has claimed it. revision: if
    given, claim it if its place is before that revision, whether a feed has changed or not.
    """
    changes = select(_f.number).where(_is_after(_h)).exists()
    condition = [_h.url == url, changes if revision is None else _h.revision < revision]
    if not early:
        condition.append(or_(_h.next_try <= now, _h.next_try > now + _HORIZON))
    statement = update(schema.hub).where(*condition).values(next_try=now + CLAIM)
    row = connection.execute(statement.returning(schema.hub)).first()
    return Claim(url, Place(row.revision, row.feed), row.attempts, row.next_try) if row else None


def changed(connection: Connection, place: Place, count: int) -> list[tuple[Place, FeedRef]]:
    """Return the first feeds after a place, at most `count`, each with its own place."""
    query = select(_f.revision, _f.number, _f.key).where(_is_after(place))
    found = connection.execute(query.order_by(_f.revision, _f.number).limit(count))
    return [(Place(revision, number), FeedRef.of(key)) for revision, number, key in found]


def record(
    connection: Connection, claim: Claim, place: Place, attempts: int = 0, next_try: int = 0
) -> bool:
    """Record the place of a hub; return False, without a change, if the claim is not valid."""
    statement = update(schema.hub).where(_h.url == claim.url, _h.next_try == claim.end)
    values = {**place._asdict(), "attempts": attempts, "next_try": next_try}
    return connection.execute(statement.values(values)).rowcount == 1


def states(connection: Connection, urls: Iterable[str]) -> list[State]:
    """Return the states of hubs, in the given order; those that are not known yet are left out."""
    pending = select(func.count()).where(_is_after(_h)).scalar_subquery()
    found = connection.execute(select(_h.url, _h.attempts, _h.next_try, pending))
    by_url = {row.url: State(*row) for row in found}
    return [by_url[url] for url in urls if url in by_url]


def _is_after(place: Any) -> ColumnElement[bool]:
    """Return the condition of a feed after a place. place: a Place, or the columns of a hub."""
    later = _f.revision > place.revision
    return or_(later, and_(_f.revision == place.revision, _f.number > place.feed))
