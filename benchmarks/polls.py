"""Measure the cost of polls in `feedsvc serve`, compared with other servers in the same run.

    python -m benchmarks.polls [--only PART] [--articles N] [--polls N] [--seconds N] [--rounds N]
                               [--markdown] [--json F]

Each server has one worker and is polled by wrk over loopback. nginx, and a WSGI application on
Granian that only returns a constant, serve the same body and header fields. The servers alternate,
and the median of the ratios is reported. An unexpected response aborts the benchmark; missed
targets and skipped measurements are reported.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks import corpus, peers, report
from benchmarks.load import Mode, Poller
from benchmarks.peers import Server
from benchmarks.ratios import HEADINGS, NUMBERS, Row, Target, alternate, compared
from benchmarks.saves import Desk
from benchmarks.wire import Answer

_FEED = "/feeds/all.rss"
_ENTRIES = 50
_EDITED = 1000
_SETTLED = 2.2  # seconds; every sync reads files changed within the last 2 s again
_CONNECTIONS, _READERS = 32, 8
_PAUSE = 5  # milliseconds; without a pause, eight readers would use up all cores
_WARM = 1  # seconds
_PATIENCE = 10  # seconds to wait for background work


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are measured together. needs: the requirements besides feedsvc; see `peers`."""

    name: str
    needs: Sequence[str]
    rows: Sequence[tuple[str, Target | None]]
    measure: Callable[[], Iterator[Row]]


class Side:
    """One server, polled for one kind of response, which is verified."""

    def __init__(self, server: Server, status: int, coding: str) -> None:
        fields = {"Accept-Encoding": coding}
        if status == 304:
            fields["If-None-Match"] = server.ask(_FEED, **fields).fields["etag"]
        self._server = server
        self._poller = Poller(server.url(_FEED), fields, _CONNECTIONS)
        self.answer = server.ask(_FEED, **fields)
        _check(
            status == 304 or self.answer.coding == coding,
            f"expected {coding}: {self.answer.head!r}",
        )
        seen = self._poller.run(Mode.COUNTED, _WARM)
        _check(seen.statuses == {status: seen.requests}, f"expected {status}: {seen}")
        self._shares: list[float] = []
        self._costs: list[float] = []

    def rate(self, seconds: int) -> float:
        """Poll for `seconds`; return the number of polls per second."""
        worked = self._server.worked()
        done = self._poller.run(Mode.STEADY, seconds)
        took = self._server.worked() - worked
        self._shares.append(took / done.seconds)
        self._costs.append(took / done.requests)
        size, least = self.answer.size, done.requests * self.answer.size
        # wrk counts the bytes of unfinished responses, but not their requests.
        right = 0.99 * least <= done.bytes <= 1.01 * (least + _CONNECTIONS * size)
        _check(right, f"expected {done.requests} responses of {size} bytes: {done}")
        return done.rate

    @property
    def did(self) -> str:
        """What was served at what CPU cost; a server that was not busy could have served more."""
        sizes = f"{len(self.answer.head):,} + {len(self.answer.body):,} bytes"
        cost = report.figure(median(self._costs) * 1e6, "µs")
        return f"{sizes}, {cost} of CPU time, {median(self._shares):.0%} busy"


