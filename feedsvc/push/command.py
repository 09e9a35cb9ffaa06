"""`feedsvc push`: tell other hubs what has changed, and show how deliveries go."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from feedsvc.catalog import deliveries
from feedsvc.catalog.store import Catalog
from feedsvc.cli.problems import count
from feedsvc.cli.site import load_settings, open_site, site_option
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.push.client import Client
from feedsvc.push.ping import Pings, Told
from feedsvc.push.status import show
from feedsvc.push.trial import Trial
from feedsvc.serve.listen import parse_bind

_PAUSES = (2.0, 10.0)  # seconds before further tries


_site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="The site's folder, by default that of `feedsvc push`.",
)


@click.group(invoke_without_command=True)
@site_option
@click.option("--all", "everything", is_flag=True, help="Tell of all feeds, changed or not.")
@click.option("--worker", is_flag=True, help="Verify subscriptions and deliver until stopped.")
@click.option("--supervised", is_flag=True, hidden=True)
@click.pass_context
def push(
    context: click.Context, site: Path, everything: bool, worker: bool, supervised: bool
) -> None:
    """Tell hubs at other sites which feeds have changed.

    Run it after each deployment of a static build: the hubs get the changed feeds from the site
    and send them to their subscribers. Each hub is told what has changed since it was told last; a
    new one is told what changes from now on. The exit code is 1 if a hub could not be told.

    `feedsvc serve` does so by itself, and delivers to the subscribers of the site's own hub. With
    --worker, only the process that does this runs, beside another server.
    """
    context.obj = site
    if context.invoked_subcommand is not None:
        return
    if worker:
        from feedsvc.push.worker import run

        run(load_settings(site), supervised)
        return
    with open_site(site) as (settings, catalog):
        _tell(settings, catalog, everything)


@push.command
@_site_option
@click.pass_obj
def status(default: Path, site: Path | None) -> None:
    """Show the subscriptions by topic and host, and what other hubs have been told.

    Callbacks are not shown, as who knows one can send to it.
    """
    with open_site(site or default) as (settings, catalog):
        show(settings, catalog)


@push.command
@_site_option
@click.argument("topic")
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=parse_bind,
    default="127.0.0.1:8008",
    show_default=True,
    help="Where to listen for the hub.",
)
@click.option("--callback", metavar="URL", help="The URL at which the hub reaches that.")
@click.pass_obj
def test(
    default: Path, site: Path | None, topic: str, bind: tuple[str, int], callback: str | None
) -> None:
    """Subscribe to TOPIC, the URL of one of the site's feeds, and show the round trip.

    The site must be served. Its hub must be allowed to connect to this command: put its address
    into `allow_networks`, or give a public one with --bind and --callback.
    """
    with open_site(site or default) as (settings, catalog):
        asyncio.run(Trial(settings, catalog, click.echo, bind, callback).run(topic))


def _tell(settings: Settings, catalog: Catalog, everything: bool) -> None:
    """Tell all hubs, and print what came of it. Raises FeedsvcError."""
    hubs = settings.push.external
    if not hubs:
        raise FeedsvcError(
            "there is no hub to tell; name one in feedsvc.toml, as in [push] "
            'hub = "https://pubsubhubbub.appspot.com/"'
        )
    if not Publication(settings, catalog).newest()[0]:
        raise FeedsvcError("nothing is published yet; run `feedsvc sync` or `feedsvc build` first")
    added, told = asyncio.run(_tell_hubs(settings, catalog, everything))
    for url, (topics, failure) in told.items():
        if failure:
            message = f"could not be told of all changes: {failure}; run `feedsvc push` again"
            click.echo(f"{url}: {message}", err=True)
        elif topics:
            click.echo(f"{url}: told of {count(topics, 'changed document')}.")
        elif url in added:
            click.echo(f"{url}: is new; it is told of what changes from now on.")
        else:
            click.echo(f"{url}: nothing has changed since it was told last.")
    if any(failure for _, failure in told.values()):
        sys.exit(1)


async def _tell_hubs(
    settings: Settings, catalog: Catalog, everything: bool
) -> tuple[list[str], Mapping[str, Told]]:
    """Tell all hubs; return those that are new, and what each was told."""
    async with Client(settings.push.allow_networks) as client:
        pings = Pings(settings, catalog, client)
        added = await asyncio.to_thread(pings.add, everything)
        hubs = settings.push.external
        told = await asyncio.gather(*(_persist(catalog, pings, url) for url in hubs))
        return added, dict(zip(hubs, told, strict=True))


async def _persist(catalog: Catalog, pings: Pings, url: str) -> Told:
    """Tell a hub, and try again a few times if that fails."""
    topics = 0
    for pause in (*_PAUSES, None):
        told = await pings.tell_hub(url, await asyncio.to_thread(_now, catalog), early=True)
        topics += told.topics
        if not told.failure or pause is None:
            break
        await asyncio.sleep(pause)
    return Told(topics, told.failure)


def _now(catalog: Catalog) -> int:
    with catalog.reading() as connection:
        return deliveries.clock(connection)
