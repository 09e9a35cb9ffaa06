"""What every command that works on a site begins with."""

import os
from pathlib import Path

import click

from feedsvc import sources
from feedsvc.catalog.recovery import create
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings

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


def load_site(site: Path) -> tuple[Settings, Catalog]:
    """Load a site's settings, and name its catalog without opening it. Raises FeedsvcError."""
    loaded = load_settings(site)
    return loaded, Catalog(loaded.database)


def open_site(site: Path) -> tuple[Settings, Catalog]:
    """Load a site's settings and open its catalog, made if it is missing. Raises FeedsvcError."""
    loaded, catalog = load_site(site)
    create(catalog)
    return loaded, catalog
