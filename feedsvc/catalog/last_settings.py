"""The release and settings of the last sync, as stored in the catalog."""

import json
from typing import Any

from sqlalchemy import Connection

from feedsvc import plugins
from feedsvc.catalog.rows import dump
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.tables import get_metadata, set_metadata
from feedsvc.config.settings import Settings

_NAME = "settings"  # in the metadata table
_OF_URLS = ("base_url", "article_link", "moved", "retired", "aliases")

Written = dict[str, Any]  # release: of feedsvc and its extensions; settings: see `Settings.seen`


def read(catalog: Catalog) -> dict[str, Any]:
    """Return `Settings.seen` of the last sync; {} before the first. Raises CatalogError."""
    with catalog.reading() as connection:
        previous = _decode(get_metadata(connection, _NAME))
    return previous["settings"] if previous else {}


def replace(connection: Connection, settings: Settings) -> tuple[Written | None, Written]:
    """Write the settings; return the previous ones, None before the first sync, and these."""
    current = {"release": plugins.release(), "settings": settings.seen()}
    return _decode(set_metadata(connection, _NAME, dump(current))), current


def differ(previous: Written | None, current: Written) -> bool:
    """Return whether two syncs had different settings or releases."""
    return bool(_without_empty(previous) != _without_empty(current))


def changed_urls(previous: Written | None, current: Written) -> tuple[tuple[str, Any, Any], ...]:
    """Return the settings that change URLs and differ: (name, previous value, current value)."""
    if previous is None:
        return ()
    before, now = previous["settings"], current["settings"]
    return tuple(
        (name, before.get(name), now[name]) for name in _OF_URLS if before.get(name) != now[name]
    )


def _decode(value: str | None) -> Written | None:
    """Decode release and settings; 0.1.0 wrote `feedsvc 0.1.0` and then the settings as JSON."""
    if value is None:
        return None
    release, _, settings = value.partition("{")
    decoded: dict[str, Any] = json.loads("{" + settings)
    return {"release": release.strip(), "settings": decoded} if release else decoded


def _without_empty(value: Any) -> Any:
    """Omit empty settings, as earlier releases did not write settings unknown to them."""
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items() if each}
    return value
