"""Measure the statistics: the cost of counting, a made-up year, and the import of a log.

    python -m benchmarks.audience [--only cost|polls|year|log] [--days N] [--lines N] [--seconds N]
                                  [--rounds N] [--markdown] [--json F]

The year has 200 feeds, 300 families of readers and 3 million direct readers, whose true numbers are
known. Only the last days get sketches; the others get the numbers that replace sketches when a
day's salt is deleted. The log is in the combined format; GoAccess reads the same one.
"""

import argparse
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import corpus, peers, report
from benchmarks.load import Mode, Poller
from benchmarks.ratios import HEADINGS, NUMBERS, Row, Target, alternate, compared
from feedsvc.audience import agents, daily
from feedsvc.audience.agents import Agent
from feedsvc.audience.demo import Manner, Model
from feedsvc.audience.rows import Kind
from feedsvc.audience.store import DAY, Batch, Store
from feedsvc.audience.tally import Tally
from feedsvc.http.conditional import answer
from feedsvc.http.representation import represent
from feedsvc.model import Document

_FEED = "/feeds/all.rss"
_TODAY = 20_700
_FEEDS, _FAMILIES, _SERVICES, _READERS = 200, 300, 60, 3_000_000
_SKETCHED = 2  # days
_CONNECTIONS = 32
_CALLS = 200_000
_SIZE = 40_000  # bytes of a document


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audience", description=__doc__)
    parser.add_argument("--only", choices=list(_PARTS))
    parser.add_argument("--days", type=int, default=365, metavar="N")
    parser.add_argument("--lines", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="per run of wrk")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    rows = []
    for name, part in _PARTS.items():
        if asked.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="feedsvc-audience-") as folder:
                rows += list(part(Path(folder), asked))
    report.show(asked, HEADINGS, NUMBERS, rows, report.machine("SQLite"))


