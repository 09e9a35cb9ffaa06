"""`feedsvc sync`: read the articles that changed, and publish them."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from feedsvc.catalog.sync import Progress as Callback
from feedsvc.catalog.sync import SyncReport
from feedsvc.catalog.sync import sync as sync_catalog
from feedsvc.cli.site import open_site, site_option
from feedsvc.errors import Problem


@click.command()
@site_option
def sync(site: Path) -> None:
    """Read the articles that changed and publish them.

    Prints what changed for readers, then every problem as path:line: what to do. A file with an
    error keeps its last good version published. The exit code is 1 if there is any problem.
    """
    settings, stored = open_site(site)
    if settings.generator.sign:
        name, sign = settings.generator.name, settings.generator.sign
        click.echo(
            f"The articles are read as those of {name}, because of {sign}. "
            f'Settle it with generator = "{name}" or "feedsvc" in feedsvc.toml.'
        )
    with progress_bar() as progress:
        report = sync_catalog(stored, settings, datetime.now(UTC), progress)
    click.echo(summary(report))
    show_problems(report.problems)
    if report.problems:
        sys.exit(1)


@contextmanager
def progress_bar() -> Iterator[Callback | None]:
    """A progress bar for reading files, on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Reading articles", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def summary(report: SyncReport) -> str:
    """Say in one line what a sync did."""
    published = report.published
    read = f"{_count(report.files, 'article')}, {report.read} read"
    if published.revision is None:
        return f"{read}: nothing changed for readers."
    return (
        f"{read}: {published.new} new, {published.edited} edited, {published.withdrawn} withdrawn; "
        f"{_count(published.feeds, 'feed')} changed, revision {published.revision}."
    )


def show_problems(problems: Iterable[Problem]) -> None:
    """Print Problems to standard error, one a line."""
    for problem in problems:
        click.echo(str(problem), err=True)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
