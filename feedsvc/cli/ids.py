"""`feedsvc ids`: list the ids of articles, and pin them in their files."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from feedsvc.catalog import listings
from feedsvc.catalog.listings import Identity
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.cli.problems import show_problems, verbose_option
from feedsvc.cli.site import open_site, open_to_write, site_option
from feedsvc.cli.sync import summary
from feedsvc.config.settings import Settings
from feedsvc.errors import on_one_line
from feedsvc.sources.site import Sources


@click.command()
@site_option
@click.option("--write", is_flag=True, help="Pin each final id: write it into the article's file.")
@verbose_option
def ids(site: Path, write: bool, verbose: bool) -> None:
    """List the id of every article, as of the last sync.

    An id is `pinned` if it is in the article's file, `minted` if feedsvc generated it and the
    article has been published, which makes it final, and `provisional` if the article has not been
    published, so that the id may still change with its date or slug. Prints a table on a terminal,
    and otherwise one line per article with tabs between path, id and status.

    --write pins minted ids, and then syncs. A file to which the id cannot be added as one line is
    left unchanged and reported, and the exit code is 1.
    """
    if write:
        with open_to_write(site) as (settings, catalog):
            _pin(settings, catalog, verbose)
        return
    with open_site(site) as (settings, catalog), catalog.reading() as connection:
        found = listings.identities(connection)
    _list(Sources.of(settings), found)


def _pin(settings: Settings, catalog: Catalog, verbose: bool) -> None:
    """Write ids into files, and sync; exit with 1 if a file could not be changed."""
    sources = Sources.of(settings)
    with catalog.reading() as connection:
        found = listings.identities(connection)
    minted = [each for each in found if each.final and not each.pinned]
    pin = sources.pinner([each.path for each in found])
    problems = [pin(each.path, each.id, each.is_of) for each in minted]
    left = [problem for problem in problems if problem]
    show_problems(left, verbose)
    click.echo(f"{len(minted) - len(left)} pinned, {len(left)} left as they are.")
    if len(left) < len(minted):
        report = sync(catalog, settings, datetime.now(UTC), sources=sources)
        show_problems(report.problems, verbose)
        click.echo(summary(report))
    if left:
        sys.exit(1)


def _list(sources: Sources, found: Sequence[Identity]) -> None:
    rows = [(on_one_line(sources.shown(each.path)), each.id, _kind(each)) for each in found]
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(row))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Article", overflow="fold")
    table.add_column("Id", overflow="fold")
    table.add_column("", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _kind(identity: Identity) -> str:
    if identity.pinned:
        return "pinned"
    return "minted" if identity.final else "provisional"
