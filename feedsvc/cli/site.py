"""What every command that works on a site begins with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from feedsvc import sources
from feedsvc.catalog.recovery import create, make_ready_elected
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import OutdatedError

site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    envvar="FEEDSVC_SITE",
    show_default="the current folder",
    help="The site's folder; also FEEDSVC_SITE.",
)


def load_settings(site: Path) -> Settings:
    """Load a site's settings. Raises FeedsvcError."""
    return sources.load(site, os.environ)


@contextmanager
def load_site(site: Path) -> Iterator[tuple[Settings, Catalog]]:
    """Load a site's settings, and name its catalog without opening it. Raises FeedsvcError."""
    loaded = load_settings(site)
    with Catalog(loaded.database) as catalog:
        yield loaded, catalog


@contextmanager
def open_site(site: Path) -> Iterator[tuple[Settings, Catalog]]:
    """Load a site's settings and open its catalog to read it, made if it is missing.

    Raises FeedsvcError, also for the catalog of an older program.
    """
    with load_site(site) as (loaded, catalog):
        create(catalog)
        yield loaded, catalog


@contextmanager
def open_to_write(site: Path) -> Iterator[tuple[Settings, Catalog]]:
    """Load a site's settings and open its catalog, made if it is missing, upgraded if it is old.

    Raises FeedsvcError.
    """
    with load_site(site) as (loaded, catalog):
        try:
            create(catalog)
        except OutdatedError:
            warn(make_ready_elected(catalog))
        yield loaded, catalog


def warn(told: str | None) -> None:
    """Print what there is to say of a catalog that was damaged."""
    if told:
        click.echo(f"Warning: {told}", err=True)
