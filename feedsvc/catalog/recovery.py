"""Makes a catalog ready for use: creates, upgrades or rebuilds it.

A damaged file is set aside. Readable data that is not in the articles' files is salvaged into a new
catalog: ids, slugs and feeds. The next sync does the rest, and recognises each article by its text,
id or slug.

An entry point of the group `feedsvc.salvage` names a function that salvages the rows of another
package, see `Salvage`.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table

from feedsvc import plugins, syntax
from feedsvc.catalog import schema
from feedsvc.catalog.election import Lease
from feedsvc.catalog.published import PUBLISHED
from feedsvc.catalog.state import ArticleState
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.tables import insert_many, set_metadata
from feedsvc.errors import CatalogError, DamagedError, OutdatedError
from feedsvc.model import FeedRef

logger = logging.getLogger("feedsvc.catalog")

GROUP = "feedsvc.salvage"
# Reads a table of the damaged file: the readable rows whose values have the types of the columns.
Read = Callable[[Table, Mapping[str, type]], list[dict[str, Any]]]
# Fills tables of the new catalog. The mapping is from old numbers of feeds to new ones.
Salvage = Callable[[Connection, Read, Mapping[int, int]], None]

UPGRADE_GRACE = 3.0  # seconds in which another process may start to upgrade the catalog
UPGRADE_INTERVAL = 0.1  # seconds between checks whether it has
_STEP = 100  # rows read at a time
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
_Source = sqlite3.Connection
_Row = tuple[Any, ...]
_MIN_ROW = 16  # bytes
_DAY = 86_400  # seconds
_FIRST, _HIGHEST = -(10**10), 10**11  # seconds from the epoch: the years 1653 and 5138


def create(catalog: Catalog) -> int:
    """Create missing tables, and fill them from the damaged file that was set aside, if any.

    All in one transaction, so it is safe to kill the process or to run two at once. Return the
    number of salvaged ids. Raises CatalogError.
    """
    kept = 0

    def fill(connection: Connection) -> None:
        nonlocal kept
        if catalog.damaged:
            kept = _take_over(connection, Path(catalog.damaged))

    catalog.create(fill)
    return kept


def make_ready(catalog: Catalog, met: DamagedError | None = None) -> str | None:
    """Create a missing catalog, upgrade an old one, rebuild a damaged one.

    Only for the elected writer: two processes would set aside each other's files. met: damage found
    earlier, which `verify` may not detect. Return a message about damage, or None. Raises
    CatalogError.
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
            f"{damage.reason}; it was set aside as {aside} and is rebuilt from the articles, "
            f"with {kept} ids taken over from it"
        )
    return f"{kept} ids were taken over from {catalog.damaged}" if kept else None


def make_ready_elected(catalog: Catalog, met: DamagedError | None = None) -> str | None:
    """Call `make_ready` if this process can be elected for its duration; used by commands.

    Otherwise only create missing tables: the elected process does the rest. If it has not upgraded
    or rebuilt the catalog yet, wait for it. Raises CatalogError.
    """
    lease = _elect_unless_ready(catalog)
    if lease is None:
        return None
    try:
        return make_ready(catalog, met)
    finally:
        lease.end()


def _elect_unless_ready(catalog: Catalog) -> Lease | None:
    """Return the right to write, or None if another process has it and the catalog can be used.

    Of several processes that start at once with a new version, one upgrades. Raises CatalogError.
    """
    end = time.monotonic() + UPGRADE_GRACE
    while (lease := catalog.elect()) is None:
        try:
            create(catalog)
        except OutdatedError as error:
            if time.monotonic() > end:
                raise CatalogError(
                    f"{error.catalog}: {error.reason}, and another process is writing it; restart "
                    "that process with this version, which upgrades the catalog"
                ) from None
            with suppress(OutdatedError, DamagedError), catalog.writing():
                pass  # wait for the end of an upgrade, however long it takes
        except DamagedError:
            if time.monotonic() > end:
                raise
        else:
            return None
        time.sleep(UPGRADE_INTERVAL)
    return lease


def _take_over(connection: Connection, aside: Path) -> int:
    """Fill empty tables from a damaged file; return the number of salvaged ids.

    The file may have an older schema: the columns read here have been the same in all of them.
    """
    found = aside.stat()
    with closing(sqlite3.connect(f"file:{quote(str(aside))}?mode=ro", uri=True)) as source:
        read: Read = partial(_rows, source, found.st_size // _MIN_ROW)
        kept = _take_articles(connection, read, found.st_mtime)
        renumbered = _take_feeds(connection, read)
        plugins.results(GROUP, object, connection, read, renumbered)
    return kept


def _take_articles(connection: Connection, read: Read, modified: float) -> int:
    """Salvage articles and their former slugs; return the number of ids.

    modified: when the file was last modified, in seconds since the epoch.
    """
    instants = read(schema.revision, {"instant": int})
    released = read(schema.article, {**_ARTICLE, "released": int})
    articles = {row["id"]: row for row in released if _is_sound(row)}
    numbers = {row["number"]: row for row in articles.values()}
    # Last-Modified continues from the newest instant.
    before = [row["instant"] for row in instants if row["instant"] <= modified + _DAY]
    first = {"number": 0, "instant": max(before, default=0), "digest": ""}
    insert_many(connection, schema.revision, [first])
    insert_many(connection, schema.article, [_withdrawn(row) for row in numbers.values()])
    # Keeps the order in which slugs were given up; new revisions count from 1.
    slugs = [row for row in read(schema.former_slug, _FORMER_SLUG) if row["article"] in numbers]
    slugs.sort(key=itemgetter("revision"))
    former = [{**row, "revision": at - len(slugs)} for at, row in enumerate(slugs)]
    insert_many(connection, schema.former_slug, former)
    if numbers:  # readers may know their ids
        set_metadata(connection, PUBLISHED, str(first["instant"]))
    return len(numbers)


def _take_feeds(connection: Connection, read: Read) -> dict[int, int]:
    """Salvage feeds, without their articles; return a mapping from old numbers to new ones."""
    feeds = read(schema.feed, {"number": int, "key": str, "label": str})
    labels = {row["key"]: row["label"] for row in feeds if _is_key(row["key"])}
    keys = {key: number for number, key in enumerate(labels, 1)}
    insert_many(
        connection,
        schema.feed,
        [
            {**_EMPTY_FEED, "number": number, "key": key, "label": labels[key]}
            for key, number in keys.items()
        ],
    )
    return {row["number"]: keys[row["key"]] for row in feeds if row["key"] in keys}


def _withdrawn(row: dict[str, Any]) -> dict[str, Any]:
    columns = {name: row[name] for name in _ARTICLE} | {"pinned": bool(row["pinned"])}
    state = ArticleState(**columns, removed=True, released=0)
    return {**state.columns(), "link": "", "presentation": ""}


def _is_sound(row: dict[str, Any]) -> bool:
    """Return whether a row's values are plausible; a damaged page may hold anything."""
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
    """Return the readable rows of a table whose values have the right types; [] if it is missing.

    most: the maximum number of rows. columns: the columns to read, with the type of each.
    """
    if not any(_read(source, f"SELECT 1 FROM sqlite_master WHERE name = '{table.name}'")):  # noqa: S608
        return []
    chosen = f"SELECT {', '.join(columns)} FROM {table.name}"  # noqa: S608 - constants
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
    """Yield the rows of a table in steps; in a step that fails, row by row."""
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
