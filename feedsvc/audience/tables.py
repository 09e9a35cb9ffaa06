"""The tables of an overview, for screen readers and as CSV and JSON. Pure."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from feedsvc.audience import criteria
from feedsvc.audience.overview import Overview, Reader, Series, Standing
from feedsvc.audience.rows import Kind

Value = str | int | None

# Where spreadsheets interpret a text as a formula (OWASP, "CSV Injection"). In locales with a
# decimal comma, semicolons separate cells.
_FORMULA = re.compile(r"(?:^|(?<=[;\t]))(?=[=+\-@\t\r\n＝＋－＠])")
_EPOCH = date(1970, 1, 1).toordinal()

STATUSES = {
    "200": "200 whole",
    "226": "226 delta",
    "304": "304 not modified",
    "406": "406 not acceptable",
    "429": "429 refused",
}
SAVINGS = {"200": "compression", "226": "226 delta", "304": "304 not modified"}
DIMENSIONS = {"family": "reader", "feed": "feed", "format": "format"}
KINDS = {
    Kind.SERVICE: "service",
    Kind.AT_LEAST: "at least",
    Kind.DIRECT: "direct",
    Kind.CRAWLER: "crawler",
    Kind.MONITOR: "monitor",
    Kind.BROWSER: "browser",
    Kind.UNKNOWN: "unknown",
}


class Table(NamedTuple):
    """A table. The first column names the rows; the others are integers, such as bytes."""

    headings: tuple[str, ...]
    rows: list[tuple[Value, ...]]


def day_name(day: int) -> str:
    """Return the date of a day, ISO 8601. day: since 1970-01-01."""
    return date.fromordinal(day + _EPOCH).isoformat()


def by_day(series: Series, names: Mapping[str, str] | None = None) -> Table:
    """Return numbers over time, a row for each day. names: headings of columns, by name."""
    headings = [(names or {}).get(name, name) for name in series.rows]
    columns = (map(day_name, series.days), *series.rows.values())
    return Table(("date", *headings), list(zip(*columns, strict=True)))


def subscribers(found: Overview, dimension: str) -> Table:
    """Return subscribers over time, with all names, unlike the chart."""
    days = found.splits[dimension].days
    return by_day(Series(days, {each.name: each.trend for each in found.standings[dimension]}))


def answers(found: Overview) -> Table:
    """Return the polls per day by status."""
    return by_day(found.answered["polls"], STATUSES)


def saved(found: Overview) -> Series:
    """Return the bytes per day that were sent, and that each kind of answer saved."""
    sent, by_status = found.answered["sent"], found.answered["saved"].rows
    rows = {"sent": tuple(map(sum, zip(*sent.rows.values(), strict=True)))}
    rows |= {SAVINGS[status]: by_status[status] for status in SAVINGS if status in by_status}
    return Series(sent.days, rows)


def intervals(found: Overview) -> Table:
    """Return the polls by the time since the previous poll."""
    labels = [span(limit) for limit in criteria.INTERVALS]
    names = [f"up to {label}" for label in labels] + [f"over {labels[-1]}"]
    columns = (names, found.intervals[True], found.intervals[False])
    return Table(("interval", "conditional", "unconditional"), list(zip(*columns, strict=True)))


def clients(found: Overview) -> Table:
    """Return the clients that poll, and the subscriptions to push, over time."""
    return by_day(found.clients, {"polls": "clients that poll", "push": "subscriptions to push"})


def changes(found: Overview) -> Table:
    """Return the subscribers that services gained and lost in each span."""
    return by_day(found.changes)


def standings(members: Iterable[Standing], name: str) -> Table:
    """Return the subscribers of feeds, readers or formats. name: the heading for these."""
    headings = (name, "subscribers", "change", "as reported", "at least", "direct", "claimed")
    return Table(
        headings,
        [
            (each.name, each.now.total, each.now.total - each.before.total, *each.now[:4])
            for each in members
        ],
    )


def readers(members: Iterable[Reader]) -> Table:
    """Return the readers with their polls and scores."""
    headings = (
        *("reader", "kind", "subscribers", "polls", "not modified %", "bytes sent"),
        *("bytes saved", "score", "breaks", "User-Agent"),
    )
    return Table(
        headings,
        [
            (
                *(each.name, KINDS[each.kind], each.subscribers, each.traffic.polls),
                *(round(100 * each.unchanged), each.traffic.sent, each.traffic.saved),
                each.score.points,
                "; ".join(breach.criterion.name for breach in each.score.breaches),
                each.example,
            )
            for each in members
        ],
    )


def claims(found: Overview) -> Table:
    """Return the numbers that are only claimed."""
    largest = sorted(found.claims, key=found.claims.__getitem__, reverse=True)
    return Table(("reader", "claimed"), [(name, found.claims[name]) for name in largest])


# By the names of their CSV files.
TABLES: Mapping[str, Callable[[Overview], Table]] = {
    "subscribers-by-reader": lambda found: subscribers(found, "family"),
    "subscribers-by-feed": lambda found: subscribers(found, "feed"),
    "subscribers-by-format": lambda found: subscribers(found, "format"),
    "changes": changes,
    "polls": answers,
    "bytes": lambda found: by_day(saved(found)),
    "intervals": intervals,
    "push": clients,
    "feeds": lambda found: standings(found.standings["feed"], "feed"),
    "readers": lambda found: readers(found.readers),
    "claims": claims,
}


def as_csv(table: Table) -> str:
    """Return a table as CSV (RFC 4180). Apostrophes keep spreadsheets from evaluating text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_inert, table.headings))
    writer.writerows([_inert(each) for each in row] for row in table.rows)
    return out.getvalue()


def as_json(found: Overview) -> dict[str, Any]:
    """Return an overview as JSON values; docs/statistics.md describes the fields."""
    totals = {name: getattr(found, name) for name in ("now", "before", "day")}
    return {
        "feed": found.feed,
        "from": day_name(found.first),
        "to": day_name(found.last),
        **{name: {"total": each.total, **each._asdict()} for name, each in totals.items()},
        "gained": found.gained,
        "lost": found.lost,
        "days": found.sources,
        "answers": {status: each._asdict() for status, each in found.answers.items()},
        # No object for each row: the names of clients could repeat a heading.
        **{
            name.replace("-", "_"): {"columns": table.headings, "rows": table.rows}
            for name, table in ((name, make(found)) for name, make in TABLES.items())
        },
    }


def span(seconds: int) -> str:
    """Return a length of time: `15 min`, `2 h`, `1 d`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % size == 0 and seconds:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def short(number: float) -> str:
    """Return a number with few digits: `950`, `1.2 k`, `3 M`."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


def size(number: int) -> str:
    """Return a number of bytes: `512 B`, `1.2 kB`."""
    return f"{short(number)}B" if number >= 1_000 else f"{number} B"


def _inert(value: Value) -> Value:
    return _FORMULA.sub("'", value) if isinstance(value, str) else value


def spark(trend: Sequence[int], width: int = 16) -> str:
    """Return numbers as a line of small bars, at regular steps if there are too many."""
    step = -(-len(trend) // width) or 1
    points = list(trend)[::-1][::step][::-1]
    low, high = min(points, default=0), max(points, default=0)
    if high == low:
        return "▄" * len(points)
    return "".join("▁▂▃▄▅▆▇█"[(number - low) * 7 // (high - low)] for number in points)
