"""The metadata of a feed, from the settings."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format, Image, Kind, Person
from tests.sites import make_site

WHEN = datetime(2022, 2, 17, 8, 30, tzinfo=UTC)
ALL = FeedRef(Kind.ALL)
CPP = FeedRef(Kind.TAG, "c++")
FRENCH = FeedRef(Kind.LANGUAGE, "fr")


def test_minimal_settings_give_complete_metadata(tmp_path: Path) -> None:
    """Conformance 2, 14: title, description, link, and an author."""
    feed = head.head(make_site(tmp_path), ALL, "Site", Format.ATOM, WHEN)
    assert feed.title == feed.subtitle == "Site"
    assert feed.link == "https://news.example.org/feeds/all/"
    assert feed.self_url == "https://news.example.org/feeds/all.atom"
    assert feed.id == "tag:news.example.org,2022:feeds/all"
    assert feed.authors == (Person("Site"),)
    assert feed.updated == WHEN
    assert (feed.language, feed.rights, feed.image) == ("en", "", None)
    assert feed.generator.startswith("feedsvc ")


@pytest.mark.parametrize("format", Format)
def test_only_the_self_url_differs_between_formats(tmp_path: Path, format: Format) -> None:
    """Conformance 5, 23."""
    settings = make_site(tmp_path)
    feed = head.head(settings, CPP, "C++", format, WHEN)
    rss = head.head(settings, CPP, "C++", Format.RSS, WHEN)
    assert feed.self_url == f"https://news.example.org/feeds/tag/c%2B%2B.{format}"
    assert [feed.id, feed.title, feed.link] == [rss.id, rss.title, rss.link]


def test_the_title_of_a_term_feed_has_the_site_and_the_label(tmp_path: Path) -> None:
    feed = head.head(make_site(tmp_path), CPP, "C++", Format.RSS, WHEN)
    assert feed.title == "Site: C++"
    assert feed.subtitle == "Site: C++"


def test_a_language_feed_has_its_own_language(tmp_path: Path) -> None:
    """Conformance 10, 20."""
    settings = make_site(tmp_path, toml='language = "de"')
    assert head.head(settings, FRENCH, "fr", Format.RSS, WHEN).language == "fr"
    assert head.head(settings, CPP, "C++", Format.RSS, WHEN).language == "de"


TOML = """
subtitle = "About feeds"
copyright = "Site"
author = "Desk"
image = "/files/site.png"
icon = "/files/icon.png"
[labels.tag]
"c++" = "The language C++"
[feeds]
max_age = 90
[feeds."tag/c++"]
title = "Only C++"
subtitle = "And no C"
copyright = "Somebody"
author = { name = "Ada", email = "ada@example.org" }
image = { url = "/files/cpp.png", width = 144, height = 100 }
language = "fr"
"""


def test_settings_of_a_feed_override_those_of_the_site(tmp_path: Path) -> None:
    feed = head.head(make_site(tmp_path, toml=TOML), CPP, "C++", Format.RSS, WHEN)
    assert (feed.title, feed.subtitle, feed.rights) == ("Only C++", "And no C", "Somebody")
    assert feed.authors == (Person("Ada", "ada@example.org"),)
    assert feed.image == Image("https://news.example.org/files/cpp.png", 144, 100)
    assert feed.language == "fr"


def test_other_feeds_have_the_settings_of_the_site(tmp_path: Path) -> None:
    feed = head.head(make_site(tmp_path, toml=TOML), ALL, "Site", Format.RSS, WHEN)
    assert (feed.title, feed.subtitle, feed.rights) == ("Site", "About feeds", "Site")
    assert feed.authors == (Person("Desk"),)
    assert feed.image == Image("https://news.example.org/files/site.png")
    assert feed.icon == "https://news.example.org/files/icon.png"


@pytest.mark.parametrize(("max_age", "ttl"), [(1, 1), (60, 1), (61, 2), (900, 15)])
def test_ttl_is_max_age_in_minutes_rounded_up(tmp_path: Path, max_age: int, ttl: int) -> None:
    """Conformance 10."""
    settings = make_site(tmp_path, toml=f"[feeds]\nmax_age = {max_age}")
    assert head.head(settings, ALL, "Site", Format.RSS, WHEN).ttl == ttl


def test_configured_labels_override_written_ones(tmp_path: Path) -> None:
    settings = make_site(tmp_path, toml=TOML)
    assert head.label(settings, CPP, "c++") == "The language C++"
    assert head.label(settings, FeedRef(Kind.CATEGORY, "c++"), "c++") == "c++"
    assert head.label(settings, ALL, "") == "Site"


def test_a_custom_feed_is_labelled_by_its_title_or_its_name(tmp_path: Path) -> None:
    news = FeedRef(Kind.NAMED, "news")
    toml = '[feeds.news]\nany = { tags = ["a"] }'
    named = make_site(tmp_path / "a", toml=toml)
    assert head.label(named, news, "") == "news"
    feed = head.head(named, news, "news", Format.RSS, WHEN)
    assert (feed.title, feed.id) == ("Site: news", "tag:news.example.org,2022:feeds/news")
    assert feed.self_url == "https://news.example.org/feeds/news.rss"
    titled = make_site(tmp_path / "b", toml=f'{toml}\ntitle = "News!"')
    assert head.label(titled, news, "") == "News!"
    assert head.head(titled, news, "News!", Format.RSS, WHEN).title == "News!"
    assert head.fingerprint(titled, news, "") != head.fingerprint(named, news, "")


def test_the_label_of_an_unused_term_is_the_term(tmp_path: Path) -> None:
    assert head.label(make_site(tmp_path), CPP, "") == "c++"


@pytest.mark.parametrize(
    "toml",
    [
        'title = "Other"',
        'base_url = "https://b.example"',
        'id_authority = "b.example,2022"',
        'subtitle = "Other"',
        'language = "fr"',
        'author = "Other"',
        'copyright = "Other"',
        'image = "/other.png"',
        'icon = "/other.png"',
        "link_to_page = true",
        '[labels.tag]\n"c++" = "Other"',
        '[feeds]\ncontent = "summary"',
        "[feeds]\nmax_age = 5",
        '[feeds."tag/c++"]\ntitle = "Other"',
    ],
)
def test_every_setting_that_readers_see_changes_the_fingerprint(tmp_path: Path, toml: str) -> None:
    """Conformance 37: a feed's bytes and its validators change together."""
    before, after = make_site(tmp_path / "a"), make_site(tmp_path / "b", toml=toml)
    assert _fingerprint(before) != _fingerprint(after)
    assert before.fingerprint() != after.fingerprint()


