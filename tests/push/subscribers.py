"""Verified subscriptions for tests."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.model import Format

LATER = 4_000_000_000


def subscribe(
    catalog: Catalog,
    callbacks: Sequence[str],
    key: str = "all",
    format: Format = Format.ATOM,
    **columns: Any,
) -> None:
    """Add subscriptions that, by default, have the newest document of a feed."""
    with catalog.writing() as connection:
        query = select(schema.feed.c.number, schema.feed.c.revision)
        number, revision = connection.execute(query.where(schema.feed.c.key == key)).one()
        usual = {
            "feed": number,
            "format": format,
            "secret": "",
            "lease_end": LATER,
            "revision": revision,
            "attempts": 0,
            "next_try": 0,
        }
        rows = [
            {**usual, "id": each, "callback": each, "host": each.split("/")[2].partition(":")[0]}
            | columns
            for each in callbacks
        ]
        connection.execute(insert(schema.subscription), rows)


def subscriptions(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Return all subscriptions, by id."""
    with catalog.reading() as connection:
        found = connection.execute(select(schema.subscription))
        return {row.id: dict(row._mapping) for row in found}
