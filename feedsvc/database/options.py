"""The keys of a source of type `sql` in the settings."""

import os
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any

import msgspec
from sqlalchemy import URL

from feedsvc.config.settings import Settings
from feedsvc.config.tables import Places, Rule, Table, Text
from feedsvc.config.zones import Offset, zone
from feedsvc.database.connection import parse_url
from feedsvc.errors import SettingsError
from feedsvc.syntax import is_url

_EVERY, _EVERY_WHOLE = 10, 300  # seconds, with and without a watermark


def _seconds(least: int, most: int) -> Any:
    return msgspec.Meta(ge=least, le=most)


def _is_name(name: str) -> bool:
    return name.replace("_", "").replace(".", "").isalnum() and name.isascii()


class Options(msgspec.Struct, frozen=True):
    """See docs/databases.md. every: None for the default, which depends on the watermark."""

    url: Annotated[str, Rule("the URL of a database", secret=True)]
    query: str = ""
    preset: str = ""
    watermark: str = ""
    overlap: Annotated[int, _seconds(0, 604_800)] = 60
    every: Annotated[int, _seconds(1, 86_400)] | None = None
    compare: Annotated[int, _seconds(10, 604_800)] = 3600
    timeout: Annotated[int, _seconds(1, 3600)] = 60
    timezone: Annotated[str, Offset] | None = None
    site: Annotated[str, Rule.matching("an absolute URL", is_url)] | None = None
    prefix: Annotated[Text, Rule.matching("a name", _is_name)] | None = None
    types: tuple[str, ...] = ()

    def database(self, site: Path) -> URL:
        """Return the URL of the database. Raises SettingsError.

        `$NAME` stands for an environment variable, so that no file has to contain the password.
        """
        if not self.url.startswith("$"):
            return parse_url(self.url, site)
        if not (value := os.environ.get(self.url[1:])):
            raise SettingsError(f"url names {self.url}, which is not set in the environment")
        return parse_url(value, site)

    def zone(self, settings: Settings) -> tzinfo:
        """Return the zone of times without one."""
        return zone(self.timezone) if self.timezone else settings.zone

    def base(self, settings: Settings) -> str:
        """Return the URL that relative ones are resolved against, ending in a slash."""
        return (self.site or settings.base_url).rstrip("/") + "/"

    def interval(self, watermark: str) -> float:
        """Return the seconds between queries for changes."""
        return self.every or (_EVERY if watermark else _EVERY_WHOLE)


def read(options: Mapping[str, Any]) -> Options:
    """Check the keys of a table. Raises SettingsError."""
    try:
        given = Table(options, places=Places()).to(Options)
    except SettingsError as error:
        raise SettingsError(str(error).removeprefix(": ")) from None
    if bool(given.query) == bool(given.preset):
        raise SettingsError(
            'give either a query = "SELECT ..." or a preset = "wordpress", "ghost" or "wagtail"'
        )
    if given.query and (given.prefix or given.types):
        raise SettingsError("prefix and types belong to a preset; leave them out")
    return given
