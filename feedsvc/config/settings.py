"""Reads `feedsvc.toml` and the `FEEDSVC_*` environment into one frozen Settings, once.

Nothing else in the program reads the settings file or the variables that override it. Every mistake
raises SettingsError with the file, the line and the remedy. `feedsvc.sources.load` adds the
settings that depend on the content folder.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from feedsvc import urls
from feedsvc.config import feeds as feed_settings
from feedsvc.config import moves as move_settings
from feedsvc.config import purge as purge_settings
from feedsvc.config import push as push_settings
from feedsvc.config import tables
from feedsvc.config.addresses import Authority, BaseUrl, Database, Link, MediaUrl
from feedsvc.config.aliases import OF_TREE, OldFeeds, usual
from feedsvc.config.content import Generator, Patterns, Sections
from feedsvc.config.feeds import FeedSettings, Selection
from feedsvc.config.purge import PurgeSettings
from feedsvc.config.push import PushSettings, is_installed, is_public
from feedsvc.config.rules import Language, Picture
from feedsvc.config.serving import ServeSettings
from feedsvc.config.statistics import StatisticsSettings
from feedsvc.config.tables import Table, Text, quoted
from feedsvc.config.zones import Offset, Zone, zone
from feedsvc.errors import SettingsError
from feedsvc.model import TERM_KINDS, FeedRef, Format, Image, Kind, Person, Tree

FILE = "feedsvc.toml"
ENVIRONMENT_PREFIX = "FEEDSVC_"


class SourceSettings(msgspec.Struct, frozen=True):
    """One table of `[[sources]]`. type: the kind of source. table: its other keys, unvalidated."""

    type: str
    table: Table


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a site; docs/settings.md describes each key.

    site: the folder, absolute. content: the folder of articles, absolute. reads_content: whether
    there is one. database: an SQLAlchemy URL, with an absolute path for SQLite. media_url: the
    prefix of the URLs of local files, '' if the site serves them. article_link: '' until the tree
    is known. link_to_page: whether the entry of an article about a page elsewhere links to the
    article's own page. generator: the configured name, '' to detect it. tree: the detected kind of
    content folder. tombstones: whether Atom feeds list withdrawn entries. labels: of terms, by
    kind. feeds: settings by feed key, `all` or `tag/c++`. selections: the contents of custom feeds,
    by key. moved: maps old keys of feeds to new keys. retired: keys of feeds. aliases: maps decoded
    paths to feeds. wildcard_aliases: those with a wildcard. old_feeds: programs whose usual feed
    addresses redirect. preview: include drafts and scheduled articles; not configurable.
    """

    site: Path
    title: Text
    base_url: BaseUrl
    id_authority: Authority
    content: Path
    database: Database
    reads_content: bool = True
    media_url: MediaUrl = ""
    subtitle: str = ""
    language: Language = "en"
    timezone: Annotated[str, Zone] = "UTC"
    author: Person | None = None
    copyright: str = ""
    article_link: Link = ""
    generator: Generator = ""
    include: Patterns = ()
    exclude: Patterns = ()
    sections: Sections = ()
    tree: Tree = Tree()
    image: Image | None = None
    icon: Annotated[str, Picture] | None = None
    link_to_page: bool = False
    tombstones: bool = False
    timezones: Mapping[str, str] = {}
    labels: Mapping[Kind, Mapping[str, str]] = {}
    feed_defaults: FeedSettings = FeedSettings()
    feeds: Mapping[str, FeedSettings] = {}
    selections: Mapping[str, Selection] = {}
    moved: Mapping[str, str] = {}
    retired: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[FeedRef, Format]] = {}
    wildcard_aliases: tuple[urls.OldAddress, ...] = ()
    old_feeds: OldFeeds = (OF_TREE,)
    sources: tuple[SourceSettings, ...] = ()
    serve: ServeSettings = ServeSettings()
    push: PushSettings = PushSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    purge: PurgeSettings | None = None
    preview: bool = False

    @property
    def zone(self) -> tzinfo:
        """The time zone of dates without one."""
        return ZoneInfo(self.timezone)

    @property
    def zones(self) -> Mapping[str, tzinfo]:
        """The time zone abbreviations that dates may use, in addition to GMT, UTC and Z."""
        return {name: zone(value) for name, value in self.timezones.items()}

    @property
    def since(self) -> datetime:
        """The start of the year in id_authority: a date that does not depend on the clock."""
        year = int(self.id_authority.partition(",")[2][:4])
        return datetime(max(1970, year), 1, 1, tzinfo=UTC)

    @property
    def images(self) -> set[str]:
        """The absolute URLs of all files that the settings name: icon, images, trailers."""
        feeds = (self.feed_defaults, *self.feeds.values())
        images = [image.url for image in (self.image, *(each.image for each in feeds)) if image]
        files = [url for each in feeds if each.podcast for url in each.podcast.files]
        return {urls.absolute(self.base_url, each) for each in (*images, *files, self.icon) if each}

    def feed(self, key: str) -> FeedSettings:
        """Return the settings that apply to the feed of this key."""
        return self.feeds.get(key, self.feed_defaults)

    def feeds_of(self, terms: Sequence[str]) -> tuple[str, ...]:
        """Return the keys of all feeds that contain an article, given the keys of its terms."""
        own = frozenset(terms)
        custom = [key for key, selection in self.selections.items() if selection.takes(own)]
        return (Kind.ALL, *custom, *terms)

    @property
    def old_addresses(self) -> tuple[urls.OldAddress, ...]:
        """The feed addresses that redirect if nothing else is there, in order of precedence."""
        return (*self.wildcard_aliases, *usual(self.old_feeds, self.tree.name))

    @property
    def promised(self) -> tuple[str, ...]:
        """The keys of the feeds that exist even if they never had an article."""
        aliased = [ref.key for ref, _ in self.aliases.values()]
        return tuple(dict.fromkeys((Kind.ALL, *self.selections, *self.moved.values(), *aliased)))

    def is_listed(self, key: str) -> bool:
        """Return whether lists of feeds include the feed of this key."""
        return key not in self.moved and key not in self.retired

    @property
    def serves_hub(self) -> bool:
        """Whether `feedsvc serve` runs a hub: by default at a public https address."""
        own = self.push.own
        return is_public(self.base_url) and is_installed() if own is None else own

    @property
    def pushes(self) -> bool:
        """Whether a process must follow the revisions for hubs or caches."""
        return bool(self.serves_hub or self.push.external or self.purged)

    @property
    def purged(self) -> PurgeSettings | None:
        """The cache in front of the site that is purged; None if there is none, or in a preview."""
        return None if self.preview else self.purge

    def seen(self) -> dict[str, Any]:
        """Return the settings that affect what readers see, as JSON values."""
        values = {name: getattr(self, name) for name in _SEEN}
        values["generator"] = self.tree
        # Hashed, as they may contain passwords, which the catalog must not store.
        values["sources"] = [(each.type, each.table.digest()) for each in self.sources]
        return dict(msgspec.json.decode(msgspec.json.encode(values)))

    def fingerprint(self) -> str:
        """Return a text that changes with every setting that affects what readers see."""
        return msgspec.json.encode(self.seen(), order="deterministic").decode()


