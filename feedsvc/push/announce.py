"""`feedsvc push`: notifies other hubs of changes and purges caches, once."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import click

from feedsvc.catalog.store import Catalog
from feedsvc.cli.problems import count
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.push import purge
from feedsvc.push.client import Client
from feedsvc.push.ping import Notified, Pings
from feedsvc.push.purge import Purges
from feedsvc.push.store import deliveries

_PAUSES = (2.0, 10.0)  # seconds before further tries


def announce(settings: Settings, catalog: Catalog, everything: bool) -> None:
    """Purge all caches, notify all hubs, and print the results. Raises FeedsvcError.

    everything: for all feeds, changed or not.
    """
    if not (settings.push.external or settings.purged):
        raise FeedsvcError(
            "there is no hub to notify; name one in feedsvc.toml, as in [push] "
            'hub = "https://pubsubhubbub.appspot.com/"'
        )
    publication = Publication(settings, catalog)
    if not publication.newest()[0]:
        raise FeedsvcError("nothing is published yet; run `feedsvc sync` or `feedsvc build` first")
    failures = 0
    if settings.purged:  # first, as hubs get the documents from there
        failures = asyncio.run(_purge_caches(publication, everything))
    failures += asyncio.run(_notify_hubs(publication, everything))
    if failures:
        sys.exit(1)


async def _notify_hubs(publication: Publication, everything: bool) -> int:
    """Notify all hubs; return the number of failures."""
    push = publication.settings.push
    hubs = push.external
    async with Client(push.allow_networks) as client:
        pings = Pings(publication, client)
        added = await asyncio.to_thread(pings.add, everything)
        calls = [partial(pings.notify_hub, url, early=True) for url in hubs]
        notified = await asyncio.gather(*(_persist(publication, each) for each in calls))
    for url, (topics, failure) in zip(hubs, notified, strict=True):
        if failure:
            _complain(url, f"could not be notified of all changes: {failure}")
        elif topics:
            click.echo(f"{url}: notified of {count(topics, 'changed document')}.")
        elif url in added:
            click.echo(f"{url}: is new, and will be notified of changes from now on.")
        else:
            click.echo(f"{url}: nothing has changed since its last notification.")
    return sum(bool(each.failure) for each in notified)


async def _purge_caches(publication: Publication, everything: bool) -> int:
    """Purge all caches, after every origin shows the newest revision; return how many failed."""
    revision, _ = await asyncio.to_thread(publication.newest)
    await asyncio.sleep(publication.lag)
    async with purge.client(publication.settings) as client:
        purges = Purges(publication, client)
        await asyncio.to_thread(purges.add, everything)
        purge_one = partial(purges.purge, settled=revision, early=True)
        calls = [partial(purge_one, each) for each in purges.caches]
        purged = await asyncio.gather(*(_persist(publication, each) for each in calls))
    for cache, (keys, failure) in zip(purges.caches, purged, strict=True):
        if failure:
            _complain(cache.name, f"could not be purged: {failure}")
        elif keys:
            click.echo(f"{cache.name}: purged of {count(keys, 'key')}.")
        else:
            click.echo(f"{cache.name}: nothing has changed since it was purged.")
    return sum(bool(each.failure) for each in purged)


async def _persist(
    publication: Publication, notify: Callable[..., Coroutine[Any, Any, Notified]]
) -> Notified:
    """Notify a hub or purge a cache, and retry a few times if that fails.

    notify: called with the present instant as `now`.
    """
    number = 0
    for pause in (*_PAUSES, None):
        result = await notify(now=await asyncio.to_thread(_now, publication.catalog))
        number += result.number
        if not result.failure or pause is None:
            break
        await asyncio.sleep(pause)
    return Notified(number, result.failure)


def _complain(name: str, problem: str) -> None:
    click.echo(f"{name}: {problem}; run `feedsvc push` again", err=True)


def _now(catalog: Catalog) -> int:
    with catalog.reading() as connection:
        return deliveries.clock(connection)
