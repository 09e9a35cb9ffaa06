"""A site, its catalog and a clock that only tests advance."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Table, select

from feedsvc.catalog import queries, schema
from feedsvc.catalog.publish import Published
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.queries import StoredFeed
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, release, sync
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from tests.sites import make_site

START = datetime(2026, 1, 1, tzinfo=UTC)


def ref(key: str) -> FeedRef:
    """Return the feed of a key: `all`, `tag/c++`."""
    return FeedRef.of(key)


@dataclass(frozen=True)
class Row:
    """The columns of an article row that tests use."""

    number: int
    path: str
    slug: str
    id: str
    title: str
    visible: bool
    removed: bool
    released: int | None


class Desk:
    """An editor's desk: writes files, syncs them and reads the results."""

    def __init__(self, folder: Path, catalog: Catalog, database: str, toml: str = "") -> None:
        self.folder = folder
        self.content = folder / "content"
        self.catalog = catalog
        self.now = START
        self._database = database
        self.settings = self.configure(toml)

    def configure(self, toml: str) -> Settings:
        """Replace the settings."""
        self.settings = make_site(
            self.folder, {}, f"database = {json.dumps(self._database)}\n{toml}"
        )
        return self.settings

    def write(self, path: str, text: str | bytes) -> None:
        """Write an article or any other file."""
        file = self.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def remove(self, path: str) -> None:
        """Delete a file."""
        (self.content / path).unlink()

    def rename(self, old: str, new: str) -> None:
        """Move a file."""
        (self.content / new).parent.mkdir(parents=True, exist_ok=True)
        (self.content / old).rename(self.content / new)

    def go_public(self) -> "Desk":
        """Record that the site was published, so that ids do not change any more."""
        mark_published(self.catalog, self.now)
        return self

    def sync(self, after: float = 60, force: bool = True) -> SyncReport:
        """Advance the clock by some seconds and sync."""
        self.now += timedelta(seconds=after)
        return sync(self.catalog, self.settings, self.now, force=force)

    def release(self, at: datetime) -> Published:
        """Release what is due at an instant."""
        self.now = at
        return release(self.catalog, self.settings, self.now)

    @property
    def publication(self) -> Publication:
        """A new publication with empty caches."""
        return Publication(self.settings, self.catalog)

    def feeds(self) -> dict[str, StoredFeed]:
        """Return every feed by its key."""
        with self.catalog.reading() as connection:
            return {row.ref.key: row for row in queries.feeds(connection)}

    def feed(self, key: str) -> StoredFeed:
        """Return one feed, which must exist."""
        return self.feeds()[key]

    def titles(self, key: str = "all") -> list[str]:
        """Return the titles in a feed's document, in its order; [] if there is no such feed."""
        document = self.publication.document(ref(key), Format.JSON)
        return [item["title"] for item in json.loads(document.body)["items"]] if document else []

    def body(self, key: str = "all", format: Format = Format.ATOM) -> bytes:
        """Return a feed's bytes, without caches."""
        document = self.publication.document(ref(key), format)
        assert document is not None
        return document.body

    def articles(self) -> dict[str, Row]:
        """Return the article rows that are not removed by path; paths are unique."""
        rows = [row for row in self.every_article() if not row.removed]
        assert len({row.path for row in rows}) == len(rows)
        return {row.path: row for row in rows}

    def every_article(self) -> list[Row]:
        """Return all article rows, including removed ones."""
        table = schema.article
        names = [name for name in Row.__dataclass_fields__ if name != "title"]
        columns = [table.c[name] for name in (*names, "presentation")]
        with self.catalog.reading() as connection:
            found = connection.execute(select(*columns).order_by("number"))
            return [
                Row(
                    **dict(zip(names, values, strict=True)),
                    title=json.loads(shown)["title"] if shown else "",  # '' once taken over
                )
                for *values, shown in found
            ]

    def rows(self, table: Table) -> list[dict[str, object]]:
        """Return a whole table in a fixed order."""
        with self.catalog.reading() as connection:
            return [row._asdict() for row in connection.execute(select(table).order_by(*table.c))]

    def revisions(self) -> list[tuple[int, datetime]]:
        """Return every revision and its instant, oldest first."""
        return [
            (int(str(row["number"])), datetime.fromtimestamp(int(str(row["instant"])), UTC))
            for row in self.rows(schema.revision)
        ]

    def revision(self) -> int:
        """Return the newest revision's number."""
        return self.publication.newest()[0]


class Counted(NamedTuple):
    """What a transaction changed for the public, in numbers; see `Published`."""

    revision: int | None
    new: int = 0
    edited: int = 0
    withdrawn: int = 0
    feeds: int = 0


def counted(published: Published) -> Counted:
    """Return the numbers of what was published."""
    counts = (published.new, published.edited, published.withdrawn, len(published.feeds))
    return Counted(published.revision, *counts)
