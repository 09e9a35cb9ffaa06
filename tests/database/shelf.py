"""A database of articles, a source that reads it, and the resulting articles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from feedsvc.config.settings import Settings
from feedsvc.database.source import SqlSource
from feedsvc.errors import Problem
from feedsvc.model import Article
from feedsvc.sources import Listing
from tests.sites import make_site

DRIVERS = {"mysql": "mysql+pymysql", "postgresql": "postgresql+psycopg"}
TABLE = "SELECT * FROM article"


class Shelf:
    """A table of articles. view: the articles that a catalog would have, by key."""

    def __init__(self, folder: Path, url: str = "", **options: Any) -> None:
        self.url = url or f"sqlite:///{folder / 'articles.db'}"
        parsed = make_url(self.url)
        self.engine: Engine = create_engine(
            parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername)),
            poolclass=NullPool,
        )
        self.settings: Settings = make_site(folder / "site", toml='content = ""')
        self.options = {"url": self.url, "query": TABLE, **options}
        self._made: list[SqlSource] = []
        self.source = self.make()
        self.view: dict[str, Article] = {}
        self.problems: list[Problem] = []
        self.read = 0
        self._fingerprints: dict[str, str] = {}

    def make(self, **options: Any) -> SqlSource:
        """Return a new source."""
        self._made.append(SqlSource("posts", {**self.options, **options}, self.settings))
        return self._made[-1]

    def close(self) -> None:
        """Close the connections of all sources."""
        for source in self._made:
            source.close()

    def execute(self, *statements: str, **values: Any) -> None:
        """Execute statements in one transaction."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def table(self, columns: str = "", key: str = "integer PRIMARY KEY") -> "Shelf":
        """Create the table."""
        self.execute(
            f"CREATE TABLE article (id {key}, title varchar(200), html text, "
            f"published varchar(40){columns})"
        )
        return self

    def put(self, number: Any, **values: Any) -> None:
        """Write a row, replacing one with the same id."""
        usual = {"title": f"T{number}", "html": "<p>Text</p>", "published": "2022-02-17 09:30"}
        row = {"id": number, **usual, **values}
        names = ", ".join(row)
        self.execute(
            f"INSERT INTO article ({names}) VALUES ({', '.join(f':{name}' for name in row)})", **row
        )

    def look(self, *, fully: bool = True) -> Listing:
        """List everything or only changes, and read it as a sync does."""
        listing = None if fully else self.source.changes(())
        if listing is None:
            listing = self.source.listing()
        self.problems = list(listing.problems)
        for key in [key for key in self._fingerprints if not listing.holds(key)]:
            del self._fingerprints[key]
            self.view.pop(key, None)
        changed = [
            key for key, each in listing.fingerprints.items() if self._fingerprints.get(key) != each
        ]
        self.read = len(changed)
        for reading in self.source.read(changed):
            self.problems += reading.problems
            self._fingerprints[reading.key] = listing.fingerprints[reading.key]
            if reading.article:
                self.view[reading.key] = reading.article
        return listing

    def forget(self) -> None:
        """Forget all articles."""
        self.view, self._fingerprints = {}, {}

    def titles(self) -> dict[str, str]:
        """Return the titles of all articles by key."""
        return {key: article.title for key, article in self.view.items()}

    def said(self) -> list[str]:
        """Return the problems of the last look, sorted."""
        return sorted(map(str, self.problems))


def only(view: Mapping[str, Article]) -> Article:
    """Return the only article."""
    (article,) = view.values()
    return article