_INTERNAL = (
    *("site", "reads_content", "tree", "feed_defaults", "selections", "wildcard_aliases"),
    "preview",
)
KEYS = tuple(name for name in Settings.__struct_fields__ if name not in _INTERNAL)
_UNSEEN = (
    *("site", "content", "reads_content", "database", "serve", "push", "purge", "generator"),
    *("sources", "statistics", "tree", "include", "exclude", "sections", "wildcard_aliases"),
    "old_feeds",
)
_SEEN = tuple(name for name in Settings.__struct_fields__ if name not in _UNSEEN)


def load(site: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of the site in a folder.

    environment: usually os.environ; variables like `FEEDSVC_TITLE` override the file.
    Raises SettingsError.
    """
    path = site / FILE
    variables = {key: f"{ENVIRONMENT_PREFIX}{key.upper()}" for key in KEYS}
    try:
        return _settings(site.resolve(), tables.load(path, environment, variables, Settings))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `feedsvc init`, or name the site with --site"
        ) from None


class _Folders(msgspec.Struct, frozen=True):
    content: str = "content"
    database: Database = "sqlite:///.feedsvc/catalog.db"


def _settings(site: Path, table: Table) -> Settings:
    table = feed_settings.with_people(table)
    folders = table.only("content", "database").to(_Folders)
    database = _absolute_database(table, site, folders.database)
    content = _path(table, "content", site / (folders.content or "content"))
    feeds = feed_settings.read(table.table("feeds"), table, content)
    return table.to(
        Settings,
        site=site,
        content=content,
        reads_content=bool(folders.content),
        database=database,
        timezones=table.table("timezones").texts(Offset),
        labels=_labels(table.table("labels")),
        sources=_sources(table),
        serve=table.table("serve").to(ServeSettings),
        push=push_settings.read(table.table("push")),
        statistics=_statistics(table.table("statistics"), site, database),
        purge=purge_settings.read(table.table("purge")),
        **feeds._asdict(),
        **move_settings.read(table, feeds.selections)._asdict(),
    )


def _path(table: Table, key: str, path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a loop of symlinks
        table.fail(key, f"{key} cannot be found: {error}")


def _absolute_database(table: Table, site: Path, url: str) -> str:
    before, _, path = url.partition("sqlite:///")
    return url if before else f"sqlite:///{_path(table, 'database', site / path)}"


def _statistics(table: Table, site: Path, catalog: str) -> StatisticsSettings:
    """Return the settings of the statistics, which are stored beside the catalog by default."""
    statistics = table.to(StatisticsSettings)
    before, _, path = catalog.partition("sqlite:///")
    beside = catalog if before else f"sqlite:///{Path(path).parent / 'statistics.db'}"
    chosen = statistics.database
    database = _absolute_database(table, site, chosen) if chosen else beside
    return msgspec.structs.replace(statistics, database=database)


def _labels(table: Table) -> dict[Kind, dict[str, str]]:
    """Return labels by kind and term."""
    table.refuse_unknown(map(str, TERM_KINDS))
    labels: dict[Kind, dict[str, str]] = {}
    for name in table.values:
        subtable = table.table(name)
        of_kind = labels[Kind(name)] = {}
        for key, label in subtable.texts().items():
            if over := urls.term_excess(key):
                subtable.fail(key, f"the term {quoted(key)} {over}; remove it")
            if (term := urls.term(key)) in of_kind:
                subtable.fail(key, f"{quoted(key)} repeats an earlier term; remove one of the two")
            of_kind[term] = label
    return labels


def _sources(table: Table) -> tuple[SourceSettings, ...]:
    sources = []
    for each in table.tables("sources"):
        kind = each.values.get("type")
        if not isinstance(kind, str) or not kind:
            each.fail("type", 'every source has a type; add the line type = "..."')
        sources.append(SourceSettings(kind, each.without(["type"])))
    return tuple(sources)
