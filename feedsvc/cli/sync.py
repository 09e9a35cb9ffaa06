"""`feedsvc sync`: read the articles that changed, and publish them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedsvc.catalog.recovery import create, make_ready_elected
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import Progress as Callback
from feedsvc.catalog.sync import SyncReport, rehearse
from feedsvc.catalog.sync import sync as sync_catalog
from feedsvc.cli import reports
from feedsvc.cli.problems import count, exit_on_errors, show_problems, verbose_option
from feedsvc.cli.site import load_site, site_option, warn
from feedsvc.config.settings import Settings
from feedsvc.errors import DamagedError

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

Progress = Callable[[int, int | None], None]  # the number of items done, and the total

_OFFER = (
    "If the site had feeds before, `feedsvc check --against OLD` compares their ids and links with "
    "these; OLD is a feed, a sitemap or the folder of a static site."
)


@click.command()
@site_option
@click.option(
    "--dry-run", is_flag=True, help="Show what readers would see, without changing anything."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--force", is_flag=True, help="Withdraw more than a third of the published articles.")
@verbose_option
def sync(site: Path, dry_run: bool, as_json: bool, force: bool, verbose: bool) -> None:
    """Read the articles that changed and publish them.

    Prints the problems of the articles, grouped by cause, and then what changed for readers. A file
    with an error keeps its last good version published. The exit code is 1 if there is an error.

    If more than a third of the published articles would be withdrawn, as if a disk were not
    mounted, nothing is changed without --force.
    """
    with load_site(site) as (settings, stored):
        if settings.tree.sign and not as_json:
            name, sign = settings.tree.name, settings.tree.sign
            click.echo(
                f"The articles are read as those of {name}, because of {sign}. "
                f'Settle it with generator = "{name}" or "feedsvc" in feedsvc.toml.'
            )
        with progress_bar() as progress:
            if dry_run:
                create(stored)
                stored.verify()
                report = rehearse(stored, settings, datetime.now(UTC), progress)
            else:
                report = _sync(stored, settings, progress, force)
    if as_json:
        click.echo(reports.as_json(report, dry_run))
    else:
        show_problems(report.problems, verbose)
        click.echo(summary(report, dry_run))
        for line in reports.details(report) if dry_run else ():
            click.echo(line)
        if report.published.revision == 1 and not dry_run:
            click.echo(_OFFER)
    exit_on_errors(report.problems)
    if dry_run and report.loss and not force:
        sys.exit(1)


@contextmanager
def progress_bar(*columns: "ProgressColumn") -> Iterator[Progress | None]:
    """Show a progress bar on a terminal; yield its callback, None if there is no terminal.

    columns: by default those for reading articles. The callback's total may be None if unknown.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # takes a twentieth of the startup time of `feedsvc serve`
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Reading articles", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def summary(report: SyncReport, dry_run: bool = False) -> str:
    """Summarize in one line what a sync did, or would do."""
    published = report.published
    read = f"{count(report.files, 'article')}, {report.read} read"
    if published.revision is None:
        return f"{read}: nothing {'would change' if dry_run else 'changed'} for readers."
    would = "would change" if dry_run else f"changed, revision {published.revision}"
    return (
        f"{read}: {published.new} new, {published.edited} edited, {published.withdrawn} withdrawn; "
        f"{count(len(published.feeds), 'feed')} {would}."
    )


def _sync(
    catalog: Catalog, settings: Settings, progress: Callback | None, force: bool
) -> SyncReport:
    """Sync; rebuild the catalog first if it is damaged."""
    warn(make_ready_elected(catalog))
    try:
        return sync_catalog(catalog, settings, datetime.now(UTC), progress, force=force)
    except DamagedError as met:
        warn(make_ready_elected(catalog, met))
    return sync_catalog(catalog, settings, datetime.now(UTC), progress, force=force)
