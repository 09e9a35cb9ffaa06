"""Recovers subscriptions from the file of a damaged catalog."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from feedsvc import syntax
from feedsvc.catalog import schema
from feedsvc.catalog.recovery import Read
from feedsvc.catalog.tables import insert_many
from feedsvc.model import Format
from feedsvc.push.store.subscriptions import subscription_id

_COLUMNS = {
    **dict.fromkeys(("format", "callback", "host", "secret"), str),
    **dict.fromkeys(("feed", "lease_end"), int),
}


def salvage(connection: Connection, read: Read, renumbered: Mapping[int, int]) -> None:
    """Recover plausible subscriptions, each with its feed's newest document pending.

    See feedsvc.catalog.recovery.Salvage.
    """
    rows: dict[str, dict[str, Any]] = {}
    for row in read(schema.subscription, _COLUMNS):
        feed, format, callback = renumbered.get(row["feed"]), row["format"], row["callback"]
        if feed and format in set(Format) and syntax.is_url(callback) and syntax.is_line(callback):
            name = subscription_id(feed, format, callback)
            pending = {"revision": 0, "attempts": 0, "next_try": 0}
            rows[name] = {**row, **pending, "id": name, "feed": feed}
    insert_many(connection, schema.subscription, list(rows.values()))
