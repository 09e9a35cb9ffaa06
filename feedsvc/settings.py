"""`feedsvc.toml` and the `FEEDSVC_*` environment become one frozen Settings, validated once.

Nothing else in the program reads the settings file or the environment, and nothing reads them
later. Whatever is wrong raises SettingsError with the file, the line and the remedy.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feedsvc import generators, serve_settings, tables, urls
from feedsvc.errors import SettingsError
from feedsvc.generators import Generator
from feedsvc.model import ContentChoice, Image, Kind, Person
from feedsvc.serve_settings import ServeSettings
from feedsvc.tables import Table, shown

FILE = "feedsvc.toml"
ENVIRONMENT_PREFIX = "FEEDSVC_"


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What can be said of one feed. None: as the site says.

    limit: entries in the subscription document. content: full text, or summaries.
    max_age: seconds for which a client may keep a response.
    """

    title: str | None = None
    subtitle: str | None = None
    language: str | None = None
    author: Person | None = None
    copyright: str | None = None
    image: Image | None = None
    limit: int = 50
    content: ContentChoice = ContentChoice.FULL
    max_age: int = 900


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a site says of itself; docs/settings.md describes each key.

    site: the folder, absolute. content: the folder of articles, absolute. database: a URL of
    SQLAlchemy's form, with an absolute path for SQLite. zones: what abbreviated time zones mean.
    generator: whose conventions the articles follow. labels: the wanted label of a term, by kind.
    feeds: settings by feed key, `all` or `tag/c++`.
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
    timezones: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[Kind, Mapping[str, str]] = field(default_factory=dict)
    feed_defaults: FeedSettings = FeedSettings()
    feeds: Mapping[str, FeedSettings] = field(default_factory=dict)
    serve: ServeSettings = field(default_factory=ServeSettings)

    @property
    def zone(self) -> tzinfo:
        """The zone in which a time without a zone is meant."""
        return ZoneInfo(self.timezone)

    @property
    def zones(self) -> Mapping[str, tzinfo]:
        """The abbreviations that dates may use besides GMT, UTC and Z."""
        return {name: _zone(value) for name, value in self.timezones.items()}

    def feed(self, key: str) -> FeedSettings:
        """Return what holds for the feed of this key."""
        return self.feeds.get(key, self.feed_defaults)

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
    keys = {each.name for each in fields(Settings)} - {"site", "feed_defaults"}
    variables = {key: f"{ENVIRONMENT_PREFIX}{key.upper()}" for key in keys}
    try:
        table = tables.load(path, environment, variables)
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `feedsvc init`, or name the site with --site"
        ) from None
    table.refuse_unknown(keys)
    return _settings(site.resolve(), table)


def is_language(tag: str) -> bool:
    """Tell whether a text has the form of a language tag (RFC 5646): `en`, `pt-BR`."""
    return _LANGUAGE_TAG.fullmatch(tag) is not None


def is_email(text: str) -> bool:
    """Tell whether a text has the form of an email address."""
    local, at, host = text.rpartition("@")
    return bool(at and local and "." in host and not set(text) & set(" <>(),;:\t"))


