"""`feedsvc.toml` and the `FEEDSVC_*` environment become one frozen Settings, validated once.

Nothing else in the program reads the settings file or the environment, and nothing reads them
later. Whatever is wrong raises SettingsError with the file, the line and the remedy.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feedsvc import generators, urls
from feedsvc.config import feeds as feed_settings
from feedsvc.config import moves as move_settings
from feedsvc.config import serving as serve_settings
from feedsvc.config import tables
from feedsvc.config.feeds import FeedSettings, Selection
from feedsvc.config.serving import ServeSettings
from feedsvc.config.tables import Table, shown
from feedsvc.errors import SettingsError
from feedsvc.generators import Generator
from feedsvc.model import MAX_BASE, TERM_KINDS, FeedRef, Format, Image, Kind, Person

FILE = "feedsvc.toml"
ENVIRONMENT_PREFIX = "FEEDSVC_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a site says of itself; docs/settings.md describes each key.

    site: the folder, absolute. content: the folder of articles, absolute. database: a URL of
    SQLAlchemy's form, with an absolute path for SQLite. generator: whose conventions the articles
    follow. tombstones: Atom feeds say which entries were withdrawn. zones: what abbreviated time
    zones mean. labels: the wanted label of a term, by kind. feeds: settings by feed key, `all` or
    `tag/c++`. selections: what each custom feed gathers, by its key. moved: the new keys of feeds
    by the old ones. retired: keys. aliases: the feed that a decoded path leads to. preview: drafts
    and scheduled articles are shown, too; no file or variable can say so.
    """

    site: Path
    title: str
    base_url: str
    id_authority: str
    content: Path
    database: str
    subtitle: str = ""
    language: str = "en"
    timezone: str = "UTC"
    author: Person | None = None
    copyright: str = ""
    article_link: str = "/articles/{slug}"
    generator: Generator = field(default_factory=Generator)
    image: Image | None = None
    tombstones: bool = False
    timezones: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[Kind, Mapping[str, str]] = field(default_factory=dict)
    feed_defaults: FeedSettings = field(default_factory=FeedSettings)
    feeds: Mapping[str, FeedSettings] = field(default_factory=dict)
    selections: Mapping[str, Selection] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[FeedRef, Format]] = field(default_factory=dict)
    serve: ServeSettings = field(default_factory=ServeSettings)
    preview: bool = False

    @property
    def zone(self) -> tzinfo:
        """The zone in which a time without a zone is meant."""
        return ZoneInfo(self.timezone)

    @property
    def zones(self) -> Mapping[str, tzinfo]:
        """The abbreviations that dates may use besides GMT, UTC and Z."""
        return {name: _zone(value) for name, value in self.timezones.items()}

    @property
    def since(self) -> datetime:
        """The beginning of the year that id_authority names, which no clock moves."""
        _, _, written = self.id_authority.partition(",")
        return datetime(max(1970, int(written[:4])), 1, 1, tzinfo=UTC)

    def feed(self, key: str) -> FeedSettings:
        """Return what holds for the feed of this key."""
        return self.feeds.get(key, self.feed_defaults)

    def feeds_of(self, terms: Sequence[str]) -> tuple[str, ...]:
        """Return the keys of all feeds that gather an article, given the keys of its terms."""
        had = frozenset(terms)
        custom = [key for key, selection in self.selections.items() if selection.takes(had)]
        return (Kind.ALL, *custom, *terms)

    @property
    def promised(self) -> tuple[str, ...]:
        """The keys of the feeds that there are even while no article was ever in them."""
        aimed_at = [ref.key for ref, _ in self.aliases.values()]
        return tuple(dict.fromkeys((Kind.ALL, *self.selections, *self.moved.values(), *aimed_at)))

    def is_listed(self, key: str) -> bool:
        """Tell whether the feed of this key is shown to those who look for feeds."""
        return key not in self.moved and key not in self.retired

    def fingerprint(self) -> str:
        """Return a text that changes whenever a setting changes that readers could see."""
        unseen = {"site": None, "content": None, "database": None, "serve": None}
        seen = {**asdict(self), **unseen}
        return json.dumps(seen, sort_keys=True, default=str)


