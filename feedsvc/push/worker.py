"""The process that delivers to subscribers, separate from the processes that answer polls.

It runs beside `feedsvc serve`, or by itself as `feedsvc push --worker`; any number of them share
one catalog.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from feedsvc.catalog.store import Catalog
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.push import purge
from feedsvc.push.client import Client
from feedsvc.push.counters import Counters
from feedsvc.push.deliver import Deliverer
from feedsvc.push.ledger import Ledger
from feedsvc.push.ping import Pings
from feedsvc.push.purge import Purges
from feedsvc.push.verify import Verifier

logger = logging.getLogger("feedsvc.push")

_PATIENCE = 5  # seconds for requests in progress when it is stopped
_FILES = 4096  # enough file descriptors
_OTHER_FILES = 1000  # reserved for everything but slow requests
_NICE = 10  # serving has priority


def run(settings: Settings, supervised: bool) -> None:
    """Work until SIGTERM or SIGINT; if supervised, also until the end of standard input.

    Raises FeedsvcError if the site has neither a hub nor a cache.
    """
    if not settings.pushes:
        raise FeedsvcError(
            'this site has no hub, so there is nothing to deliver; write hub = "own" in [push] of '
            "feedsvc.toml"
        )
    if supervised:
        os.nice(_NICE)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_work(settings, supervised))


async def _work(settings: Settings, supervised: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if supervised:
        _watch_standard_input(loop, stopping)
    with Catalog(settings.database) as catalog:
        hubs = head.hubs(settings, own=settings.serves_hub)
        publication = Publication(settings, catalog, hubs=hubs)
        async with (
            Client(settings.push.allow_networks) as client,
            purge.client(settings) as purging,
        ):
            logger.info("event=push-started")
            counters = Counters()
            beside = [counters.keep_counting(catalog)]
            if settings.serves_hub:
                beside.append(Verifier(settings, catalog, client).run())
            if settings.push.external:
                beside.append(Pings(publication, client, counters.pinged).run())
            if settings.purged:
                beside.append(Purges(publication, purging, counters.purged).run())
            if settings.serves_hub:
                slow = _allow_files() - _OTHER_FILES
                deliverer = Deliverer(Ledger(publication), client, counters.delivered, slow)
                await together(deliverer.run(stopping, _PATIENCE), beside, stopping)
            else:  # subscribers of a hub that was switched off get nothing
                await together(stopping.wait(), beside, stopping)


async def together(
    work: Coroutine[Any, Any, object],
    beside: Iterable[Coroutine[Any, Any, None]],
    stopping: asyncio.Event,
) -> None:
    """Run coroutines until one of them ends, usually `work`; then stop it and cancel the others.

    If one of them raises, the exception propagates: the process then exits, and is restarted.
    """
    tasks = [asyncio.create_task(each) for each in beside]
    main = asyncio.create_task(work)
    await asyncio.wait([main, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    await asyncio.wait([main])
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(main, *tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def _watch_standard_input(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Stop when the parent process ends in any way, which closes its end of the pipe."""
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 1024):
            loop.remove_reader(descriptor)
            stopping.set()

    loop.add_reader(descriptor, read)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop factory if it is installed, as uvloop halves the time of a request."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _allow_files() -> int:
    """Raise the limit of open files as far as needed and allowed; return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
