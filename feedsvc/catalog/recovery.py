"""Makes a catalog ready for use: new, upgraded, or anew where its file is damaged.

A damaged file is set aside, and what no file of an article tells is taken over from it as far as it
can be read: which ids were given out, which slugs they had, and which feeds there were. The next
sync does the rest, and finds each article again by its text, id or slug.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table

from feedsvc import syntax
from feedsvc.catalog import schema
from feedsvc.catalog.articles import TEXTS
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.state import State
from feedsvc.catalog.store import Catalog
from feedsvc.errors import CatalogError, DamagedError, OutdatedError
from feedsvc.model import FeedRef

logger = logging.getLogger("feedsvc.catalog")

_STEP = 100  # rows that are read at once
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
_Source = sqlite3.Connection
_Row = tuple[Any, ...]
_LEAST = 16  # bytes that any row takes
_DAY = 86_400  # seconds
_FIRST, _HIGHEST = -(10**10), 10**11  # seconds from the epoch: the years 1653 and 5138


def create(catalog: Catalog) -> int:
    """Make the tables where they are missing, with what a file tells that was set aside.

    Both in one transaction: killed at any instant, or raced, a catalog has all of it or is made
    again. Return how many ids were taken over. Raises CatalogError.
    """
    kept = 0

    def fill(connection: Connection) -> None:
        nonlocal kept
        if catalog.damaged:
            kept = _take_over(connection, Path(catalog.damaged))

    catalog.create(fill)
    return kept


def make_ready(catalog: Catalog, met: DamagedError | None = None) -> str | None:
    """Make a catalog that is missing, upgrade one of an older program, replace a damaged one.

    Only for who is elected to write: two would set aside each other's. met: damage that was met
    though the file looks whole. Return what there is to say of damage, None where all is well.
    Raises CatalogError.
    """
    try:
        try:
            kept, outdated = create(catalog), False
        except OutdatedError:
            kept, outdated = 0, True
        catalog.verify()  # before an upgrade, which would carry damage along
        if met:
            raise met
        if outdated and (done := catalog.upgrade()):
            logger.warning("event=upgraded from=%s to=%s", *done)
    except DamagedError as damage:
        aside = catalog.set_aside()
        kept = create(catalog)
        return (
            f"{damage.reason}; it was set aside as {aside} and is made anew from the articles, "
            f"with {kept} ids taken over from it"
        )
    return f"{kept} ids were taken over from {catalog.damaged}" if kept else None


def make_ready_elected(catalog: Catalog, met: DamagedError | None = None) -> str | None:
    """Do the same for a command, which is elected for as long as that takes.

    While another process is elected, it is that one's task. Raises CatalogError.
    """
    lease = catalog.elect()
    if lease is None:
        try:
            create(catalog)
        except OutdatedError as error:
            raise CatalogError(
                f"{error.catalog}: {error.reason}, and another process writes it; restart that "
                "one with this version, which upgrades the catalog"
            ) from None
        return None
    try:
        return make_ready(catalog, met)
    finally:
        lease.end()


def _take_over(connection: Connection, aside: Path) -> int:
    """Fill empty tables with what a damaged file tells; return how many ids that is.

    The file may be of an older schema: what is read here is the same in all of them so far.
    """
    found = aside.stat()
    most = found.st_size // _LEAST
    with closing(sqlite3.connect(f"file:{quote(str(aside))}?mode=ro", uri=True)) as source:
        instants = _rows(source, most, schema.revision, {"instant": int})
        released = _rows(source, most, schema.article, {**_ARTICLE, "released": int})
        slugs = _rows(source, most, schema.former_slug, _FORMER_SLUG)
        feeds = _rows(source, most, schema.feed, {"key": str, "label": str})
    articles = {row["id"]: row for row in released if _is_sound(row)}
    numbers = {row["number"]: row for row in articles.values()}
    # Last-Modified goes on from the newest instant.
    before = [row["instant"] for row in instants if row["instant"] <= found.st_mtime + _DAY]
    first = {"number": 0, "instant": max(before, default=0), "digest": ""}
    insert_many(connection, schema.revision, [first])
    insert_many(connection, schema.article, [_withdrawn(row) for row in numbers.values()])
    # Who had a slug last goes on to be that; from now on revisions count from 1.
    slugs = sorted((row for row in slugs if row["article"] in numbers), key=itemgetter("revision"))
    former = [{**row, "revision": at - len(slugs)} for at, row in enumerate(slugs)]
    insert_many(connection, schema.former_slug, former)
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


def _is_sound(row: dict[str, Any]) -> bool:
    """Tell whether what stands in a row can be so; a damaged page may hold anything."""
    return (
        syntax.is_iri(row["id"])
        and 0 < row["number"] < _HIGHEST
        and _FIRST < row["published"] < _HIGHEST
        and abs(row["utc_offset"]) < _DAY
    )


def _is_key(key: str) -> bool:
    try:
        return FeedRef.of(key).key == key
    except ValueError:
        return False


def _rows(
    source: _Source, most: int, table: Table, columns: Mapping[str, type]
) -> list[dict[str, Any]]:
    """Return the rows of a table that can be read and hold what they should.

    most: how many there can be. columns: the type of each that is wanted.
    """
    chosen = f"SELECT {', '.join(columns)} FROM {table.name}"  # noqa: S608 - both are ours
    if table.dialect_options["sqlite"]["with_rowid"]:
        found = _read_by_number(source, most, table.name, chosen)
    else:
        found = _read(source, chosen)
    return [
        dict(zip(columns, row, strict=True))
        for row in found
        if all(isinstance(value, kind) for value, kind in zip(row, columns.values(), strict=True))
    ]


def _read_by_number(source: _Source, most: int, table: str, chosen: str) -> Iterator[_Row]:
    """Yield the rows of a table; of those near a damaged one, each that can be read by itself."""
    [last] = next(_read(source, f"SELECT max(rowid) FROM {table}"), (most,))  # noqa: S608
    for start in range(1, min(last or 0, most) + 1, _STEP):
        numbers = range(start, start + _STEP)
        try:
            within = f"{chosen} WHERE rowid BETWEEN {numbers[0]} AND {numbers[-1]}"
            some = source.execute(within).fetchall()
        except _DAMAGE:
            some = [
                row
                for number in numbers
                for row in _read(source, f"{chosen} WHERE rowid = {number}")
            ]
        yield from some


def _read(source: _Source, query: str) -> Iterator[_Row]:
    with suppress(*_DAMAGE):
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
