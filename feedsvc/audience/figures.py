"""Computes subscriber numbers from the rows of several days. Pure.

The number of a service is the last that it reported, never a sum of polls; it is kept for three
days. Direct readers are counted by day; the figure for seven days is the median of the days,
because readers cannot be recognised on another day.
"""

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from feedsvc.audience.rows import Direct, Reported

WINDOW = 7  # days
KEPT = 3  # days for which a missing service keeps its number
JUMP = 10  # a number that grows more than this many times in a day is only claimed

Cell = tuple[str, str]  # dimension: '', 'feed', 'family' or 'format'; and a name in it
Key = tuple[str, str, str, str]  # feed, format, family, key; see Reported
TOTAL: Cell = ("", "")
ONE_DAY: Cell = ("", "day")  # the total of one day instead of seven
POLLING: Cell = ("clients", "polls")  # `subscribers` counts clients that poll


class Figures(NamedTuple):
    """The subscribers in a window that ends with a day, and what changed on that day.

    subscribers: as services report. at_least: services that report no number, counted once each.
    direct: readers that poll for one person. claimed: numbers that are not believed, and not part
    of the others. gained, lost: of subscribers and at_least, since the day before.
    """

    subscribers: int = 0
    at_least: int = 0
    direct: int = 0
    claimed: int = 0
    gained: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        """All subscribers that are believed."""
        return self.subscribers + self.at_least + self.direct


class Day(NamedTuple):
    """The rows of one day."""

    day: int
    reported: Sequence[Reported]
    direct: Mapping[Cell, int]


@dataclass(slots=True)
class Services:
    """The reports of services at the end of a day, by key.

    numbers: None for a service that reports none. claims: numbers that are not believed.
    """

    numbers: dict[Key, int | None] = field(default_factory=dict)
    claims: dict[Key, int] = field(default_factory=dict)


def by_cell(rows: Iterable[Direct]) -> dict[Cell, int]:
    """Add up the direct readers of a day.

    Rows exist by feed and family, and again by feed and format; only the former add to totals.
    """
    cells: defaultdict[Cell, int] = defaultdict(int)
    for row in rows:
        if row.family:
            cells["family", row.family] += row.readers
            cells["feed", row.feed] += row.readers
            cells[TOTAL] += row.readers
        else:
            cells["format", row.format] += row.readers
    return dict(cells)


def services(days: Sequence[Day], end: int) -> Services:
    """Return the reports of services at the end of a day. days: those of the window up to it."""
    rows = [row for day in days if end - WINDOW < day.day <= end for row in day.reported]
    if not rows:
        return Services()
    first = min(row.day for row in rows)
    rows.sort(key=lambda row: (row.feed, row.family, row.day))
    found = Services()
    for _, of_service in groupby(rows, attrgetter("feed", "family")):
        _believe(of_service, first, end, found)
    return found


def _believe(rows: Iterable[Reported], first: int, end: int, found: Services) -> None:
    """Add the numbers of one service for one feed, each compared with those of the days before.

    A service that appears after the first two days may start with ten subscribers at most, because
    anybody can send its name with any number. A number that is repeated for a window is believed.
    """
    believed: dict[Key, tuple[int | None, int]] = {}
    claims: dict[Key, int] = {}
    for day, of_day in groupby(rows, attrgetter("day")):
        sum_before = sum(each or 0 for each, _ in believed.values())
        room = JUMP * max(1, sum_before) if believed or day > first + 1 else math.inf
        for row in of_day:
            key = row.feed, row.format, row.family, row.key
            number = row.number
            last = believed.get(key, (None, day))[0]
            limit = room if last is None else JUMP * max(1, last)
            if number is not None and (not row.known or number > limit):
                claims[key] = number
                continue
            if last is None:
                room -= number or 0
            believed[key] = number, day
            claims.pop(key, None)
    found.claims |= claims
    kept = {key: value for key, (value, day) in believed.items() if end - day <= KEPT}
    found.numbers |= kept


def medians(days: Sequence[Mapping[Cell, int]]) -> dict[Cell, int]:
    """Return the median of the days for each cell; one missing on a day counts as 0."""
    cells = {cell for day in days for cell in day}
    return {cell: round(median(day.get(cell, 0) for day in days)) for cell in cells}


def _figures(now: Services, before: Services, direct: Mapping[Cell, int]) -> dict[Cell, Figures]:
    counts: defaultdict[Cell, list[int]] = defaultdict(lambda: [0] * len(Figures._fields))
    for cell, number in direct.items():
        counts[cell][2] += number

    def add(column: int, key: Key, number: int) -> None:
        if number:
            feed, format, family, _ = key
            for cell in (TOTAL, ("feed", feed), ("family", family), ("format", format)):
                counts[cell][column] += number

    for key, reported in now.numbers.items():
        add(1 if reported is None else 0, key, _weight(now, key))
    for key, claim in now.claims.items():
        add(3, key, claim)
    for key in now.numbers.keys() | before.numbers.keys():
        change = _weight(now, key) - _weight(before, key)
        add(4 if change > 0 else 5, key, abs(change))
    return {cell: Figures(*row) for cell, row in counts.items()}


def _weight(services: Services, key: Key) -> int:
    number = services.numbers.get(key, 0)
    return 1 if number is None else number


def windows(days: Iterable[Day], ends: Container[int]) -> Iterator[tuple[int, dict[Cell, Figures]]]:
    """Yield the figures of windows, each with its last day.

    days: the days with polls, in order, starting a window before the first end. ends: the last days
    of the windows. Gains and losses are relative to the previous end; at first, to the day before.
    """
    kept: list[Day] = []
    before: Services | None = None
    for last in days:
        end = last.day
        kept = [*(day for day in kept if end - day.day <= WINDOW), last]
        if end in ends:
            now = services(kept, end)
            direct = medians([day.direct for day in kept if end - day.day < WINDOW])
            cells = _figures(now, before or services(kept, end - 1), direct)
            total = cells.get(TOTAL, Figures())
            cells[ONE_DAY] = total._replace(direct=last.direct.get(TOTAL, 0))
            cells[POLLING] = Figures(subscribers=len(now.numbers) + total.direct)
            yield end, cells
            before = now
