"""Subscriptions in a damaged catalog."""

from pathlib import Path

from feedsvc.catalog import queries, recovery, schema
from feedsvc.push.store.subscriptions import subscription_id
from tests.catalog.test_recovery import desk_at


def test_subscriptions_are_recovered_from_a_damaged_catalog(tmp_path: Path) -> None:
    """With the newest document pending, under the current numbers of the feeds."""
    desk = desk_at(tmp_path, 2)
    row: dict[str, object] = {
        "callback": "https://reader.example.net/cb",
        "host": "reader.example.net",
    }
    row |= {"secret": "sealed", "format": "atom"}
    state = {"lease_end": 2_000_000_000, "revision": 3, "attempts": 1, "next_try": 9}
    wrong: list[dict[str, object]] = [
        {"format": "html"},
        {"callback": "\0"},
        {"callback": "a"},
        {"feed": 99},
    ]
    with desk.catalog.writing() as connection:
        connection.execute(schema.feed.update().values(number=schema.feed.c.number + 50))
        number = {feed.ref.key: feed.number for feed in queries.feeds(connection)}["tag/x"]
        good = {**row, **state, "feed": number}
        rows = [{"id": str(place), **good, **each} for place, each in enumerate([{}, {}, *wrong])]
        connection.execute(schema.subscription.insert(), rows)
    desk.catalog.set_aside()
    recovery.create(desk.catalog)
    [found] = desk.rows(schema.subscription)
    desk.sync()
    number = desk.feed("tag/x").number
    assert found == {
        **row,
        "id": subscription_id(number, "atom", "https://reader.example.net/cb"),
        "feed": number,
        "lease_end": 2_000_000_000,
        **dict.fromkeys(("revision", "attempts", "next_try"), 0),
    }
