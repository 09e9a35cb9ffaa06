"""`feedsvc push`: notifies other hubs of changes, once."""

import asyncio
import sys
from collections.abc import Mapping

import click

from feedsvc.catalog import deliveries
from feedsvc.catalog.store import Catalog
from feedsvc.cli.problems import count
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.push.client import Client
from feedsvc.push.ping import Notified, Pings

_PAUSES = (2.0, 10.0)  # seconds before further tries


def announce(settings: Settings, catalog: Catalog, everything: bool) -> None:
    """Notify all hubs, and print the results. Raises FeedsvcError.

    everything: of all feeds, changed or not.
    """
    hubs = settings.push.external
    if not hubs:
        raise FeedsvcError(
            "there is no hub to notify; name one in feedsvc.toml, as in [push] "
            'hub = "https://pubsubhubbub.appspot.com/"'
        )
    if not Publication(settings, catalog).newest()[0]:
        raise FeedsvcError("nothing is published yet; run `feedsvc sync` or `feedsvc build` first")
    added, notified = asyncio.run(_notify_hubs(settings, catalog, everything))
    for url, (topics, failure) in notified.items():
        if failure:
            message = f"could not be notified of all changes: {failure}; run `feedsvc push` again"
            click.echo(f"{url}: {message}", err=True)
        elif topics:
            click.echo(f"{url}: notified of {count(topics, 'changed document')}.")
        elif url in added:
            click.echo(f"{url}: is new, and will be notified of changes from now on.")
        else:
            click.echo(f"{url}: nothing has changed since its last notification.")
    if any(failure for _, failure in notified.values()):
        sys.exit(1)


async def _notify_hubs(
    settings: Settings, catalog: Catalog, everything: bool
) -> tuple[list[str], Mapping[str, Notified]]:
    """Notify all hubs; return those that are new, and of what each was notified."""
    async with Client(settings.push.allow_networks) as client:
        pings = Pings(settings, catalog, client)
        added = await asyncio.to_thread(pings.add, everything)
        hubs = settings.push.external
        notified = await asyncio.gather(*(_persist(catalog, pings, url) for url in hubs))
        return added, dict(zip(hubs, notified, strict=True))


async def _persist(catalog: Catalog, pings: Pings, url: str) -> Notified:
    """Notify a hub, and try again a few times if that fails."""
    topics = 0
    for pause in (*_PAUSES, None):
        notified = await pings.tell_hub(url, await asyncio.to_thread(_now, catalog), early=True)
        topics += notified.topics
        if not notified.failure or pause is None:
            break
        await asyncio.sleep(pause)
    return Notified(topics, notified.failure)


def _now(catalog: Catalog) -> int:
    with catalog.reading() as connection:
        return deliveries.clock(connection)
