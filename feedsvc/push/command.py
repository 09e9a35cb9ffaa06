"""`feedsvc push`: deliver new documents to the subscribers of the site's own hub."""

from pathlib import Path

import click

from feedsvc.cli.site import load_settings, site_option


@click.command()
@site_option
@click.option("--worker", is_flag=True, help="Deliver until it is stopped.")
@click.option("--supervised", is_flag=True, hidden=True)
def push(site: Path, worker: bool, supervised: bool) -> None:
    """Deliver new documents to the subscribers of the site's own hub.

    `feedsvc serve` starts such a process by itself. Where the site is served otherwise, run
    `feedsvc push --worker` as a service beside it.
    """
    if not worker:
        raise click.UsageError("name what to do: --worker")
    from feedsvc.push.worker import run  # aiohttp takes a while to import

    run(load_settings(site), supervised)
