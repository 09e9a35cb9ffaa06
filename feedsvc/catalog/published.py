"""Records that readers may know the site. Until then, ids follow the settings; see identity.py."""

from datetime import datetime

from sqlalchemy import Connection

from feedsvc import dates
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.tables import get_metadata, set_metadata

PUBLISHED = "published"  # a name in schema.metadata_table


def is_published(connection: Connection) -> bool:
    """Return whether the site was served beyond this machine, or built."""
    return get_metadata(connection, PUBLISHED) is not None


def mark_published(catalog: Catalog, now: datetime) -> None:
    """Record that the site was served beyond this machine, or built. Raises CatalogError."""
    with catalog.reading() as connection:
        if is_published(connection):
            return
    with catalog.writing() as connection:
        if not is_published(connection):
            set_metadata(connection, PUBLISHED, str(dates.epoch(now)))
