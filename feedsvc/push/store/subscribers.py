"""Operations for operators: counts of subscriptions by topic and host, and tests of one.

No callback is returned, as anyone who knows one can send to it (WebSub 8.1).
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from feedsvc.catalog import schema
from feedsvc.model import FeedRef, Format

_s, _f, _r = schema.subscription.c, schema.feed.c, schema.revision.c
_PENDING = _s.revision < _f.revision
_FAILING = _s.attempts > 0
_JOINED = schema.subscription.join(schema.feed, _f.number == _s.feed).join(
    schema.revision, _r.number == _f.revision
)


class Topic(NamedTuple):
    """The subscriptions to a topic.

    changed: when its newest document was published. pending, failing: see deliveries.Counts.
    lease_end: of the lease that ends first.
    """

    ref: FeedRef
    format: Format
    subscriptions: int
    pending: int
    failing: int
    changed: int
    lease_end: int


class Host(NamedTuple):
    """The subscriptions with callbacks at a host. next_try: of a pending delivery; 0 for none."""

    name: str
    subscriptions: int
    pending: int
    failing: int
    next_try: int
    lease_end: int


def topics(connection: Connection, now: int) -> list[Topic]:
    """Return the topics that have subscribers, in the order of their keys."""
    query = (
        select(_f.key, _s.format, *_counts(), func.max(_r.instant), func.min(_s.lease_end))
        .select_from(_JOINED)
        .where(_s.lease_end > now)
        .group_by(_f.key, _s.format)
        .order_by(_f.key, _s.format)
    )
    return [
        Topic(FeedRef.of(key), Format(format), *rest)
        for key, format, *rest in connection.execute(query)
    ]


def hosts(connection: Connection, now: int, most: int) -> list[Host]:
    """Return the hosts with the most failing subscriptions, then those with the most in all."""
    next_try = func.coalesce(func.min(_s.next_try).filter(and_(_PENDING, _FAILING)), 0)
    query = (
        select(_s.host, *_counts(), next_try, func.min(_s.lease_end))
        .select_from(_JOINED)
        .where(_s.lease_end > now)
        .group_by(_s.host)
        .order_by(func.count().filter(_FAILING).desc(), func.count().desc(), _s.host)
        .limit(most)
    )
    return [Host(*row) for row in connection.execute(query)]


def unverified(connection: Connection) -> int:
    """Return the number of requests whose verification is pending or is to be retried."""
    request = schema.subscription_request
    query = select(func.count()).select_from(request).where(request.c.done.is_(False))
    return int(connection.scalar(query) or 0)


def send_again(connection: Connection, callback: str) -> bool:
    """Make the newest document due again for a callback; return whether it is subscribed."""
    statement = update(schema.subscription).where(_s.callback == callback)
    return connection.execute(statement.values(revision=0, next_try=0)).rowcount > 0


def remove(connection: Connection, callback: str) -> None:
    """End the subscriptions of a callback."""
    connection.execute(delete(schema.subscription).where(_s.callback == callback))


def _counts() -> tuple[ColumnElement[int], ...]:
    return func.count(), func.count().filter(_PENDING), func.count().filter(_FAILING)