class Polls:
    """All measurements of one feedsvc server, in order."""

    def __init__(self, folder: Path, asked: argparse.Namespace, ours: Server) -> None:
        self._folder = folder
        self._articles: int = asked.articles
        self._polls: int = asked.polls
        self._seconds: int = asked.seconds
        self._rounds: int = asked.rounds
        self._only: str | None = asked.only
        self._ours = ours
        self._document = ours.ask(_FEED)
        entries = min(_ENTRIES, self._articles)
        full = self._document.status == 200 and self._document.body.count(b"<item>") == entries
        _check(full, f"expected {entries} entries at {_FEED}: {self._document.head!r}")

    def rows(self) -> Iterator[Row]:
        """Take every measurement that is possible on this machine."""
        for part in self._parts():
            if self._only not in (None, part.name):
                continue
            absent = peers.missing(part.needs)
            if absent:
                why = f"skipped: {', '.join(absent)} not found"
                yield from (Row(what, None, None, "", None, it, why) for what, it in part.rows)
            else:
                yield from part.measure()

    def _parts(self) -> Iterator[Part]:
        on_django = ("wrk", "Django", "gunicorn", "/proc")
        yield Part("nginx", ("wrk", "nginx", "/proc"), _AGAINST_NGINX, self._against_nginx)
        yield Part("constant", ("wrk", "/proc"), _AGAINST_CONSTANT, self._against_constant)
        yield Part("django", on_django, _AGAINST_DJANGO, self._against_django)
        yield Part("latency", ("wrk",), (_P99,), self._while_syncing)
        yield Part("memory", ("wrk", "/proc"), (_GROWTH,), self._growth)
        yield Part("sizes", (), (), self._bytes)

    def _against_nginx(self) -> Iterator[Row]:
        with peers.nginx(self._folder / "nginx", _FEED, self._document) as nginx:
            same = nginx.ask(_FEED).body == self._document.body
            _check(same, "nginx serves different bytes")
            for (what, target), status in zip(_AGAINST_NGINX, (304, 200), strict=True):
                yield self._compared(what, target, nginx, status, "identity")

    def _against_constant(self) -> Iterator[Row]:
        etag = self._document.fields["etag"]
        answers = self._ours.ask(_FEED, If_None_Match=etag), self._document
        for (what, target), answer in zip(_AGAINST_CONSTANT, answers, strict=True):
            with peers.constant(self._folder / f"constant-{answer.status}", answer) as bare:
                same = len(bare.ask(_FEED).head) == len(answer.head)
                _check(same, f"expected {answer.head!r}: {bare.ask(_FEED).head!r}")
                yield self._compared(what, target, bare, answer.status, "identity")

    def _against_django(self) -> Iterator[Row]:
        essays = corpus.essays(self._articles)
        with peers.django(self._folder / "django", essays) as django:
            entries = django.ask(_FEED).body.count(b"<item>")
            _check(entries == min(_ENTRIES, self._articles), f"Django serves {entries} entries")
            served = ((304, "identity"), (200, "identity"), (200, "gzip"))
            for (what, target), (status, coding) in zip(_AGAINST_DJANGO, served, strict=True):
                yield self._compared(what, target, django, status, coding)

    def _compared(
        self, what: str, target: Target | None, peer: Server, status: int, coding: str
    ) -> Row:
        ours, theirs = Side(self._ours, status, coding), Side(peer, status, coding)
        rates = alternate(
            self._rounds, lambda: ours.rate(self._seconds), lambda: theirs.rate(self._seconds)
        )
        did = f"{ours.did}; peer: {theirs.did}"
        return compared(what, rates, "/s", target, did)

    def _while_syncing(self) -> Iterator[Row]:
        desk = Desk(self._folder / "site", self._articles, _EDITED)
        syncs: list[float] = []
        fresh: list[int] = []

        def quiet() -> float:
            time.sleep(_SETTLED)
            done = self._poller(_READERS).run(Mode.READERS, self._seconds, _PAUSE)
            _check(done.statuses.keys() == {304}, f"expected 304: {done}")
            return done.p99 * 1e3

        def syncing() -> float:
            # Sync back to back, so that a sync is running during the whole measurement.
            before = len(syncs)
            run = self._poller(_READERS).start(Mode.READERS, self._seconds, _PAUSE)
            while not run.ended:
                took = desk.edit_all()
                if not run.ended:
                    syncs.append(took)
            done = run.load()
            _check(len(syncs) > before, f"no sync within {self._seconds} s: increase --seconds")
            _check(done.statuses.keys() == {200, 304}, f"expected 304 and some 200: {done}")
            fresh.append(done.statuses[200])
            return done.p99 * 1e3

        times = alternate(self._rounds, syncing, quiet)
        did = (
            f"{_READERS} readers, {_PAUSE} ms between response and next poll; {len(desk):,} edited "
            f"articles synced {len(syncs)} times, median {median(syncs):.2f} s; "
            f"{sum(fresh):,} polls got 200; peer: the same server without syncs"
        )
        yield compared(_P99[0], times, "ms", _P99[1], did)

    def _growth(self) -> Iterator[Row]:
        poller = self._poller(_CONNECTIONS)
        poller.run(Mode.COUNTED, _WARM)  # needed if the earlier measurements were skipped
        before, shared_before = self._ours.memory()
        served = {200: 0, 304: 0}
        for seed in range(self._polls):
            done = poller.run(Mode.STRANGERS, self._seconds, seed)
            _check(done.statuses.keys() <= served.keys(), f"expected 304 and some 200: {done}")
            for status, times in done.statuses.items():
                served[status] += times
            if sum(served.values()) >= self._polls:
                break
        after, shared = self._ours.memory()
        did = (
            f"{served[304]:,} polls got 304 and {served[200]:,} got 200, each with a unique "
            f"User-Agent and query; RSS {before:.1f} to {after:.1f} MB, "
            f"PSS {shared_before:.1f} to {shared:.1f} MB"
        )
        yield Row(_GROWTH[0], after - before, None, "MB", None, _GROWTH[1], did)

    def _poller(self, connections: int) -> Poller:
        """Return a poller that already has the current feed."""
        etag = self._ours.ask(_FEED).fields["etag"]
        return Poller(self._ours.url(_FEED), {"If-None-Match": etag}, connections)

    def _bytes(self) -> Iterator[Row]:
        whole = self._ours.ask(_FEED)
        same = self._ours.ask(_FEED, If_None_Match=whole.fields["etag"])
        _check(same.status == 304, f"expected 304: {same.head!r}")
        yield _size("a 304 response", same, whole, "a 304 response")
        yield self._delta()
        whole = self._ours.ask(_FEED)
        for coding in ("br", "zstd", "gzip", "identity"):
            yield self._coded(coding, whole)

    def _delta(self) -> Row:
        # The first new article after a multiple of fifty closes an archive. This adds a link, which
        # a delta cannot express.
        old = self._with_one_more("latest").fields["etag"]
        whole = self._with_one_more("later")
        answer = self._ours.ask(_FEED, A_IM="feed", If_None_Match=old)
        entries = answer.body.count(b"<item>")
        right = (answer.status, entries) == (226, 1) or answer.body == whole.body
        _check(right, f"expected a delta of 1 entry or the whole feed: {answer.head!r}")
        shown = whole.body.count(b"<item>")
        did = f"a {answer.status} response with {entries} of {shown} entries"
        return _size(f"a delta with 1 of {shown} entries", answer, whole, did)

    def _with_one_more(self, slug: str) -> Answer:
        Desk(self._folder / "site", self._articles, 1).add_one(slug)
        path = f"/{slug}<".encode()
        answer = self._ask_until(lambda answer: path in answer.body)
        _check(path in answer.body, f"the new article {slug} is not served")
        return answer

    def _coded(self, coding: str, whole: Answer) -> Row:
        # The best codings are compressed in the background; until then clients get another one.
        answer = self._ask_until(lambda answer: answer.coding == coding, Accept_Encoding=coding)
        _check(answer.status == 200, f"expected 200: {answer.head!r}")
        did = f"a 200 response in {answer.coding}"
        return _size(f"a 200 response, {coding}", answer, whole, did)

    def _ask_until(self, right: Callable[[Answer], bool], **fields: str) -> Answer:
        """Repeat a request until `right` accepts the answer, or a timeout; return the last."""
        end = time.monotonic() + _PATIENCE
        while not right(answer := self._ours.ask(_FEED, **fields)) and time.monotonic() < end:
            time.sleep(0.1)
        return answer


