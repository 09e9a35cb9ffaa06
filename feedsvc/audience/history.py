"""Figures over time: of the site, which are stored, and of one feed, computed from its rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from feedsvc.audience import daily, figures
from feedsvc.audience.figures import Cell, Figures
from feedsvc.audience.rows import Direct, Reported
from feedsvc.audience.store import Store

SPLITS = ("family", "feed", "format")
MOST_POINTS = 54  # of a line in a chart


class History(NamedTuple):
    """Figures in a period.

    days: all days with figures. points: the days that are shown, including the last. figures: by
    cell and day, of SPLITS at the first and last point only. trends: subscribers by cell and point.
    """

    days: list[int]
    points: tuple[int, ...]
    figures: Mapping[Cell, Mapping[int, Figures]]
    trends: Mapping[Cell, Mapping[int, int]]


def of_site(store: Store, first: int, today: int) -> History | None:
    """Return the stored figures, or today's if none are stored yet; None without any."""
    rows = store.daily(range(first, today), "")
    if not rows:
        cells = daily.live(store, today)
        return _history({today: cells}) if cells else None
    days = sorted({row.day for row in rows})
    points = _points(days)
    rows += store.daily(points, "clients")
    trends: defaultdict[Cell, dict[int, int]] = defaultdict(dict)
    for dimension in SPLITS:
        rows += store.daily((points[0], points[-1]), dimension)
        for name, day, total in store.totals(points, dimension):
            trends[dimension, name][day] = total
    found: defaultdict[Cell, dict[int, Figures]] = defaultdict(dict)
    for row in rows:
        found[row.dimension, row.name][row.day] = Figures(*row[3:9])
    return History(days, points, found, trends)


def of_feed(store: Store, first: int, today: int, feed: str) -> History | None:
    """Return the figures of one feed, computed from its rows; None without any."""
    begin = first - figures.WINDOW
    reported: defaultdict[int, list[Reported]] = defaultdict(list)
    direct: defaultdict[int, list[Direct]] = defaultdict(list)
    for row in store.reported(begin, today, feed):
        reported[row.day].append(row)
    for each in store.direct(begin, today, feed):
        direct[each.day].append(each)
    days = [
        figures.Day(day, reported[day], figures.by_cell(direct[day]))
        for day in sorted(reported.keys() | direct.keys())
    ]
    ended = [each.day for each in days if first <= each.day < today]
    found = dict(figures.windows(days, set(_points(ended)) or {today}))
    return _history(found) if found else None


def _history(windows: Mapping[int, Mapping[Cell, Figures]]) -> History:
    found: defaultdict[Cell, dict[int, Figures]] = defaultdict(dict)
    trends: defaultdict[Cell, dict[int, int]] = defaultdict(dict)
    for day, cells in windows.items():
        for cell, each in cells.items():
            found[cell][day] = each
            trends[cell][day] = each.total
    return History(list(windows), tuple(windows), found, trends)


def _points(days: Collection[int]) -> tuple[int, ...]:
    """Return the days to show: evenly spaced, including the last."""
    step = -(-len(days) // MOST_POINTS) or 1
    return tuple(sorted(sorted(days)[::-step]))
