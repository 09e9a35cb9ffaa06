"""Makes a catalog ready for use, and anew where its file is damaged; publishes nothing.

A damaged file is set aside, and what no file of an article tells is taken over from it as far as it
can be read: which ids were given out, which slugs they had, and which feeds there were. The next
sync does the rest, and finds each article again by its text, id or slug.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from feedsvc.catalog import schema
from feedsvc.catalog.articles import TEXTS
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.state import State
from feedsvc.catalog.store import Catalog
from feedsvc.errors import DamagedError

_STEP = 100  # rows that are read at once, of which a damaged one takes the rest along


def make_ready(catalog: Catalog) -> str | None:
    """Make the tables where they are missing, and the whole catalog anew where it is damaged.

    Only for who is elected to write: two would set aside each other's. Return what there is to say
    of that, None where all is well. Raises CatalogError.
    """
    try:
        catalog.create()
        catalog.verify()
    except DamagedError as damage:
        aside = catalog.set_aside()
        catalog.create()
        with catalog.writing() as connection:
            kept = _take_over(connection, aside)
        return (
            f"{damage}; it was set aside as {aside} and is made anew from the articles, "
            f"with {kept} ids taken over from it"
        )
    return None


def _take_over(connection: Connection, aside: str) -> int:
    """Fill empty tables with what a damaged file tells; return how many ids that is."""
    with closing(sqlite3.connect(f"file:{quote(aside)}?mode=ro", uri=True)) as source:
        source.row_factory = sqlite3.Row
        instants = [row["instant"] for row in _rows(source, "revision", ("instant",))]
        articles = [dict(row) for row in _rows(source, "article", _ARTICLE)]
        slugs = [dict(row) for row in _rows(source, "former_slug", ("slug", "revision", "article"))]
        feeds = [dict(row) for row in _rows(source, "feed", ("key", "label"))]
    known = [row for row in articles if row.pop("released") is not None]
    numbers = {row["number"] for row in known}
    # Last-Modified goes on from the newest instant.
    first = {"number": 0, "instant": max(instants, default=0), "digest": ""}
    insert_many(connection, schema.revision, [first])
    insert_many(connection, schema.article, [_withdrawn(row) for row in known])
    insert_many(connection, schema.former_slug, [row for row in slugs if row["article"] in numbers])
    insert_many(
        connection,
        schema.feed,
        [{**_EMPTY_FEED, **row, "number": number} for number, row in enumerate(feeds, 1)],
    )
    return len(known)


def _withdrawn(row: dict[str, Any]) -> dict[str, Any]:
    state = State(**{**row, "pinned": bool(row["pinned"])}, removed=True, released=0)
    return dict.fromkeys(TEXTS, "") | state.columns()


def _rows(
    source: sqlite3.Connection, table: str, columns: tuple[str, ...]
) -> Iterator[sqlite3.Row]:
    """Yield the rows of a table that can be read."""
    chosen = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - both are ours
    if not schema.metadata.tables[table].dialect_options["sqlite"]["with_rowid"]:
        with suppress(sqlite3.DatabaseError):
            yield from source.execute(chosen)
        return
    try:
        [last] = source.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608
    except sqlite3.DatabaseError:
        return
    for start in range(1, (last or 0) + 1, _STEP):
        with suppress(sqlite3.DatabaseError):
            limits = (start, start + _STEP)
            yield from source.execute(f"{chosen} WHERE rowid >= ? AND rowid < ?", limits)


_ARTICLE = (
    *("number", "path", "slug", "id", "pinned", "published", "utc_offset"),
    *("text_hash", "released"),
)
_EMPTY_FEED = {
    **dict.fromkeys(("entries", "unarchived", "archives", "revision"), 0),
    **dict.fromkeys(("head", "window"), ""),
}
