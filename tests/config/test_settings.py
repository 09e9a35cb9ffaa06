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
from tests.sites import TOML, make_site

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
