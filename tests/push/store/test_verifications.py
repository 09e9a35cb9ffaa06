"""Processing of requests for subscriptions (WebSub 6-10, 19)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.push.store import verifications
from feedsvc.push.store.sealing import Sealing
from feedsvc.push.store.subscriptions import DAY, Requested, Subscriptions, subscription_id
from feedsvc.push.store.verifications import CLAIM, Request
from tests.desk import Desk
from tests.sites import article

NOW = 1_800_000_000
REQUESTED = Requested(
    mode="subscribe",
    topic="https://news.example.org/feeds/tag/mali.rss",
    callback="https://a.example.net/1",
    host="a.example.net",
    feed="tag/mali",
    format="rss",
    parameters={"hub.verify_token": "t"},
)


class Hub:
    """The tables of a hub, and a clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = NOW

    def request(self, requested: Requested = REQUESTED, **changes: Any) -> None:
        hub = Subscriptions(self.desk.settings, self.desk.catalog, clock=lambda _: self.now)
        assert hub.request(replace(requested, **changes), "192.0.2.1") is None

    def claim(self, count: int = 50, at_host: int = 4, busy: tuple[str, ...] = ()) -> list[Request]:
        with self.desk.catalog.concurrent() as connection:
            return verifications.claim(connection, self.now, count, at_host, busy)

    def record(self, request: Request, ending: str = "verified") -> None:
        with self.desk.catalog.concurrent() as connection:
            if ending == "closed":
                verifications.closed(connection, request)
            else:
                getattr(verifications, ending)(connection, request, self.now)

    def verify(self, **changes: Any) -> Request:
        """Send a request and verify it immediately."""
        self.request(**changes)
        [request] = self.claim()
        self.record(request)
        return request

    def tend(self) -> None:
        with self.desk.catalog.concurrent() as connection:
            verifications.settle(connection, self.desk.settings, self.now)
            verifications.purge(connection, self.now)

    @property
    def subscriptions(self) -> list[dict[str, Any]]:
        return self.desk.rows(schema.subscription)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.desk.rows(schema.subscription_request)

    def change(self, **values: object) -> None:
        """Change all subscriptions, as deliveries do."""
        with self.desk.catalog.writing() as connection:
            connection.execute(schema.subscription.update().values(**values))


@pytest.fixture
def hub(desk: Desk) -> Hub:
    desk.write("a.md", article(tags=["Mali"]))
    desk.sync()
    return Hub(desk)


def test_a_verified_request_is_a_subscription(hub: Hub) -> None:
    hub.verify(secret="s€cret", lease=2 * DAY)
    [row] = hub.subscriptions
    feed = hub.desk.feed("tag/mali")
    assert Sealing.of(hub.desk.settings).open(row.pop("secret")) == "s€cret"
    assert row == {
        "id": subscription_id(feed.number, "rss", REQUESTED.callback),
        "feed": feed.number,
        "format": "rss",
        "callback": REQUESTED.callback,
        "host": "a.example.net",
        "lease_end": NOW + 2 * DAY,
        "revision": feed.revision,
        "attempts": 0,
        "next_try": 0,
    }
    assert not hub.claim()


def test_a_revision_after_the_request_is_delivered(hub: Hub) -> None:
    before = hub.desk.feed("tag/mali").revision
    hub.request()
    hub.desk.write("b.md", article(tags=["Mali"]))
    hub.desk.sync()
    [request] = hub.claim()
    hub.record(request)
    assert hub.subscriptions[0]["revision"] == before < hub.desk.feed("tag/mali").revision


def test_a_renewal_takes_effect_once_verified(hub: Hub) -> None:
    """Without changing the state of deliveries: one subscription, one notification (WebSub 7)."""
    hub.verify(secret="first")
    hub.change(attempts=3, next_try=NOW + 99, revision=7)
    [first] = hub.subscriptions
    hub.now += DAY
    hub.request(secret="second", lease=15 * DAY)
    [request] = hub.claim()
    assert hub.subscriptions == [first]
    hub.record(request, "closed")
    assert hub.subscriptions == [first]
    hub.verify(lease=15 * DAY)  # without a secret
    renewed = {**first, "secret": "", "lease_end": hub.now + 15 * DAY}
    assert hub.subscriptions == [renewed]


def test_an_expired_subscription_restarts_at_the_current_revision(hub: Hub) -> None:
    hub.verify()
    hub.change(revision=-1, attempts=3, next_try=NOW + 99)
    hub.now += 11 * DAY
    hub.verify()
    [row] = hub.subscriptions
    assert (row["revision"], row["attempts"]) == (hub.desk.feed("tag/mali").revision, 0)


def test_unsubscribing_is_verified(hub: Hub) -> None:
    hub.verify()
    hub.verify(format="atom")
    hub.request(mode="unsubscribe")
    [request] = hub.claim()
    hub.record(request, "closed")
    assert len(hub.subscriptions) == 2
    hub.verify(mode="unsubscribe")
    assert [row["format"] for row in hub.subscriptions] == ["atom"]
    hub.verify(mode="unsubscribe")  # is idempotent


