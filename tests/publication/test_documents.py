"""Documents and their caches."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
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
