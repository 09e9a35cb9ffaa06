"""`feedsvc stats import`: count the polls in access logs."""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedsvc.audience import daily
from feedsvc.audience.logs import LogTally, Summary
from feedsvc.audience.reading import STDIN, LogReader, opened
from feedsvc.audience.store import DAY, Store
from feedsvc.audience.storing import Storing
from feedsvc.cli.problems import count
from feedsvc.cli.site import load_settings, site_option
from feedsvc.cli.sync import Progress, progress_bar
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.extras import how_to_install

if TYPE_CHECKING:
    from rich.progress import ProgressColumn


@click.command("import")
@site_option
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
def import_(site: Path, logs: Sequence[str]) -> None:
    """Count the polls in the access logs of a CDN or a web server.

    The logs are in the combined format of nginx and Apache, in JSON with one object on each line
    (Fastly, CloudFront, Cloudflare, Caddy, nginx), or in the format of CloudFront; compressed by
    gzip or not; `-` is standard input. What was imported before is not counted again, even if a log
    has grown or has another name now.

    For a day with logs, the server's own counts are not used if they are lower.
    """
    try:
        import crawleruseragents  # noqa: F401
    except ImportError as error:
        command = how_to_install("stats", error)
        raise FeedsvcError(f"the statistics need a library; install it with {command}") from None
    settings = load_settings(site)
    failed = False
    with Store(settings.statistics.database, settings.statistics.retention) as store:
        for name in logs:
            try:
                with progress_bar(*_columns()) as progress:
                    click.echo(import_log(settings, store, name, progress))
            except FeedsvcError as error:
                click.echo(f"Error: {error}", err=True)
                failed = True
        store.tidy(time.time())
        daily.catch_up(store, int(time.time()) // DAY, settings)
    if failed:
        sys.exit(1)


def import_log(settings: Settings, store: Store, name: str, progress: Progress | None) -> str:
    """Count the polls in a log; return a sentence about the result. Raises FeedsvcError."""
    with opened(name) as (file, size), _without_collector(), ExitStack() as stack:
        reader = LogReader(file, name, store)
        tally = LogTally(settings)
        tally.read([reader.fields])
        tally.summary.lines = 0
        storing: Storing | None = None
        for block in reader.blocks():
            tally.read(block.lines)
            if progress:
                progress(block.raw, size)
            if tally.is_full:
                storing = storing or stack.enter_context(Storing(store))
                storing.add(tally.collect(), reader.position)
                reader.stored()
        if storing:
            storing.add(tally.collect(), reader.position)
        elif reader.known:
            store.add((each.batch() for each in tally.collect()), reader.position)
    return _described(name, tally.summary, reader)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Turn off the cyclic garbage collector.

    Counting creates no reference cycles, but so many objects that collecting takes half the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _columns() -> list["ProgressColumn"]:
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

    return [TextColumn("Reading logs"), BarColumn(), DownloadColumn(), TimeRemainingColumn()]


def _described(name: str, found: Summary, reader: LogReader) -> str:
    where = "standard input" if name == STDIN else name
    if not found.lines:
        known = "; the rest was imported before" if reader.start else ""
        return f"{where}: no new lines{known}."
    parts = [f"{where}: {count(found.lines, 'line')}, {count(found.polls, 'poll')}"]
    if found.polls:
        feeds = count(len(found.feeds), "feed")
        parts.append(f"of {feeds} from {_moment(found.first)} to {_moment(found.last)} (UTC)")
    text = " ".join(parts)
    if found.problem:
        number, fault = found.problem
        lines = count(found.unreadable, "line")
        text += f"; {lines} not understood, the first is number {number} of them: {fault}"
    if reader.incomplete:
        text += "; the last line is incomplete, and is left for the next import"
    return f"{text}."


def _moment(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M}"
