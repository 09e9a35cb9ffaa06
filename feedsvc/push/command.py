"""`feedsvc push`: notify other hubs of changes, and show the state of deliveries.

The modules are imported by the subcommands that need them, so that the worker stays small.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from feedsvc.cli.site import load_settings, open_site, site_option
from feedsvc.config.settings import Settings

_site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="The site's folder, by default that of `feedsvc push`.",
)


def service(settings: Settings) -> Sequence[str] | None:
    """Return the arguments of the worker that runs beside a server; see feedsvc.serve.services."""
    if not settings.pushes:
        return None
    return "push", "--worker", "--supervised", "--site", str(settings.site)


def _parse_bind(context: click.Context, option: click.Parameter, value: str) -> tuple[str, int]:
    from feedsvc.serve.listen import parse_bind

    return parse_bind(context, option, value)


@click.group(invoke_without_command=True)
@site_option
@click.option("--all", "everything", is_flag=True, help="Notify hubs of all feeds, changed or not.")
@click.option("--worker", is_flag=True, help="Verify subscriptions and deliver until stopped.")
@click.option("--supervised", is_flag=True, hidden=True, help="End with standard input.")
@click.pass_context
def push(
    context: click.Context, site: Path, everything: bool, worker: bool, supervised: bool
) -> None:
    """Notify hubs at other sites of changed feeds.

    Run it after each deployment of a static build: the hubs get the changed feeds from the site
    and send them to their subscribers. Each hub is notified of what has changed since its last
    notification, a new one of what changes from now on. The exit code is 1 if a hub could not be
    notified.

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
    from feedsvc.push.announce import announce

    with open_site(site) as (settings, catalog):
        announce(settings, catalog, everything)


@push.command
@_site_option
@click.pass_obj
def status(default: Path, site: Path | None) -> None:
    """Show the subscriptions by topic and host, and what other hubs have been notified of.

    Callbacks are not shown, as who knows one can send to it.
    """
    from feedsvc.push.status import show

    with open_site(site or default) as (settings, catalog):
        show(settings, catalog)


@push.command
@_site_option
@click.argument("topic")
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=_parse_bind,
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
    from feedsvc.push.trial import Trial

    with open_site(site or default) as (settings, catalog):
        asyncio.run(Trial(settings, catalog, click.echo, bind, callback).run(topic))
