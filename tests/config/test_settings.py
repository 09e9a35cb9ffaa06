"""Settings: reading, validation and error messages."""

import re
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec import structs

from feedsvc import syntax
from feedsvc.config import settings
from feedsvc.config.feeds import FeedSettings
from feedsvc.config.settings import Settings
from feedsvc.config.statistics import StatisticsSettings
from feedsvc.errors import SettingsError
from feedsvc.model import ContentChoice, Image, Kind, Person
from tests.sites import TOML, make_site, mistake

USUAL = len(TOML.splitlines())  # lines before those that a test adds
many_per_folder = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def load(folder: Path, toml: str, **environment: str) -> Settings:
    (folder / settings.FILE).write_text(toml, encoding="utf-8")
    return settings.load(folder, environment)


def test_three_keys_are_enough(tmp_path: Path) -> None:
    toml = 'title = "A"\nbase_url = "https://a.example"\nid_authority = "a.example,2022"'
    loaded = load(tmp_path, toml)
    site = tmp_path.resolve()
    assert loaded == Settings(
        site=site,
        title="A",
        base_url="https://a.example",
        id_authority="a.example,2022",
        content=site / "content",
        database=f"sqlite:///{site}/.feedsvc/catalog.db",
        statistics=StatisticsSettings(database=f"sqlite:///{site}/.feedsvc/statistics.db"),
    )
    assert loaded.feed("all") == FeedSettings()


@pytest.mark.parametrize("key", ["title", "base_url", "id_authority"])
def test_the_error_for_a_missing_key_names_it(tmp_path: Path, key: str) -> None:
    toml = "".join(line for line in TOML.splitlines(True) if not line.startswith(key))
    with pytest.raises(SettingsError, match=rf'{key} is missing; add the line {key} = "..."$'):
        load(tmp_path, toml)


