"""Limits of requests for subscriptions (WebSub 9, 19)."""

from dataclasses import replace

import pytest

from feedsvc.catalog import schema
from feedsvc.push.store.subscriptions import DAY, Limits, Requested, Subscriptions, lease
from tests.desk import Desk
from tests.sites import article

NOW = 1_800_000_000
CLIENT = "192.0.2.1"
REQUESTED = Requested(
    mode="subscribe",
    topic="https://news.example.org/feeds/all.rss",
    callback="https://a.example.net/1",
    host="a.example.net",
    feed="all",
    format="rss",
)


def callback(number: int, host: str = "a.example.net") -> Requested:
    return replace(REQUESTED, callback=f"https://{host}/{number}", host=host)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write("a.md", article())
    desk.sync()
    return desk


def refused(hub: Subscriptions, requested: Requested, client: str = CLIENT, now: int = NOW) -> str:
    hub._clock = lambda _: now
    refusal = hub.request(requested, client)
    return refusal.reason if refusal else ""


def test_requests_for_subscriptions_are_limited(desk: Desk) -> None:
    limits = Limits(pending=5, pending_at_host=3, of_host=4, of_client=6)
    hub = Subscriptions(desk.settings, desk.catalog, limits)
    for number in range(3):
        assert not refused(hub, callback(number))
    assert "wait for verification" in refused(hub, callback(3))
    with desk.catalog.writing() as connection:
        connection.execute(schema.subscription_request.update().values(done=True))
    assert not refused(hub, callback(3))
    assert (
        refused(hub, callback(4)) == "There were too many requests for this host in the last hour"
    )
    assert not refused(hub, callback(4), now=NOW + 3600)  # the first three do not count any more
    assert not refused(hub, callback(1, "b.example.net"), now=NOW + 3600)
    assert not refused(hub, callback(2, "b.example.net"), now=NOW + 3600)
    assert not refused(hub, callback(3, "b.example.net"), now=NOW + 3600)
    elsewhere = callback(1, "c.example.net")
    assert refused(hub, elsewhere, "198.51.100.1", NOW + 3600) == (
        "Too many requests wait for verification"
    )


def test_clients_are_counted_by_address_or_ipv6_network(desk: Desk) -> None:
    hub = Subscriptions(desk.settings, desk.catalog, Limits(of_client=2))
    for number, client in enumerate(["2001:db8::1", "2001:db8:0:0:9::2"]):
        assert not refused(hub, callback(number), client)
    assert "You have sent too many requests" in refused(hub, callback(2), "2001:db8::3")
    assert not refused(hub, callback(2), "2001:db8:0:1::1")
    assert not refused(hub, callback(3), "::ffff:192.0.2.1")
    assert not refused(hub, callback(4), "192.0.2.1")
    assert refused(hub, callback(5), "192.0.2.1")
    assert not refused(hub, callback(5), "")


def subscription(number: int, host: str) -> dict[str, object]:
    return {
        "id": f"{number}{host}",
        "feed": 1,
        "format": "rss",
        "callback": f"https://{host}/{number}",
        "host": host,
        "secret": "",
        "lease_end": NOW + DAY,
        "revision": 1,
        "attempts": 0,
        "next_try": 0,
    }


def test_subscriptions_are_limited_and_can_be_renewed_and_ended(desk: Desk) -> None:
    hub = Subscriptions(
        desk.settings, desk.catalog, Limits(subscriptions=3, subscriptions_at_host=2)
    )
    renewed = callback(1, "z.example.net")
    assert not refused(hub, renewed)
    [row] = desk.rows(schema.subscription_request)
    with desk.catalog.writing() as connection:
        rows = [subscription(1, "a.example.net"), subscription(2, "a.example.net")]
        rows.append({**subscription(1, "z.example.net"), "id": row["subscription"]})
        connection.execute(schema.subscription.insert(), rows)
    assert refused(hub, callback(3)) == "This host has too many subscriptions"
    assert refused(hub, callback(1, "b.example.net")) == "This hub has too many subscriptions"
    assert not refused(hub, renewed)
    assert not refused(hub, replace(callback(3), mode="unsubscribe"))


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (None, 10 * DAY),
        (0, DAY),
        (7200, DAY),
        (2 * DAY, 2 * DAY),
        (15 * DAY, 15 * DAY),
        (10**18, 15 * DAY),
    ],
)
def test_leases_last_from_1_to_15_days(wanted: int | None, given: int) -> None:
    assert lease(wanted) == given
