"""Deliveries of documents to subscribers: finds due ones, claims them, and records results.

There is no queue of deliveries. A subscription is due while its feed has a newer revision than it,
so that a delivery is due as soon as the revision is committed, and only for the newest document
(docs/adr/0062). A process claims deliveries by moving their next try to the instant at which the
claim expires; a result is recorded only while the claim is valid.

Instants are seconds since the epoch, by the clock of the database: see `clock`.
"""

import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from feedsvc.catalog import schema
from feedsvc.model import FeedRef, Format

CLAIM = 60  # seconds until a claim ends
MAX_ATTEMPTS = 10  # for one revision, over 4 hours on average and 8 at most
MAX_WAIT = 14_400  # seconds until a next try
_FIRST_WAIT = 60  # seconds
# A next try beyond this was set before the clock was set back.
_HORIZON = MAX_WAIT + 2 * CLAIM

_s, _f = schema.subscription.c, schema.feed.c


class DueFeed(NamedTuple):
    """A feed with due deliveries. revision: of its newest document."""

    number: int
    ref: FeedRef
    revision: int


class DeliveryClaim(NamedTuple):
    """One claimed delivery; see schema.subscription. end: the instant at which the claim ends."""

    id: str
    feed: int
    format: Format
    callback: str
    host: str
    secret: str
    attempts: int
    end: int


class Result(NamedTuple):
    """The result of a claim.

    revision: of the document that was delivered or given up; None if it is still to be delivered.
    attempts: failed ones since the last success. next_try: an instant. gone: whether the
    subscription ends.
    """

    claim: DeliveryClaim
    revision: int | None
    attempts: int = 0
    next_try: int = 0
    gone: bool = False


class Counts(NamedTuple):
    """Numbers of subscriptions: all, those with a delivery pending, those whose last one failed."""

    subscriptions: int
    pending: int
    failing: int


def backoff(attempts: int) -> int:
    """Return the seconds until the next try after failed ones: exponential backoff with jitter."""
    return 1 + secrets.randbelow(min(MAX_WAIT, _FIRST_WAIT * 2 ** (attempts - 1)))


def clock(connection: Connection) -> int:
    """Return the present instant, by one clock for all machines that share a database."""
    if connection.dialect.name == "sqlite":
        return int(time.time())
    return int(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)


def due_feeds(connection: Connection, now: int) -> list[DueFeed]:
    """Return the feeds with due deliveries."""
    query = select(_f.number, _f.key, _f.revision).where(exists().where(_is_due(_f, now)))
    return [
        DueFeed(number, FeedRef.of(key), revision)
        for number, key, revision in connection.execute(query)
    ]


def claim(connection: Connection, feed: DueFeed, now: int, count: int) -> list[DeliveryClaim]:
    """DeliveryClaim up to `count` due deliveries of a feed that no other process has claimed."""
    due = (
        select(_s.id)
        .where(_is_due(feed, now))
        .limit(count)
        .with_for_update(skip_locked=True)  # not in SQLite, which has one writer at a time
        .cte("due")
    )
    statement = (
        update(schema.subscription)
        .where(_s.id.in_(select(due.c.id)))
        .values(next_try=now + CLAIM)
        .returning(
            *(_s.id, _s.feed, _s.format, _s.callback, _s.host, _s.secret, _s.attempts, _s.next_try)
        )
    )
    return [
        DeliveryClaim(name, number, Format(format), *rest)
        for name, number, format, *rest in connection.execute(statement)
    ]


def record(connection: Connection, results: Iterable[Result]) -> None:
    """Record results, except for deliveries that have been claimed again since."""
    gone, others = [], []
    for (name, *_, end), revision, attempts, next_try, is_gone in results:
        claimed = {"claim": name, "end": end}
        if is_gone:
            gone.append(claimed)
        else:
            outcome = {"delivered": revision, "failures": attempts, "due": next_try}
            others.append({**claimed, **outcome})
    is_claimed = (_s.id == bindparam("claim"), _s.next_try == bindparam("end"))
    if gone:
        connection.execute(delete(schema.subscription).where(*is_claimed), gone)
    if others:
        values = {
            "revision": func.coalesce(bindparam("delivered", type_=BigInteger), _s.revision),
            "attempts": bindparam("failures"),
            "next_try": bindparam("due"),
        }
        statement = update(schema.subscription).where(*is_claimed).values(values)
        connection.execute(statement, others)


def postpone(connection: Connection, hosts: Mapping[str, int], now: int) -> None:
    """Postpone the due deliveries to some hosts, each to an instant."""
    newest = select(_f.revision).where(_f.number == _s.feed).scalar_subquery()
    statement = update(schema.subscription).where(
        _s.host == bindparam("name"), _s.next_try <= now, _s.revision < newest
    )
    rows = [{"name": host, "until": hosts[host]} for host in sorted(hosts)]
    if rows:
        connection.execute(statement.values(next_try=bindparam("until")), rows)


def counts(connection: Connection, now: int) -> Counts:
    """Return the numbers of subscriptions whose lease has not ended."""
    pending, failing = _s.revision < _f.revision, _s.attempts > 0
    query = (
        select(func.count(), func.count().filter(pending), func.count().filter(failing))
        .select_from(schema.subscription.join(schema.feed, _f.number == _s.feed))
        .where(_s.lease_end > now)
    )
    return Counts(*connection.execute(query).one())


def _is_due(feed: Any, now: int) -> ColumnElement[bool]:
    """Return the condition of a due subscription to a feed. feed: a DueFeed or the columns."""
    return and_(
        _s.feed == feed.number,
        _s.revision < feed.revision,
        or_(_s.next_try <= now, _s.next_try > now + _HORIZON),
        _s.lease_end > now,
    )