def _cost(_: Path, asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the CPU time of counting a poll, including the work of the collecting thread."""
    document = represent(
        Document(b"x" * _SIZE, "application/rss+xml", 1, datetime.now(UTC), "1.a"),
        self_url=_FEED,
        max_age=900,
    )
    document.make("gzip")
    for clients, share in ((1, 1.0), (300, 0.9), (20_000, 0.9)):
        runs = [_count(document, clients, share) for _ in range(asked.rounds)]
        costs, later = zip(*runs, strict=True)
        what = f"CPU time to count a poll, {clients:,} clients"
        did = (
            f"{share:.0%} 304, {_CALLS:,} polls; the thread that stores adds "
            f"{report.figure(min(later) * 1e6, 'µs')} per poll"
        )
        target = Target(1, at_least=False, unit="µs")
        yield Row(what, min(costs) * 1e6, None, "µs", None, target, did)


def _count(document: Any, clients: int, share: float) -> tuple[float, float]:
    chance = random.Random(1)
    known = [family.example for _, family in agents.families()]
    tags = {"HTTP_IF_NONE_MATCH": next(iter(document.etags))}
    calls = []
    for number in range(clients):
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": "",
            "REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "HTTP_USER_AGENT": chance.choice(known),
            "HTTP_ACCEPT_ENCODING": "gzip",
        }
        environ |= tags if chance.random() < share else {}
        feed = f"tag/{number % _FEEDS}"
        sent = answer(document, environ, time.time(), None)
        calls.append((environ, feed, f"/feeds/{feed}.rss", sent, _SIZE))
    calls = chance.choices(calls, k=_CALLS)
    tally = Tally()
    for call in calls:
        tally.count(*call)
    tally.collect()
    start = time.process_time()
    for _ in calls:
        pass
    empty = time.process_time() - start
    start = time.process_time()
    for call in calls:
        tally.count(*call)
    took = time.process_time() - start - empty
    start = time.process_time()
    tally.collect()
    return took / _CALLS, (time.process_time() - start) / _CALLS


def _polls(folder: Path, asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the rate of 304 responses with the statistics, compared with none."""
    what = "304 responses, compared with the same server without statistics"
    if absent := peers.missing(("wrk",)):
        yield Row(what, None, None, "/s", None, None, f"skipped: {absent[0]} not found")
        return
    sites = folder / "on", folder / "off"
    for site in sites:
        corpus.write(site, 200)
    with (sites[1] / "feedsvc.toml").open("a") as file:
        file.write("\n[statistics]\nenabled = false\n")
    with peers.feedsvc(sites[0]) as on, peers.feedsvc(sites[1]) as off:

        def rate(server: peers.Server) -> Callable[[], float]:
            fields = {"If-None-Match": server.ask(_FEED).fields["etag"]}
            poller = Poller(server.url(_FEED), fields, _CONNECTIONS)
            return lambda: poller.run(Mode.STEADY, asked.seconds).rate

        rounds = alternate(asked.rounds, rate(on), rate(off))
    did = f"one worker, {_CONNECTIONS} connections, median of {asked.rounds} rounds"
    yield compared(what, rounds, "/s", Target(0.95, at_least=True), did)


class _Made(Manner):
    """An imaginary family."""

    @property
    def parsed(self) -> Agent:
        """Its User-Agent, parsed."""
        hosted = self.family.startswith("Service")
        kind = Kind.SERVICE if hosted else Kind.DIRECT
        number = 1 if hosted else None
        return Agent(self.family, kind, self.family, "", number, hosted, hosted)


def _model() -> Model:
    """Return a site whose feeds and families are of very different sizes (Zipf)."""
    weights = {f"tag/{number}": 1 / (number + 1) for number in range(_FEEDS)}
    total = sum(weights.values())
    shares = [1 / (number + 1) for number in range(_FAMILIES)]
    direct = sum(shares[n] for n in range(_FAMILIES) if n % (_FAMILIES // _SERVICES))
    manners = [
        _Made(
            f"{'Reader' if number % (_FAMILIES // _SERVICES) else 'Service'} {number}",
            shares[number] / direct,
            (48, 24, 16, 12, 6)[number % 5],
            conditional=bool(number % 7),
        )
        for number in range(_FAMILIES)
    ]
    return Model(
        {feed: weight / total for feed, weight in weights.items()}, _READERS, _TODAY, manners
    )


def _year(folder: Path, asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the errors of the figures, the size on disk, and the time to store a day."""
    model = _model()
    path = folder / "statistics.db"
    with Store(f"sqlite:///{path}", retention=asked.days + 1) as store:
        took = []
        for day in range(_TODAY - asked.days + 1, _TODAY + 1):
            batch = model.batch(day)
            start = time.process_time()
            for each in _as_addresses(batch) if day > _TODAY - _SKETCHED else [batch]:
                store.add([each])
            took.append(time.process_time() - start)
        open_size = _disk(path)
        yield from _errors(store, model)
        store.tidy(1e11)
        daily.catch_up(store, _TODAY + 1)
    sealed = _vacuumed(path)
    size = sealed * 365 / asked.days + (open_size - sealed) / _SKETCHED * 2
    what = f"size of a year on disk, from {asked.days} days"
    did = f"a day takes {sealed / asked.days / 1e6:.2f} MB, and the sketches of the last two days "
    did += f"{(open_size - sealed) / _SKETCHED / 1e6:.0f} MB each"
    yield Row(what, size / 1e6, None, "MB", None, Target(200, at_least=False, unit="MB"), did)
    what = "CPU time to add the numbers of a whole day"
    yield Row(what, median(took), None, "s", None, None, f"{_FEEDS} feeds, {_FAMILIES} families")


def _as_addresses(batch: Batch) -> Iterator[Batch]:
    """Yield the numbers of a day as two processes count them, with some readers in common."""
    for start, end in ((0.0, 0.6), (0.4, 1.0)):
        part = Batch(batch.day, batch.source, {} if start else batch.records, {}, batch.agents)
        for feed, record in batch.records.items():
            for (family, _), number in record.direct.items():
                if family:
                    span = range(int(number * start), int(number * end))
                    part.readers[feed, family, "rss"] = set(map(str, span))
        yield part
    for record in batch.records.values():
        record.direct.clear()


def _errors(store: Store, model: Model) -> Iterator[Row]:
    sketched = range(_TODAY - _SKETCHED + 1, _TODAY + 1)
    services = {manner.family for manner in model.manners if manner.parsed.hosted}
    reported = list(store.reported(_TODAY, _TODAY))
    truth = {key: n for key, n in model.truth[_TODAY].items() if key[1] in services}
    wrong = sum(truth[row.feed, row.family] != row.number for row in reported)
    did = f"{len(truth):,} numbers, {sum(truth.values()):,} subscribers"
    target = Target(0, at_least=False, unit="")
    yield Row("services whose number is wrong", wrong, None, "", None, target, did)
    groups: dict[str, dict[tuple[int, str, str], list[int]]] = {"feed": {}, "family": {}, "": {}}
    groups["feed and family"] = {}
    for day in sketched:
        true = {key: n for key, n in model.truth[day].items() if key[1] not in services}
        found = {(r.feed, r.family): r.readers for r in store.direct(day, day) if r.family}
        for (feed, family), number in true.items():
            for name, key in (
                *(("feed", (day, feed, "")), ("family", (day, "", family)), ("", (day, "", ""))),
                ("feed and family", (day, feed, family)),
            ):
                sums = groups[name].setdefault(key, [0, 0])
                sums[0] += number
                sums[1] += found.get((feed, family), 0)
    for name, sums_by_key in groups.items():
        off = [abs(got - is_so) / is_so for is_so, got in sums_by_key.values() if is_so]
        what = f"largest error of direct readers {f'of a {name}' if name else 'of the site'}"
        beyond = sum(each > 0.02 for each in off)
        did = f"{len(off):,} figures of single days, {beyond:,} beyond 2 %"
        target = Target(2, at_least=False, unit="%")
        yield Row(what, 100 * max(off), None, "%", None, target, did)


def _disk(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.iterdir() if each.is_file())


def _vacuumed(path: Path) -> int:
    """Return the size of a file after VACUUM."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _log(folder: Path, asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the speed and memory of an import, compared with GoAccess."""
    site, log = folder / "site", folder / "access.log"
    corpus.write(site, 200)
    _sync(site)
    size = _write_log(log, asked.lines)
    command = (sys.executable, "-m", "feedsvc", "stats", "import", "--site", str(site), str(log))
    wall, cpu, memory = _run(command)
    did = f"{asked.lines:,} lines, {size / 1e6:,.0f} MB; {cpu:,.0f} s of CPU time in two processes"
    theirs: Mapping[str, float] = {}
    if shutil.which("goaccess"):
        options = ("--log-format=COMBINED", "--no-progress", "-o", str(folder / "out.json"))
        took, cores, used = _run(("goaccess", str(log), *options))
        theirs = {"rate": asked.lines / took, "memory": used}
        did += f"; GoAccess {cores:,.0f} s"
    rate = asked.lines / wall
    target = Target(150_000, at_least=True, unit="/s")
    yield Row("lines of a log", rate, theirs.get("rate"), "/s", None, target, did)
    target = Target(150, at_least=False, unit="MB")
    what = "peak memory of an import, of the larger of two processes"
    yield Row(what, memory, theirs.get("memory"), "MB", None, target, "peer: GoAccess")


def _sync(site: Path) -> None:
    command = [sys.executable, "-m", "feedsvc", "sync", "--site", str(site)]
    subprocess.run(command, check=True, capture_output=True)


def _run(command: tuple[str, ...]) -> tuple[float, float, float]:
    """Run a program; return wall time, CPU time and peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    timed = ("/usr/bin/time", "-f", "%M", *command)
    result = subprocess.run(timed, check=True, capture_output=True, text=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, int(result.stderr.split()[-1]) / 1000


def _write_log(path: Path, lines: int) -> int:
    """Write a log of a month: three quarters are polls, from a hundred thousand clients."""
    chance = random.Random(1)
    known = [family.example.replace('"', "") for _, family in agents.families()]
    feeds = ["all", *(f"tag/t{number}" for number in range(_FEEDS - 1))]
    clients = []
    for _ in range(100_000):
        address = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
        agent = known[int(len(known) * chance.random() ** 2)]
        feed = feeds[int(len(feeds) * chance.random() ** 3)]
        clients.append((address, agent, f"/feeds/{feed}.{chance.choice(('rss', 'atom', 'json'))}"))
    others = ("/", "/articles/x", "/static/style.css", "/favicon.ico", "/wp-login.php")
    start = _TODAY * DAY
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            address, agent, target = chance.choice(clients)
            status, size = (304, 0) if chance.random() < 0.7 else (200, 9500)
            if chance.random() < 0.25:
                target, status, size = chance.choice(others), 200, 5000
            moment = time.gmtime(start + number * 30 * DAY // lines)
            file.write(
                f"{address} - - [{time.strftime('%d/%b/%Y:%H:%M:%S', moment)} +0000] "
                f'"GET {target} HTTP/1.1" {status} {size} "-" "{agent}"\n'
            )
    return path.stat().st_size


_PARTS: Mapping[str, Callable[[Path, argparse.Namespace], Iterator[Row]]] = {
    "cost": _cost,
    "polls": _polls,
    "year": _year,
    "log": _log,
}

if __name__ == "__main__":
    main()