def test_a_result_is_recorded_only_while_the_request_is_claimed(hub: Hub) -> None:
    hub.request(secret="old")
    [superseded] = hub.claim()
    hub.request(secret="new")
    hub.record(superseded)
    assert not hub.subscriptions
    [late] = hub.claim()
    hub.now += CLAIM
    [again] = hub.claim()
    hub.record(late)
    assert not hub.subscriptions
    hub.record(again)
    hub.record(again, "failed")
    assert len(hub.subscriptions) == 1
    assert not hub.claim()


def test_a_verification_is_tried_at_most_three_times(hub: Hub) -> None:
    """The process of the first dies, the others fail with an error (WebSub 19)."""
    hub.request()
    assert [each.attempts for each in hub.claim()] == [1]
    assert not hub.claim()
    hub.now += CLAIM
    [second] = hub.claim()
    hub.record(second, "failed")
    assert not hub.claim()
    hub.now += 300
    [third] = hub.claim()
    assert third.attempts == 3
    hub.record(third, "failed")
    hub.now += DAY
    assert not hub.claim()
    assert [row["done"] for row in hub.requests] == [True]


def test_a_request_whose_last_try_was_interrupted_is_given_up(hub: Hub) -> None:
    hub.request()
    for _ in range(3):
        assert hub.claim()
        hub.now += CLAIM
    assert not hub.claim()
    hub.tend()
    [row] = hub.requests
    assert (row["done"], row["secret"], row["callback"]) == (True, "", "")


def test_a_clock_that_is_set_back_does_not_block_requests(hub: Hub) -> None:
    hub.verify(lease=15 * DAY)
    hub.request(format="atom")
    hub.now -= 30 * DAY
    assert [request.format for request in hub.claim()] == ["atom"]
    hub.tend()
    assert [row["lease_end"] for row in hub.subscriptions] == [hub.now + 15 * DAY]
    assert [row["format"] for row in hub.requests] == ["atom"]


def test_claims_of_requests_to_one_host_are_limited(hub: Hub) -> None:
    for number in range(5):
        hub.request(callback=f"https://a.example.net/{number}")
    for number in range(2):
        hub.request(callback=f"https://b.example.net/{number}", host="b.example.net")
    assert [each.host for each in hub.claim(at_host=2, busy=("b.example.net",))] == (
        ["a.example.net"] * 2
    )
    assert sorted(each.host for each in hub.claim(at_host=2)) == (
        ["a.example.net"] * 2 + ["b.example.net"] * 2
    )
    assert len(hub.claim(count=1)) == 1
    assert not hub.claim()


def test_two_processes_never_claim_the_same_request(hub: Hub, database: str) -> None:
    for number in range(20):
        hub.request(callback=f"https://a.example.net/{number}")

    def work(_: int) -> list[str]:
        claimed: list[str] = []
        with Catalog(database) as catalog:
            while True:
                with catalog.concurrent() as connection:
                    some = verifications.claim(connection, NOW, 3, 50)
                if not some:
                    return claimed
                claimed += [each.callback for each in some]

    with ThreadPoolExecutor(3) as pool:
        claimed = [each for found in pool.map(work, range(3)) for each in found]
    assert len(claimed) == len(set(claimed)) == 20


def test_completed_requests_and_expired_subscriptions_are_removed(hub: Hub) -> None:
    hub.verify(lease=DAY)
    hub.verify(format="atom", lease=2 * DAY)
    hub.now += 3599
    hub.tend()
    assert len(hub.requests) == 2
    hub.now += 1
    hub.tend()
    assert not hub.requests
    hub.now += DAY
    hub.request(format="json")  # which no process claims
    hub.tend()
    assert [row["format"] for row in hub.subscriptions] == ["atom"]
    hub.now += DAY
    hub.tend()
    assert [row["done"] for row in hub.requests] == [True]
    assert not hub.subscriptions


def test_subscriptions_follow_a_moved_feed(hub: Hub) -> None:
    """Subscribers receive the new feed, and only once (WebSub 10)."""
    hub.verify(secret="s")
    hub.verify(callback="https://b.example.net/")
    hub.verify(callback="https://b.example.net/", feed="all")
    hub.desk.configure('[moved]\n"tag/mali" = "all"\n"tag/never" = "tag/new"')
    hub.tend()
    number = hub.desk.feed("all").number
    rows = {row["callback"]: row for row in hub.subscriptions}
    assert {row["feed"] for row in rows.values()} == {number}
    assert len(hub.subscriptions) == 2
    assert rows[REQUESTED.callback]["id"] == subscription_id(number, "rss", REQUESTED.callback)
    assert rows[REQUESTED.callback]["revision"] == 0 < rows["https://b.example.net/"]["revision"]
    assert rows[REQUESTED.callback]["secret"]
    before = hub.subscriptions
    hub.tend()
    assert hub.subscriptions == before


def test_subscriptions_to_a_retired_feed_end_with_a_denial(hub: Hub) -> None:
    hub.verify()
    hub.verify(feed="all")
    hub.desk.configure('retired = ["tag/mali"]')
    hub.tend()
    [left] = hub.subscriptions
    assert left["feed"] == hub.desk.feed("all").number
    [request] = hub.claim()
    assert (request.mode, request.topic, request.callback, request.reason) == (
        "denied",
        REQUESTED.topic,
        REQUESTED.callback,
        "this feed was ended",
    )
    hub.record(request, "closed")
    hub.tend()
    assert not hub.claim()
