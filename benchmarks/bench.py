"""Measure feedsvc and compare the results with their targets.

    python -m benchmarks.bench [--sizes 1000,10000,100000] [--database URL] [--markdown] [--json F]

Each measurement runs in a separate process and reports the work it did. A run that did not do the
expected work aborts the benchmark; a missed target is only reported.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from rich.console import Console
from sqlalchemy import create_engine, make_url
from sqlalchemy.schema import CreateSchema, DropSchema

from benchmarks import corpus, report
from benchmarks.multiply import multiply
from benchmarks.work import Figures, edit
from feedsvc.model import Format

_ROOT = Path(__file__).parents[1]
_SETTLED = 2.2  # seconds; every sync reads files changed within the last 2 s again
_LONG = 20  # seconds; longer tasks run once, others three times, and the median is reported
_LIMIT = 50  # entries in a feed

_READ = 100_000  # articles; for more, the catalog of a tenth as many is multiplied

_COLD, _UNCHANGED, _EDITED = "first sync", "sync without changes", "sync after one edit"
_SAVED = "one saved file, while the site is served"
_FIRST, _AGAIN = "first render", "render after one edit"
_POLL = "poll of an unchanged feed"
_SYNCING, _SERVING = "peak memory of the first sync", "peak memory of serving"

# Targets for one size, and targets for all sizes; in the unit of the figure.
_TARGETS = {
    (_COLD, 10_000): 3.0,
    (_COLD, 100_000): 30.0,
    (_SYNCING, 10_000): 150.0,
    (_SYNCING, 100_000): 250.0,
    (_UNCHANGED, 10_000): 0.5,
    (_EDITED, 10_000): 0.5,
    (_SAVED, 10_000): 0.2,
    (_SAVED, 100_000): 0.3,
    (_SAVED, 1_000_000): 0.5,
}
_TARGETS_OF_ALL = {_FIRST: 15.0, _AGAIN: 3.0, _SERVING: 150.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One result. work: the task; did: details that prove it was done. unit: s, ms, µs or MB.

    target: the maximum for the figure; None if there is no target.
    """

    articles: int
    work: str
    figure: float
    unit: str
    target: float | None
    did: str

    @property
    def missed(self) -> bool:
        """Whether the figure exceeds the target."""
        return self.target is not None and self.figure > self.target

    @property
    def shown(self) -> tuple[str, str, str, str, str]:
        """The cells of a table row."""
        figure = report.figure(self.figure, self.unit)
        target = "" if self.target is None else f"≤ {self.target:g} {self.unit}"
        missed = ", missed" if self.missed else ""
        return f"{self.articles:,}", self.work, figure, target + missed, self.did


_HEADINGS = ("articles", "task", "result", "target", "details")


