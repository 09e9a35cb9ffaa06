"""Save articles in a site that is being served, and wait until they are published."""

import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from benchmarks import corpus
from benchmarks.work import edit
from feedsvc import sources
from feedsvc.catalog import queries, schema
from feedsvc.catalog.store import Catalog

_PATIENCE = 120.0  # seconds; the longest time to wait for a sync
_LOOK = 0.05  # seconds between two polls of the catalog


class Desk:
    """Simulates the authors. newest: the number of articles edited at once, the newest ones."""

    def __init__(self, site: Path, articles: int, newest: int) -> None:
        loaded = sources.load(site, {})
        by_date = sorted(corpus.essays(articles), key=lambda essay: essay.published)
        self._files: Sequence[Path] = [loaded.content / essay.path for essay in by_date[-newest:]]
        self._content = loaded.content
        self._zone = ZoneInfo(loaded.timezone)
        self._catalog = Catalog(loaded.database)

    def __len__(self) -> int:
        return len(self._files)

    def edit_all(self) -> float:
        """Edit the newest articles; return the seconds until all are published."""
        before = self._revision()
        started = time.monotonic()
        for file in self._files:
            edit(file, f"Seen again at {started}.")
        self._await(before, len(self._files))
        return time.monotonic() - started

    def add_one(self, slug: str) -> None:
        """Add an article, newer than all others, and wait until it is published."""
        before = self._revision()
        essay = corpus.Essay(
            slug=slug,
            title=slug.capitalize(),
            published=datetime.now(self._zone).replace(tzinfo=None),
            author="Brigitte Moreau",
            categories=("World",),
            tags=(),
            summary="",
            body=next(corpus.essays(1)).body,
        )
        text = f"{corpus.front_matter(essay)}\n{essay.body}"
        (self._content / f"{slug}.md").write_text(text, encoding="utf-8")
        self._await(before, 1)

    def _await(self, before: int, articles: int) -> None:
        end = time.monotonic() + _PATIENCE
        touched = 0
        while touched < articles:
            if time.monotonic() > end:
                sys.exit(f"{articles:,} articles were saved, but only {touched:,} published")
            time.sleep(_LOOK)
            if self._revision() > before:
                touched = self._touched_since(before)

    def _revision(self) -> int:
        with self._catalog.reading() as connection:
            return queries.newest(connection)[0]

    def _touched_since(self, revision: int) -> int:
        row = schema.feed_row
        query = select(func.count(row.c.article.distinct())).where(row.c.revision > revision)
        with self._catalog.reading() as connection:
            return connection.scalar(query) or 0