@pytest.mark.parametrize("toml", ['database = "sqlite:///b.db"', "[feeds]\nlimit = 5"])
def test_settings_that_a_feed_does_not_show_do_not_change_its_fingerprint(
    tmp_path: Path, toml: str
) -> None:
    """Conformance 37."""
    before, after = make_site(tmp_path / "a"), make_site(tmp_path / "b", toml=toml)
    assert _fingerprint(before) == _fingerprint(after)


def _fingerprint(settings: Settings) -> str:
    return head.fingerprint(settings, CPP, "C++")


def test_a_subscription_document_links_to_the_newest_archive(tmp_path: Path) -> None:
    """Conformance 26: if there is one."""
    settings = make_site(tmp_path)
    feed = head.head(settings, CPP, "C++", Format.RSS, WHEN, 7)
    url = "https://news.example.org/feeds/tag/c%2B%2B/archive/7.rss"
    assert feed.archive_links == (("prev-archive", url),)
    assert head.head(settings, CPP, "C++", Format.RSS, WHEN).archive_links == ()


@pytest.mark.parametrize(("number", "neighbours"), [(1, (None, 2)), (2, (1, 3)), (3, (2, None))])
@pytest.mark.parametrize("format", Format)
def test_an_archive_document_links_to_its_neighbours(
    tmp_path: Path, number: int, neighbours: tuple[int | None, int | None], format: Format
) -> None:
    """Conformance 26: in the same format, and only to existing ones."""
    settings = make_site(tmp_path, toml='base_url = "https://news.example.org/blog"')
    feed = head.archive_head(settings, ALL, "Site", format, WHEN, 3, number)
    site = "https://news.example.org/blog/feeds/all"
    before, after = (each and f"{site}/archive/{each}.{format}" for each in neighbours)
    assert (feed.prev_archive, feed.next_archive) == (before, after)
    assert feed.current == f"{site}.{format}"
    assert feed.self_url == f"{site}/archive/{number}.{format}"
    assert feed.id == head.head(settings, ALL, "Site", format, WHEN).id


def test_a_subtitle_is_that_of_the_feed_or_the_site_or_empty(tmp_path: Path) -> None:
    toml = 'subtitle = "Site\'s"\n[feeds."tag/c++"]\nsubtitle = "Own"'
    settings = make_site(tmp_path, toml=toml)
    assert head.subtitle(settings, CPP) == "Own"
    assert head.subtitle(settings, ALL) == "Site's"
    assert head.subtitle(make_site(tmp_path), ALL) == ""