BAD: list[tuple[str, int, str]] = [
    # The TOML, the number of the wrong line, and a part of the message.
    ('titel = "A"', 1, "did you mean title?"),
    ("TITLE = 'A'", 1, "did you mean title?"),
    ("xyzzy = 1", 1, "known are aliases, article_link, author"),
    ('site = "a"', 1, "not a setting"),
    ("feed_defaults = {}", 1, "not a setting"),
    ("title = 1", 1, "title is a text in quotes, not 1"),
    ('title = " "', 1, "title is empty"),
    ('title = "a\\u0007b"', 1, "control character"),
    ('title = "a\\nb"', 1, "title has a line break, a tab or another control character"),
    ('subtitle = """\na\nb"""', 1, "write it on one line without"),
    ('copyright = "a\\tb"', 1, "has a line break, a tab"),
    ('base_url = "https://news.example.org/a\\rb"', 1, "has a line break"),
    ("tombstones = 1", 1, "tombstones is true or false, not 1"),
    ("tombstones = 0.0", 1, "tombstones is true or false, not 0.0"),
    ('tombstones = "true"', 1, "tombstones is true or false, not 'true'"),
    ("subtitle = 2022-02-17", 1, "subtitle is a text in quotes"),
    ('base_url = "news.example.org"', 1, 'its scheme and in ASCII, like "https://'),
    ('base_url = "ftp://news.example.org"', 1, 'like "https://'),
    ('base_url = "https://"', 1, 'like "https://'),
    ('base_url = "https://news.example.org/?a"', 1, 'like "https://'),
    ('base_url = "https://news.example.org/#a"', 1, 'like "https://'),
    ('media_url = "/media"', 1, 'like "https://media'),
    ('base_url = "https://news.example.org/?"', 1, 'like "https://'),
    ('base_url = "https://news example.org"', 1, 'like "https://'),
    ('base_url = "https://élan.example"', 1, "in ASCII"),
    ('id_authority = "news.example.org"', 1, "a host name that is yours and a year"),
    ('id_authority = "https://news.example.org,2022"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,２０２２"', 1, "a host name that is yours"),
    ('id_authority = "élan.example,2022"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-99"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-00"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-02-29"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,0000"', 1, "a host name that is yours"),
    ('language = "english"', 1, 'like "en" or "pt-br", not'),
    ('language = "en_GB"', 1, 'like "en" or "pt-br", not'),
    ("language = 1", 1, "language is a text"),
    ('timezone = "Paris"', 1, "in the IANA database"),
    ('timezone = ""', 1, "in the IANA database"),
    ('timezone = "../x"', 1, "in the IANA database"),
    ("author = 1", 1, "author is a table"),
    ('author = ""', 1, "name is empty"),
    ('author = { nam = "A" }', 1, "did you mean name?"),
    ('author = { email = "a@b.example" }', 1, "name is missing"),
    (
        'author = { name = "A", email = "a" }',
        1,
        "email is an email address like desk@example.org, not 'a'",
    ),
    (
        'author = { name = "A", uri = "javascript:alert(1)" }',
        1,
        "uri is an absolute URL with its scheme",
    ),
    ('[author]\nname = "A"\nemail = 1', 3, "email is a text"),
    ('image = "feed.png"', 1, "must start with /"),
    ('icon = "icon.png"', 1, "must start with /"),
    ('link_to_page = "yes"', 1, "link_to_page is true or false"),
    ('image = { url = "/a.png", width = "144" }', 1, "width is a whole number"),
    ('image = { url = "/a.png", height = 0 }', 1, "height is a whole number from 1"),
    ('article_link = "/articles/"', 1, "must have {slug} once, or {path}"),
    ('article_link = "/a b/{slug}"', 1, "has ' '"),
    ("content = []", 1, "content is a text"),
    ('content = "a\\u0000"', 1, "control character"),
    (
        'database = "mysql://me:secret@host/db"',
        1,
        'like "sqlite:///.feedsvc/catalog.db" or "postgresql://user@host/name", not \'mysql\'',
    ),
    ('database = "postgresql://me:secret\\t@host/db"', 1, "database has a line break, a tab"),
    ('database = "sqlite://"', 1, 'like "sqlite:///'),
    ('database = "catalog.db"', 1, 'like "sqlite:///'),
    ("timezones = 1", 1, "timezones is a table"),
    ('[timezones]\nCET = "1"', 2, 'an offset like "+01:00"'),
    ('[timezones]\nCET = "+24:00"', 2, 'an offset like "+01:00"'),
    ("[timezones]\nCET = 1", 2, "CET is a text"),
    ('[labels.tags]\nx = "y"', 1, "did you mean tag?"),
    ("[labels.tag]\nx = 1", 2, "x is a text"),
    ('[labels.tag]\n"C++" = "A"\n"c++" = "B"', 3, "'c++' repeats an earlier term; remove one"),
    ('[labels.tag]\n"a b" = "A"\nx = "X"\nA-B = "B"', 4, "'A-B' repeats an earlier term"),
    ('[labels]\ntag = "x"', 2, "tag is a table"),
    ("feeds = 1", 1, "feeds is a table"),
    ("[feeds]\nlimit = 0", 2, 'from 1 to 1000, or "all", not 0'),
    ("[feeds]\nlimit = true", 2, 'or "all", not True'),
    ("[feeds]\nmax_age = 1.5", 2, "max_age is a whole number"),
    ('[feeds]\ncontent = "none"', 2, '"full" or "summary"'),
    ("[feeds]\ncontent = []", 2, "content is a text"),
    ("[feeds]\nlimits = 5", 2, "did you mean limit?"),
    ("[feeds]\ntitle = 0", 2, "title is a text in quotes, not 0"),
    ('[feeds]\nlimit = 5\n[feeds."tag/a"]\nlimit = 0', 4, "from 1 to 1000"),
    ('[feeds."tag/a"]\nlimt = 0', 2, "did you mean limit?"),
    ('[feeds."tag/A"]', 1, "names no feed; name it as in its URL"),
    ('[feeds."tags/a"]', 1, "names no feed"),
    ('[feeds."tag/a/b"]', 1, "names no feed"),
    ("[feeds.tag]", 1, "names no feed"),
    ('[feeds."tag/a"]\nimage = { url = "a.png" }', 2, "must start with /"),
    ("feeds.limit = 0", 1, "from 1 to 1000"),
    ("[feeds]\nlimit = 0\n\n# or = more\n[labels.tag]\na = 'A'", 2, "from 1 to 1000"),
    ("# limit = 1\n\n[feeds]\n# limit = 2\nlimit = 0", 5, "from 1 to 1000"),
]


