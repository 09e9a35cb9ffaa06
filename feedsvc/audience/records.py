"""The numbers of one feed on one day, how two records are added, and how they are stored.

The store keeps a record for each day, source and feed, and one with feed '' for the whole site.
Texts are stored as numbers from the table of names, as a year has millions of them. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import sub
from typing import Any, TypeVar

import msgspec
import zstandard

PollKey = tuple[str, str, int, bool]  # family, format, status, conditional
ReportKey = tuple[str, str, str]  # family, format, key
IntervalKey = tuple[str, bool, int]  # family, conditional, bucket
Report = tuple[int | None, int, bool]  # count, seen, known

_LEVEL = 9
MAX_FAMILIES = 2000  # in a record; any others count as OTHER
MAX_KEYS = 500  # of services in a record; any others are dropped
OTHER = "other"

Key = TypeVar("Key", bound=tuple[Any, ...])


@dataclass(slots=True)
class Record:
    """The numbers of a feed, or of the site, on one day.

    polls: (polls, bytes sent, bytes saved). reported: (count or None, seen, known). direct:
    estimated readers by (family, format), one of which is '', once the day's salt is deleted.
    intervals, acts: polls, in the site's record only. start, end: instants of the first and last
    poll.
    """

    polls: dict[PollKey, list[int]] = field(default_factory=dict)
    reported: dict[ReportKey, Report] = field(default_factory=dict)
    direct: dict[tuple[str, str], int] = field(default_factory=dict)
    intervals: dict[IntervalKey, int] = field(default_factory=dict)
    acts: dict[tuple[str, str], int] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    def add(self, other: "Record") -> None:
        """Add the numbers of another record of the same feed and day."""
        families = self.families()
        for poll, (polls, sent, saved) in other.polls.items():
            sums = self.polls.get(poll)
            if sums is None:
                key = limited(families, poll[0]), *poll[1:]
                sums = self.polls.setdefault(key, [0, 0, 0])
            sums[0] += polls
            sums[1] += sent
            sums[2] += saved
        for report, value in other.reported.items():
            before = self.reported.get(report)
            if before is None and len(self.reported) >= MAX_KEYS:
                continue
            if before is None or is_later(value, before):
                self.reported[report] = value
        # Two estimates under different salts cannot be merged; most of the readers are the same.
        for (family, format), number in other.direct.items():
            readers = limited(families, family), format
            self.direct[readers] = max(number, self.direct.get(readers, 0))
        _count(self.intervals, other.intervals, families)
        _count(self.acts, other.acts, families)
        self.start = min(filter(None, (self.start, other.start)), default=0)
        self.end = max(self.end, other.end)

    def families(self) -> set[str]:
        """Return the families whose polls or readers are counted."""
        keys = (*self.polls, *self.direct, *self.intervals, *self.acts)
        return {str(key[0]) for key in keys} - {""}

    @property
    def total(self) -> int:
        """The number of polls."""
        return sum(polls for polls, _, _ in self.polls.values())

    def names(self) -> set[str]:
        """Return all texts, which need a number before the record can be stored."""
        keys = (*self.polls, *self.reported, *self.direct, *self.intervals, *self.acts)
        return {each for key in keys for each in key if isinstance(each, str)}


def limited(families: set[str], family: str) -> str:
    """Add a family to the known ones, and return it; OTHER if there are too many.

    '' stands for all, and is always known.
    """
    if family and family not in families:
        if len(families) >= MAX_FAMILIES:
            return OTHER
        families.add(family)
    return family


def is_later(one: Report, other: Report) -> bool:
    """Return whether a report is later than another or, in the same second, not smaller."""
    return (one[1], one[0] or 0) >= (other[1], other[0] or 0)


def _count(counts: dict[Key, int], more: Mapping[Key, int], families: set[str]) -> None:
    for (family, *rest), number in more.items():
        key: Any = limited(families, family), *rest
        counts[key] = counts.get(key, 0) + number


def encode(record: Record, number: Callable[[str], int]) -> bytes:
    """Return a record as bytes. number: returns the number of a name."""
    n, day = number, record.start // 86_400 * 86_400
    tables = [
        _columns(
            (n(family), n(format), status, int(conditional), *_divided(*sums))
            for (family, format, status, conditional), sums in record.polls.items()
        ),
        _columns(
            (n(family), n(format), n(key), -1 if count is None else count, seen - day, int(known))
            for (family, format, key), (count, seen, known) in record.reported.items()
        ),
        _columns(
            (n(family), n(format), value) for (family, format), value in record.direct.items()
        ),
        _columns((n(a), int(b), c, value) for (a, b, c), value in record.intervals.items()),
        _columns((n(family), n(act), value) for (family, act), value in record.acts.items()),
    ]
    packed = msgspec.msgpack.encode([1, record.start, record.end, day, tables])
    return zstandard.compress(packed, _LEVEL)


def _columns(rows: Iterable[tuple[int, ...]]) -> list[Sequence[int]]:
    """Return the columns of rows, the first as differences, which compress better."""
    first, *others = list(zip(*sorted(rows), strict=True)) or [()]
    return [[*first[:1], *map(sub, first[1:], first)], *others]


def decode(data: bytes, name: Callable[[int], str]) -> Record:
    """Return an encoded record. name: returns the name of a number. Raises ValueError."""
    try:
        _, start, end, day, tables = msgspec.msgpack.decode(
            zstandard.decompress(data), type=tuple[int, int, int, int, list[list[list[int]]]]
        )
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from None

    def rows(index: int) -> Iterable[tuple[int, ...]]:
        first, *others = tables[index]
        return zip(accumulate(first), *others, strict=True)

    return Record(
        {(name(a), name(b), c, bool(d)): _multiplied(*sums) for a, b, c, d, *sums in rows(0)},
        {
            (name(a), name(b), name(c)): (None if n < 0 else n, seen + day, bool(known))
            for a, b, c, n, seen, known in rows(1)
        },
        {(name(a), name(b)): readers for a, b, readers in rows(2)},
        {(name(a), bool(b), c): polls for a, b, c, polls in rows(3)},
        {(name(a), name(b)): polls for a, b, polls in rows(4)},
        start,
        end,
    )


def _divided(polls: int, sent: int, saved: int) -> tuple[int, ...]:
    """Return numbers that compress well: answers of one kind have similar sizes."""
    return polls, *divmod(sent, polls or 1), *divmod(saved, polls or 1)


def _multiplied(polls: int, mean: int, rest: int, mean_saved: int, rest_saved: int) -> list[int]:
    return [polls, mean * (polls or 1) + rest, mean_saved * (polls or 1) + rest_saved]
