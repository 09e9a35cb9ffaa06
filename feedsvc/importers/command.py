"""`feedsvc import`: import articles published elsewhere into the content folder."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

from feedsvc import dates, syntax
from feedsvc.cli.problems import count, exit_on_errors, show_problems, verbose_option
from feedsvc.cli.site import load_settings, site_option
from feedsvc.cli.sync import progress_bar
from feedsvc.config.settings import Settings
from feedsvc.importers.download import Downloader
from feedsvc.importers.item import Hints
from feedsvc.importers.run import Report, run
from feedsvc.importers.sources import SourceFormat
from feedsvc.importers.write import ArticleWriter


@click.command("import")
@site_option
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--as",
    "format",
    type=click.Choice([str(format) for format in SourceFormat]),
    help="The format of the sources, if it cannot be detected.",
)
@click.option(
    "--into",
    metavar="FOLDER",
    help="Write into this folder below content/ instead of one per year.",
)
@click.option(
    "--date", metavar="DATE", help="The date of texts and pages, and the default for other items."
)
@click.option(
    "--category",
    "categories",
    metavar="LABEL",
    multiple=True,
    help="The category of texts and pages, and the default for other items; may be repeated.",
)
@click.option(
    "--language", metavar="TAG", help="The language of texts and pages, and the default for others."
)
@click.option(
    "--url",
    metavar="URL",
    default="",
    help="The URL of the site that wrote the sources; for exports that omit it.",
)
@click.option("--pages", is_flag=True, help="Import pages too, not only posts.")
@click.option(
    "--download", is_flag=True, help="Download the recordings of podcasts beside their articles."
)
@click.option("--keep-links", is_flag=True, help="Link entries to the old URLs of the articles.")
@verbose_option
def import_(
    site: Path,
    sources: tuple[Path, ...],
    format: str | None,
    into: str | None,
    date: str | None,
    categories: tuple[str, ...],
    language: str | None,
    url: str,
    pages: bool,
    download: bool,
    keep_links: bool,
    verbose: bool,
) -> None:
    """Import articles published elsewhere into the content folder, with their ids.

    SOURCES are files or folders: RSS, Atom and JSON feeds, exports of WordPress, Ghost, Substack
    and Medium, tables (CSV), saved web pages, and pages saved as text. Existing files are not
    changed, and articles imported before are skipped. With --download, recordings are fetched from
    public addresses; interrupted downloads are continued by the next import.
    Prints problems, grouped by cause, and a summary. The exit code is 1 if there is an error.
    """
    loaded = load_settings(site)
    hints = _hints(loaded, date, categories, language, url, pages)
    downloader = Downloader() if download else None
    writer = ArticleWriter(loaded, into, keep_links=keep_links, downloader=downloader)
    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with progress_bar(*columns) as progress:
        source_format = SourceFormat(format) if format else None
        report = run(sources, writer, hints, source_format, progress)
    show_problems(report.problems, verbose)
    click.echo(_summary(report))
    for settings in report.shows:
        click.echo(f"\nThe feed is a podcast. Settings for it (docs/podcasts.md):\n\n{settings}")
    exit_on_errors(report.problems)


def _hints(
    loaded: Settings,
    date: str | None,
    categories: tuple[str, ...],
    language: str | None,
    url: str,
    pages: bool,
) -> Hints:
    zones = dict(loaded.zones)
    try:
        moment = dates.parse(date, loaded.zone, zones) if date else None
    except dates.DateError as error:
        raise click.BadParameter(str(error), param_hint="--date") from None
    if language and not syntax.is_language(language):
        raise click.BadParameter(f"{language!r} is not a language tag; write en or pt-br")
    if url and not (syntax.is_url(url) and url.startswith(("https://", "http://"))):
        raise click.BadParameter(f"{url!r} is not a URL; write https://example.com")
    return Hints(
        loaded.zone,
        zones,
        datetime.now(UTC),
        moment,
        categories,
        (language or "").lower(),
        pages,
        f"{url.rstrip('/')}/" if url else "",
    )


def _summary(report: Report) -> str:
    """Return the result of an import on one line."""
    drafts = f" ({count(report.drafts, 'draft')})" if report.drafts else ""
    parts = [f"{count(report.written, 'article')} written{drafts}"]
    if report.existing:
        parts.append(f"{report.existing} already there")
    if report.skipped:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(report.skipped.items()))
        parts.append(f"{report.skipped.total()} left out ({kinds})")
    return "; ".join(parts) + "."