_FEED_KEYS = {each.name for each in fields(FeedSettings)}
# RFC 4151 2.1: a DNS name or an email address, and a date.
_TAGGING_ENTITY = re.compile(
    r"([A-Za-z0-9._-]+@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
    r",[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
# ASCII, as it stands in HTTP headers too; without a query or a fragment.
_BASE_URL = re.compile(r"""(?i)https?://[!"$->@-~]+""")


def _settings(site: Path, table: Table) -> Settings:
    defaults, feeds = _feeds(table.table("feeds"))
    content = _path(table, "content", site, table.text("content", "content"))
    generator = _generator(table, content, site)
    return Settings(
        site=site,
        title=table.text("title"),
        subtitle=table.text("subtitle", ""),
        base_url=_base_url(table),
        id_authority=_id_authority(table),
        language=_language(table) or "en",
        timezone=_timezone(table),
        author=_author(table),
        copyright=table.text("copyright", ""),
        article_link=_article_link(table, generator),
        generator=generator,
        content=content,
        database=_database(table, site),
        image=_image(table),
        timezones=_timezones(table.table("timezones")),
        labels=_labels(table.table("labels")),
        feed_defaults=defaults,
        feeds=feeds,
        serve=serve_settings.read(table.table("serve")),
    )


def _feeds(table: Table) -> tuple[FeedSettings, dict[str, FeedSettings]]:
    single = [
        key
        for key, value in table.values.items()
        if isinstance(value, dict) and key not in _FEED_KEYS
    ]
    defaults = _feed(table.without(single), FeedSettings())
    feeds = {}
    for key in single:
        ref = urls.parse_page_path(f"/feeds/{key}/")
        if ref is None or ref.term != urls.term(ref.term):
            table.fail(
                key,
                f"{shown(key)} names no feed; name it as in its URL: all, category/<term>, "
                "tag/<term>, author/<term>, language/<code>",
            )
        feeds[key] = _feed(table.table(key), defaults)
    return defaults, feeds


def _feed(table: Table, base: FeedSettings) -> FeedSettings:
    table.refuse_unknown(_FEED_KEYS)
    content = table.text("content", base.content)
    if content not in {ContentChoice.FULL, ContentChoice.SUMMARY}:
        table.fail("content", f'content is "full" or "summary", not {shown(content)}')
    return FeedSettings(
        title=table.text("title", "") or base.title,
        subtitle=table.text("subtitle", "") or base.subtitle,
        language=_language(table) or base.language,
        author=_author(table) or base.author,
        copyright=table.text("copyright", "") or base.copyright,
        image=_image(table) or base.image,
        limit=table.number("limit", base.limit, 1, 1000),
        content=ContentChoice(content),
        max_age=table.number("max_age", base.max_age, 1, 31_536_000),
    )


def _base_url(table: Table) -> str:
    url = table.text("base_url").rstrip("/")
    if not urls.is_absolute(url) or not _BASE_URL.fullmatch(url):
        table.fail(
            "base_url",
            f"base_url {shown(url)} is not the start of a URL; write it with its scheme and in "
            'ASCII, as "https://news.example.org"',
        )
    return url


def _id_authority(table: Table) -> str:
    authority = table.text("id_authority")
    if not _TAGGING_ENTITY.fullmatch(authority):
        table.fail(
            "id_authority",
            f"id_authority {shown(authority)} is not a tagging entity; write a host name that is "
            'yours and a year in which it was, as "news.example.org,2022"',
        )
    return authority


def _language(table: Table) -> str | None:
    tag = table.text("language", "")
    if tag and not is_language(tag):
        message = f'language {shown(tag)} is not a language tag; write "en" or "pt-br"'
        table.fail("language", message)
    return tag.lower() or None


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


def _author(table: Table) -> Person | None:
    if "author" not in table.values:
        return None
    person = table.table("author", lone="name")
    person.refuse_unknown({"name", "email", "uri"})
    email, uri = person.text("email", ""), person.text("uri", "")
    if email and not is_email(email):
        person.fail("email", f"{shown(email)} is no email address; write it as desk@example.org")
    if uri and not urls.is_absolute(uri):
        message = f"{shown(uri)} is no absolute URL; write it with its scheme"
        person.fail("uri", message)
    return Person(person.text("name"), email or None, uri or None)


def _image(table: Table) -> Image | None:
    if "image" not in table.values:
        return None
    image = table.table("image", lone="url")
    image.refuse_unknown({"url", "width", "height"})
    url = image.text("url")
    if not (url.startswith("/") or urls.is_absolute(url)):
        image.fail("url", f"image {shown(url)} must start with / or be an absolute URL")
    sizes = {
        side: image.number(side, 1, 1, 100_000)
        for side in ("width", "height")
        if side in image.values
    }
    return Image(url, **sizes)


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
    pattern = table.text("article_link", usual)
    if wrong := urls.check_pattern(pattern):
        table.fail("article_link", f"article_link {shown(pattern)} {wrong}")
    return pattern


def _labels(table: Table) -> dict[Kind, dict[str, str]]:
    kinds = {str(kind): kind for kind in Kind if kind is not Kind.ALL}
    table.refuse_unknown(set(kinds))
    labels: dict[Kind, dict[str, str]] = {}
    for name in table.values:
        written = table.table(name)
        labels[kinds[name]] = {urls.term(label): written.text(label) for label in written.values}
    return labels


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
