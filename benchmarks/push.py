"""Measure deliveries to WebSub subscribers on this machine.

    python -m benchmarks.push [--deliveries N] [--subscriptions N] [--articles N]
        [--database URL] [--markdown] [--json F]

The subscribers are one process (sink.py) at many loopback addresses, the worker is `feedsvc push
--worker`. Both share the cores of the machine; figures per core count the worker's CPU time alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from benchmarks import corpus, peers, report
from benchmarks.deliveries import await_deliveries, memory, run_sink, run_worker
from benchmarks.load import Mode, Poller
from benchmarks.work import edit
from feedsvc import sources
from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication

HEADINGS = ("What", "Figure", "Wanted", "How")
NUMBERS = ("Figure", "Wanted")
_FUTURE = 4_000_000_000
_PUSH = '\n[push]\nhub = "own"\nallow_networks = ["127.0.0.0/8"]\n'
_TOPIC, _FEED = "/feeds/all.rss", "all"
_READERS, _PAUSE = 8, 5  # polling clients; milliseconds between response and next poll


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. at_least: whether `wanted` is a lower bound. how: what was done."""

    what: str
    value: float
    unit: str
    wanted: float | None
    at_least: bool
    how: str = ""

    @property
    def missed(self) -> bool:
        """Whether the figure is worse than wanted."""
        if self.wanted is None:
            return False
        return self.value < self.wanted if self.at_least else self.value > self.wanted

    @property
    def shown(self) -> tuple[str, ...]:
        """The cells of the row."""
        wanted = "" if self.wanted is None else report.figure(self.wanted, self.unit)
        return self.what, report.figure(self.value, self.unit), wanted, self.how


@dataclass
class Site:
    """A site whose settings have a hub, and its catalog."""

    folder: Path
    settings: Settings
    catalog: Catalog
    articles: int

    def __post_init__(self) -> None:
        self._newest = max(corpus.essays(self.articles), key=lambda essay: essay.published).path

    def edit(self) -> None:
        """Edit an article that the feed shows."""
        edit(self.settings.content / self._newest, f"Seen again at {time.monotonic()}.")

    def revise(self) -> float:
        """Edit an article and sync; return the seconds that the sync took."""
        self.edit()
        started = time.monotonic()
        sync(self.catalog, self.settings, datetime.now(UTC))
        return time.monotonic() - started

    def size(self) -> int:
        """Return the bytes of the topic."""
        document = Publication(self.settings, self.catalog).document(FeedRef.of(_FEED), Format.RSS)
        return len(document.body) if document else 0

    def subscribe(self, callbacks: Sequence[str], delivered: bool = False) -> None:
        """Replace all subscriptions. delivered: whether they have the newest document."""
        with self.catalog.writing() as connection:
            feed, revision = connection.execute(
                select(schema.feed.c.number, schema.feed.c.revision).where(
                    schema.feed.c.key == _FEED
                )
            ).one()
            connection.execute(schema.subscription.delete())
            rows = [
                {
                    "id": f"{number:x}",
                    "feed": feed,
                    "format": "rss",
                    "callback": callback,
                    "host": callback.split("/")[2].partition(":")[0],
                    "secret": "",
                    "lease_end": _FUTURE,
                    "revision": revision if delivered else 0,
                    "attempts": 0,
                    "next_try": 0,
                }
                for number, callback in enumerate(callbacks)
            ]
            for start in range(0, len(rows), 10_000):
                connection.execute(insert(schema.subscription), rows[start : start + 10_000])


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.push", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=20_000, metavar="N")
    parser.add_argument("--subscriptions", type=int, default=100_000, metavar="N")
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--database", metavar="URL", help="instead of SQLite")
    report.add_options(parser)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedsvc-push-") as folder:
        small = _site(Path(folder) / "small", 50, asked.database)
        rows = [*_rates(small, asked.deliveries), *_many(small, asked.subscriptions)]
        rows += _slow(small)
        large = _site(Path(folder) / "large", asked.articles, None)
        rows += [_saved(large), *_polls(large)]
    on = report.machine("loopback, one worker", asked.database or "SQLite")
    report.show(asked, HEADINGS, NUMBERS, rows, on)


def _site(folder: Path, articles: int, database: str | None) -> Site:
    corpus.write(folder, articles)
    file = folder / "feedsvc.toml"
    feeds = '\n[feeds]\nlimit = 10\ncontent = "summary"\n'
    line = f"database = {json.dumps(database)}\n" if database else ""
    file.write_text(line + file.read_text(encoding="utf-8") + _PUSH + feeds, "utf-8")
    subprocess.run(
        (sys.executable, "-m", "feedsvc", "sync", "--site", folder), check=True, capture_output=True
    )
    settings = sources.load(folder, {})
    return Site(folder, settings, Catalog(settings.database), articles)


