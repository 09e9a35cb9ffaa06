"""Compare `feedsvc build --only rss` with Hugo and Pelican, which write the same feeds.

    python -m benchmarks.build [--articles N] [--rounds N] [--markdown] [--json F]

All start with only the articles. The programs alternate, and the median of the ratios is reported.
A run that did not write the expected feeds aborts the benchmark; missed targets and skipped
measurements are reported.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import generators, report
from benchmarks.generators import Generator, Run
from benchmarks.ratios import HEADINGS, NUMBERS, Row, Target, alternate, compared
from benchmarks.work import edit

_SETTLED = 2.2  # seconds; every sync reads files changed within the last 2 s again
_FEEDS = 1 + 20 + 500 + 50  # site, categories, tags and authors
_ENOUGH = 2000  # articles; with fewer, some of these feeds may not exist
_COLD = (
    ("wall time", "s", Target(1.0, at_least=False)),
    ("CPU time", "s", None),
    ("peak memory", "MB", Target(0.3, at_least=False)),
)
_EDITED = (("wall time", "s", Target(0.2, at_least=False)), ("CPU time", "s", None))
_FIGURES: Mapping[str, Callable[[Run], float]] = {
    "wall time": lambda run: run.wall,
    "CPU time": lambda run: run.cpu,
    "peak memory": lambda run: run.memory,
}
_Figures = Sequence[tuple[str, str, Target | None]]


class Build:
    """All measurements on one corpus."""

    def __init__(self, folder: Path, articles: int, rounds: int) -> None:
        self._articles = articles
        self._rounds = rounds
        self._newest, self._slug = generators.write(folder, articles)
        time.sleep(_SETTLED)
        self._ours = generators.feedsvc(folder)
        self._hugo = generators.hugo(folder)
        self._pelican = generators.pelican(folder)
        self._edits = 0

    def rows(self) -> Iterator[Row]:
        """Take every measurement that is possible on this machine."""
        yield from self._against(self._hugo, self._rounds, _COLD, _EDITED)
        yield from self._against(self._pelican, 1, [(*each[:2], None) for each in _COLD], ())

    def _against(
        self, peer: Generator, rounds: int, cold: _Figures, edited: _Figures
    ) -> Iterator[Row]:
        listed = [
            (f"{done}, {what}, compared with {peer.name}", what, unit, target, index)
            for index, (done, figures) in enumerate(
                (("clean build", cold), ("after one edit", edited))
            )
            for what, unit, target in figures
        ]
        if absent := generators.missing((peer.name, "/proc")):
            why = f"skipped: {', '.join(absent)} not found"
            yield from (Row(name, None, None, "", None, it, why) for name, _, _, it, _ in listed)
            return
        pairs = alternate(rounds, self._cold_and_edited, lambda: (peer.cold(self._slug),) * 2)
        ours, theirs = pairs[0]
        did = f"{ours[0].did}; {peer.name}: {theirs[0].did}"
        for name, what, unit, target, index in listed:
            figure = _FIGURES[what]
            taken = [(figure(ours[index]), figure(theirs[index])) for ours, theirs in pairs]
            yield compared(name, taken, unit, target, did)

    def _cold_and_edited(self) -> tuple[Run, Run]:
        """Run a clean build, and another build after editing one article."""
        cold = self._ours.cold(self._slug)
        _check(cold.feeds >= _FEEDS or self._articles < _ENOUGH, f"too few feeds: {cold}")
        self._edits += 1
        mark = f"edited-{self._edits}"
        edit(self._newest, f"Once more, {mark}.")
        edited = self._ours.run(mark)
        _check(
            (edited.feeds, edited.entries) == (cold.feeds, cold.entries),
            f"an edit changed {cold} to {edited}",
        )
        return cold, edited


def _check(right: bool, message: str) -> None:
    if not right:
        sys.exit(f"unexpected output: {message}")


def run(asked: argparse.Namespace, say: Callable[[str], None]) -> Iterator[Row]:
    """Take all measurements."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-build-") as folder:
        say(f"{asked.articles:,} articles: writing the corpus")
        for row in Build(Path(folder), asked.articles, asked.rounds).rows():
            say(f"{row.what}: {row.shown[1]} {row.shown[3]}")
            yield row


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.build", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    with Console(stderr=True).status("") as status:
        rows = list(run(asked, status.update))
    report.show(asked, HEADINGS, NUMBERS, rows, report.machine(*generators.versions()))


if __name__ == "__main__":
    main()
