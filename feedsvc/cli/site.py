"""The --site option, and opening a site for a command."""

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
    """Load a site's settings, and return its catalog without opening it. Raises FeedsvcError."""
    loaded = load_settings(site)
    with Catalog(loaded.database) as catalog:
        yield loaded, catalog


@contextmanager
def open_site(site: Path) -> Iterator[tuple[Settings, Catalog]]:
    """Load a site's settings and open its catalog for reading, created if it is missing.

    Raises FeedsvcError, also for a catalog of an older version.
    """
    with load_site(site) as (loaded, catalog):
        create(catalog)
        yield loaded, catalog


@contextmanager
def open_to_write(site: Path) -> Iterator[tuple[Settings, Catalog]]:
    """Load a site's settings and open its catalog, created or upgraded if necessary.

    Raises FeedsvcError.
    """
    with load_site(site) as (loaded, catalog):
        try:
            create(catalog)
        except OutdatedError:
            warn(make_ready_elected(catalog))
        yield loaded, catalog


def warn(message: str | None) -> None:
    """Print a warning, if there is one, about a damaged catalog."""
    if message:
        click.echo(f"Warning: {message}", err=True)
