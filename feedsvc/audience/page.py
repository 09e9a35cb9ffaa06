"""The operator's page at `/stats/`, its tables as CSV and JSON, and the badge."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from flask import Response, abort, json, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedsvc.audience import access, badge, charts, tables
from feedsvc.audience.criteria import INTERVALS
from feedsvc.audience.overview import RECENT, Overview, Series, overview, total, worst
from feedsvc.audience.rows import Kind
from feedsvc.audience.store import DAY, Store
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.routes import Routes, stats_path
from feedsvc.web import assets

PERIODS = {"30": "30 days", "90": "90 days", "365": "a year"}
_DEFAULT = "90"
_STYLE, _BADGE, _JSON = "style.css", "badge.svg", "stats.json"
_BADGE_MAX_AGE = 60.0  # seconds for which it is kept in memory
_READERS = 60  # in the table of the page; the CSV has all
_FEEDS = 30
_WORST = 20
_GOOD, _FAIR = 90, 60  # points
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Panel(NamedTuple):
    """A chart with its table. file: the name of its CSV, without the suffix."""

    title: str
    text: str
    file: str
    chart: Markup
    table: tables.Table

    @property
    def columns(self) -> Sequence[str]:
        """The names in the legend, by number."""
        return self.table.headings[1:]


def _today() -> int:
    return int(time.time()) // DAY


class Views:
    """The views `stats` and `stats_file`. today: returns the current day."""

    def __init__(self, settings: Settings, store: Store, today: Callable[[], int] = _today) -> None:
        self._settings = settings
        self._today = today
        self._store = store
        self._svg, self._badge_until = "", 0.0
        self._routes = Routes(settings)
        self._templates = Environment(
            loader=PackageLoader("feedsvc.audience"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            bytes=tables.size, count=lambda number: f"{number:,}", day=tables.day_name
        )

    @property
    def views(self) -> Mapping[str, Callable[..., Response]]:
        """The views by endpoint."""
        return {"stats": self.page, "stats_file": self.file}

    def page(self) -> Response:
        """Show the statistics to the operator."""
        if (refused := self._refuse()) is not None:
            return refused
        period = self._period()
        try:
            found = self._overview(period)
        except FeedsvcError as error:
            return self._show("problem.html", 503, problem=str(error))
        if found is None:
            return self._show("problem.html", 200, problem=None)
        return self._show(
            "stats.html",
            200,
            found=found,
            panels=list(panels(found)),
            period=period,
            periods=PERIODS,
            feeds=found.standings["feed"][:_FEEDS],
            readers=found.readers[:_READERS],
            kinds=tables.KINDS,
            statuses=tables.STATUSES,
            unknown=Kind.UNKNOWN,
            recent=RECENT,
            spark=charts.spark,
            grade=_grade,
            worst=worst(found.readers)[:_WORST],
        )

    def file(self, name: str) -> Response:
        """Send the badge, the stylesheet, or a table."""
        if name == _BADGE:
            return self._badge()
        if (refused := self._refuse()) is not None:
            return refused
        if name == _STYLE:
            own = files("feedsvc.audience").joinpath("static", _STYLE).read_text(encoding="utf-8")
            return self._send(assets.base() + own, "text/css; charset=utf-8")
        stem, _, kind = name.rpartition(".")
        if name != _JSON and (kind != "csv" or stem not in tables.TABLES):
            abort(404)
        try:
            found = self._overview(self._period())
        except FeedsvcError as error:
            return self._send(f"{error}\n", "text/plain; charset=utf-8", 503)
        if found is None:
            abort(404)
        if name == _JSON:
            return self._send(json.dumps(tables.as_json(found)), "application/json")
        text = tables.as_csv(tables.TABLES[stem](found))
        response = self._send(text, "text/csv; charset=utf-8; header=present")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _refuse(self) -> Response | None:
        """Return the response that refuses access to the statistics; None if it is granted."""
        if access.is_local(request.environ, self._settings):
            return None
        expected = self._settings.statistics.token
        if not expected:
            abort(404)
        given = request.authorization
        if given and access.has_token(given.password or given.token, expected):
            return None
        message = "The statistics need their token as the password.\n"
        refused = self._send(message, "text/plain", 401)
        refused.headers["WWW-Authenticate"] = 'Basic realm="statistics", charset="UTF-8"'
        return refused

    def _badge(self) -> Response:
        if not self._settings.statistics.badge:
            abort(404)
        now = time.monotonic()
        if now >= self._badge_until:  # anybody can ask, as often as they like
            try:
                self._svg = badge.badge(total(self._store, self._today()))
            except FeedsvcError:
                self._svg = ""
            self._badge_until = now + _BADGE_MAX_AGE
        if not self._svg:
            abort(503)
        headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(self._svg, content_type="image/svg+xml", headers=headers)

    def _overview(self, period: str) -> Overview | None:
        feed = request.args.get("feed") or None
        today = self._today()
        return overview(self._store, today - int(period) + 1, today, feed)

    def _period(self) -> str:
        asked = request.args.get("days", _DEFAULT)
        return asked if asked in PERIODS else _DEFAULT

    def _show(self, template: str, status: int, **values: object) -> Response:
        here = self._routes.here
        text = self._templates.get_template(template).render(
            title=self._settings.title,
            home=here("/"),
            page=here(stats_path()),
            file=lambda name: here(stats_path(name)),
            **values,
        )
        return self._send(text, "text/html; charset=utf-8", status)

    def _send(self, body: str, content_type: str, status: int = 200) -> Response:
        return Response(body, status, _PRIVATE, content_type=content_type)


def panels(found: Overview) -> Iterator[Panel]:
    """Yield the charts of an overview."""
    for dimension, series in found.splits.items():
        if not (dimension == "feed" and found.feed):
            name = tables.DIMENSIONS[dimension]
            text = "Subscribers of the seven days before each date."
            table = tables.by_day(series)
            yield _panel(f"By {name}", text, f"subscribers-by-{name}", table, series)
    if found.changes.days:
        text = "Subscribers that services report, in the days until each date."
        table = tables.changes(found)
        yield _panel("Gained and lost", text, "changes", table, found.changes, charts.daily_bars)
    table = tables.answers(found)
    yield _panel("Polls by answer", "Polls per day.", "polls", table, found.answered["polls"])
    text = "Bytes per day that were sent, and that each kind of answer saved."
    saved = tables.saved(found)
    yield _panel("Bytes sent and saved", text, "bytes", tables.by_day(saved), saved)
    if found.feed is None:
        yield _intervals(found)
        text = "Clients that poll, and subscriptions to the site's hub, which get changes at once."
        table = tables.clients(found)
        yield _panel("Push against polls", text, "push", table, found.clients, charts.lines)


def _panel(
    title: str,
    text: str,
    file: str,
    table: tables.Table,
    series: Series,
    draw: Callable[..., Markup] = charts.areas,
) -> Panel:
    """Return numbers over time as a panel. draw: a function of `charts`."""
    chart = draw(series.days, tuple(series.rows.values()), title)
    return Panel(title, text, file, chart, table)


def _intervals(found: Overview) -> Panel:
    limits = [tables.span(each).replace(" ", "").replace("min", "m") for each in INTERVALS]
    rows = found.intervals[True], found.intervals[False]
    chart = charts.bars((*limits, f">{limits[-1]}"), rows, "Time between polls")
    text = f"Polls of the last {RECENT} days, by the time since the client's previous poll."
    return Panel("Time between polls", text, "intervals", chart, tables.intervals(found))


def _grade(points: int | None) -> Markup:
    if points is None:
        return Markup('<span class="note">too few polls</span>')
    grade = "good" if points >= _GOOD else "fair" if points >= _FAIR else "poor"
    return Markup('<span class="grade {}">{}</span>').format(grade, points)
