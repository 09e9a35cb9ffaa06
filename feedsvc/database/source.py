"""A source whose articles are rows of a database."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

import feedsvc
from feedsvc import html, urls
from feedsvc.config.settings import Settings
from feedsvc.database import options, presets, rows
from feedsvc.database.connection import Database
from feedsvc.database.keys import Keys, decoded, earlier, is_recent
from feedsvc.database.listing import Lister, place
from feedsvc.database.query import Query, Values
from feedsvc.dates import DateError
from feedsvc.errors import ArticleError
from feedsvc.importers import names
from feedsvc.importers.item import Hints, Item, Origin, Refused
from feedsvc.importers.source import article
from feedsvc.importers.source.collect import Found, slug_of
from feedsvc.model import MAX_SLUG, excess
from feedsvc.sources.protocol import ArticleSource, Listing, Reading

_READ_BY = ("base_url", "article_link", "language", "author", "id_authority")
_UNREAD_BY = ("url", "overlap", "every", "compare", "timeout")
_KEYS, _ROWS = 10_000, 500  # rows in a chunk: with their watermarks only, or whole


class SqlSource(ArticleSource):
    """The rows of a SELECT, or of a preset for a program, in any SQLAlchemy database."""

    parallel = True

    def __init__(self, name: str, given: Mapping[str, Any], settings: Settings) -> None:
        """Make the source. Raises SettingsError for wrong options."""
        self.name = name
        self._settings = settings
        self._options = options.read(given)
        self._database = Database(self._options.database(settings.site), self._options.timeout)
        self._rows = self._make_rows()
        self._keys = Keys()
        self._common: list[Values] | None = None
        self._wanted: list[str] = []  # columns
        self._since: Any = None
        self._recent: dict[str, str] = {}
        self._known = self._lister()
        pause = self._options.interval(self._rows.watermark)
        # Without a watermark, every query reads all rows.
        self.every = pause if self._rows.watermark else math.inf
        self.interval = float(self._options.compare) if self._rows.watermark else pause

    def __getstate__(self) -> dict[str, Any]:
        """Leave out state that reading processes do not need, or create for themselves."""
        return {**self.__dict__, "_rows": None, "_recent": {}, "_known": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._rows = self._make_rows()

    def _make_rows(self) -> rows.Rows:
        given = self._options
        if given.preset:
            return presets.rows(given, self._database)
        return rows.plain(Query(self._database, given.query, given.watermark), given.watermark)

    @property
    def fingerprint(self) -> str:
        """The version of feedsvc, the settings that articles depend on, and the common rows."""
        fields = self._options.__struct_fields__
        given = [getattr(self._options, name) for name in fields if name not in _UNREAD_BY]
        used = [getattr(self._settings, name) for name in _READ_BY]
        zone = str(self._options.zone(self._settings))
        return repr((feedsvc.__version__, used, zone, given, rows.digest(self._common)))

    def display_name(self, key: str) -> str:
        """Return a key as shown in Problems: `posts:17`."""
        return place(self.name, key)

    def listing(self) -> Listing:
        """List all rows with their watermarks or, without a watermark, their hashes."""
        with self._database.reading() as connection:
            query, watermark = self._rows.query, self._rows.watermark
            found = query.columns(connection)
            lister = self._lister()
            if not self._options.preset:
                lister.general = rows.check(self.name, found, watermark)
            self._common = self._read_common(connection)
            # Before the rows, so that the next query finds rows that change meanwhile.
            newest = query.newest(connection) if watermark else None
            lister.is_missing_id = query.has_null_id(connection)
            self._wanted = self._rows.names(found)
            for chunk in query.chunks(connection, self._wanted, self._size):
                lister.add(self._complete(connection, chunk))
        listing = lister.listing()
        lister.fingerprints = {}  # may be many
        self._known = lister
        self._keep(newest, {})
        return listing

    def changes(self, paths: Collection[str]) -> Listing | None:  # noqa: ARG002 - watches none
        """List the rows whose watermark is newer than the newest seen, less the overlap.

        Rows that are gone, or were committed later than the overlap allows, are found by the next
        full listing.
        """
        if not self._rows.watermark:
            return self._known.partial({}, [])  # the interval decides when to look
        with self._database.reading() as connection:
            if self._common is None or self._read_common(connection) != self._common:
                return None
            lister = self._lister()
            newest = None
            query, size = self._rows.query, self._size
            for chunk in query.changed(connection, self._wanted, self._since, size):
                lister.add(self._complete(connection, chunk))
                newest = chunk[-1][self._rows.watermark] if chunk else newest
        self._known.update(lister)
        seen = self._recent
        self._keep(newest, lister.fingerprints)
        fresh = {key: each for key, each in lister.fingerprints.items() if seen.get(key) != each}
        return self._known.partial(fresh, lister.hidden)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def _lister(self) -> Lister:
        now, zone = datetime.now(UTC), self._options.zone(self._settings)
        overlap = self._options.overlap
        return Lister(
            self.name, self._rows, self._keys, lambda mark: is_recent(mark, overlap, now, zone)
        )

    def _keep(self, newest: Any, recent: Mapping[str, str]) -> None:
        """Remember the watermark up to which the rows are known."""
        self._recent = dict(recent)
        if newest is not None:
            now, zone = datetime.now(UTC), self._options.zone(self._settings)
            self._since = earlier(newest, self._options.overlap, now, zone)

    @property
    def _size(self) -> int:
        return _KEYS if self._rows.is_complete else _ROWS

    def _read_common(self, connection: Connection) -> list[Values]:
        return self._rows.common.all(connection) if self._rows.common else []

    def _complete(self, connection: Connection, chunk: list[Values]) -> list[Values]:
        return chunk if self._rows.is_complete else self._rows.complete(connection, chunk)

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some rows. Rows that were removed since they were listed are left out."""
        hints = self._hints()
        wanted = list(keys)
        for start in range(0, len(wanted), _ROWS):
            ids = [self._keys.value(key) for key in wanted[start : start + _ROWS]]
            with self._database.reading() as connection:
                found = self._rows.query.by_ids(connection, ids)
                found = self._rows.complete(connection, found)
            rows_of = {self._keys.add(row["id"]): row for row in found}
            for key, row in rows_of.items():
                yield self._read(key, row, hints)

    def _hints(self) -> Hints:
        settings = self._settings
        return Hints(
            self._options.zone(settings),
            dict(settings.zones),
            datetime.now(UTC),
            site=self._options.base(settings),
        )

    def _read(self, key: str, row: Values, hints: Hints) -> Reading:
        origin = Origin(place(self.name, key), 0, 0, "")
        try:
            item = self._rows.make(origin, row, self._common, hints)
        except (ArticleError, DateError) as error:
            return Reading(key, None, (origin.failure(error),))
        if isinstance(item, Refused):
            return Reading(key, None, (item.problem,))
        if not isinstance(item, Item):
            return Reading(key, None)
        found = self._found(key, item)
        reading = article.read(key, found, self._settings)
        if reading.article and not (item.id or item.seed):
            made = replace(reading.article, id=None, native_id=found.id)
            return replace(reading, article=made)
        return reading

    def _found(self, key: str, item: Item) -> Found:
        """Return the item with its slug, and with its own id or one derived from its key."""
        text = decoded(key)
        if item.id or item.seed:
            identity, warnings = names.unique_identity(item, {})
        else:
            place = f"{quote(self.name)}/{quote(text, safe='')}"
            identity, warnings = f"tag:{self._settings.id_authority}:{place}", ()
        return Found(identity, item, (*item.warnings, *warnings), _slug(item, text))


def _slug(item: Item, text: str) -> str:
    """Return the slug of a row, else the path of its link, else its id."""
    for candidate in (item.slug, "" if item.link else text):
        slug = urls.term(html.xml_safe(candidate))
        if slug and urls.is_addressable(slug) and not excess(slug, MAX_SLUG):
            return slug
    return slug_of(item.link, text)