def load(site: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of the site in a folder.

    environment: usually os.environ; `FEEDSVC_TITLE` and the like win over the file.
    Raises SettingsError.
    """
    path = site / FILE
    keys = {each.name for each in fields(Settings)} - _NO_KEYS
    variables = {key: f"{ENVIRONMENT_PREFIX}{key.upper()}" for key in keys}
    try:
        table = tables.load(path, environment, variables, _LISTS)
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `feedsvc init`, or name the site with --site"
        ) from None
    table.refuse_unknown(keys)
    return _settings(site.resolve(), table)


_NO_KEYS = {"site", "feed_defaults", "selections", "preview"}  # fields that no key of the file is
_LISTS = {"retired"}
# RFC 4151 2.1: a DNS name or an email address, and a date.
_TAGGING_ENTITY = re.compile(
    r"([A-Za-z0-9._-]+@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
    r",[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
)
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
# ASCII, as it stands in HTTP headers too; without a query or a fragment.
_BASE_URL = re.compile(r"""(?i)https?://[!"$->@-~]+""")


def _settings(site: Path, table: Table) -> Settings:
    feeds = feed_settings.read(table.table("feeds"))
    moves = move_settings.read(table, feeds.selections)
    content = _path(table, "content", site, table.text("content", "content"))
    generator = _generator(table, content, site)
    return Settings(
        site=site,
        title=table.text("title"),
        subtitle=table.text("subtitle", ""),
        base_url=_base_url(table),
        id_authority=_id_authority(table),
        language=feed_settings.language(table) or "en",
        timezone=_timezone(table),
        author=feed_settings.author(table),
        copyright=table.text("copyright", ""),
        article_link=_article_link(table, generator),
        generator=generator,
        content=content,
        database=_database(table, site),
        image=feed_settings.image(table),
        tombstones=table.flag("tombstones", False),
        timezones=_timezones(table.table("timezones")),
        labels=_labels(table.table("labels")),
        feed_defaults=feeds.defaults,
        feeds=feeds.single,
        selections=feeds.selections,
        moved=moves.moved,
        retired=moves.retired,
        aliases=moves.aliases,
        serve=serve_settings.read(table.table("serve")),
    )


def _base_url(table: Table) -> str:
    url = table.text("base_url", longest=MAX_BASE).rstrip("/")
    if not urls.is_absolute(url) or not _BASE_URL.fullmatch(url):
        table.fail(
            "base_url",
            f"base_url {shown(url)} is not the start of a URL; write it with its scheme and in "
            'ASCII, as "https://news.example.org"',
        )
    return url


def _id_authority(table: Table) -> str:
    authority = table.text("id_authority", longest=MAX_BASE)
    if not _TAGGING_ENTITY.fullmatch(authority) or not _is_date(authority.partition(",")[2]):
        table.fail(
            "id_authority",
            f"id_authority {shown(authority)} is not a tagging entity; write a host name that is "
            'yours and a year in which it was, as "news.example.org,2022"',
        )
    return authority


def _is_date(written: str) -> bool:
    """Tell whether there is such a year, month or day."""
    try:
        date.fromisoformat(f"{written}-01-01"[:10])
    except ValueError:
        return False
    return True


def _timezone(table: Table) -> str:
    name = table.text("timezone", "UTC")
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fail(
            "timezone",
            f"timezone {shown(name)} is not in the IANA database; write one like "
            '"Europe/Paris" or "UTC"',
        )


def _timezones(table: Table) -> dict[str, str]:
    zones = {name: table.text(name) for name in table.values}
    for name, value in zones.items():
        try:
            _zone(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            table.fail(
                name,
                f'{shown(value)} is no time zone; write an offset like "+01:00" or a name like '
                '"Europe/Paris"',
            )
    return zones


def _zone(value: str) -> tzinfo:
    match = _OFFSET.fullmatch(value)
    if not match:
        return ZoneInfo(value)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)


def _generator(table: Table, content: Path, site: Path) -> Generator:
    name = table.text("generator", "")
    if not name:
        return generators.detect(content, site)
    if name not in generators.NAMES:
        known = ", ".join(generators.NAMES)
        table.fail("generator", f"generator {shown(name)} is none of those known here: {known}")
    return generators.named(name, content, site)


def _article_link(table: Table, generator: Generator) -> str:
    usual = "/articles/{slug}" if generator.name == generators.PLAIN else "/{path}"
    pattern = table.text("article_link", usual, MAX_BASE)
    if wrong := urls.check_pattern(pattern):
        table.fail("article_link", f"article_link {shown(pattern)} {wrong}")
    return pattern


def _labels(table: Table) -> dict[Kind, dict[str, str]]:
    kinds = {str(kind): kind for kind in TERM_KINDS}
    table.refuse_unknown(set(kinds))
    labels: dict[Kind, dict[str, str]] = {}
    for name in table.values:
        written = table.table(name)
        labels[kinds[name]] = _labels_by_term(written)
    return labels


def _labels_by_term(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for written in table.values:
        term = urls.term(written)
        if over := urls.term_excess(written):
            table.fail(written, f"the term {shown(written)} {over}; remove it")
        if term in found:
            table.fail(
                written, f"{shown(written)} is there twice, as a term; remove one of the two"
            )
        found[term] = table.text(written)
    return found


def _path(table: Table, key: str, site: Path, written: str) -> Path:
    try:
        return (site / written).resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        table.fail(key, f"{key} cannot be found: {error}")


def _database(table: Table, site: Path) -> str:
    url = table.text("database", "sqlite:///.feedsvc/catalog.db")
    if match := re.fullmatch(r"sqlite:///(.+)", url):
        return f"sqlite:///{_path(table, 'database', site, match[1])}"
    if re.match(r"postgres(ql)?(\+psycopg)?://", url):
        return re.sub(r"^postgres\w*(\+psycopg)?:", "postgresql+psycopg:", url)
    # The rest may hold a password.
    table.fail(
        "database",
        f"database {shown(url.partition(':')[0])} is of no kind known here; "
        'write "sqlite:///.feedsvc/catalog.db" or "postgresql://user@host/name"',
    )