_PARTS = ("nginx", "constant", "django", "latency", "memory", "sizes")
_AGAINST_NGINX = (
    ("304 polls, compared with a static file on nginx", Target(0.9, at_least=True)),
    ("200 polls, compared with a static file on nginx", Target(0.9, at_least=True)),
)
_AGAINST_CONSTANT = (
    ("304 polls, compared with a constant on Granian", Target(0.85, at_least=True)),
    ("200 polls, compared with a constant on Granian", Target(0.9, at_least=True)),
)
_AGAINST_DJANGO = (
    ("304 polls, compared with Django on gunicorn", None),
    ("200 polls, compared with Django on gunicorn", Target(300, at_least=True)),
    ("200 polls in gzip, compared with Django on gunicorn", Target(300, at_least=True)),
)
_P99 = ("p99 latency of polls during syncs, compared with no syncs", Target(3, at_least=False))
_GROWTH = ("worker memory added by new clients", Target(5, at_least=False, unit="MB"))


def _size(what: str, answer: Answer, whole: Answer, did: str) -> Row:
    ratio = answer.size / whole.size
    did = f"{did}; peer: the whole feed, uncompressed"
    return Row(f"size of {what}", answer.size, whole.size, "B", ratio, None, did)


def _check(right: bool, message: str) -> None:
    if not right:
        sys.exit(f"unexpected response: {message[:1000]}")


def run(asked: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Row]:
    """Take all measurements."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feedsvc-polls-")))
        folder.chmod(0o755)  # nginx's worker may run as another user
        say(f"{asked.articles:,} articles: writing and publishing the corpus")
        corpus.write(folder / "site", asked.articles)
        time.sleep(_SETTLED)
        ours = stack.enter_context(peers.feedsvc(folder / "site"))
        for row in Polls(folder, asked, ours).rows():
            say(f"{row.what}: {row.shown[1]} {row.shown[3]}")
            yield row


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polls", description=__doc__)
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--polls", type=int, default=1_000_000, metavar="N", help="of new clients")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="per run of wrk")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    with Console(stderr=True).status("") as status:
        rows = list(run(asked, status.update))
    report.show(asked, HEADINGS, NUMBERS, rows, report.machine("loopback, one worker each"))


if __name__ == "__main__":
    main()
