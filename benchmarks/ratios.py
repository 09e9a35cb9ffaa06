"""Measurements compared with a peer: table rows, and alternating runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from benchmarks import report

HEADINGS = ("measurement", "feedsvc", "peer", "ratio", "target", "details")
NUMBERS = ("feedsvc", "peer", "ratio")
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Target:
    """A lower or upper bound for a figure."""

    bound: float
    at_least: bool
    unit: str = "×"

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of feedsvc and that of its peer; None if it was skipped.

    ratio: the median over the rounds. target: for the ratio, or for `ours` if there is no ratio.
    did: what each side served, or why the measurement was skipped.
    """

    what: str
    ours: float | None
    peer: float | None
    unit: str
    ratio: float | None
    target: Target | None
    did: str

    @property
    def missed(self) -> bool:
        """Whether the figure is worse than the target."""
        judged = self.ours if self.ratio is None else self.ratio
        if self.target is None or judged is None:
            return False
        short = judged - self.target.bound
        return short < 0 if self.target.at_least else short > 0

    @property
    def shown(self) -> tuple[str, ...]:
        """The cells of a table row."""
        ours = "skipped" if self.ours is None else report.figure(self.ours, self.unit)
        peer = "" if self.peer is None else report.figure(self.peer, self.unit)
        ratio = "" if self.ratio is None else report.figure(self.ratio, "×")
        target = "" if self.target is None else str(self.target)
        missed = ", missed" if self.missed else ""
        return self.what, ours, peer, ratio, target + missed, self.did


def alternate(
    rounds: int, ours: Callable[[], Taken], peer: Callable[[], Taken]
) -> list[tuple[Taken, Taken]]:
    """Run both in each round, alternating which goes first; return the results, ours first."""
    figures = []
    for number in range(rounds):
        first, second = (peer, ours) if number % 2 else (ours, peer)
        pair = first(), second()
        figures.append(pair[::-1] if number % 2 else pair)
    return figures


def compared(
    what: str, rounds: Sequence[tuple[float, float]], unit: str, target: Target | None, did: str
) -> Row:
    """Return a row from the figures of all rounds, each with ours first."""
    ours, peer = zip(*rounds, strict=True)
    ratio = median(one / other for one, other in rounds)
    return Row(what, median(ours), median(peer), unit, ratio, target, did)
