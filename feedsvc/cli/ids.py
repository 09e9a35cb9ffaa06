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
from feedsvc.catalog.sync import rehearse, sync
from feedsvc.cli.problems import count, exit_on_errors, show_problems, verbose_option
from feedsvc.cli.site import open_site, open_to_write, site_option
from feedsvc.cli.sync import progress_bar, summary
from feedsvc.config.settings import Settings
from feedsvc.errors import on_one_line
from feedsvc.sources.site import Sources


@click.command()
@site_option
@click.option("--write", is_flag=True, help="Pin the ids of published articles in their files.")
@click.option("--reset", is_flag=True, help="Generate ids again, as they follow from the settings.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation of --reset.")
@verbose_option
def ids(site: Path, write: bool, reset: bool, yes: bool, verbose: bool) -> None:
    """List the id of every article, as of the last sync.

    An id is `pinned` if it is in the article's file, `minted` if feedsvc generated it and readers
    may know it, which makes it final, and otherwise `provisional`: it still follows the article's
    date and slug and the settings. That is so until the article is published, and for the whole
    site until it is first built or served to another machine. Prints a table on a terminal, and
    otherwise one line per article with tabs between path, id and status.

    --write pins the ids of published articles, and then syncs. A file to which the id cannot be
    added as one line is left unchanged and reported, and the exit code is 1.

    --reset syncs, and generates minted ids again. Feed readers show every article whose id changes
    as new, so it says how many these are, and asks. URLs do not depend on ids.
    """
    if reset:
        if write:
            raise click.UsageError("--reset and --write exclude each other; run them in turn")
        with open_to_write(site) as (settings, catalog):
            _reset(settings, catalog, yes, verbose)
        return
    if yes:
        raise click.UsageError("--yes is only for --reset")
    if write:
        with open_to_write(site) as (settings, catalog):
            _pin(settings, catalog, verbose)
        return
    with open_site(site) as (settings, catalog), catalog.reading() as connection:
        found = listings.identities(connection)
    _list(Sources.of(settings), found)


def _reset(settings: Settings, catalog: Catalog, confirmed: bool, verbose: bool) -> None:
    """Sync with generated ids; exit with 1 if an article has an error."""
    if not confirmed:
        with progress_bar() as progress:
            report = rehearse(catalog, settings, datetime.now(UTC), progress, reset_ids=True)
        changed = sum(change.former_id is not None for change in report.published.changes)
        if not changed:
            click.echo("No id would change that readers may know.")
        else:
            click.confirm(
                f"{count(changed, 'published article')} would get another id; feed readers will "
                "show them as new. Continue?",
                abort=True,
            )
    with progress_bar() as progress:
        report = sync(catalog, settings, datetime.now(UTC), progress, reset_ids=True)
    show_problems(report.problems, verbose)
    click.echo(summary(report))
    exit_on_errors(report.problems)


def _pin(settings: Settings, catalog: Catalog, verbose: bool) -> None:
    """Write ids into files, and sync; exit with 1 if a file could not be changed."""
    sources = Sources.of(settings)
    with catalog.reading() as connection:
        found = listings.identities(connection)
    minted = [each for each in found if each.released and not each.pinned]
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
    rows = [(on_one_line(sources.display_name(each.path)), each.id, _kind(each)) for each in found]
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
