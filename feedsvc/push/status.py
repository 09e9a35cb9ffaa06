"""`feedsvc push status`: who has subscribed, and the state of deliveries."""

from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from feedsvc import dates
from feedsvc.catalog.store import Catalog
from feedsvc.cli.problems import count
from feedsvc.config.settings import Settings
from feedsvc.push import caches as dialects
from feedsvc.push.store import caches, deliveries, hubs, subscribers

_MAX_HOSTS = 30
_TOPIC = ("Topic", "Subscriptions", "Pending", "Failing", "Waiting", "First lease ends")
_HOST = ("Host", "Subscriptions", "Pending", "Failing", "Next try", "First lease ends")


def show(settings: Settings, catalog: Catalog) -> None:
    """Print the status. Raises CatalogError."""
    with catalog.reading() as connection:
        now = deliveries.clock(connection)
        counts = deliveries.counts(connection, now)
        unverified = subscribers.unverified(connection)
        topics = subscribers.topics(connection, now)
        hosts = subscribers.hosts(connection, now, _MAX_HOSTS)
        others = hubs.states(connection, settings.push.external)
        purged = caches.states(connection, [each.name for each in dialects.caches(settings.purged)])
    click.echo(
        f"{count(counts.subscriptions, 'subscription')}: {counts.pending:,} pending, "
        f"{counts.failing:,} failing; {count(unverified, 'request')} to be verified."
    )
    if topics:
        _print(_TOPIC, (_topic(each, now) for each in topics))
        _print(_HOST, (_host(each, now) for each in hosts))
    unknown = set(settings.push.external) - {each.url for each in others}
    for hub in others:
        click.echo(f"{hub.url}: {_hub(hub, now)}")
    for url in sorted(unknown):
        click.echo(f"{url}: has never been notified")
    for cache in purged:
        click.echo(f"{cache.url}: {_cache(cache, now)}")


def _print(headings: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """Print a table on a terminal, and otherwise lines with tabs between the columns."""
    console = Console()
    if not console.is_terminal:
        for row in (headings, *rows):
            click.echo("\t".join(row))
        return
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if 0 < number < 4 else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _topic(topic: subscribers.Topic, now: int) -> Sequence[str]:
    waiting = f"{max(0, now - topic.changed):,} s" if topic.pending else ""
    name = f"{topic.ref.key}.{topic.format}"
    return (name, *map(str, topic[2:5]), waiting, _instant(topic.lease_end))


def _host(host: subscribers.Host, now: int) -> Sequence[str]:
    wait = f"in {max(0, host.next_try - now):,} s" if host.next_try else ""
    return (host.name, *map(str, host[1:4]), wait, _instant(host.lease_end))


def _hub(hub: hubs.State, now: int) -> str:
    if not hub.pending:
        return "notified of all changes"
    return f"not notified of {count(hub.pending, 'changed feed')} yet{_retry(hub, now)}"


def _cache(cache: hubs.State, now: int) -> str:
    if not cache.pending:
        return "purged of all changes"
    return f"not purged of {count(cache.pending, 'revision')} yet{_retry(cache, now)}"


def _retry(state: hubs.State, now: int) -> str:
    failed = f" after {count(state.attempts, 'failed attempt')}" if state.attempts else ""
    return f"{failed}; next try in {max(0, state.next_try - now):,} s"


def _instant(instant: int) -> str:
    return dates.rfc3339(dates.from_epoch(instant))