@pytest.mark.parametrize(("toml", "line", "message"), BAD, ids=[each[0] for each in BAD])
def test_a_mistake_is_reported_with_its_line_and_a_remedy(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    text = mistake(tmp_path, toml, line)
    assert message in text
    assert "secret" not in text


def test_long_values_are_truncated_in_messages(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        make_site(tmp_path, toml=f'language = "{"x" * 5000}"')
    assert len(str(caught.value)) < 400


def test_invalid_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feedsvc.toml:2: is not TOML: "):
        load(tmp_path, 'title = "A"\nbase_url = https://a.example\n')


def test_the_error_for_a_missing_file_says_how_to_create_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feedsvc\.toml: there is no such file; run `feedsvc"):
        settings.load(tmp_path, {})


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(tmp_path, {})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes('title = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="cannot be read as UTF-8"):
        settings.load(tmp_path, {})


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, f"\ufeff{TOML}").title == "Site"


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://127.0.0.1:8000", "https://a.example/b"]
)
def test_trailing_slashes_of_the_base_url_are_removed(tmp_path: Path, url: str) -> None:
    """Conformance 48."""
    assert make_site(tmp_path, toml=f'base_url = "{url}//"').base_url == url


@pytest.mark.parametrize(
    "authority",
    [
        "a.example,2022",
        "a.example,2022-02",
        "me@a.example,2022-02-17",
        "a,2022",
        "a.example,2024-02-29",
    ],
)
def test_an_id_authority_is_a_tagging_entity(tmp_path: Path, authority: str) -> None:
    """Conformance 15: RFC 4151."""
    toml = f'id_authority = "{authority}"'
    assert make_site(tmp_path, toml=toml).id_authority == authority


def test_a_language_is_lowercased(tmp_path: Path) -> None:
    """Conformance 10."""
    assert make_site(tmp_path, toml='language = "pt-BR"').language == "pt-br"


@pytest.mark.parametrize(
    ("toml", "person"),
    [
        ('author = "Ada"', Person("Ada")),
        ('author = { name = "Ada" }', Person("Ada")),
        ('author = { name = "Ada", email = "a@b.example" }', Person("Ada", "a@b.example")),
        (
            '[author]\nname = "Ada"\nuri = "https://b.example"',
            Person("Ada", None, "https://b.example"),
        ),
    ],
)
def test_an_author_is_a_name_or_a_table(tmp_path: Path, toml: str, person: Person) -> None:
    assert make_site(tmp_path, toml=toml).author == person


@pytest.mark.parametrize(
    ("toml", "image"),
    [
        ('image = "/a.png"', Image("/a.png")),
        ('image = "https://b.example/a.png"', Image("https://b.example/a.png")),
        ('image = { url = "/a.png", width = 9, height = 8 }', Image("/a.png", 9, 8)),
        ('[image]\nurl = "/a.png"\nwidth = 9', Image("/a.png", 9)),
    ],
)
def test_an_image_is_a_url_or_a_table(tmp_path: Path, toml: str, image: Image) -> None:
    assert make_site(tmp_path, toml=toml).image == image


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sqlite:///a/b.db", "sqlite:///{site}/a/b.db"),
        ("sqlite:////var/lib/b.db", "sqlite:////var/lib/b.db"),
        ("postgres://me@host/db", "postgresql+psycopg://me@host/db"),
        ("postgresql://me@host/db", "postgresql+psycopg://me@host/db"),
        ("postgresql+psycopg://me@host/db", "postgresql+psycopg://me@host/db"),
        (
            "postgresql://u:p%40@h:5/d?sslmode=require",
            "postgresql+psycopg://u:p%40@h:5/d?sslmode=require",
        ),
    ],
)
def test_database_urls_are_normalised(tmp_path: Path, written: str, url: str) -> None:
    loaded = make_site(tmp_path, toml=f'database = "{written}"')
    assert loaded.database == url.format(site=tmp_path.resolve())


def test_content_may_be_outside_the_site(tmp_path: Path) -> None:
    assert make_site(tmp_path, toml='content = "../a"').content == tmp_path.resolve().parent / "a"
    assert make_site(tmp_path, toml='content = "/var/a"').content == Path("/var/a").resolve()


@pytest.mark.parametrize("key", ['content = "loop"', 'database = "sqlite:///loop/a.db"'])
def test_symlink_loops_are_reported(tmp_path: Path, key: str) -> None:
    """Python 3.13 and later resolve such a path, which then fails when it is used."""
    (tmp_path / "loop").symlink_to("loop")
    message = error_of(tmp_path, f"{TOML}{key}")
    assert message is None or f"feedsvc.toml:{USUAL + 1}: " in message


def test_zones_are_offsets_or_names(tmp_path: Path) -> None:
    """Conformance 53."""
    toml = '[timezones]\nCET = "+01:00"\nNST = "-03:30"\nPARIS = "Europe/Paris"'
    loaded = make_site(tmp_path, toml=toml)
    when = datetime(2022, 7, 1)  # noqa: DTZ001
    offsets = {name: zone.utcoffset(when) for name, zone in loaded.zones.items()}
    assert offsets == {
        "CET": timedelta(hours=1),
        "NST": timedelta(hours=-3, minutes=-30),
        "PARIS": timedelta(hours=2),
    }
    assert loaded.zone == ZoneInfo("Europe/Paris")


def test_labels_are_keyed_by_term(tmp_path: Path) -> None:
    toml = '[labels.tag]\n"C++" = "C plus plus"\n[labels.language]\nfr = "Français"'
    labels = make_site(tmp_path, toml=toml).labels
    assert labels == {Kind.TAG: {"c++": "C plus plus"}, Kind.LANGUAGE: {"fr": "Français"}}


def test_a_term_can_have_a_different_label_in_each_kind(tmp_path: Path) -> None:
    toml = '[labels.tag]\na = "A"\n[labels.category]\na = "B"'
    labels = make_site(tmp_path, toml=toml).labels
    assert labels == {Kind.TAG: {"a": "A"}, Kind.CATEGORY: {"a": "B"}}


def test_settings_of_one_feed_override_those_of_all_feeds(tmp_path: Path) -> None:
    toml = """
[feeds]
limit = 10
max_age = 60
content = "summary"
title = "A"
subtitle = "B"
copyright = "C"
language = "fr"
image = { url = "/all.png", width = 144 }
author = { name = "Desk" }

[feeds."tag/c++"]
limit = 5
image = "/cpp.png"

[feeds.all]
content = "full"
"""
    loaded = make_site(tmp_path, toml=toml)
    of_all = FeedSettings(
        title="A",
        subtitle="B",
        copyright="C",
        language="fr",
        limit=10,
        max_age=60,
        content=ContentChoice.SUMMARY,
        image=Image("/all.png", 144),
        author=Person("Desk"),
    )
    assert loaded.feed_defaults == loaded.feed("tag/other") == of_all
    assert loaded.feed("tag/c++") == structs.replace(of_all, limit=5, image=Image("/cpp.png"))
    assert loaded.feed("all") == structs.replace(of_all, content=ContentChoice.FULL)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("title", "Staging", "Staging"),
        ("title", "[Staging] 100%", "[Staging] 100%"),
        ("base_url", "https://staging.example.org/", "https://staging.example.org"),
        ("timezone", "UTC", "UTC"),
        ("title", " Staging\n", "Staging"),
        ("tombstones", "true", True),
        ("tombstones", "false", False),
        ("author", "Ada", Person("Ada")),
        ("author", '{ name = "Ada", email = "a@b.example" }', Person("Ada", "a@b.example")),
        ("image", '{ url = "/a.png", width = 9 }', Image("/a.png", 9)),
        ("timezones", '{ CET = "+01:00" }', {"CET": "+01:00"}),
        ("labels", '{ tag = { c = "C" } }', {Kind.TAG: {"c": "C"}}),
        ("feeds", '{ "tag/c" = { limit = 5 } }', {"tag/c": FeedSettings(limit=5)}),
    ],
)
def test_the_environment_overrides_the_file(
    tmp_path: Path, key: str, value: str, expected: Any
) -> None:
    toml = (
        f'{TOML}author = "File"\nimage = "/f.png"\n[timezones]\nX = "UTC"\n[feeds."tag/b"]\nlimit=1'
    )
    assert getattr(load(tmp_path, toml, **{f"FEEDSVC_{key.upper()}": value}), key) == expected


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FEEDSVC_TIMEZONE", "Paris", "timezone is a name in the IANA database like"),
        ("FEEDSVC_AUTHOR", "{ nam = 'A' }", "did you mean name?"),
        ("FEEDSVC_AUTHOR", "{ name = A }", "is not TOML"),
        ("FEEDSVC_FEEDS", "{ limit = 0 }", "limit is a whole number"),
        ("FEEDSVC_TOMBSTONES", "1", "tombstones is true or false, not '1'"),
        ("FEEDSVC_TOMBSTONES", "{ a = 1 }", "tombstones is true or false"),
        ("FEEDSVC_FEEDS", "5", "feeds is a table, not '5'"),
        ("FEEDSVC_TITLE", "caf\udce9", "control character"),
        ("FEEDSVC_BASE_URL", "https://a.example/\udce9", "control character"),
        ("FEEDSVC_DATABASE", "mysql://me:secret@host/db", "not 'mysql'"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, variable: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, TOML, **{variable: value})
    assert str(caught.value).startswith(f"{variable} in the environment: ")
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_variable_is_not_named_for_an_error_in_a_nested_key(tmp_path: Path) -> None:
    toml = f'{TOML}[feeds."tag/a"]\ntitle = 1'
    with pytest.raises(SettingsError, match=rf"feedsvc.toml:{USUAL + 2}: title is a text"):
        load(tmp_path, toml, FEEDSVC_TITLE="Staging")


def test_other_variables_are_ignored(tmp_path: Path) -> None:
    environment = {
        "FEEDSVC_SITE": "/x",
        "FEEDSVC_FEED_DEFAULTS": "x",
        "FEEDSVC_X": "y",
        "TITLE": "z",
    }
    assert load(tmp_path, TOML, **environment) == load(tmp_path, TOML)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KNOWN = {*Settings.__struct_fields__, *FeedSettings.__struct_fields__} | {
    each.name for kind in (Person, Image) for each in fields(kind)
}
KEYS = st.sampled_from(sorted(KNOWN | {"tag", "category", "tag/c++", "all", "any", "none", "tags"}))
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TEXTS | st.dates() | st.times(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | TEXTS, inner),
    max_leaves=8,
)


def dump(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08X}" for each in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(dump, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{dump(key)} = {dump(each)}' for key, each in value.items())}}}"
    return str(value)


@many_per_folder
@given(values=st.dictionaries(KEYS | TEXTS, VALUES), usual=st.booleans())
def test_any_value_is_accepted_or_reported_clearly(
    tmp_path: Path, values: dict[str, object], usual: bool
) -> None:
    given = [f"{dump(key)} = {dump(value)}" for key, value in values.items()]
    kept = [line for line in TOML.splitlines() if line.split()[0] not in values]
    message = error_of(tmp_path, "\n".join([*(kept if usual else []), *given]))
    assert message is None or re.match(
        rf"{re.escape(str(tmp_path))}/feedsvc.toml(:\d+)?: \S", message
    )
    assert "is not TOML" not in (message or "")


def error_of(folder: Path, toml: str) -> str | None:
    """Return the error message for settings; None if they are valid."""
    try:
        load(folder, toml)
    except SettingsError as error:
        return str(error)
    return None


@many_per_folder
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_any_invalid_file_raises_a_settings_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / settings.FILE).write_bytes(content)
    with pytest.raises(SettingsError):
        settings.load(tmp_path, {})


@pytest.mark.parametrize(
    "toml",
    [
        f"limit = {'1' * 5000}",
        f"limit = 0x{'f' * 5000}",
        f"[feeds]\nlimit = 0x{'f' * 5000}",
        f"title = {'[' * 5000}",
        f"title = {'[' * 200}{']' * 200}",
        f"title = {'{a = ' * 5000}",
    ],
    ids=["decimal", "hexadecimal", "limit", "unclosed", "nested", "tables"],
)
def test_enormous_values_are_rejected(tmp_path: Path, toml: str) -> None:
    with pytest.raises(SettingsError):
        make_site(tmp_path, toml=toml)


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        ("en", True),
        ("pt-BR", True),
        ("zh-Hant-TW", True),
        ("fil", True),
        ("e", False),
        ("en_GB", False),
        ("", False),
        ("en-", False),
        ("français", False),
    ],
)
def test_language_tags_are_validated(tag: str, is_one: bool) -> None:
    """Conformance 10."""
    assert syntax.is_language(tag) is is_one


def test_a_preview_cannot_be_configured(tmp_path: Path) -> None:
    make_site(tmp_path)
    assert settings.load(tmp_path, {"FEEDSVC_PREVIEW": "true"}).preview is False
    with pytest.raises(SettingsError, match="'preview' is not a setting here"):
        make_site(tmp_path, {}, "preview = true")
