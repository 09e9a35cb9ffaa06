"""What the operator is shown about a period, gathered from the store once for all outputs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from feedsvc.audience import criteria, daily, figures
from feedsvc.audience.figures import TOTAL, Cell, Figures
from feedsvc.audience.rows import Daily, Kind
from feedsvc.audience.store import Store

SHOWN = 7  # names in a chart or a short table; the others are added up
OTHERS = "others"
RECENT = 7  # days of polls by which readers are judged
_MOST_POINTS = 54  # of a line in a chart
_MOST_BARS = 27
SPLITS = ("family", "feed", "format")
# Families that poll for no subscriber.
NO_READERS = frozenset({Kind.CRAWLER, Kind.MONITOR, Kind.BROWSER})


class Series(NamedTuple):
    """Numbers over time. days: of the points. rows: the numbers at these days, by name."""

    days: tuple[int, ...]
    rows: Mapping[str, tuple[int, ...]]


class Traffic(NamedTuple):
    """Polls, and bytes of bodies that were sent and saved."""

    polls: int
    sent: int
    saved: int


class Standing(NamedTuple):
    """The subscribers of a feed or reader. before: at the start of the period."""

    name: str
    now: Figures
    before: Figures
    trend: tuple[int, ...]


class Reader(NamedTuple):
    """A family of User-Agents: its subscribers, its polls of the last days, and its score."""

    name: str
    kind: Kind
    example: str
    subscribers: int
    traffic: Traffic
    unchanged: float  # share of polls that were answered with 304
    score: criteria.Score


@dataclass(frozen=True, slots=True)
class Overview:
    """The audience of a site, or of one feed, in a period.

    first, last: days. now: the seven days that end with the last day; before: those at the start.
    day: the last day alone. totals, splits: subscribers over time, split by SPLITS. standings: of
    all feeds and of all families, by dimension. answers: traffic by status; answered: over time,
    per day. intervals: polls by whether they are conditional, for each class of intervals.
    clients: that poll, and that are pushed to, over time. claims: numbers that are not believed, by
    family. readers: best first; () for one feed. changes: subscribers that services gained and
    lost, the latter below zero, in spans that end with the days.
    """

    feed: str | None
    first: int
    last: int
    now: Figures
    before: Figures
    day: Figures
    totals: Series
    splits: Mapping[str, Series]
    standings: Mapping[str, Sequence[Standing]]
    answers: Mapping[str, Traffic]
    answered: Mapping[str, Series]
    intervals: Mapping[bool, tuple[int, ...]]
    clients: Series
    claims: Mapping[str, int]
    readers: Sequence[Reader]
    changes: Series

    @property
    def gained(self) -> int:
        """Subscribers that services gained in the period."""
        return sum(self.changes.rows["gained"])

    @property
    def lost(self) -> int:
        """Subscribers that services lost in the period."""
        return -sum(self.changes.rows["lost"])


def total(store: Store, today: int) -> int:
    """Return the subscribers of the last day whose figures are stored, or of today."""
    stored = [row for row in store.daily(range(today - RECENT, today), "") if not row.name]
    if stored:
        return Figures(*max(stored)[3:9]).total
    return (daily.live(store, today) or {}).get(TOTAL, Figures()).total


def overview(store: Store, first: int, today: int, feed: str | None = None) -> Overview | None:
    """Gather what is known of a period; None if there are no polls. first: its first day."""
    history = _of_feed(store, first, today, feed) if feed else _of_site(store, first, today)
    if not history:
        return None
    days = sorted(history)
    points = _points(days)
    at = [history[day] for day in points]
    end, start = at[-1], at[0]
    changes = {day: history[day].get(TOTAL, Figures()) for day in days[1:]}
    traffic = _traffic(store, days[0], today, feed)
    standings = {name: _standings(name, at) for name in SPLITS}
    return Overview(
        feed=feed,
        first=days[0],
        last=days[-1],
        now=end.get(TOTAL, Figures()),
        before=start.get(TOTAL, Figures()),
        day=end.get(figures.ONE_DAY, Figures()),
        totals=Series(points, {"": tuple(each.get(TOTAL, Figures()).total for each in at)}),
        splits={name: _split(points, standings[name]) for name in SPLITS},
        standings=standings,
        answers={
            status: Traffic(*(sum(column) for column in zip(*rows.values(), strict=True)))
            for status, rows in sorted(traffic.items())
        },
        answered=_answered(traffic, days[0], today),
        intervals=_intervals(store, today),
        clients=_clients(points, at),
        claims={
            name: found.claimed
            for (dimension, name), found in end.items()
            if dimension == "family" and found.claimed
        },
        readers=() if feed else _readers(store, today, end),
        changes=_changes(changes),
    )


History = Mapping[int, Mapping[Cell, Figures]]


def _of_site(store: Store, first: int, today: int) -> History:
    """Return the stored figures by day; those until today if none are stored yet."""
    history: defaultdict[int, dict[Cell, Figures]] = defaultdict(dict)
    totals = store.daily(range(first, today), "")
    points = set(_points([row.day for row in totals if not row.name]))
    rows: list[Daily] = list(totals)
    for dimension in (*SPLITS, "clients"):
        rows += store.daily(sorted(points), dimension)
    for row in rows:
        history[row.day][row.dimension, row.name] = Figures(*row[3:9])
    if history:
        return history
    found = daily.live(store, today)
    return {today: found} if found else {}


def _of_feed(store: Store, first: int, today: int, feed: str) -> History:
    """Return the figures of one feed, computed from its rows."""
    begin = first - figures.WINDOW
    reported, direct = defaultdict(list), defaultdict(list)
    for row in store.reported(begin, today, feed):
        reported[row.day].append(row)
    for each in store.direct(begin, today, feed):
        direct[each.day].append(each)
    days = [
        figures.Day(day, reported[day], figures.by_cell(direct[day]))
        for day in sorted(reported.keys() | direct.keys())
    ]
    ended = [each.day for each in days if first <= each.day < today]
    points = set(_points(ended)) or {today}
    return dict(figures.windows(days, points))


def _points(days: Sequence[int]) -> tuple[int, ...]:
    """Return the days that are shown: regular ones that end with the last."""
    step = -(-len(days) // _MOST_POINTS) or 1
    return tuple(sorted(sorted(days)[::-step]))


def _standings(dimension: str, at: Sequence[Mapping[Cell, Figures]]) -> list[Standing]:
    """Return the members of a dimension, those with most subscribers first."""
    names = {name for cells in at for where, name in cells if where == dimension}
    none = Figures()
    found = []
    for name in names:
        each = [cells.get((dimension, name), none) for cells in at]
        trend = tuple(one.total for one in each)
        if any(trend):
            found.append(Standing(name, each[-1], each[0], trend))
    return sorted(found, key=lambda each: (-each.now.total, -max(each.trend), each.name))


def _split(points: tuple[int, ...], standings: Sequence[Standing]) -> Series:
    rows = {each.name: each.trend for each in standings[:SHOWN]}
    if others := [each.trend for each in standings[SHOWN:]]:
        rows[OTHERS] = tuple(map(sum, zip(*others, strict=True)))
    return Series(points, rows)


def _clients(points: tuple[int, ...], at: Sequence[Mapping[Cell, Figures]]) -> Series:
    rows = {
        name: tuple(cells.get(("clients", name), Figures()).subscribers for cells in at)
        for name in ("polls", "push")
    }
    return Series(points, rows)


def _traffic(
    store: Store, first: int, today: int, feed: str | None
) -> dict[str, dict[int, Traffic]]:
    """Return the traffic by status and day."""
    found: defaultdict[str, dict[int, Traffic]] = defaultdict(dict)
    if feed is None:
        for row in store.daily(range(first, today), daily.STATUS):
            found[row.name][row.day] = Traffic(row.polls, row.sent, row.saved)
        first = today
    for each in store.polls(first, today, by=("day", "status"), feed=feed or ""):
        found[str(each.status)][each.day] = Traffic(each.polls, each.sent, each.saved)
    return found


def _answered(
    traffic: Mapping[str, Mapping[int, Traffic]], first: int, today: int
) -> dict[str, Series]:
    """Return polls, and bytes sent and saved, by status as the mean per day of each span."""
    spans = _spans(first, today, _MOST_POINTS)
    days = tuple(span[-1] for span in spans)

    def means(column: int) -> Series:
        return Series(
            days,
            {
                status: tuple(
                    sum(rows[day][column] for day in span if day in rows) // len(span)
                    for span in spans
                )
                for status, rows in sorted(traffic.items())
            },
        )

    return {name: means(column) for column, name in enumerate(Traffic._fields)}


def _changes(found: Mapping[int, Figures]) -> Series:
    if not found:
        return Series((), {"gained": (), "lost": ()})
    spans = _spans(min(found), max(found), _MOST_BARS)
    sums = [[found[day] for day in span if day in found] for span in spans]
    return Series(
        tuple(span[-1] for span in spans),
        {
            "gained": tuple(sum(each.gained for each in span) for span in sums),
            "lost": tuple(-sum(each.lost for each in span) for span in sums),
        },
    )


def _spans(first: int, last: int, most: int) -> list[range]:
    """Split a period into spans of the same length; the first may be shorter."""
    step = -(-(last - first + 1) // most)
    spans = [range(max(first, end - step + 1), end + 1) for end in range(last, first - 1, -step)]
    return spans[::-1]


def _intervals(store: Store, today: int) -> dict[bool, tuple[int, ...]]:
    counts = {kind: [0] * (len(criteria.INTERVALS) + 1) for kind in (True, False)}
    for row in store.intervals(today - RECENT, today):
        if 0 <= row.bucket < len(counts[True]):
            counts[row.conditional][row.bucket] += row.polls
    return {kind: tuple(row) for kind, row in counts.items()}


def _readers(store: Store, today: int, cells: Mapping[Cell, Figures]) -> list[Reader]:
    """Return all families that polled in the last days, those with most subscribers first."""
    first = today - RECENT
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in store.polls(first, today, by=("family", "status")):
        own = sums[row.family]
        for index, number in enumerate((row.polls, row.sent, row.saved)):
            own[index] += number
        own[3] += row.polls if row.status == 304 else 0
    scores = criteria.scores((r.family, r.act, r.polls) for r in store.behaviour(first, today))
    agents = {each.family: each for each in store.agents()}
    unknown = criteria.score({})
    readers = []
    for family, (polls, sent, saved, unchanged) in sums.items():
        agent = agents.get(family)
        readers.append(
            Reader(
                family,
                agent.kind if agent else Kind.UNKNOWN,
                agent.example if agent else "",
                cells.get(("family", family), Figures()).total,
                Traffic(polls, sent, saved),
                unchanged / polls if polls else 0.0,
                scores.get(family, unknown),
            )
        )
    return sorted(readers, key=lambda each: (-each.subscribers, -each.traffic.polls, each.name))


def worst(readers: Iterable[Reader]) -> list[Reader]:
    """Return the readers with a score below 100, worst first, then by what they cost."""
    found = [each for each in readers if each.score.points is not None and each.score.breaches]
    return sorted(found, key=lambda each: (each.score.points or 0, -each.traffic.sent))
