"""Measure a source of type `sql`: the first sync, one changed row, and checks of all rows.

    python -m benchmarks.sql [--rows 10000,100000] [--url URL] [--markdown] [--json FILE]

The articles are those of the other benchmarks, in a table with an index on the watermark. URL: of
an empty database; by default, an SQLite file. Each size is measured in a process of its own, after
this one has filled the table.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, create_engine, make_url, text

from benchmarks import corpus, report
from feedsvc import html
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.database.source import SqlSource
from feedsvc.sources import ContentFolder, Sources, load

_SETTINGS = """\
title = "The Benchmark Gazette"
base_url = "https://gazette.example.org"
id_authority = "gazette.example.org,2014"
timezone = "Europe/Paris"
content = ""
"""
_QUERY = "SELECT * FROM article"
_TIMES = 5
_BATCH = 1000
_TARGETS = {("first sync", 1_000_000): 300.0, ("sync after one changed row", 1_000_000): 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One result, in seconds or MB. did: details that prove it was done."""

    rows: int
    work: str
    figure: float
    unit: str
    did: str

    @property
    def missed(self) -> bool:
        """Whether the figure is worse than the target."""
        return self.figure > _TARGETS.get((self.work, self.rows), float("inf"))

    @property
    def shown(self) -> tuple[str, ...]:
        """The cells of a table row."""
        target = _TARGETS.get((self.work, self.rows))
        limit = f"≤ {target:g} {self.unit}" if target else ""
        figure = report.figure(self.figure, self.unit)
        return (f"{self.rows:,}", self.work, figure, limit, self.did)


class Table:
    """A table of articles."""

    def __init__(self, url: str, count: int) -> None:
        self._engine: Engine = create_engine(url)
        self._count = count

    def fill(self) -> None:
        """Create the table; an article has some 3 KB of HTML."""
        columns = "id integer PRIMARY KEY, title text, html text, published varchar(30), "
        columns += "authors text, categories text, tags text, changed varchar(30)"
        insert = text(
            "INSERT INTO article VALUES (:id, :title, :html, :published, :authors, :categories, "
            ":tags, :changed)"
        )
        with self._engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS article"))
            connection.execute(text(f"CREATE TABLE article ({columns})"))
            essays = enumerate(corpus.essays(self._count), 1)
            while batch := list(islice(essays, _BATCH)):
                connection.execute(insert, [_row(number, essay) for number, essay in batch])
            connection.execute(text("CREATE INDEX changed ON article (changed)"))
        self._engine.dispose()

    def edit(self, number: int) -> None:
        """Change one row."""
        statement = text("UPDATE article SET html = :html, changed = :changed WHERE id = :id")
        values = {"id": number, "html": f"<p>{time.time()}</p>", "changed": str(_now())}
        with self._engine.begin() as connection:
            connection.execute(statement, values)


def _row(number: int, essay: corpus.Essay) -> dict[str, object]:
    return {
        "id": number,
        "title": essay.title,
        "html": _html(essay.body),
        "published": str(essay.published),
        "authors": json.dumps([essay.author]),
        "categories": json.dumps(essay.categories),
        "tags": json.dumps(essay.tags),
        "changed": str(essay.published),
    }


_html = cache(html.markdown)  # of a million articles, most repeat a body


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def measure(url: str, count: int) -> Iterator[Row]:
    """Sync a new site with a filled database."""
    table = Table(url, count)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        (site / "feedsvc.toml").write_text(_SETTINGS, encoding="utf-8")
        settings = load(site, {})
        options = {"url": url, "query": _QUERY, "watermark": "changed"}
        source = SqlSource("posts", options, settings)
        source.every = 0  # check for changes each time
        sources = Sources(ContentFolder(settings), source)
        catalog = Catalog(settings.database)
        catalog.create()

        def synced(paths: tuple[str, ...] | None) -> SyncReport:
            return sync(catalog, settings, datetime.now(UTC), sources=sources, paths=paths)

        before = time.process_time()
        seconds, done = _timed(lambda: synced(None))
        _check(done.read == count, f"{done.read:,} rows were read instead of {count:,}")
        used = [resource.getrusage(who) for who in _PROCESSES]
        own, children = (each.ru_maxrss / 1000 for each in used)
        cpu = sum(each.ru_utime + each.ru_stime for each in used) - before
        did = f"{done.published.new:,} published, {cpu:.3g} s of CPU time"
        yield Row(count, "first sync", seconds, "s", did)
        yield Row(count, "peak memory of it", own, "MB", f"each reading process: {children:.0f} MB")
        times = []
        for number in range(1, _TIMES + 1):
            table.edit(number * count // _TIMES)
            seconds, done = _timed(lambda: synced(()))
            _check(done.read == 1, f"{done.read:,} rows were read instead of 1")
            times.append(seconds)
        yield Row(count, "sync after one changed row", median(times), "s", f"{_TIMES} times")
        seconds, done = _timed(lambda: synced(()))
        _check(done.read == 0, f"{done.read:,} rows were read")
        yield Row(count, "look without changes", seconds, "s", "")
        seconds, done = _timed(lambda: synced(None))
        _check(done.files == count, f"{done.files:,} rows were compared")
        yield Row(count, "comparison of all rows", seconds, "s", f"{done.read} read")
        catalog.close()
        source.close()


_PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _timed(work: Callable[[], SyncReport]) -> tuple[float, SyncReport]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def _check(right: bool, message: str) -> None:
    if not right:
        sys.exit(message)


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", default="10000,100000", metavar="N,N")
    parser.add_argument("--url", help="of an empty database; it is filled")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # in the process for one size
    report.add_options(parser)
    asked = parser.parse_args(arguments)
    if asked.one:
        found = measure(asked.url, int(asked.one))
        print(json.dumps([(r.rows, r.work, r.figure, r.unit, r.did) for r in found]))
        return
    rows = []
    for size in asked.rows.split(","):
        with tempfile.TemporaryDirectory() as folder:
            url = asked.url or f"sqlite:///{folder}/articles.db"
            Table(url, int(size)).fill()
            command = (sys.executable, "-m", "benchmarks.sql", "--one", size, "--url", url)
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows += [Row(*each) for each in json.loads(printed.splitlines()[-1])]
    load_ = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    kind = make_url(asked.url).get_backend_name() if asked.url else "sqlite"
    on = f"{report.machine(kind)}; load average {load_}"
    report.show(asked, ("rows", "work", "figure", "target", "details"), ("figure",), rows, on)


if __name__ == "__main__":
    main(sys.argv[1:])
