"""What the site publishes: documents and their caches, pages, files, lists."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.errors import CatalogError
from feedsvc.model import Entry, FeedRef, Format, Kind
from feedsvc.publication import Publication, entries
from feedsvc.render import RENDERERS
from tests.conftest import MakeDatabase
from tests.desk import START, Desk, ref
from tests.sites import article, make_site

pytestmark = pytest.mark.databases("sqlite")

ALL = FeedRef(Kind.ALL)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often the entry of each title is rendered, by format: `rss A`."""
    counts: Counter[str] = Counter()

    def counting(format: Format) -> object:
        renderer = RENDERERS[format]

        def entry(value: Entry) -> bytes:
            counts[f"{format} {value.title}"] += 1
            return renderer.entry(value)

        return replace(renderer, entry=entry)

    counted = {format: counting(format) for format in Format}
    monkeypatch.setattr(entries, "RENDERERS", counted)
    return counts


# Documents


def test_a_document_is_cached_until_its_feed_changes(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.write("b.md", article("B"))
    desk.sync()
    publication = desk.publication
    before = {key: publication.document(ref(key), Format.RSS) for key in ("all", "tag/x")}
    desk.write("b.md", article("B2"))
    desk.sync()
    assert publication.document(ref("tag/x"), Format.RSS) is before["tag/x"]
    after = publication.document(ref("all"), Format.RSS)
    assert after is not None
    assert after is publication.document(ref("all"), Format.RSS)
    assert after is not before["all"]
    assert (after.revision, after.last_modified) == (2, desk.now)
    assert b"B2" in after.body


@pytest.mark.parametrize("format", Format)
def test_a_document_has_the_media_type_of_its_format(desk: Desk, format: Format) -> None:
    """Conformance 47."""
    desk.sync()
    document = desk.publication.document(ALL, format)
    assert document is not None
    assert (
        document.media_type.split(";")[0]
        == {
            Format.RSS: "application/rss+xml",
            Format.ATOM: "application/atom+xml",
            Format.JSON: "application/feed+json",
        }[format]
    )


def test_a_feed_that_does_not_exist_has_no_document(desk: Desk) -> None:
    assert desk.publication.document(ALL, Format.RSS) is None
    assert desk.publication.feed(ALL) is None
    desk.sync()
    assert desk.publication.document(ALL, Format.RSS) is not None
    assert desk.publication.document(ref("tag/x"), Format.RSS) is None
    assert desk.publication.entries(ref("tag/x")) == []


def test_another_process_sees_changes_at_once(desk: Desk, database: str) -> None:
    """Conformance 37: cached documents are looked up by revision."""
    elsewhere = Publication(desk.settings, Catalog(database))
    desk.write("a.md", article("A"))
    desk.sync()
    first = elsewhere.document(ALL, Format.ATOM)
    desk.write("a.md", article("A2"))
    desk.sync()
    second = elsewhere.document(ALL, Format.ATOM)
    assert first is not None
    assert second == desk.publication.document(ALL, Format.ATOM) != first
    elsewhere.catalog.close()


def test_an_entry_is_rendered_once_per_format_and_revision(
    desk: Desk, rendered: Counter[str]
) -> None:
    desk.write("a.md", article("A", tags=["x", "y"]))
    desk.write("b.md", article("B", tags=["x"]))
    desk.sync()
    publication = desk.publication
    for _ in range(2):
        for key in ("all", "tag/x", "tag/y"):
            for format in Format:
                assert publication.document(ref(key), format)
    assert rendered == {f"{format} {title}": 1 for format in Format for title in "AB"}
    desk.write("b.md", article("B2", tags=["x"]))
    desk.sync()
    rendered.clear()
    for key in ("all", "tag/x", "tag/y"):
        assert publication.document(ref(key), Format.RSS)
    assert rendered == {"rss B2": 1}


def test_feeds_with_other_content_or_language_do_not_share_entries(
    desk: Desk, rendered: Counter[str]
) -> None:
    desk.configure(
        '[feeds."tag/summary"]\ncontent = "summary"\n[feeds."tag/french"]\nlanguage = "fr"'
    )
    desk.write("a.md", article("A", tags=["full", "summary", "french"]))
    desk.sync()
    publication = desk.publication
    for key in ("all", "tag/full", "tag/summary", "tag/french"):
        assert publication.document(ref(key), Format.JSON)
    assert rendered == {"json A": 3}


def test_the_caches_are_limited_in_bytes(
    desk: Desk, rendered: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in "ABC":
        desk.write(f"{letter}.md", article(letter, body="word " * 400, tags=[letter, "every"]))
    desk.sync()
    size = len(desk.body("tag/a", Format.RSS))
    rendered.clear()
    for cached in (Publication, entries.Entries):
        monkeypatch.setattr(cached, "cache_size", 2 * size)
    publication = Publication(desk.settings, desk.catalog)
    found = {}
    for letter in "abca":
        found[letter] = publication.document(ref(f"tag/{letter}"), Format.RSS)
    assert rendered == {"rss A": 2, "rss B": 1, "rss C": 1}
    assert publication.document(ref("tag/c"), Format.RSS) is found["c"]
    assert publication.document(ref("tag/a"), Format.RSS) is found["a"]
    for kept in (publication._documents, publication._entries._fragments):
        assert 0 < kept.currsize <= 2 * size
    # A document larger than the cache is still rendered.
    every = publication.document(ref("tag/every"), Format.RSS)
    assert every
    assert len(feedparser.parse(every.body).entries) == 3


def test_a_changed_document_replaces_the_old_one_in_the_cache(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    publication = desk.publication
    for n in range(5):
        desk.write("a.md", article(f"A{n}"))
        desk.sync()
        document = publication.document(ALL, Format.RSS)
        assert document is not None
        assert publication._documents.currsize == len(document.body)


# Content and language


@pytest.mark.parametrize(
    ("of_feed", "of_article", "content", "summary"),
    [
        ("full", None, "<p>One.</p>\n<p>Two.</p>", "In short."),
        ("summary", None, None, "In short."),
        ("full", "summary", None, "In short."),
        ("summary", "full", "<p>One.</p>\n<p>Two.</p>", "In short."),
        ("full", "none", None, ""),
        ("summary", "none", None, ""),
    ],
)
def test_an_article_overrides_the_content_setting_of_a_feed(
    desk: Desk, of_feed: str, of_article: str | None, content: str | None, summary: str
) -> None:
    """Conformance 23."""
    desk.configure(f'[feeds]\ncontent = "{of_feed}"')
    body = "One.\n\nTwo."
    desk.write("a.md", article("A", body=body, summary="In short.", content=of_article))
    desk.sync()
    (entry,) = desk.publication.entries(ALL)
    assert (entry.content, entry.summary) == (content, summary)
    for format in Format:
        assert (b"Two." in desk.body(format=format)) is (content is not None)
        assert (b"In short." in desk.body(format=format)) is (summary != "")
    page = desk.publication.article("a")
    assert page is not None
    assert page.entry.content == "<p>One.</p>\n<p>Two.</p>"


def test_an_entry_has_a_language_only_if_it_differs_from_the_feed(desk: Desk) -> None:
    """Conformance 20."""
    desk.write("a.md", article("A", language="fr"))
    desk.write("b.md", article("B"))
    desk.sync()
    assert desk.body("all").count(b'xml:lang="en"') == 1
    assert desk.body("all").count(b'xml:lang="fr"') == 1
    assert desk.body("language/fr").count(b'xml:lang="fr"') == 1
    assert b'xml:lang="en"' not in desk.body("language/fr")


# The same bytes


FILES: dict[str, str | bytes] = {
    "a.md": article("A & <b>", tags=["x", "Ünïcode"], authors=["Ada", "Bo"], body="![](a.png)"),
    "b.md": article("B", "2022-02-17 09:30", tags=["x"], language="fr"),
    "c.md": article("C", "2021-01-01", updated="2023-01-01", categories=["News"]),
    "d.md": article("D", "1999-12-31", expires="2001-01-01"),
    "a.png": b"PNG",
}
WRITE_DOCUMENTS = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from feedsvc import sources
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.model import Format
from feedsvc.publication import Publication
site = sources.load(Path(sys.argv[1]), {"FEEDSVC_DATABASE": sys.argv[2]})
catalog = Catalog(site.database)
catalog.create()
sync(catalog, site, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=int(sys.argv[3])))
publication = Publication(site, catalog)
for feed in publication.feeds():
    for format in Format:
        sys.stdout.buffer.write(publication.document(feed.ref, format).body)
"""


def all_documents(site: Path, database: str, seconds: int, hash_seed: str) -> bytes:
    """Return every document of a site, made in a separate process."""
    command = [sys.executable, "-c", WRITE_DOCUMENTS, str(site), database, str(seconds)]
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout


def test_two_processes_make_the_same_bytes(tmp_path: Path, make_postgresql: MakeDatabase) -> None:
    """Conformance 24: at two instants, from an SQLite and a PostgreSQL catalog."""
    make_site(tmp_path, FILES)
    first = all_documents(tmp_path, make_postgresql(), 0, "1")
    second = all_documents(tmp_path, f"sqlite:///{tmp_path / 'other.db'}", 2, "2")
    assert first == second
    assert first.count(b"</rss>") == 8


def test_an_empty_feed_does_not_depend_on_the_time(tmp_path: Path) -> None:
    """Conformance 24."""
    site = make_site(tmp_path)
    bodies = set()
    for day in range(1, 3):
        catalog = Catalog(f"sqlite:///{tmp_path}/{day}.db")
        catalog.create()
        sync(catalog, site, START.replace(day=day))
        for format in Format:
            document = Publication(site, catalog).document(ALL, format)
            assert document is not None
            bodies.add(document.body)
        catalog.close()
    assert len(bodies) == 3


def test_a_rebuilt_catalog_gives_the_same_bytes(desk: Desk) -> None:
    """Conformance 24: whatever the order in which articles were first published."""
    for name, text in reversed(FILES.items()):
        desk.write(name, text)
        desk.sync()
    before = {
        (feed.ref, format): desk.body(feed.ref.key, format)
        for feed in desk.publication.feeds()
        for format in Format
    }
    catalog = Catalog(f"sqlite:///{desk.folder}/anew.db")
    catalog.create()
    sync(catalog, desk.settings, desk.now)
    publication = Publication(desk.settings, catalog)
    after = {
        (feed.ref, format): document.body
        for feed in publication.feeds()
        for format in Format
        if (document := publication.document(feed.ref, format))
    }
    catalog.close()
    assert after == before


def test_all_formats_have_the_same_entries(desk: Desk) -> None:
    """Conformance 23."""
    for name, text in FILES.items():
        desk.write(name, text)
    desk.sync()
    read = [feedparser.parse(desk.body(format=format)) for format in (Format.RSS, Format.ATOM)]
    rss, atom = (
        [(e.id, e.link, e.title, e.published_parsed) for e in each.entries] for each in read
    )
    assert rss == atom
    assert len(rss) == 3


# Pages


def test_an_article_page_lists_its_feeds_with_the_site_feed_first(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["t"], categories=["c"], authors=["Ada"]))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert [feed.ref.key for feed in page.feeds] == [
        "all", "category/c", "tag/t", "author/ada", "language/en"
    ]  # fmt: skip
    assert page.link == page.entry.link == "https://news.example.org/articles/a"


ELSEWHERE, OWN = "https://elsewhere.example/a", "https://news.example.org/articles/a"


@pytest.mark.parametrize(
    ("toml", "link", "related"),
    [
        ("", ELSEWHERE, OWN),
        ("link_to_page = true", OWN, ELSEWHERE),
    ],
)
def test_link_to_page_swaps_the_link_and_the_related_url(
    desk: Desk, toml: str, link: str, related: str
) -> None:
    desk.configure(toml)
    desk.write("a.md", article("A", link=ELSEWHERE))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert (page.entry.link, page.entry.related, page.link) == (link, related, OWN)


def test_an_article_that_links_elsewhere_has_a_page_if_articles_have_paths(desk: Desk) -> None:
    desk.configure('article_link = "/{path}/"')
    desk.write("2022/a.md", article("A", link=ELSEWHERE))
    desk.sync()
    (url,), _ = desk.publication.article_urls()
    assert url == "https://news.example.org/2022/a/"


def test_a_json_feed_has_authors_only_if_an_item_has_none(desk: Desk) -> None:
    """Some readers add them to the authors of each item."""

    def authors() -> object:
        document = desk.publication.document(FeedRef(Kind.ALL), Format.JSON)
        assert document
        return json.loads(document.body).get("authors")

    desk.sync()
    assert authors() == [{"name": "Site"}]
    desk.write("a.md", article("A", authors=["Ada"]))
    desk.sync()
    assert authors() is None
    desk.write("b.md", article("B"))
    desk.sync()
    assert authors() == [{"name": "Site"}]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-01-01 00:30", "2022/01/01"),  # 23:30 of the day before in UTC
        ("2022-01-01T00:30:00Z", "2022/01/01"),
        ("2021-12-31T23:30:00-11:00", "2021/12/31"),
    ],
)
def test_a_page_has_the_url_that_the_entry_links_to(desk: Desk, written: str, day: str) -> None:
    """Conformance 43: with the day that the author wrote, whatever the day in UTC."""
    desk.configure('article_link = "/{year}/{month}/{day}/{slug}"')
    desk.write("a.md", article("A", written))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert page.link == page.entry.link == f"https://news.example.org/{day}/a"


def test_withdrawn_and_unknown_slugs_are_distinguished(desk: Desk) -> None:
    """Conformance 43."""
    desk.write("a.md", article("A"))
    desk.write("draft.md", article("D", draft=True))
    desk.sync()
    assert not desk.publication.withdrawn("a")
    desk.remove("a.md")
    desk.remove("draft.md")
    desk.sync()
    assert desk.publication.withdrawn("a")
    assert desk.publication.article("a") is None
    assert not desk.publication.withdrawn("draft")
    assert not desk.publication.withdrawn("never")


def test_a_withdrawn_slug_can_be_used_again(desk: Desk) -> None:
    desk.write("a.md", article("A", slug="s"))
    desk.write("b.md", article("B", slug="other"))
    desk.sync()
    desk.remove("a.md")
    desk.write("b.md", article("B", slug="s"))
    desk.sync()
    page = desk.publication.article("s")
    assert page is not None
    assert page.entry.title == "B"
    assert not desk.publication.withdrawn("s")


# Lists


def test_feeds_are_listed_by_kind_and_label(desk: Desk) -> None:
    desk.configure('title = "Zebra"')
    desk.write("a.md", article("A", tags=["b", "A", "ä"], categories=["Z"], authors=["Y"]))
    desk.sync()
    assert [(feed.label, feed.entries) for feed in desk.publication.feeds()] == [
        ("Zebra", 1), ("Z", 1), ("A", 1), ("ä", 1), ("b", 1), ("Y", 1), ("en", 1)
    ]  # fmt: skip
    assert desk.publication.feeds()[2].title == "Zebra: A"
    assert {feed.changed for feed in desk.publication.feeds()} == {desk.now}


def test_custom_feeds_are_listed_before_feeds_of_terms(desk: Desk) -> None:
    desk.configure(
        '[feeds.zoo]\nany = { tags = ["x"] }\n[feeds.news]\ntitle = "A"\nnone = { tags = ["x"] }'
    )
    desk.write("a.md", article("A", tags=["x"], categories=["c"], slug="a"))
    desk.sync()
    publication = desk.publication
    listed = [(feed.ref.key, feed.label, feed.title, feed.entries) for feed in publication.feeds()]
    assert listed[:4] == [
        ("all", "Site", "Site", 1),
        ("news", "A", "A", 0),
        ("zoo", "zoo", "Site: zoo", 1),
        ("category/c", "c", "Site: c", 1),
    ]
    page = publication.article("a")
    assert page
    assert [feed.ref.key for feed in page.feeds] == [
        "all", "zoo", "category/c", "tag/x", "language/en"
    ]  # fmt: skip
    [entry] = publication.entries(ref("zoo"))
    assert [category.label for category in entry.categories] == ["c", "x"]


@pytest.mark.parametrize(
    ("authority", "year"), [("a.example,2022-05-17", 2022), ("a.example,1901", 1970)]
)
def test_a_feed_without_entries_is_dated_by_the_id_authority(
    desk: Desk, authority: str, year: int
) -> None:
    """Conformance 14, 24: a plausible date, not that of the clock."""
    desk.configure(f'id_authority = "{authority}"\n[feeds.news]\nany = {{ tags = ["x"] }}')
    desk.sync()
    assert f"<updated>{year}-01-01T00:00:00Z</updated>" in desk.body("news").decode()
    desk.write("a.md", article("A", "2023-01-01T00:00:00Z", tags=["x"]))
    desk.sync()
    assert "<updated>2023-01-01T00:00:00Z</updated>" in desk.body("news").decode()


def test_moved_and_retired_feeds_are_not_listed(desk: Desk) -> None:
    """Conformance 43: but articles keep their terms."""
    desk.write("a.md", article("A", tags=["x", "y"], slug="a"))
    desk.sync()
    before = desk.body()
    desk.configure('retired = ["tag/x"]\n[moved]\n"tag/y" = "tag/z"')
    desk.sync()
    listed = [feed.ref.key for feed in desk.publication.feeds()]
    assert listed == ["all", "tag/z", "language/en"]
    page = desk.publication.article("a")
    assert page
    assert [feed.ref.key for feed in page.feeds] == ["all", "language/en"]
    assert [category.label for category in page.entry.categories] == ["x", "y"]
    assert desk.body() == before


def test_newest_has_the_number_and_the_time_of_the_last_revision(desk: Desk) -> None:
    desk.sync()
    desk.write("a.md", article("A"))
    desk.sync()
    assert desk.publication.newest() == (2, desk.now)
    desk.sync()
    number, instant = desk.publication.newest()
    assert number == 2
    assert instant != desk.now


def test_a_feed_summary_has_the_configured_subtitle(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    assert {feed.subtitle for feed in desk.publication.feeds()} == {""}
    desk.configure('subtitle = "Site"\n[feeds."tag/x"]\nsubtitle = "Of x"')
    subtitles = {feed.ref.key: feed.subtitle for feed in desk.publication.feeds()}
    assert subtitles == {"all": "Site", "tag/x": "Of x", "language/en": "Site"}


def test_the_state_has_the_newest_revision_and_the_next_due_date(desk: Desk) -> None:
    """Conformance 41, 55."""
    with pytest.raises(CatalogError, match="the first sync fills it"):
        desk.publication.state()  # what an empty catalog lacks is not gone
    desk.write("a.md", article("A", "2026-07-01T00:00:00Z"))
    desk.write("b.md", article("B", expires="2026-06-01T00:00:00Z"))
    desk.sync()
    names = []
    for due in (START.replace(month=6), START.replace(month=7), None):
        name, found = desk.publication.state()
        assert found == due
        names.append(name)
        desk.release(due or desk.now)
    assert [name.partition(".")[0] for name in names] == ["1", "2", "3"]
    assert len({name.partition(".")[2] for name in names}) == 3


# Files


def test_a_file_is_served_while_an_article_uses_it(desk: Desk) -> None:
    desk.write("2022/a.md", article("A", body="![](über&co.png)"))
    desk.write("2022/über&co.png", b"PNG")
    desk.write("2022/not-shown.png", b"PNG")
    desk.sync()
    name = "2022/über&co.png"
    assert desk.publication.files.find(name) == desk.content / name
    (entry,) = desk.publication.entries(ALL)
    assert quote(f"/files/{name}") in str(entry.content)
    for other in ("2022/not-shown.png", "2022/a.md", "2022", "", ".", "/"):
        assert desk.publication.files.find(other) is None
    desk.write("2022/a.md", article("A"))
    desk.sync()
    assert desk.publication.files.find(name) is None
    desk.write("2022/a.md", article("A", body="![](über&co.png)"))
    desk.sync()
    assert desk.publication.files.find(name) is not None
    desk.remove(name)
    assert desk.publication.files.find(name) is None


def test_files_are_withdrawn_with_their_article(desk: Desk) -> None:
    """Conformance 55."""
    desk.write("a.md", article("A", image="a.png", expires="2026-06-01"))
    desk.write("a.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("a.png") is not None
    desk.release(START.replace(month=7))
    assert desk.publication.files.find("a.png") is None


def test_files_of_an_article_in_no_feed_are_served(desk: Desk) -> None:
    desk.write("a.md", article("A", body="![](a.png)", feeds=False))
    desk.write("a.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("a.png") is not None


@pytest.mark.parametrize(
    "toml",
    [
        'image = "/files/logo é.png"',
        '[feeds."tag/x"]\nimage = "/files/logo é.png"',
        'image = "https://news.example.org/files/logo é.png"',
        'base_url = "https://a.example/b/"\nimage = "https://a.example/b/files/logo é.png"',
    ],
)
def test_the_picture_of_a_feed_is_served(desk: Desk, toml: str) -> None:
    desk.configure(toml.replace(" é", "%20%C3%A9"))
    desk.write("logo é.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("logo é.png") == desk.content / "logo é.png"
    desk.configure("")
    assert desk.publication.files.find("logo é.png") is None


@pytest.mark.parametrize(
    "path",
    ["../feedsvc.toml", "x/../../feedsvc.toml", "/etc/passwd", "link.png", "folder/secret.png"],
)
def test_files_outside_the_content_folder_are_never_served(desk: Desk, path: str) -> None:
    """Even if a row or a setting says so."""
    desk.write("a.md", article("A", body="![](link.png) ![](folder/secret.png)"))
    (desk.folder / "secret.png").write_bytes(b"PNG")
    (desk.content / "link.png").symlink_to(desk.folder / "secret.png")
    (desk.content / "folder").symlink_to(desk.folder)
    desk.configure(f'image = "/files/{path}"')
    desk.sync()
    assert desk.publication.files.find(path) is None


def test_a_file_replaced_by_a_link_to_the_outside_is_not_served(desk: Desk) -> None:
    desk.write("a.md", article("A", body="![](a.png)"))
    desk.write("a.png", b"PNG")
    desk.sync()
    desk.remove("a.png")
    (desk.content / "a.png").symlink_to("/etc/passwd")
    assert desk.publication.files.find("a.png") is None


# Queries of an export


def test_articles_are_listed_as_visible_or_withdrawn(desk: Desk) -> None:
    """Conformance 55: articles that were never due are neither."""
    desk.write("a.md", article("A"))
    desk.write("b.md", article("B"))
    desk.write("later.md", article("Later", published="2999-01-01"))
    desk.write("draft.md", article("Draft", draft=True))
    desk.sync()
    desk.remove("b.md")
    desk.sync()
    base = f"{desk.settings.base_url}/articles"
    assert desk.publication.article_urls() == ([f"{base}/a"], [f"{base}/b"])
    desk.write("c.md", article("C", slug="b"))
    desk.sync()
    visible, withdrawn = desk.publication.article_urls()
    assert (sorted(visible), withdrawn) == ([f"{base}/a", f"{base}/b"], [])


def test_files_are_listed_if_something_visible_uses_them(desk: Desk) -> None:
    for name in ("a b.png", "secret.png", "logo.png", "unused.png"):
        desk.write(name, b"image")
    desk.write("a.md", article("A", body="![](<a b.png>)"))
    desk.write("later.md", article("Later", published="2999-01-01", body="![](secret.png)"))
    desk.configure('image = "/files/logo.png"')
    desk.sync()
    base = f"{desk.settings.base_url}/files"
    assert desk.publication.files.urls() == [f"{base}/a%20b.png", f"{base}/logo.png"]


def test_the_tags_of_documents_are_known_without_rendering(desk: Desk) -> None:
    desk.configure("[feeds]\nlimit = 1")
    for name in "abcd":
        desk.write(f"{name}.md", article(name))
    desk.sync()
    publication = desk.publication
    (feed,) = [each for each in publication.feeds() if each.ref == ALL]
    document = publication.document(ALL, Format.RSS)
    assert document
    assert feed.tag == document.tag
    archives = [publication.archive(ALL, Format.ATOM, n + 1) for n in range(feed.archives)]
    assert len(archives) == 3
    assert publication.archive_tags(ALL) == [each.tag for each in archives if each]
    assert publication.archive_tags(ref("tag/none")) == []
