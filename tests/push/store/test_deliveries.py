"""Deliveries are derived from revisions of feeds and claimed by one process at a time."""

import threading
from collections.abc import Sequence

import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.push.store import deliveries
from feedsvc.push.store.deliveries import CLAIM, DeliveryClaim, Result
from tests.desk import Desk
from tests.push.subscribers import LATER, subscribe, subscriptions
from tests.sites import article

NOW = 1_800_000_000


@pytest.fixture
def published(desk: Desk) -> Desk:
    """A site with one article, and a second one that is not synced yet."""
    desk.write("a.md", article(tags=["x"]))
    desk.sync()
    desk.write("b.md", article(slug="b", tags=["x"]))
    return desk


def callbacks(count: int) -> list[str]:
    return [f"https://h{number}.example/" for number in range(count)]


def claim(catalog: Catalog, now: int = NOW, count: int = 1000) -> list[DeliveryClaim]:
    with catalog.concurrent() as connection:
        due = deliveries.due_feeds(connection, now)
        return [each for feed in due for each in deliveries.claim(connection, feed, now, count)]


def record(catalog: Catalog, *results: Result) -> None:
    with catalog.concurrent() as connection:
        deliveries.record(connection, results)


def ids(claims: Sequence[DeliveryClaim]) -> set[str]:
    return {each.id for each in claims}


def test_a_revision_is_due_at_subscribers_of_changed_feeds(
    published: Desk,
) -> None:
    """WebSub 3, 14: once, from its commit on."""
    catalog = published.catalog
    subscribe(catalog, callbacks(3))
    subscribe(catalog, ["https://tag.example/"], "tag/x")
    assert claim(catalog) == []
    published.sync()
    assert ids(claim(catalog)) == {*callbacks(3), "https://tag.example/"}
    assert claim(catalog) == []
    published.write("c.md", article(slug="c"))  # without the tag
    published.sync()
    after = NOW + CLAIM
    claims = claim(catalog, after)  # since no delivery was recorded
    assert len(claims) == 4
    record(catalog, *(Result(each, published.revision()) for each in claims))
    published.write("d.md", article(slug="d"))
    published.sync()
    assert ids(claim(catalog, after)) == set(callbacks(3))


def test_an_expired_claim_is_claimed_again_and_its_result_ignored(published: Desk) -> None:
    catalog = published.catalog
    subscribe(catalog, callbacks(1))
    published.sync()
    (first,) = claim(catalog)
    assert claim(catalog, NOW + CLAIM - 1) == []
    (second,) = claim(catalog, NOW + CLAIM)
    record(catalog, Result(first, None, gone=True), Result(first, None, 3, NOW))
    assert subscriptions(catalog)[second.id]["next_try"] == second.end
    record(catalog, Result(second, 7))
    row = subscriptions(catalog)[second.id]
    assert (row["revision"], row["attempts"], row["next_try"]) == (7, 0, 0)


def test_results_of_deliveries_are_recorded(published: Desk) -> None:
    """WebSub 13: delivered, failed, returned, ended by 410."""
    catalog = published.catalog
    subscribe(catalog, callbacks(4), attempts=2)
    published.sync()
    done, failed, returned, gone = claims = sorted(claim(catalog))
    assert {each.attempts for each in claims} == {2}
    record(
        catalog,
        Result(done, published.revision()),
        Result(failed, None, 3, NOW + 100),
        Result(returned, None, 2, 0),
        Result(gone, None, gone=True),
    )
    assert gone.id not in subscriptions(catalog)
    assert ids(claim(catalog)) == {returned.id}
    again = claim(catalog, NOW + 100)
    assert {each.id: each.attempts for each in again} == {failed.id: 3, returned.id: 2}


def test_expired_and_postponed_subscriptions_are_not_due(published: Desk) -> None:
    """WebSub 9, 13: expired leases and later tries, unless the clock was set back."""
    catalog = published.catalog
    ended, later, future = callbacks(3)
    subscribe(catalog, [ended], lease_end=NOW)
    subscribe(catalog, [later], next_try=NOW + 100)
    subscribe(catalog, [future], next_try=NOW + 86_400)
    published.sync()
    with catalog.reading() as connection:
        assert deliveries.counts(connection, NOW) == (2, 2, 0)
    assert ids(claim(catalog)) == {future}
    assert ids(claim(catalog, NOW + 100)) >= {later}


def test_due_deliveries_to_a_host_are_postponed(published: Desk) -> None:
    catalog = published.catalog
    subscribe(catalog, callbacks(2))
    subscribe(catalog, ["https://h9.example/delivered"], revision=LATER)
    published.sync()
    with catalog.concurrent() as connection:
        hosts = {"h0.example": NOW + 50, "h9.example": NOW + 50}
        deliveries.postpone(connection, hosts, NOW)
    assert subscriptions(catalog)["https://h9.example/delivered"]["next_try"] == 0
    assert ids(claim(catalog)) == {callbacks(2)[1]}
    assert ids(claim(catalog, NOW + 50)) == {callbacks(1)[0]}


def test_two_processes_never_claim_the_same_delivery(published: Desk) -> None:
    """On PostgreSQL, neither waits for the other."""
    catalog = published.catalog
    subscribe(catalog, callbacks(200))
    published.sync()
    found: list[list[DeliveryClaim]] = []

    def work() -> None:
        while claims := claim(catalog, count=7):
            found.append(claims)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    claimed = [each.id for claims in found for each in claims]
    assert sorted(claimed) == sorted(callbacks(200))


def test_backoff_grows_and_is_random() -> None:
    """WebSub 13: full jitter; ten tries within a few hours."""
    longest = [max(deliveries.backoff(attempts) for _ in range(300)) for attempts in range(1, 10)]
    assert longest == sorted(longest)
    assert min(deliveries.backoff(9) for _ in range(300)) < longest[-1] / 4
    assert all(wait <= deliveries.MAX_WAIT for wait in longest)
    assert 3600 < sum(longest) / 2 < 6 * 3600
