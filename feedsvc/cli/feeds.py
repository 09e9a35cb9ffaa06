"""`feedsvc feeds`: list the feeds and their URLs."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from feedsvc import dates, routes, urls
from feedsvc.cli.site import open_site, site_option
from feedsvc.model import Format
from feedsvc.publication import FeedSummary, Publication


@click.command()
@site_option
def feeds(site: Path) -> None:
    """List every feed with its URLs, as of the last sync.

    Prints a table on a terminal, and otherwise one line per feed with tabs between key, entries,
    last change and the URLs of RSS, Atom and JSON.
    """
    with open_site(site) as (settings, catalog):
        found = Publication(settings, catalog).feeds()
    console = Console()
    if not console.is_terminal:
        for feed in found:
            addresses = (_url(settings.base_url, feed, format) for format in Format)
            changed = dates.rfc3339(feed.changed)
            click.echo("\t".join((feed.ref.key, str(feed.entries), changed, *addresses)))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Feed", no_wrap=True)
    table.add_column("Entries", justify="right")
    table.add_column("Last change", no_wrap=True)
    table.add_column("URL; also .atom and .json", overflow="fold")
    for feed in found:
        table.add_row(
            Text(feed.label),
            str(feed.entries),
            f"{feed.changed:%Y-%m-%d %H:%M}",
            _url(settings.base_url, feed, Format.RSS),
        )
    console.print(table)


def _url(base_url: str, feed: FeedSummary, format: Format) -> str:
    return urls.absolute(base_url, routes.feed_path(feed.ref, format))
