"""Requests for subscriptions: finds due ones, claims them, and records results (WebSub 5).

A process claims requests by moving their next try to the instant at which the claim expires; a
result is recorded only while the claim is valid. Instants are by `deliveries.clock`.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from feedsvc.catalog import rows, schema
from feedsvc.catalog.tables import insert_many
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format
from feedsvc.push.store.subscriptions import (
    DAY,
    DONE,
    KEPT,
    LONGEST_LEASE,
    USUAL_LEASE,
    request_row,
)
from feedsvc.push.store.subscriptions import subscription_id as _id
from feedsvc.routes import Routes, feed_path

CLAIM = 60  # seconds until a claim ends
MAX_TRIES = 3
ENDED = "this feed was ended"
_WAITS = (30, 300)  # seconds after the first and second try
_LOOKED_AT = 1_000  # due requests from which a claim chooses
# A next try beyond this was set before the clock was set back.
_HORIZON = max(_WAITS) + 2 * CLAIM

_request, _r = schema.subscription_request, schema.subscription_request.c
_subscription, _s = schema.subscription, schema.subscription.c


class Request(NamedTuple):
    """One claimed request; see schema.subscription_request. end: when the claim ends."""

    id: str
    subscription: str
    mode: str
    topic: str
    feed: int | None
    format: str
    callback: str
    host: str
    secret: str
    lease: int
    revision: int
    parameters: Mapping[str, str]
    reason: str
    attempts: int
    end: int


_COLUMNS = [_r[name] for name in Request._fields[:-1]]


def are_due(connection: Connection, now: int) -> bool:
    """Return whether there are requests to claim."""
    return connection.execute(select(_r.id).where(_is_due(now)).limit(1)).first() is not None


def claim(
    connection: Connection, now: int, count: int, at_host: int, busy: Collection[str] = ()
) -> list[Request]:
    """Claim due requests that no other process has claimed.

    A claim counts as a try, so that a crash does not allow more tries. count: the maximum number.
    at_host: the maximum for one callback host. busy: hosts to leave out.
    """
    oldest = (
        select(_r.id, _r.host, _r.next_try)
        .where(_is_due(now), _r.host.not_in(busy))
        .order_by(_r.next_try)
        .limit(_LOOKED_AT)
        .subquery()
        .c
    )
    place = func.row_number().over(partition_by=oldest.host, order_by=(oldest.next_try, oldest.id))
    placed = select(oldest.id, place.label("place")).subquery().c
    chosen = select(placed.id).where(placed.place <= at_host).limit(count)
    statement = (
        update(_request)
        # On PostgreSQL the second condition is checked again after waiting for another process.
        .where(_r.id.in_(chosen), _is_due(now))
        .values(next_try=now + CLAIM, attempts=_r.attempts + 1)
        .returning(*_COLUMNS, _r.next_try)
    )
    return [
        Request(*row)._replace(parameters=json.loads(row.parameters))
        for row in connection.execute(statement)
    ]


def verified(connection: Connection, request: Request, now: int) -> None:
    """Record that the callback agrees: create, renew or end the subscription."""
    if not closed(connection, request):
        return
    is_it = _s.id == request.subscription
    if request.mode == "unsubscribe":
        connection.execute(delete(_subscription).where(is_it))
        return
    # An expired subscription starts over with the revision of the request.
    connection.execute(delete(_subscription).where(is_it, _s.lease_end <= now))
    renewed = {"secret": request.secret, "lease_end": now + request.lease}
    statement = _insert(connection, _subscription).on_conflict_do_update(
        index_elements=["id"], set_=renewed
    )
    new = {
        "id": request.subscription,
        "feed": request.feed,
        "format": request.format,
        "callback": request.callback,
        "host": request.host,
        "revision": request.revision,
        "attempts": 0,
        "next_try": 0,
    }
    connection.execute(statement, {**new, **renewed})


def closed(connection: Connection, request: Request) -> bool:
    """Record that a request is done; return whether the claim was still valid."""
    statement = update(_request).where(*_claimed(request)).values(DONE)
    return connection.execute(statement).rowcount > 0


def failed(connection: Connection, request: Request, now: int) -> None:
    """Record a failed try, and schedule another one unless this was the last."""
    if request.attempts >= MAX_TRIES:
        closed(connection, request)
        return
    later = now + _WAITS[request.attempts - 1]
    connection.execute(update(_request).where(*_claimed(request)).values(next_try=later))


def purge(connection: Connection, now: int) -> None:
    """Remove expired subscriptions and obsolete requests."""
    old = or_(_r.created <= now - KEPT, _r.created > now + KEPT)  # or the clock was set back
    connection.execute(delete(_request).where(_r.done.is_(True), old))
    forgotten = or_(_r.created <= now - DAY, and_(_r.attempts >= MAX_TRIES, _r.next_try <= now))
    connection.execute(update(_request).where(_r.done.is_(False), forgotten).values(DONE))
    connection.execute(delete(_subscription).where(_s.lease_end <= now))
    latest = now + LONGEST_LEASE
    connection.execute(update(_subscription).where(_s.lease_end > latest).values(lease_end=latest))


def settle(connection: Connection, settings: Settings, now: int) -> None:
    """Apply the settings `moved` and `retired` to subscriptions (WebSub 10).

    Subscriptions to a moved feed become subscriptions to its new feed, whose document is due
    immediately. Those to a retired feed end with a denial.
    """
    numbers = _numbers(connection, {*settings.retired, *settings.moved, *settings.moved.values()})
    for key in settings.retired:
        ended = _take(connection, numbers.get(key))
        insert_many(connection, _request, list(_denials(settings, key, ended, now)))
    for old, new in settings.moved.items():
        if new in numbers:
            statement = _insert(connection, _subscription).on_conflict_do_nothing(
                index_elements=["id"]
            )
            moved = [
                {
                    **row,
                    "id": _id(numbers[new], row["format"], row["callback"]),
                    "feed": numbers[new],
                    "revision": 0,
                    "attempts": 0,
                    "next_try": 0,
                }
                for row in _take(connection, numbers.get(old))
            ]
            if moved:
                connection.execute(statement, moved)


def _denials(
    settings: Settings, key: str, ended: Iterable[Mapping[str, Any]], now: int
) -> Iterable[dict[str, Any]]:
    routes, ref = Routes(settings), FeedRef.of(key)
    for row in ended:
        yield request_row(
            now,
            subscription=row["id"],
            mode="denied",
            topic=routes.absolute(feed_path(ref, Format(row["format"]))),
            feed=row["feed"],
            format=row["format"],
            callback=row["callback"],
            host=row["host"],
            secret="",
            lease=USUAL_LEASE,
            revision=0,
            parameters="{}",
            reason=ENDED,
            requester="",
        )


def _take(connection: Connection, feed: int | None) -> list[dict[str, Any]]:
    """Remove the subscriptions to a feed and return their rows."""
    if feed is None:
        return []
    statement = delete(_subscription).where(_s.feed == feed).returning(*_subscription.c)
    return [row._asdict() for row in connection.execute(statement)]


def _numbers(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    feed = schema.feed.c
    return {
        key: number
        for some in rows.chunks(list(keys))
        for key, number in connection.execute(
            select(feed.key, feed.number).where(feed.key.in_(some))
        )
    }


def _insert(connection: Connection, table: Table) -> Any:
    """Return an INSERT with support for ON CONFLICT, which is the same in both databases."""
    # Only one dialect is imported: PostgreSQL's makes the start of a server take a sixth longer.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    return dialect.insert(table)


def _is_due(now: int) -> ColumnElement[bool]:
    return and_(
        _r.done.is_(False),
        _r.attempts < MAX_TRIES,
        or_(_r.next_try <= now, _r.next_try > now + _HORIZON),
    )


def _claimed(request: Request) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a request exists and its claim is still valid."""
    return _r.id == request.id, _r.done.is_(False), _r.next_try == request.end
