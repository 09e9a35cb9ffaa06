"""Makes a catalog ready for use, and anew where its file is damaged; publishes nothing.

A damaged file is set aside, and what no file of an article tells is taken over from it as far as it
can be read: which ids were given out, which slugs they had, and which feeds there were. The next
sync does the rest, and finds each article again by its text, id or slug.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table

from feedsvc import urls
from feedsvc.catalog import schema
from feedsvc.catalog.articles import TEXTS
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.state import State
from feedsvc.catalog.store import Catalog
from feedsvc.errors import DamagedError
from feedsvc.model import FeedRef

_STEP = 100  # rows that are read at once, of which a damaged one takes the rest along
_LEAST = 16  # bytes that any row takes


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
    most = Path(aside).stat().st_size // _LEAST
    with closing(sqlite3.connect(f"file:{quote(aside)}?mode=ro", uri=True)) as source:
        instants = _rows(source, most, schema.revision, {"instant": int})
        released = _rows(source, most, schema.article, {**_ARTICLE, "released": int})
        slugs = _rows(source, most, schema.former_slug, _FORMER_SLUG)
        feeds = _rows(source, most, schema.feed, {"key": str, "label": str})
    articles = {row["id"]: row for row in released if urls.is_absolute_iri(row["id"])}
    numbers = {row["number"]: row for row in articles.values()}
    # Last-Modified goes on from the newest instant.
    first = {"number": 0, "instant": max((row["instant"] for row in instants), default=0)}
    insert_many(connection, schema.revision, [{**first, "digest": ""}])
    insert_many(connection, schema.article, [_withdrawn(row) for row in numbers.values()])
    known = {(row["slug"], row["article"]): row for row in slugs if row["article"] in numbers}
    insert_many(connection, schema.former_slug, list(known.values()))
    keys = {row["key"]: row["label"] for row in feeds if _is_key(row["key"])}
    insert_many(
        connection,
        schema.feed,
        [
            {**_EMPTY_FEED, "number": number, "key": key, "label": label}
            for number, (key, label) in enumerate(keys.items(), 1)
        ],
    )
    return len(numbers)


def _withdrawn(row: dict[str, Any]) -> dict[str, Any]:
    columns = {name: row[name] for name in _ARTICLE}
    state = State(**{**columns, "pinned": bool(row["pinned"])}, removed=True, released=0)
    return dict.fromkeys(TEXTS, "") | state.columns()


def _is_key(key: str) -> bool:
    try:
        return FeedRef.of(key).key == key
    except ValueError:
        return False


def _rows(
    source: sqlite3.Connection, most: int, table: Table, columns: Mapping[str, type]
) -> list[dict[str, Any]]:
    """Return the rows of a table that can be read and hold what they should.

    most: how many there can be. columns: the type of each that is wanted.
    """
    chosen = f"SELECT {', '.join(columns)} FROM {table.name}"  # noqa: S608 - both are ours
    if table.dialect_options["sqlite"]["with_rowid"]:
        [last] = next(_read(source, f"SELECT max(rowid) FROM {table.name}"), (0,))  # noqa: S608
        steps = range(1, min(last or 0, most) + 1, _STEP)
        some = [f"{chosen} WHERE rowid BETWEEN {at} AND {at + _STEP - 1}" for at in steps]
    else:
        some = [chosen]
    return [
        dict(zip(columns, row, strict=True))
        for query in some
        for row in _read(source, query)
        if all(isinstance(value, kind) for value, kind in zip(row, columns.values(), strict=True))
    ]


def _read(source: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.DatabaseError, UnicodeDecodeError):  # a damaged row, and what follows it
        yield from source.execute(query)


_FORMER_SLUG = {"slug": str, "revision": int, "article": int}
_ARTICLE = {
    **dict.fromkeys(("number", "pinned", "published", "utc_offset"), int),
    **dict.fromkeys(("path", "slug", "id", "text_hash"), str),
}
_EMPTY_FEED = {
    **dict.fromkeys(("entries", "unarchived", "archives", "revision"), 0),
    **dict.fromkeys(("head", "window"), ""),
}
