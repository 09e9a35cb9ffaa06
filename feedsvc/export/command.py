"""`feedsvc build`: write the whole site as static files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from feedsvc import dates
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.sync import sync as sync_catalog
from feedsvc.cli.problems import exit_on_errors, show_problems, verbose_option
from feedsvc.cli.site import open_to_write, site_option
from feedsvc.cli.sync import progress_bar, summary
from feedsvc.export.build import BuildReport
from feedsvc.export.build import build as build_site
from feedsvc.export.build import check as check_folder
from feedsvc.export.plan import BuildOptions
from feedsvc.http.representation import CODINGS
from feedsvc.model import Format
from feedsvc.publication import Publication

_NO_CODINGS = "none"


def _parse_only(
    _context: click.Context, _option: click.Parameter, values: Sequence[str]
) -> tuple[Format, ...]:
    """Return the formats in names that are separated by commas or in repeated options."""
    return tuple(Format(name) for name in _select(values, tuple(Format)))


def _parse_codings(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the codings in names separated by commas, () for `none`; None without the option."""
    if value is None:
        return None
    return () if value == _NO_CODINGS else tuple(_select([value], CODINGS))


def _select(values: Sequence[str], allowed: Sequence[str]) -> list[str]:
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in allowed:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(allowed)}")
    return [name for name in allowed if name in names]


@click.command()
@site_option
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--only",
    metavar="FORMAT[,FORMAT]",
    multiple=True,
    callback=_parse_only,
    help="Write only feeds in these formats, uncompressed, and files used by articles."
    "  [rss, atom, json]",
)
@click.option("--archives/--no-archives", default=True, help="Include the archives of feeds.")
@click.option(
    "--codings",
    metavar="CODING[,CODING]",
    callback=_parse_codings,
    help="Precompress with these: br, zstd, gzip, or none.  [default: all; none with --only]",
)
@verbose_option
def build(
    site: Path,
    out: Path,
    only: tuple[Format, ...],
    archives: bool,
    codings: tuple[str, ...] | None,
    verbose: bool,
) -> None:
    """Write the whole site as static files into the folder OUT.

    Reads changed articles, as `feedsvc sync` does, and then writes only files that change. OUT is
    the root of the host, and contains manifest.json and configuration for nginx, Caddy, Netlify and
    Cloudflare Pages. Scheduled articles are left out until they are due; the command prints when to
    run it next. The exit code is 1 if an article has an error.
    """
    codings = (() if only else CODINGS) if codings is None else codings
    options = BuildOptions(only, archives, codings)
    with open_to_write(site) as (settings, catalog):
        settings = msgspec.structs.replace(settings, purge=None)  # no process purges a build
        check_folder(settings, out)
        with progress_bar() as progress:
            report = sync_catalog(catalog, settings, datetime.now(UTC), progress)
        show_problems(report.problems, verbose)
        click.echo(summary(report))
        mark_published(catalog, datetime.now(UTC))
        built = build_site(settings, Publication(settings, catalog), out, options)
        click.echo(_summary(out, built))
    exit_on_errors(report.problems)


def _summary(out: Path, built: BuildReport) -> str:
    """Return the result of a build, and when to run the next."""
    text = (
        f"{out}: {built.paths} URLs in {built.files} files of revision {built.revision}; "
        f"{built.written} written, {built.removed} removed."
    )
    if built.due is None:
        return text
    return f"{text}\nRun it again at {dates.rfc3339(built.due)}, when an article is due."
