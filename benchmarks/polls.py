"""Measures what a poll costs `feedsvc serve`, beside what it costs others in the same run.

    python -m benchmarks.polls [--articles N] [--polls N] [--seconds N] [--rounds N]
                               [--markdown] [--json F]

One worker on each side, loopback, wrk, the same body and the same header fields. Sides take turns
and the median of the ratios counts. A run in which anything else was served than what it is about
ends the benchmark; a missed target is shown, and so is what had to be skipped.
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
_SETTLED = 2.2  # seconds; what changed within the last 2 is read again by every sync
_CONNECTIONS, _READERS = 32, 8
_PAUSE = 5  # milliseconds; eight readers that never paused would leave no core to anybody else
_WARM = 1  # seconds
_PATIENCE = 10  # seconds for what is made or published aside


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows that are taken together. needs: programs, and the like, beside ours."""

    needs: Sequence[str]
    rows: Sequence[tuple[str, Target | None]]
    measure: Callable[[], Iterator[Row]]


class Side:
    """One server, polled for one thing: steadily, and with a proof that it was served."""

    def __init__(self, server: Server, status: int, coding: str) -> None:
        fields = {"Accept-Encoding": coding}
        if status == 304:
            fields["If-None-Match"] = server.ask(_FEED, **fields).fields["etag"]
        self._server = server
        self._poller = Poller(server.url(_FEED), fields, _CONNECTIONS)
        self.answer = server.ask(_FEED, **fields)
        _check(
            status == 304 or self.answer.coding == coding, f"{coding} was due: {self.answer.head!r}"
        )
        seen = self._poller.run(Mode.COUNTED, _WARM)
        _check(seen.statuses == {status: seen.requests}, f"{status} was due: {seen}")
        self._shares: list[float] = []
        self._costs: list[float] = []

    def rate(self, seconds: int) -> float:
        """Poll for so long; return the polls a second."""
        worked = self._server.worked()
        done = self._poller.run(Mode.STEADY, seconds)
        took = self._server.worked() - worked
        self._shares.append(took / done.seconds)
        self._costs.append(took / done.requests)
        size, least = self.answer.size, done.requests * self.answer.size
        # What was still on its way at the end is in the bytes, but not in the requests.
        right = 0.99 * least <= done.bytes <= 1.01 * (least + _CONNECTIONS * size)
        _check(right, f"{done.requests} answers of {size} bytes were due: {done}")
        return done.rate

    @property
    def did(self) -> str:
        """What was served, and what that took: a side that was not busy could have done more."""
        sizes = f"{len(self.answer.head):,} + {len(self.answer.body):,} bytes"
        cost = report.figure(median(self._costs) * 1e6, "µs")
        return f"{sizes} in {cost} of processor time, {median(self._shares):.0%} busy"