class Bench:
    """All tasks on a corpus of one size, in order: later tasks need the results of earlier ones."""

    def __init__(self, size: int, folder: Path, empty_database: Callable[[], str]) -> None:
        self._size = size
        self._site = folder / "site"
        self._empty_database = empty_database
        self._database = ""
        self._files = size if size <= _READ else _READ // 10  # the others are copies in the catalog
        self._newest = corpus.write(self._site, self._files)
        time.sleep(_SETTLED)

    def rows(self) -> Iterator[Row]:
        """Take all measurements."""
        if self._files == self._size:
            yield from self._cold()
            yield self._unchanged()
            yield self._edited()
        else:
            self._multiply()
        yield self._saved()
        yield from self._renders(_FIRST, "render")
        yield from self._renders(_AGAIN, "render-again")
        poll = self._work("poll")
        did = f"{poll['times']:,} polls of {poll['bytes']:,} bytes, no further render"
        yield self._row(_POLL, poll["seconds"] * 1e6, "µs", did)
        server = self._work("serve")
        did = f"{server['feeds']} feeds rendered and cached, {server['bytes'] / 1e6:.0f} MB"
        yield self._row(_SERVING, server["peak"] / 1e6, "MB", did)

    def _cold(self) -> Iterator[Row]:
        def sync() -> Figures:
            self._database = self._empty_database()
            done = self._work("sync")
            complete = done["files"] == done["read"] == done["new"] == self._size
            _check(complete and not done["problems"] and done["feeds"] > 0, _COLD, done)
            return done

        runs = _repeat(sync)
        did = f"{runs[0]['read']:,} files read, published in {runs[0]['feeds']:,} feeds"
        yield self._sync_row(_COLD, runs, did)
        peak = max(each["peak"] for each in runs)
        yield self._row(_SYNCING, peak / 1e6, "MB", "in the same process")

    def _unchanged(self) -> Row:
        def sync() -> Figures:
            done = self._work("sync")
            idle = done["read"] == 0 and done["revision"] is None and not done["problems"]
            _check(idle and done["files"] == self._size, _UNCHANGED, done)
            return done

        runs = _repeat(sync)
        return self._sync_row(_UNCHANGED, runs, f"{self._size:,} files scanned, none read")

    def _edited(self) -> Row:
        def sync() -> Figures:
            edit(self._newest, "One more paragraph.")
            time.sleep(_SETTLED)
            done = self._work("sync")
            one = done["read"] == done["edited"] == 1 and not (done["new"] or done["withdrawn"])
            _check(one and done["feeds"] > 0 and not done["problems"], _EDITED, done)
            return done

        runs = _repeat(sync)
        did = f"{self._size:,} files scanned, 1 read, {runs[0]['feeds']} feeds changed"
        return self._sync_row(_EDITED, runs, did)

    def _multiply(self) -> None:
        self._database = self._empty_database()
        url = make_url(self._database)
        if url.get_backend_name() != "sqlite" or self._size % self._files:
            sys.exit(f"{self._size:,} articles: only SQLite, and a multiple of {self._files:,}")
        self._work("sync")
        multiply(Path(str(url.database)), self._size // self._files)

    def _saved(self) -> Row:
        done = self._work("save")
        did = (
            f"1 file listed and read, {done['feeds']} feeds changed at most; median of "
            f"{done['times']}; {done['cpu']:.3g} s of CPU time; peak {done['peak'] / 1e6:.0f} MB"
        )
        return self._row(_SAVED, done["seconds"], "s", did)

    def _renders(self, name: str, work: str) -> Iterator[Row]:
        formats = self._work(work)
        for format in Format:
            done = formats[format]
            _check(done["entries"] == min(_LIMIT, self._size), name, done)
            did = f"{done['entries']} entries, {done['bytes']:,} bytes; median of {done['times']}"
            yield self._row(name, done["seconds"] * 1e3, "ms", f"{format}: {did}")

    def _sync_row(self, work: str, runs: Sequence[Figures], did: str) -> Row:
        seconds = median(each["seconds"] for each in runs)
        cpu = median(each["cpu"] for each in runs)
        return self._row(work, seconds, "s", f"{did}; {cpu:.3g} s of CPU time")

    def _row(self, work: str, figure: float, unit: str, did: str) -> Row:
        target = _TARGETS.get((work, self._size), _TARGETS_OF_ALL.get(work))
        return Row(self._size, work, figure, unit, target, did)

    def _work(self, name: str) -> Figures:
        command = (sys.executable, "-m", "benchmarks.work", name, self._site, self._database)
        done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=False)
        if done.returncode:
            sys.exit(f"{self._size:,} articles: the process of task {name} failed")
        figures: Figures = json.loads(done.stdout)
        return figures


def _repeat(work: Callable[[], Figures]) -> list[Figures]:
    runs = [work()]
    while len(runs) < 3 and runs[0]["seconds"] < _LONG:
        runs.append(work())
    return runs


def _check(right: bool, work: str, done: Figures) -> None:
    if not right:
        sys.exit(f"{work}: unexpected result: {json.dumps(done)[:1000]}")


@contextmanager
def _databases(url: str | None, folder: Path) -> Iterator[Callable[[], str]]:
    """Yield a function that creates an empty database and returns its URL; drop them all on exit.

    url: None for SQLite. In PostgreSQL each database is a separate schema, so existing data is not
    touched.
    """
    names = (f"feedsvc_bench_{os.getpid()}_{number}" for number in count())
    if url is None:
        yield lambda: f"sqlite:///{folder / next(names)}.db"
        return
    server = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(server)
    made: list[str] = []

    def make() -> str:
        made.append(next(names))
        with engine.begin() as connection:
            connection.execute(CreateSchema(made[-1]))
        found = server.update_query_dict({"options": f"-csearch_path={made[-1]}"})
        return found.render_as_string(hide_password=False)

    try:
        yield make
    finally:
        with engine.begin() as connection:
            for name in made:
                connection.execute(DropSchema(name, cascade=True))
        engine.dispose()


def run(sizes: Sequence[int], url: str | None, say: Callable[[str], None]) -> Iterator[Row]:
    """Take all measurements for each size. url: of a PostgreSQL database; None for SQLite."""
    for size in sizes:
        say(f"{size:,} articles: writing the corpus")
        with (
            tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder,
            _databases(url, Path(folder)) as empty_database,
        ):
            for row in Bench(size, Path(folder), empty_database).rows():
                say(f"{size:,} articles: {row.work}: {row.figure:,.3g} {row.unit}")
                yield row


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--sizes", type=sizes, default="1000,10000,100000", metavar="N,N...")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL database; default: SQLite")
    report.add_options(parser)
    asked = parser.parse_args()
    with Console(stderr=True).status("") as status:
        rows = list(run(asked.sizes, asked.database, status.update))
    on = report.machine("PostgreSQL" if asked.database else "SQLite")
    report.show(asked, _HEADINGS, ("articles", "result"), rows, on)


def sizes(text: str) -> list[int]:
    """Parse a list of article counts such as `1000,10000`."""
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
