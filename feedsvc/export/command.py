"""`feedsvc build`: write the whole site as static files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from feedsvc import dates
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync as sync_catalog
from feedsvc.cli.problems import exit_on_errors, show_problems, verbose_option
from feedsvc.cli.site import open_to_write, site_option
from feedsvc.cli.sync import progress_bar, summary
from feedsvc.config.settings import Settings
from feedsvc.export.bucket import is_url
from feedsvc.export.mirror import GRACE
from feedsvc.export.plan import BuildOptions
from feedsvc.export.targets import Target, create
from feedsvc.export.watch import keep_up_to_date
from feedsvc.http.representation import CODINGS
from feedsvc.model import Format
from feedsvc.publication import Publication
from feedsvc.serve.writer import Writer

_NO_CODINGS = "none"
_WATCHED_CODINGS = ("gzip",)  # Brotli takes half a second for each feed that changes


def _parse_only(
    _context: click.Context, _option: click.Parameter, values: Sequence[str]
) -> tuple[Format, ...]:
    """Return the formats that are named in comma-separated or repeated options."""
    return tuple(Format(name) for name in _select(values, tuple(Format)))


def _parse_codings(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the codings in a comma-separated list, () for `none`; None without the option."""
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
@click.argument("out")
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
    help="Precompress with these: br, zstd, gzip, or none."
    "  [default: all; gzip with --watch; none with --only]",
)
@click.option("--watch", is_flag=True, help="Keep OUT up to date as articles are saved.")
@click.option(
    "--grace",
    type=click.IntRange(0, 31_536_000),
    metavar="SECONDS",
    default=GRACE,
    show_default=True,
    help="How long objects that are no longer needed stay in an object store.",
)
@verbose_option
def build(
    site: Path,
    out: str,
    only: tuple[Format, ...],
    archives: bool,
    codings: tuple[str, ...] | None,
    watch: bool,
    grace: int,
    verbose: bool,
) -> None:
    """Write the whole site as static files into OUT, a folder or an object store.

    Reads changed articles, as `feedsvc sync` does, and then writes only files that change. OUT is
    the root of the host, and contains manifest.json and configuration for nginx, Caddy, Netlify and
    Cloudflare Pages. Scheduled articles are left out until they are due; the command prints when to
    run it next. The exit code is 1 if an article has an error.

    An object store is a URL like s3://bucket/prefix, gs://bucket or az://container. It contains an
    object for each path, uncompressed.

    With --watch, the command keeps running, and also publishes articles when they are due.
    """
    if codings and is_url(out):
        raise click.UsageError("object stores do not negotiate; leave --codings out")
    if codings is None:
        codings = () if only else _WATCHED_CODINGS if watch else CODINGS
    with open_to_write(site) as (settings, catalog):
        settings = msgspec.structs.replace(settings, purge=None)  # no process purges a build
        target = create(settings, out, BuildOptions(only, archives, codings), grace)
        target.check()
        publication = Publication(settings, catalog)
        if watch:
            _watch(settings, catalog, publication, target, verbose)
            return
        with progress_bar() as progress:
            report = sync_catalog(catalog, settings, datetime.now(UTC), progress)
        show_problems(report.problems, verbose)
        click.echo(summary(report))
        mark_published(catalog, datetime.now(UTC))
        built, sentence = target.update(publication)
        click.echo(sentence)
        if built.due:
            click.echo(f"Run it again at {dates.rfc3339(built.due)}, when an article is due.")
    exit_on_errors(report.problems)


def _watch(
    settings: Settings, catalog: Catalog, publication: Publication, target: Target, verbose: bool
) -> None:
    """Sync, and keep a target up to date. Raises FeedsvcError."""
    writer = Writer(settings, catalog)
    with progress_bar() as progress:
        report = writer.sync(progress)
    if report:
        show_problems(report.problems, verbose)
        click.echo(summary(report))
    mark_published(catalog, datetime.now(UTC))
    writer.start()
    try:
        keep_up_to_date(publication, target, click.echo)
    finally:
        writer.stop()
