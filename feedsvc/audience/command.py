"""`feedsvc stats`: show who reads the feeds, import access logs, and create a token."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import starmap
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from feedsvc.audience import access, daily, tables
from feedsvc.audience.demo import demo
from feedsvc.audience.importing import import_
from feedsvc.audience.overview import Overview, Reader, Standing, Traffic, overview, worst
from feedsvc.audience.store import DAY, Store
from feedsvc.cli.site import load_settings, site_option
from feedsvc.errors import FeedsvcError, on_one_line

_DEFAULT = 30  # days
_ROWS = 20  # of each table on a terminal
_WORST = 10


@click.group(invoke_without_command=True)
@site_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day, as 2026-01-31.  [default: 30 days ago]",
)
@click.option("--feed", metavar="KEY", help="Only this feed, as `feedsvc feeds` names it.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--csv",
    "as_csv",
    type=click.Choice(list(tables.TABLES)),
    help="Print one table as CSV.",
)
@click.pass_context
def stats(
    context: click.Context,
    site: Path,
    since: datetime | None,
    feed: str | None,
    as_json: bool,
    as_csv: str | None,
) -> None:
    """Show who reads the feeds: subscribers, what polls cost, and which readers poll badly.

    Subscribers are those of the last seven days that have ended: the last number that each service
    reported, and the median of the direct readers of each day.
    """
    if context.invoked_subcommand is not None:
        return
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    today = int(time.time()) // DAY
    first = int(since.replace(tzinfo=UTC).timestamp()) // DAY if since else today - _DEFAULT
    found = _read(site, first, today, feed)
    if as_json:
        click.echo(json.dumps(tables.as_json(found), ensure_ascii=False, indent=2))
    elif as_csv:
        click.echo(tables.as_csv(tables.TABLES[as_csv](found)), nl=False)
    else:
        _show(found)


@stats.command
def token() -> None:
    """Create a token that opens the page /stats/ from elsewhere.

    Only its hash is stored. The browser asks for a name and a password: the name may be anything,
    the password is the token.
    """
    secret, digest = access.create_token()
    click.echo(f"The token, which is shown only now:\n\n    {secret}\n")
    click.echo(f'Its hash, for feedsvc.toml:\n\n    [statistics]\n    token = "{digest}"')


stats.add_command(demo)
stats.add_command(import_)


def _read(site: Path, first: int, today: int, feed: str | None) -> Overview:
    settings = load_settings(site)
    with Store(settings.statistics.database, settings.statistics.retention) as store:
        daily.catch_up(store, today, settings)
        found = overview(store, first, today, feed)
    if found is None:
        of_feed = f" of {feed!r}" if feed else ""
        raise FeedsvcError(
            f"there are no polls{of_feed} since {tables.day_name(first)}; `feedsvc serve` counts "
            "them, and `feedsvc stats import` reads access logs"
        )
    return found


def _show(found: Overview) -> None:
    """Print the overview: tables on a terminal, otherwise lines with tabs."""
    console = Console()
    terminal = console if console.is_terminal else None
    for line in _summary(found):
        click.echo(line)
    if not found.feed:
        _print(terminal, ("Feed", *_STANDING), map(_standing, found.standings["feed"]))
    _print(terminal, ("Reader", *_STANDING), map(_standing, found.standings["family"]))
    _print(terminal, ("Answer", "Polls", "Sent", "Saved"), starmap(_answer, found.answers.items()))
    if bad := worst(found.readers)[:_WORST]:
        _print(terminal, ("Worst readers", "Score", "Polls", "Sent", "Breaks"), map(_reader, bad))


_STANDING = ("Subscribers", "Change", "Services", "At least", "Direct", "Trend")


def _summary(found: Overview) -> Iterator[str]:
    now, change = found.now, found.now.total - found.before.total
    yield (
        f"{now.total:,} subscribers on {tables.day_name(found.last)}: {now.subscribers:,} as "
        f"services report, at least {now.at_least:,} of services that report none, "
        f"{now.direct:,} direct"
    )
    yield (
        f"{change:+,} since {tables.day_name(found.first)}; services gained {found.gained:,} and "
        f"lost {found.lost:,}"
    )
    if logged := found.sources.get("log"):
        days = sum(found.sources.values())
        yield f"{logged:,} of {days:,} days counted from access logs, the others by feedsvc"
    if now.claimed:
        names = ", ".join(on_one_line(name) for name in found.claims)
        yield f"{now.claimed:,} only claimed, and not counted: {names}"


def _answer(status: str, each: Traffic) -> Sequence[str]:
    name = tables.STATUSES.get(status, status)
    return (name, f"{each.polls:,}", tables.size(each.sent), tables.size(each.saved))


def _standing(each: Standing) -> Sequence[str]:
    now = each.now
    change = f"{now.total - each.before.total:+,}"
    numbers = (f"{number:,}" for number in (now.subscribers, now.at_least, now.direct))
    return (each.name, f"{now.total:,}", change, *numbers, tables.spark(each.trend))


def _reader(each: Reader) -> Sequence[str]:
    breaks = ", ".join(breach.criterion.name for breach in each.score.breaches)
    traffic = each.traffic
    points, polls = str(each.score.points), f"{traffic.polls:,}"
    return (each.name, points, polls, tables.size(traffic.sent), breaks)


def _print(
    terminal: Console | None, headings: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    listed = list(rows)
    if terminal is None:
        click.echo()
        for row in (headings, *listed):
            click.echo("\t".join(map(on_one_line, row)))
        return
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        is_text = number == 0 or heading in ("Trend", "Breaks")
        table.add_column(heading, justify="left" if is_text else "right", overflow="fold")
    for row in listed[:_ROWS]:
        table.add_row(*(Text(on_one_line(value)) for value in row))
    terminal.print()
    terminal.print(table)
    if len(listed) > _ROWS:
        terminal.print(f"and {len(listed) - _ROWS:,} more; --csv prints all", style="dim")