def _rates(site: Site, count: int) -> Iterator[Row]:
    """Measure deliveries over persistent and over new connections."""
    kinds = (("keep-alive", "http", "/", 5000), ("new TCP", "http", "/close", 2500))
    for name, scheme, path, wanted in (*kinds, ("new TLS", "https", "/close", 800)):
        with run_sink(site.folder, scheme) as sink:
            site.subscribe(sink.urls(count, path))
            with run_worker(site.folder, sink):
                seconds, busy = await_deliveries(sink, count)
        how = f"{count:,} of {site.size() / 1000:.1f} KB; {1 / busy:,.0f}/s per core of the worker"
        yield Row(f"deliveries, {name}", 1 / seconds, "/s", wanted, True, how)


def _many(site: Site, count: int) -> Iterator[Row]:
    """Measure a revision of a feed with very many subscribers."""
    with run_sink(site.folder) as sink:
        site.subscribe([])
        without = statistics.median(site.revise() for _ in range(3))
        site.subscribe(sink.urls(count), delivered=True)
        with run_worker(site.folder, sink) as worker:
            longer = site.revise() - without
            started = time.monotonic()
            await_deliveries(sink, count)
            seconds = sink.ask()["last"] - started
            used = memory(worker.pid)
    of = f"{count:,} subscribers of one feed"
    yield Row("enqueueing in a revision", max(0.0, longer), "s", 0.3, False, of)
    yield Row("claimed and delivered", count / seconds, "/s", None, True, f"{of}: {seconds:.1f} s")
    yield Row("memory of the worker", used, "MB", 150, False, of)


def _slow(site: Site, count: int = 1000) -> Iterator[Row]:
    """Compare deliveries with and without slow subscribers."""
    good = count * 8 // 10

    def measure(others: Sequence[tuple[str, str]]) -> float:
        with run_sink(site.folder) as sink:
            site.subscribe(
                [*sink.urls(good), *(f"{each}{sink.port}/{path}" for each, path in others)]
            )
            with run_worker(site.folder, sink):
                await_deliveries(sink, good)
            return sink.ask()["last"] - sink.ask()["first"]

    paths = ["slow", "never"]
    others = [
        (f"http://127.1.{number // 100}.{number % 100 + 1}:", f"{paths[number % 2]}{number}")
        for number in range(count - good)
    ]
    ratio = measure(others) / measure([])
    how = f"{good} of {count:,} that answer at once, while the others take 20 s or do not answer"
    yield Row("time with slow subscribers, compared with none", ratio, "times", None, False, how)


def _saved(site: Site, count: int = 1000) -> Row:
    """Measure the time from saving a file to the last delivery."""
    with run_sink(site.folder) as sink, peers.feedsvc(site.folder):
        site.subscribe(sink.urls(count), delivered=True)
        times = []
        for _ in range(3):
            sink.ask("/reset")
            time.sleep(2)
            started = time.monotonic()
            site.edit()
            await_deliveries(sink, count)
            times.append(sink.ask()["last"] - started)
    how = f"{count:,} subscribers, {site.articles:,} articles; median of {len(times)}"
    return Row(
        "from a saved file to the last subscriber", statistics.median(times), "s", 1.5, False, how
    )


def _polls(site: Site, count: int = 10_000) -> Iterator[Row]:
    """Compare polls with and without concurrent deliveries."""
    if peers.missing(("wrk",)):
        return
    ratios = []
    with run_sink(site.folder) as sink, peers.feedsvc(site.folder) as server:
        site.subscribe([])
        etag = server.ask(_TOPIC).fields["etag"]
        poller = Poller(server.url(_TOPIC), {"If-None-Match": etag}, _READERS)
        for _ in range(3):
            quiet = poller.run(Mode.READERS, 3, _PAUSE).p99
            sink.ask("/reset")
            site.subscribe(sink.urls(count))
            while not sink.ask()["number"]:
                time.sleep(0.01)
            ratios.append(poller.run(Mode.READERS, 3, _PAUSE).p99 / quiet)
            await_deliveries(sink, count)
    how = f"{_READERS} readers, {count:,} deliveries; median of {len(ratios)}"
    yield Row(
        "p99 of polls, compared with no deliveries",
        statistics.median(ratios),
        "times",
        2,
        False,
        how,
    )


if __name__ == "__main__":
    main()
