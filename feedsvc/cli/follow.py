"""`feedsvc serve --no-writer`: serve a catalog that another machine writes."""

import time

import click
from msgspec import structs

from feedsvc.catalog import last_settings
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import FILE, Settings
from feedsvc.errors import CatalogError, NewerError
from feedsvc.publication import Publication

_INTERVAL = 1.0  # seconds between attempts to read the catalog
_LOCAL = {"generator", "article_link"}  # settings that may depend on the content folder


def follow(settings: Settings, catalog: Catalog) -> Settings:
    """Wait until something is published, and return the settings with which to serve it.

    They are the given ones, except for article_link, which depends on the writer's content folder.
    Prints why it waits, and a warning for each setting that affects what readers see and differs
    from the writer's. Raises NewerError for a catalog that this version cannot read.
    """
    _await_revision(Publication(settings, catalog))
    own, written = settings.seen(), last_settings.read(catalog)
    for name in sorted((own.keys() & written.keys()) - _LOCAL):
        if (own[name] or None) != (written[name] or None):
            click.echo(
                f"Warning: {settings.site / FILE}: `{name}` differs from the settings of the last "
                "sync; give all machines of a site the same settings",
                err=True,
            )
    link = written.get("article_link", settings.article_link)
    return structs.replace(settings, article_link=link)


def _await_revision(publication: Publication) -> None:
    reported = ""
    while True:
        try:
            publication.state()
        except NewerError:
            raise
        except CatalogError as error:
            if str(error) != reported:
                reported = str(error)
                click.echo(f"Waiting for the writer of this catalog: {reported}", err=True)
            time.sleep(_INTERVAL)
        else:
            return
