"""`feedsvc import`: write articles that were published elsewhere into the content folder."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from feedsvc import dates, syntax
from feedsvc.cli.site import load_settings, site_option
from feedsvc.cli.sync import count, show_problems
from feedsvc.config.settings import Settings
from feedsvc.importers.item import Hints
from feedsvc.importers.run import Progress as Callback
from feedsvc.importers.run import Report, run
from feedsvc.importers.sources import As
from feedsvc.importers.write import Shelf


@click.command("import")
@site_option
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--as",
    "choice",
    type=click.Choice([str(each) for each in As]),
    help="What the sources are, where that cannot be seen.",
)
@click.option(
    "--into", metavar="FOLDER", help="Write into this folder below content/, not by year."
)
@click.option(
    "--date", metavar="DATE", help="The date of texts and pages, and of items without one."
)
@click.option(
    "--category",
    "categories",
    metavar="LABEL",
    multiple=True,
    help="The category of texts and pages, and of items without one; may be repeated.",
)
@click.option(
    "--language", metavar="TAG", help="The language of texts and pages; of items without one."
)
@click.option("--pages", is_flag=True, help="Import the pages of WordPress and Blogger too.")
@click.option("--keep-links", is_flag=True, help="Let entries lead to the articles' old URLs.")
def import_(
    site: Path,
    sources: tuple[Path, ...],
    choice: str | None,
    into: str | None,
    date: str | None,
    categories: tuple[str, ...],
    language: str | None,
    pages: bool,
    keep_links: bool,
) -> None:
    """Write articles from elsewhere into the content folder, each with the id it had.

    SOURCES are files or folders: RSS, Atom and JSON feeds, WordPress exports, saved web pages, and
    pages saved as text. No file that is there is changed, and what was imported before is left
    alone. Prints what was written, then every problem. The exit code is 1 if there is any problem.
    """
    loaded = load_settings(site)
    hints = _hints(loaded, date, categories, language, pages)
    shelf = Shelf(loaded, into, keep_links=keep_links)
    with _progress_bar() as progress:
        report = run(sources, shelf, hints, As(choice) if choice else None, progress)
    click.echo(_summary(report))
    show_problems(report.problems)
    if report.problems:
        sys.exit(1)


def _hints(
    loaded: Settings,
    date: str | None,
    categories: tuple[str, ...],
    language: str | None,
    pages: bool,
) -> Hints:
    zones = dict(loaded.zones)
    try:
        moment = dates.parse(date, loaded.zone, zones) if date else None
    except dates.DateError as error:
        raise click.BadParameter(str(error), param_hint="--date") from None
    if language and not syntax.is_language(language):
        raise click.BadParameter(f"{language!r} is no language tag; write en or pt-br")
    return Hints(
        loaded.zone, zones, datetime.now(UTC), moment, categories, (language or "").lower(), pages
    )


@contextmanager
def _progress_bar() -> Iterator[Callback | None]:
    """A progress bar for the bytes of the sources, on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _summary(report: Report) -> str:
    """Say in one line what an import did."""
    drafts = f" ({count(report.drafts, 'draft')})" if report.drafts else ""
    parts = [f"{count(report.written, 'article')} written{drafts}"]
    if report.known:
        parts.append(f"{report.known} there already")
    if report.left_out:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(report.left_out.items()))
        parts.append(f"{report.left_out.total()} left out ({kinds})")
    return "; ".join(parts) + "."