class Polls:
    """All figures, one after the other, of one server of ours."""

    def __init__(self, folder: Path, asked: argparse.Namespace, ours: Server) -> None:
        self._folder = folder
        self._articles: int = asked.articles
        self._polls: int = asked.polls
        self._seconds: int = asked.seconds
        self._rounds: int = asked.rounds
        self._ours = ours
        self._document = ours.ask(_FEED)
        entries = min(_ENTRIES, self._articles)
        full = self._document.status == 200 and self._document.body.count(b"<item>") == entries
        _check(full, f"{entries} entries were due at {_FEED}: {self._document.head!r}")

    def rows(self) -> Iterator[Row]:
        """Take every figure that can be taken here."""
        for part in self._parts():
            absent = peers.missing(part.needs)
            if absent:
                why = f"skipped: there is no {' and no '.join(absent)} here"
                yield from (Row(what, None, None, "", None, it, why) for what, it in part.rows)
            else:
                yield from part.measure()

    def _parts(self) -> Iterator[Part]:
        yield Part(("wrk", "nginx", "/proc"), _AGAINST_NGINX, self._against_nginx)
        yield Part(("wrk", "Django", "gunicorn", "/proc"), _AGAINST_DJANGO, self._against_django)
        yield Part(("wrk",), (_P99,), self._while_syncing)
        yield Part(("wrk", "/proc"), (_GROWTH,), self._growth)
        yield Part((), (), self._bytes)

    def _against_nginx(self) -> Iterator[Row]:
        with peers.nginx(self._folder / "nginx", _FEED, self._document) as nginx:
            same = nginx.ask(_FEED).body == self._document.body
            _check(same, "nginx serves other bytes")
            for (what, target), status in zip(_AGAINST_NGINX, (304, 200), strict=True):
                yield self._compared(what, target, nginx, status, "identity")

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
        did = f"{ours.did}; the peer {theirs.did}"
        return compared(what, rates, "/s", target, did)

    def _while_syncing(self) -> Iterator[Row]:
        desk = Desk(self._folder / "site", self._articles, _EDITED)
        syncs: list[float] = []
        fresh: list[int] = []

        def quiet() -> float:
            time.sleep(_SETTLED)
            done = self._poller(_READERS).run(Mode.READERS, self._seconds, _PAUSE)
            _check(done.statuses.keys() == {304}, f"304 was due: {done}")
            return done.p99 * 1e3

        def syncing() -> float:
            # One after the other: the whole window is one in which articles are synced.
            before = len(syncs)
            run = self._poller(_READERS).start(Mode.READERS, self._seconds, _PAUSE)
            while not run.ended:
                took = desk.edit_all()
                if not run.ended:
                    syncs.append(took)
            done = run.load()
            _check(len(syncs) > before, f"no sync ended within {self._seconds} s: use --seconds")
            _check(done.statuses.keys() == {200, 304}, f"304 and some 200 were due: {done}")
            fresh.append(done.statuses[200])
            return done.p99 * 1e3

        times = alternate(self._rounds, syncing, quiet)
        did = (
            f"{_READERS} readers, {_PAUSE} ms from answer to poll; {len(desk):,} edited articles "
            f"were synced {len(syncs)} times, in {median(syncs):.2f} s, and {sum(fresh):,} polls "
            "answered 200; the peer is ours without syncs"
        )
        yield compared(_P99[0], times, "ms", _P99[1], did)

    def _growth(self) -> Iterator[Row]:
        poller = self._poller(_CONNECTIONS)
        poller.run(Mode.COUNTED, _WARM)  # also where nothing else could be measured before
        before, shared_before = self._ours.memory()
        served = {200: 0, 304: 0}
        for seed in range(self._polls):
            done = poller.run(Mode.STRANGERS, self._seconds, seed)
            _check(done.statuses.keys() <= served.keys(), f"304 and some 200 were due: {done}")
            for status, times in done.statuses.items():
                served[status] += times
            if sum(served.values()) >= self._polls:
                break
        after, shared = self._ours.memory()
        did = (
            f"{served[304]:,} polls answered 304 and {served[200]:,} answered 200, each with a "
            f"User-Agent and a query of its own; RSS {before:.1f} to {after:.1f} MB, "
            f"PSS {shared_before:.1f} to {shared:.1f} MB"
        )
        yield Row(_GROWTH[0], after - before, None, "MB", None, _GROWTH[1], did)

    def _poller(self, connections: int) -> Poller:
        """Return pollers that have the feed as it is now."""
        etag = self._ours.ask(_FEED).fields["etag"]
        return Poller(self._ours.url(_FEED), {"If-None-Match": etag}, connections)

    def _bytes(self) -> Iterator[Row]:
        whole = self._ours.ask(_FEED)
        same = self._ours.ask(_FEED, If_None_Match=whole.fields["etag"])
        _check(same.status == 304, f"304 was due: {same.head!r}")
        yield _size("a 304", same, whole, "a 304")
        yield self._delta()
        whole = self._ours.ask(_FEED)
        for coding in ("br", "zstd", "gzip", "identity"):
            yield self._coded(coding, whole)

    def _delta(self) -> Row:
        # The first one after a round number of articles completes an archive: its link is new, and
        # no delta says so.
        old = self._with_one_more("latest").fields["etag"]
        whole = self._with_one_more("later")
        answer = self._ours.ask(_FEED, A_IM="feed", If_None_Match=old)
        entries = answer.body.count(b"<item>")
        right = (answer.status, entries) == (226, 1) or answer.body == whole.body
        _check(right, f"a delta of 1 or everything was due: {answer.head!r}")
        shown = whole.body.count(b"<item>")
        did = f"a {answer.status} with {entries} of {shown} entries"
        return _size(f"a delta of 1 in {shown}", answer, whole, did)

    def _with_one_more(self, slug: str) -> Answer:
        Desk(self._folder / "site", self._articles, 1).add_one(slug)
        path = f"/{slug}<".encode()
        answer = self._ask_until(lambda answer: path in answer.body)
        _check(path in answer.body, f"the added article {slug} is not served")
        return answer

    def _coded(self, coding: str, whole: Answer) -> Row:
        # The best codings are made aside; whoever asks meanwhile gets another.
        answer = self._ask_until(lambda answer: answer.coding == coding, Accept_Encoding=coding)
        _check(answer.status == 200, f"200 was due: {answer.head!r}")
        return _size(f"a 200, {coding}", answer, whole, f"a 200 in {answer.coding}")

    def _ask_until(self, right: Callable[[Answer], bool], **fields: str) -> Answer:
        """Ask until the answer is right, for a while; return the last."""
        end = time.monotonic() + _PATIENCE
        while not right(answer := self._ours.ask(_FEED, **fields)) and time.monotonic() < end:
            time.sleep(0.1)
        return answer


_AGAINST_NGINX = (
    ("304 polls, against nginx with a static file", Target(0.9, at_least=True)),
    ("200 polls, against nginx with a static file", Target(0.9, at_least=True)),
)
_AGAINST_DJANGO = (
    ("304 polls, against Django on gunicorn", None),
    ("200 polls, against Django on gunicorn", Target(300, at_least=True)),
    ("200 polls in gzip, against Django on gunicorn", Target(300, at_least=True)),
)
_P99 = ("p99 of polls during syncs, against quiet", Target(3, at_least=False))
_GROWTH = ("what polls of strangers add to the worker", Target(5, at_least=False, unit="MB"))


def _size(what: str, answer: Answer, whole: Answer, did: str) -> Row:
    ratio = answer.size / whole.size
    did = f"{did}; the peer is the whole feed in identity"
    return Row(f"bytes of {what}", answer.size, whole.size, "B", ratio, None, did)


def _check(right: bool, message: str) -> None:
    if not right:
        sys.exit(f"did not serve what it should: {message[:1000]}")


def run(asked: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Row]:
    """Take every figure."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feedsvc-polls-")))
        folder.chmod(0o755)  # nginx's worker may be somebody else
        say(f"{asked.articles:,} articles: writing and publishing them")
        corpus.write(folder / "site", asked.articles)
        time.sleep(_SETTLED)
        ours = stack.enter_context(peers.feedsvc(folder / "site"))
        for row in Polls(folder, asked, ours).rows():
            say(f"{row.what}: {row.shown[1]} {row.shown[3]}")
            yield row


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polls", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--polls", type=int, default=1_000_000, metavar="N", help="of strangers")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="of each run of wrk")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    with Console(stderr=True).status("") as status:
        rows = list(run(asked, status.update))
    report.show(asked, HEADINGS, NUMBERS, rows, report.machine("loopback, one worker each"))


if __name__ == "__main__":
    main()
