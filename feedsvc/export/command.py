"""`feedsvc build`: write the whole site as static files."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from feedsvc import dates
from feedsvc.catalog.sync import sync as sync_catalog
from feedsvc.cli.site import open_to_write, site_option
from feedsvc.cli.sync import progress_bar, show_problems, summary
from feedsvc.export.build import Built
from feedsvc.export.build import build as build_site
from feedsvc.export.build import check as check_folder
from feedsvc.export.plan import Wanted
from feedsvc.http.representation import CODINGS
from feedsvc.model import Format
from feedsvc.publication import Publication

_NO_CODINGS = "none"


def _parse_only(
    _context: click.Context, _option: click.Parameter, values: Sequence[str]
) -> tuple[Format, ...]:
    """Return formats, each once, of names that are separated by commas or given one by one."""
    return tuple(Format(name) for name in _chosen(values, tuple(Format)))


def _parse_codings(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return codings of names separated by commas, () for `none`; None where none was said."""
    if value is None:
        return None
    return () if value == _NO_CODINGS else tuple(_chosen([value], CODINGS))


def _chosen(values: Sequence[str], among: Sequence[str]) -> list[str]:
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in among:
            raise click.BadParameter(f"{name!r} is none of {', '.join(among)}")
    return [name for name in among if name in names]


@click.command()
@site_option
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--only",
    metavar="FORMAT[,FORMAT]",
    multiple=True,
    callback=_parse_only,
    help="Write feeds in these formats, uncompressed, and nothing else: rss, atom, json.",
)
@click.option("--archives/--no-archives", default=True, help="Write the archives of feeds, or not.")
@click.option(
    "--codings",
    metavar="CODING[,CODING]",
    callback=_parse_codings,
    help="Compress ahead with these: br, zstd, gzip, or none.  [default: all; none with --only]",
)
def build(
    site: Path,
    out: Path,
    only: tuple[Format, ...],
    archives: bool,
    codings: tuple[str, ...] | None,
) -> None:
    """Write the whole site as static files into the folder OUT.

    Reads the articles that changed, as `feedsvc sync` does, and then touches only the files that
    change. OUT is the root of the host; manifest.json and the rules for nginx, Caddy, Netlify and
    Cloudflare Pages in it say how to serve it. What is scheduled is left out until it is due, and
    the command says when to run it next. The exit code is 1 if an article has a problem.
    """
    wanted = Wanted(only, archives, (() if only else CODINGS) if codings is None else codings)
    with open_to_write(site) as (settings, catalog):
        check_folder(settings, out)
        with progress_bar() as progress:
            report = sync_catalog(catalog, settings, datetime.now(UTC), progress)
        click.echo(summary(report))
        click.echo(_said(out, build_site(settings, Publication(settings, catalog), out, wanted)))
    show_problems(report.problems)
    if report.problems:
        sys.exit(1)


def _said(out: Path, built: Built) -> str:
    """Say in a line or two what a build did."""
    said = (
        f"{out}: {built.paths} URLs in {built.files} files of revision {built.revision}; "
        f"{built.written} written, {built.removed} removed."
    )
    if built.due is None:
        return said
    return f"{said}\nRun it again at {dates.rfc3339(built.due)}, when an article is due."
