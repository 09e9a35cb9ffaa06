"""Stores requests for subscriptions at the site's own hub (WebSub 5, 7, 10, 19).

A request waits in its table until the push process has asked the callback whether it agrees; see
verifications.py. Nothing about a subscription changes before that.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.push.store.deliveries import clock
from feedsvc.push.store.sealing import Sealing

Mode = Literal["subscribe", "unsubscribe"]

DAY = 86_400  # seconds
SHORTEST_LEASE, USUAL_LEASE, LONGEST_LEASE = DAY, 10 * DAY, 15 * DAY
KEPT = 3600  # seconds for which requests are kept after they are done
_SOON = 60  # seconds after which to try again

_request = schema.subscription_request
_subscription = schema.subscription

DONE: Mapping[str, Any] = {"done": True, "secret": "", "callback": "", "parameters": "{}"}


@dataclass(frozen=True, slots=True)
class Requested:
    """A request as it was posted.

    topic: the URL as requested. feed, format: of the topic; '' if denied. host: of the callback, in
    lower case. secret: '' for none. lease: in seconds; None for the default. parameters: sent back
    to the callback. denied: the reason for a denial; '' for none.
    """

    mode: Mode
    topic: str
    callback: str
    host: str
    secret: str = ""
    lease: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    feed: str = ""
    format: str = ""
    denied: str = ""


class Refusal(NamedTuple):
    """The reason why a request is refused. retry: seconds after which to try again."""

    reason: str
    retry: int


class Limits(NamedTuple):
    """Limits that protect the hub and others from floods of requests (WebSub 19).

    pending: requests that wait for verification. pending_at_host: those with callbacks at one host.
    of_host, of_client: requests in the last hour. subscriptions, subscriptions_at_host: in all.
    """

    pending: int = 10_000
    pending_at_host: int = 200
    of_host: int = 1_000
    of_client: int = 500
    subscriptions: int = 1_000_000
    subscriptions_at_host: int = 20_000


LIMITS = Limits()


class Subscriptions:
    """The access of the hub's view to the catalog. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        limits: Limits = LIMITS,
        clock: Callable[[Connection], int] = clock,
    ) -> None:
        self._catalog = catalog
        self._sealing = Sealing.of(settings)
        self._limits = limits
        self._clock = clock

    def request(self, requested: Requested, client: str) -> Refusal | None:
        """Store a request to be verified, in place of an earlier one for the same subscription.

        Return a Refusal if it is not accepted. client: the address of the sender. May wait for a
        writing transaction. Raises CatalogError.
        """
        requester = self._sealing.digest(_network(client))
        secret = self._sealing.seal(requested.secret)
        with self._catalog.concurrent() as connection:
            now = self._clock(connection)
            feed, revision = self._feed(connection, requested.feed)
            wanted = subscription_id(
                requested.topic if feed is None else feed, requested.format, requested.callback
            )
            if refusal := self._refuse(connection, requested, wanted, requester, now):
                return refusal
            pending = (_request.c.subscription == wanted, _request.c.done.is_(False))
            connection.execute(update(_request).where(*pending).values(DONE))
            unknown = "" if feed is not None else "there is no such feed"
            reason = requested.denied or unknown
            row = request_row(
                now,
                subscription=wanted,
                mode="denied" if reason else requested.mode,
                topic=requested.topic,
                feed=feed,
                format=requested.format,
                callback=requested.callback,
                host=requested.host,
                secret=secret,
                lease=lease(requested.lease),
                revision=revision,
                parameters=json.dumps(dict(requested.parameters)),
                reason=reason,
                requester=requester,
            )
            connection.execute(insert(_request).values(row))
        return None

    def _feed(self, connection: Connection, key: str) -> tuple[int | None, int]:
        """Return a feed's number and revision; None and 0 if there is no such feed."""
        feed = schema.feed.c
        row = connection.execute(select(feed.number, feed.revision).where(feed.key == key)).first()
        return (row.number, row.revision) if row else (None, 0)

    def _refuse(
        self, connection: Connection, requested: Requested, wanted: str, requester: str, now: int
    ) -> Refusal | None:
        def requests(*conditions: ColumnElement[bool]) -> int:
            return _count(connection, _request, *conditions)

        limits, request = self._limits, _request.c
        pending, recent = request.done.is_(False), request.created > now - KEPT
        at_host = request.host == requested.host
        if requests(request.requester == requester, recent) >= limits.of_client:
            return Refusal("You have sent too many requests in the last hour", KEPT)
        if requests(at_host, recent) >= limits.of_host:
            return Refusal("There were too many requests for this host in the last hour", KEPT)
        if requests(at_host, pending) >= limits.pending_at_host:
            return Refusal("Too many requests for this host wait for verification", _SOON)
        if requests(pending) >= limits.pending:
            return Refusal("Too many requests wait for verification", _SOON)
        row = _subscription.c
        if requested.mode == "subscribe" and not _count(
            connection, _subscription, row.id == wanted
        ):
            if _count(connection, _subscription, row.host == requested.host) >= (
                limits.subscriptions_at_host
            ):
                return Refusal("This host has too many subscriptions", DAY)
            if _count(connection, _subscription) >= limits.subscriptions:
                return Refusal("This hub has too many subscriptions", DAY)
        return None


def subscription_id(feed: int | str, format: str, callback: str) -> str:
    """Return the id of the subscription of a callback to a topic: a feed in one format."""
    made_of = f"{feed} {format} {callback}".encode()
    return hashlib.blake2b(made_of, digest_size=16).hexdigest()


def request_row(now: int, **values: Any) -> dict[str, Any]:
    """Return the row of a new request, which is due immediately. values: of other columns."""
    own = {"id": secrets.token_hex(16), "created": now, "done": False, "attempts": 0}
    return {**own, "next_try": now, **values}


def lease(wanted: int | None) -> int:
    """Return the seconds for which a subscription lasts (WebSub 9)."""
    return USUAL_LEASE if wanted is None else min(max(wanted, SHORTEST_LEASE), LONGEST_LEASE)


def _count(connection: Connection, table: Any, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(*conditions)
    return int(connection.scalar(query) or 0)


def _network(client: str) -> str:
    """Return the key by which a client's requests are counted: for IPv6, its /64 network."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 6 and not address.ipv4_mapped:
        return str(ip_network((address.packed, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
