"""Statistics and management of subscriptions for operators, on both databases."""

from feedsvc.model import Format
from feedsvc.push.store import subscribers
from feedsvc.push.store.subscribers import Host, Topic
from tests.desk import Desk, ref
from tests.push.subscribers import LATER, subscribe, subscriptions
from tests.sites import article

NOW = 1_900_000_000


def test_subscriptions_are_counted_by_topic_and_host(desk: Desk) -> None:
    desk.write("one.md", article(tags=["x"]))
    desk.sync()
    subscribe(desk.catalog, ["https://a.example/1", "https://b.example/2"])
    subscribe(desk.catalog, ["https://a.example/3"], "tag/x", Format.RSS, lease_end=NOW + 5)
    subscribe(desk.catalog, ["https://a.example/gone"], lease_end=NOW)
    late = {"revision": 0, "attempts": 3, "next_try": NOW + 60}
    subscribe(desk.catalog, ["https://c.example/4"], "tag/x", Format.RSS, **late)
    changed = int(desk.now.timestamp())
    with desk.catalog.reading() as connection:
        topics = subscribers.topics(connection, NOW)
        hosts = subscribers.hosts(connection, NOW, most=2)
        assert subscribers.unverified(connection) == 0
    assert topics == [
        Topic(ref("all"), Format.ATOM, 2, 0, 0, changed, LATER),
        Topic(ref("tag/x"), Format.RSS, 2, 1, 1, changed, NOW + 5),
    ]
    assert hosts == [
        Host("c.example", 1, 1, 1, NOW + 60, LATER),
        Host("a.example", 2, 0, 0, 0, NOW + 5),
    ]


def test_a_document_can_be_resent_and_a_callback_removed(desk: Desk) -> None:
    desk.write("one.md", article())
    desk.sync()
    subscribe(desk.catalog, ["https://a.example/1", "https://a.example/2"])
    with desk.catalog.concurrent() as connection:
        assert subscribers.send_again(connection, "https://a.example/1")
        assert not subscribers.send_again(connection, "https://a.example/3")
        subscribers.remove(connection, "https://a.example/2")
    assert {key: row["revision"] for key, row in subscriptions(desk.catalog).items()} == {
        "https://a.example/1": 0
    }
