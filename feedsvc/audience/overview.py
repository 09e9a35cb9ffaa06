"""Everything that is shown about a period, read from the store once for all outputs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from feedsvc.audience import criteria, daily, figures
from feedsvc.audience.figures import TOTAL, Figures
from feedsvc.audience.history import MOST_POINTS, SPLITS, History, of_feed, of_site
from feedsvc.audience.rows import Conduct, Kind
from feedsvc.audience.store import Store

SHOWN = 7  # names in a chart or a short table; the others are added up
OTHERS = "others"
RECENT = 7  # days of polls from which scores are computed
_MOST_BARS = 27
_NONE = Figures()


class Series(NamedTuple):
    """Numbers over time. days: of the points. rows: the numbers on these days, by name."""

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
    per day. intervals: polls by whether they are conditional, for each class of intervals. clients:
    the numbers of polling clients and of push subscriptions, over time. claims: numbers that are
    only claimed, by family. readers: most subscribers first; () for one feed. changes:
    subscribers that services gained and lost, the latter negative, in spans that end with the
    days. sources: the number of days that were counted live, and from a log.
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
    sources: Mapping[str, int]

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
    """Return the overview of a period; None if there are no polls. first: its first day."""
    history = of_feed(store, first, today, feed) if feed else of_site(store, first, today)
    if history is None:
        return None
    days, points = history.days, history.points
    totals = history.figures.get(TOTAL, {})
    start, end = points[0], points[-1]
    traffic = _traffic(store, days[0], today, feed)
    standings = {name: _standings(name, history) for name in SPLITS}
    conduct = store.conduct(today - RECENT, today)
    return Overview(
        feed=feed,
        first=days[0],
        last=days[-1],
        now=totals.get(end, _NONE),
        before=totals.get(start, _NONE),
        day=history.figures[figures.ONE_DAY][end],
        totals=Series(points, {"": tuple(totals.get(day, _NONE).total for day in points)}),
        splits={name: _split(points, standings[name]) for name in SPLITS},
        standings=standings,
        answers={
            status: Traffic(*(sum(column) for column in zip(*rows.values(), strict=True)))
            for status, rows in sorted(traffic.items())
        },
        answered=_answered(traffic, days[0], days[-1]),
        intervals=_intervals(conduct),
        clients=_clients(history),
        claims={each.name: each.now.claimed for each in standings["family"] if each.now.claimed},
        readers=() if feed else _readers(store, conduct, standings["family"]),
        changes=_changes({day: totals.get(day, _NONE) for day in days[1:]}),
        sources=Counter(store.sources(days[0], days[-1]).values()),
    )


def _standings(dimension: str, history: History) -> list[Standing]:
    """Return the members of a dimension, most subscribers first."""
    points, found = history.points, []
    for cell, trend in history.trends.items():
        if cell[0] == dimension:
            totals = tuple(trend.get(day, 0) for day in points)
            own = history.figures.get(cell, {})
            now, before = (own.get(points[at], _NONE) for at in (-1, 0))
            if now.claimed or any(totals):
                found.append(Standing(cell[1], now, before, totals))
    return sorted(found, key=lambda each: (-each.now.total, -max(each.trend), each.name))


def _split(points: tuple[int, ...], standings: Sequence[Standing]) -> Series:
    rows = {each.name: each.trend for each in standings[:SHOWN]}
    if others := [each.trend for each in standings[SHOWN:]]:
        rows[OTHERS] = tuple(map(sum, zip(*others, strict=True)))
    return Series(points, rows)


def _clients(history: History) -> Series:
    rows = {}
    for cell in (figures.POLLING, daily.PUSH):
        by_day = history.figures.get(cell, {})
        rows[cell[1]] = tuple(by_day.get(day, _NONE).subscribers for day in history.points)
    return Series(history.points, rows)


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
    spans = _spans(first, today, MOST_POINTS)
    days = tuple(span[-1] for span in spans)

    def means(rows: Mapping[int, Traffic], column: int) -> tuple[int, ...]:
        sums = (sum(rows[day][column] for day in span if day in rows) for span in spans)
        return tuple(total // len(span) for total, span in zip(sums, spans, strict=True))

    return {
        name: Series(days, {each: means(rows, column) for each, rows in sorted(traffic.items())})
        for column, name in enumerate(Traffic._fields)
    }


def _changes(found: Mapping[int, Figures]) -> Series:
    if not found:
        return Series((), {"gained": (), "lost": ()})
    spans = _spans(min(found), max(found), _MOST_BARS)
    sums = [[found[day] for day in span if day in found] for span in spans]
    gained = tuple(sum(each.gained for each in span) for span in sums)
    lost = tuple(-sum(each.lost for each in span) for span in sums)
    return Series(tuple(span[-1] for span in spans), {"gained": gained, "lost": lost})


def _spans(first: int, last: int, most: int) -> list[range]:
    """Split a period into spans of the same length; the first may be shorter."""
    step = -(-(last - first + 1) // most)
    spans = [range(max(first, end - step + 1), end + 1) for end in range(last, first - 1, -step)]
    return spans[::-1]


def _intervals(conduct: Conduct) -> dict[bool, tuple[int, ...]]:
    buckets = range(len(criteria.INTERVALS) + 1)
    return {
        conditional: tuple(conduct.intervals.get((conditional, bucket), 0) for bucket in buckets)
        for conditional in (True, False)
    }


def _readers(store: Store, conduct: Conduct, standings: Iterable[Standing]) -> list[Reader]:
    """Return all families that polled in the last days, most subscribers first."""
    subscribers = {each.name: each.now.total for each in standings}
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (family, status), (polls, sent, saved) in conduct.polls.items():
        unchanged = polls if status == 304 else 0
        for index, number in enumerate((polls, sent, saved, unchanged)):
            sums[family][index] += number
    scores = criteria.scores(conduct.acts)
    agents = {each.family: each for each in store.agents()}
    unknown = criteria.score({})
    readers = []
    for family, (polls, sent, saved, unchanged) in sums.items():
        agent, traffic = agents.get(family), Traffic(polls, sent, saved)
        kind, example = (agent.kind, agent.example) if agent else (Kind.UNKNOWN, "")
        share = unchanged / polls if polls else 0.0
        number, score = subscribers.get(family, 0), scores.get(family, unknown)
        readers.append(Reader(family, kind, example, number, traffic, share, score))
    return sorted(readers, key=lambda each: (-each.subscribers, -each.traffic.polls, each.name))


def worst(readers: Iterable[Reader]) -> list[Reader]:
    """Return the readers with a score below 100, worst first, then by bytes sent."""
    found = [each for each in readers if each.score.points is not None and each.score.breaches]
    return sorted(found, key=lambda each: (each.score.points or 0, -each.traffic.sent))
