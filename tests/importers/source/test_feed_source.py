"""A feed of another program as a source whose items are published unchanged."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.errors import FeedsvcError, SettingsError
from feedsvc.importers.source import documents
from feedsvc.importers.source.feed import FeedSource
from feedsvc.model import FeedRef, Kind, Person
from feedsvc.sources import ContentFolder, Reading, Sources
from tests.desk import START, Desk, ref
from tests.servers import server
from tests.sites import article, make_site
from tests.soak import examples

BASE = "https://news.example.org"
FILE = "public/articles.json"


def item(name: str, day: int = 1, **values: object) -> dict[str, object]:
    """Return an item of a JSON feed."""
    usual: dict[str, object] = {
        "id": f"{BASE}/{name}/",
        "url": f"{BASE}/{name}/",
        "title": name.title(),
        "content_html": f"<p>{name}</p>",
        "date_published": f"2022-02-{day:02}T09:30:00+01:00",
    }
    return {key: value for key, value in (usual | values).items() if value is not None}


def document(*items: object, **values: object) -> bytes:
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": "News", "items": items, "home_page_url": f"{BASE}/"}
    return json.dumps(feed | values).encode()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of an SQLite database: these tests do not depend on the kind."""
    return f"sqlite:///{tmp_path / 'catalog.db'}"


class Site:
    """A site whose articles are the items of feeds."""

    def __init__(self, desk: Desk, **options: object) -> None:
        self.desk = desk
        desk.configure('content = ""')
        self.options = options or {"path": FILE}
        self.source = self.make()

    def make(self) -> FeedSource:
        return FeedSource("posts", self.options, self.desk.settings)

    def write(self, *items: object, file: str = FILE) -> None:
        self.put(document(*items), file)

    def put(self, content: bytes, file: str = FILE) -> None:
        path = self.desk.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def sync(self) -> SyncReport:
        desk = self.desk
        desk.now += timedelta(minutes=1)
        sources = Sources(ContentFolder(desk.settings), self.source)
        return sync(desk.catalog, desk.settings, desk.now, force=True, sources=sources)

    def titles(self) -> list[str]:
        return self.desk.titles()


@pytest.fixture
def site(desk: Desk) -> Site:
    return Site(desk)


def codes(report: SyncReport) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in report.problems]


def only(report: SyncReport) -> str:
    (problem,) = report.problems
    return str(problem)


def read(folder: Path, content: bytes) -> list[Reading]:
    """Read a document as the source of a site."""
    site = make_site(folder, toml='content = ""')
    (folder / "feed").write_bytes(content)
    source = FeedSource("posts", {"path": "feed"}, site)
    return list(source.read(source.listing().fingerprints))


def test_all_values_of_an_item_are_imported_unchanged(tmp_path: Path) -> None:
    (reading,) = read(
        tmp_path,
        document(
            item(
                "hello",
                id="tag:news.example.org,2022:1",
                date_modified="2022-03-01T00:00:00Z",
                content_html='<p onclick="x()">Text <a href="../b/">b</a> <a href="#n">n</a></p>',
                summary="Short",
                tags=["C++", "été"],
                _feedsvc={"categories": ["World"]},
                authors=[{"name": "Ada", "url": "https://ada.example/"}],
                image="/pictures/a.png",
                language="fr-CA",
                external_url="https://elsewhere.example/",
                attachments=[
                    {"url": "a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12},
                    {"url": "b.ogg"},
                ],
            )
        ),
    )
    assert reading.problems == ()
    found = reading.article
    assert found
    assert (found.id, found.link) == ("tag:news.example.org,2022:1", f"{BASE}/hello/")
    assert found.published.isoformat() == "2022-02-01T09:30:00+01:00"
    assert found.updated == datetime(2022, 3, 1, tzinfo=UTC)
    assert found.html == (f'<p>Text <a href="{BASE}/b/">b</a> <a href="{BASE}/hello/#n">n</a></p>')
    assert found.summary == "Short"
    assert found.terms == (
        (FeedRef(Kind.CATEGORY, "world"), "World"),
        (FeedRef(Kind.TAG, "c++"), "C++"),
        (FeedRef(Kind.TAG, "été"), "été"),
        (FeedRef(Kind.AUTHOR, "ada"), "Ada"),
        (FeedRef(Kind.LANGUAGE, "fr-ca"), "fr-ca"),
    )
    assert found.authors == (Person("Ada", None, "https://ada.example/"),)
    assert found.external == "https://elsewhere.example/"
    assert found.image == f"{BASE}/pictures/a.png"
    assert [(each.url, each.type, each.length) for each in found.enclosures] == [
        (f"{BASE}/hello/a.mp3", "audio/mpeg", 12),
        (f"{BASE}/hello/b.ogg", "audio/ogg", 0),
    ]


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><id>urn:x:feed</id><entry>
<id>urn:x:1</id><title>Eins</title><link href="{BASE}/eins/"/>
<updated>2022-02-01T00:00:00Z</updated>
<category term="Welt"/><content type="html">&lt;p>Text&lt;/p></content></entry></feed>"""
RSS = f"""<rss version="2.0"><channel><language>de</language><item>
<guid>urn:x:1</guid><title>Eins</title><link>{BASE}/eins/</link>
<pubDate>Tue, 01 Feb 2022 00:00:00 GMT</pubDate><category>Welt</category>
<description>&lt;p>Text&lt;/p></description></item></channel></rss>"""


@pytest.mark.parametrize("content", [ATOM, RSS], ids=["atom", "rss"])
def test_atom_and_rss_may_be_sources(tmp_path: Path, content: str) -> None:
    (reading,) = read(tmp_path, content.encode())
    found = reading.article
    assert found
    assert (found.id, found.title, found.link) == ("urn:x:1", "Eins", f"{BASE}/eins/")
    assert (found.html, found.language) == ("<p>Text</p>", "de")
    assert (FeedRef(Kind.CATEGORY, "welt"), "Welt") in found.terms


def test_an_entry_keeps_the_id_and_link_of_the_item(site: Site) -> None:
    site.write(item("b", 2), item("a", 1))
    report = site.sync()
    assert (report.problems, report.published.new) == ((), 2)
    entries = site.desk.publication.entries(ref("all"))
    assert [(entry.id, entry.link) for entry in entries] == [
        (f"{BASE}/b/", f"{BASE}/b/"),
        (f"{BASE}/a/", f"{BASE}/a/"),
    ]


def test_an_item_is_edited_and_withdrawn_like_a_file(site: Site) -> None:
    site.write(item("b", 2), item("a", 1, tags=["x"]))
    site.sync()
    site.write(item("b", 2, title="Bee"), item("a", 1, tags=["x"]))
    assert site.sync().published.edited == 1
    assert site.titles() == ["Bee", "A"]
    site.write(item("b", 2, title="Bee"))
    assert site.sync().published.withdrawn == 1
    assert site.titles() == ["Bee"]


def test_an_item_dated_in_the_future_is_embargoed(site: Site) -> None:
    site.write(item("soon", date_published="2026-01-02T00:00:00Z"), item("a"))
    site.sync()
    assert site.titles() == ["A"]
    assert site.desk.release(START + timedelta(days=1)).new == 1
    assert site.titles() == ["Soon", "A"]


def test_items_keep_their_ids_when_files_become_a_feed(desk: Desk) -> None:
    """A site read from files switches to the feed of its generator."""
    desk.write("a.md", article("A", "2022-02-01 09:30", id=f"{BASE}/a/"))
    desk.sync()
    site = Site(desk)
    site.write(item("a"))
    report = site.sync()
    assert (report.published.new, report.published.withdrawn) == (0, 0)
    assert site.titles() == ["A"]


def test_only_changed_items_are_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_SETTLED", -1000.0)
    site.write(item("a"))
    site.sync()
    assert site.sync().read == 0
    site.write(item("b", 2), item("a"))  # shifts the position of the other
    assert site.sync().read == 1


def test_a_bad_item_is_one_problem_and_others_are_published(site: Site) -> None:
    site.write(item("a"), item("b", 2, date_published="soon"), item("c", 3))
    report = site.sync()
    assert only(report).startswith(f"{FILE}: error: item 2 has a bad date")
    assert site.titles() == ["C", "A"]


def test_an_item_that_became_invalid_is_published_unchanged(site: Site) -> None:
    site.write(item("a"), item("b", 2))
    site.sync()
    site.write(item("a"), item("b", 2, date_published="soon"))
    assert codes(site.sync()) == [(FILE, "bad-source-date")]
    site.write(item("a"), item("b", 2, date_published=None))
    assert "item https://news.example.org/b/ has no date" in only(site.sync())
    assert site.titles() == ["B", "A"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "broken-json"),
        (b"{}", "unknown-source"),
        (document(items={}), "broken-json"),
        (b"", "unknown-source"),
        (b"<!DOCTYPE html><html><body>502</body></html>", "unknown-source"),
        (RSS.encode()[:-30], "broken-xml"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "unsafe-xml"),
    ],
)
def test_an_unreadable_file_withdraws_no_articles(site: Site, content: bytes, code: str) -> None:
    site.write(item("a"), item("b", 2))
    site.sync()
    site.put(content)
    report = site.sync()
    assert codes(report) == [(FILE, code)]
    assert report.published.withdrawn == 0
    assert set(site.titles()) >= {"A", "B"}


def test_a_missing_file_withdraws_no_articles(site: Site) -> None:
    site.write(item("a"))
    site.sync()
    (site.desk.folder / FILE).unlink()
    assert codes(site.sync()) == [(FILE, "unreachable-source")]
    assert site.titles() == ["A"]


def test_an_empty_feed_withdraws_its_articles(site: Site) -> None:
    site.write(item("a"))
    site.sync()
    site.write()
    assert site.sync().published.withdrawn == 1


def test_files_may_be_given_as_a_list_and_by_patterns(desk: Desk) -> None:
    site = Site(desk, path=["public/*/feed.json", "more.json"])
    site.write(item("a"), file="public/en/feed.json")
    site.write(item("b", 2), file="public/fr/feed.json")
    site.write(item("c", 3), file="more.json")
    assert site.sync().problems == ()
    assert site.titles() == ["C", "B", "A"]
    site.put(b"{", "public/fr/feed.json")
    site.write(item("c", 3), item("d", 4), file="more.json")
    assert codes(site.sync()) == [("public/fr/feed.json", "broken-json")]
    assert site.titles() == ["D", "C", "B", "A"]


def test_patterns_that_match_no_file_withdraw_no_articles(desk: Desk) -> None:
    site = Site(desk, path="public/*.json")
    site.write(item("a"))
    site.sync()
    (desk.folder / FILE).unlink()
    assert "no file matches public/*.json; run the build" in only(site.sync())
    assert site.titles() == ["A"]


def test_an_item_in_two_files_is_one_article(desk: Desk) -> None:
    site = Site(desk, path="public/*.json")
    site.write(item("a"), file="public/1.json")
    site.write(item("b", 2), item("a"), file="public/2.json")
    assert site.sync().problems == ()
    assert site.titles() == ["B", "A"]


def test_two_items_with_the_same_id_are_both_published_with_a_warning(site: Site) -> None:
    site.write(item("b", 2, id="urn:x:1"), item("a", 1, id="urn:x:1"))
    message = only(site.sync())
    assert "warning: item 1 has the id 'urn:x:1' of item 2 of public/articles.json, 'A'" in message
    assert "'B' became urn:uuid:" in message
    assert site.titles() == ["B", "A"]
    (second, first) = site.desk.publication.entries(ref("all"))
    assert first.id == "urn:x:1"
    site.write(item("c", 3), item("b", 2, id="urn:x:1"), item("a", 1, id="urn:x:1"))
    site.sync()
    assert [entry.id for entry in site.desk.publication.entries(ref("all"))][1:] == [
        second.id,
        first.id,
    ]


def test_the_most_recently_updated_copy_of_an_article_is_published(site: Site) -> None:
    new = item("a", title="New", date_modified="2022-03-01T00:00:00Z", content_html="<p>New</p>")
    site.write(new, item("a", title="Old"))
    assert only(site.sync()).startswith(f"{FILE}: warning: item 2 is the article of item 1")
    assert site.titles() == ["New"]


def test_links_with_the_same_path_have_different_slugs(site: Site) -> None:
    site.write(item("a"), item("b", url=f"{BASE}/a"), item("c", url=f"{BASE}/?p=7"))
    assert site.sync().problems == ()
    slugs = {row.slug for row in site.desk.articles().values()}
    assert {"a", "p=7"} < slugs
    assert len(slugs) == 3


def test_an_id_that_is_not_an_iri_is_replaced_and_reported(site: Site) -> None:
    site.write(item("a", id="12"))
    assert "the id '12', which is not an IRI" in only(site.sync())
    assert site.titles() == ["A"]


def test_unusable_values_are_omitted_with_a_warning(site: Site) -> None:
    site.write(item("a", language="no language", authors=[{"name": "Ada", "url": "x y:"}]))
    report = site.sync()
    assert {each.code for each in report.problems} == {"unusable-value"}
    assert all("item https://news.example.org/a/ has" in each.message for each in report.problems)
    assert site.titles() == ["A"]


def test_an_item_without_a_title_or_a_link_is_published(site: Site) -> None:
    site.write(item("a", title=None, url=None, id="urn:x:1", content_html="<p>A note.</p>"))
    assert site.sync().problems == ()
    (entry,) = site.desk.publication.entries(ref("all"))
    assert entry.title == "A note."
    assert entry.link.startswith(f"{BASE}/articles/")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name either its files"),
        ({"path": "a", "url": "https://a.example/"}, "name either its files"),
        ({"path": 1}, "path is a text in quotes, not 1"),
        ({"url": "https://a.example/", "every": 1}, "every is a whole number from 10 to 86400"),
        ({"pth": "a"}, "did you mean path"),
    ],
)
def test_invalid_options_are_errors(
    tmp_path: Path, options: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        FeedSource("posts", options, make_site(tmp_path))


def test_the_folder_of_the_site_is_not_watched(tmp_path: Path) -> None:
    """Syncing writes to it."""
    settings = make_site(tmp_path, toml='content = ""')
    source = FeedSource("posts", {"path": "articles.json"}, settings)
    assert (source.watched, source.interval) == ((), 10)
    source = FeedSource("posts", {"path": "public/articles.json"}, settings)
    assert source.watched == (tmp_path / "public",)


class Server:
    """The answers of a web server."""

    def __init__(self, body: bytes) -> None:
        self.status = 200
        self.body = body
        self.asked: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append(request.headers.get("If-None-Match"))
        tag = f'"{hash(self.body)}"'
        if self.status == 200 and self.asked[-1] == tag:
            return 304, {}, b""
        return self.status, {"ETag": tag}, self.body


class Clock:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(documents, "time", clock)
    return clock


def poll(site: Site) -> SyncReport:
    """Sync, wait for the request that it started, and sync again."""
    site.sync()
    remote = site.source._documents
    assert isinstance(remote, documents.Remote)
    if remote._thread:
        remote._thread.join()
    return site.sync()


def test_a_url_is_polled_conditionally(desk: Desk, clock: Clock) -> None:
    answers = Server(document(item("a")))
    with server(answers) as url:
        site = Site(desk, url=url, every=60, private=True)
        assert poll(site).problems == ()
        assert site.titles() == ["A"]
        assert answers.asked == [None]
        clock.now += 60
        assert poll(site).read == 0
        assert len(answers.asked) == 2
        answers.body = document(item("b", 2), item("a"))
        assert poll(site).published.new == 0  # not due yet
        clock.now += 60
        poll(site)
    assert site.titles() == ["B", "A"]


def test_a_failing_url_withdraws_no_articles(desk: Desk, clock: Clock) -> None:
    answers = Server(document(item("a")))
    with server(answers) as url:
        site = Site(desk, url=url, every=60, private=True)
        poll(site)
        answers.status = 500
        clock.now += 60
        assert "returned the status 500 instead of 200; its articles stay" in only(poll(site))
        answers.status, answers.body = 200, document(item("b", 2))
        clock.now += 60
        assert poll(site).problems == ()
    assert site.titles() == ["B"]
    clock.now += 60
    assert codes(poll(site)) == [("posts", "unreachable-source")]
    assert site.titles() == ["B"]


def test_a_url_at_a_private_address_is_refused_by_default(desk: Desk) -> None:
    with server(Server(document(item("a")))) as url:
        site = Site(desk, url=url)
        assert "not a public address" in only(site.sync())
    with pytest.raises(FeedsvcError):
        site.source.listing()


TEXT = st.text(max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
KEYS: tuple[str, ...] = (
    "id",
    "url",
    "title",
    "content_html",
    "summary",
    "date_published",
    "tags",
    "authors",
)
KEYS += ("attachments", "language", "image", "_feedsvc")
ITEM = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUE)) | VALUE


@given(st.lists(ITEM | st.builds(item, TEXT, st.integers(1, 28)), max_size=4))
@settings(max_examples=examples(25))
def test_any_item_is_published_or_reported(
    tmp_path_factory: pytest.TempPathFactory, items: list[object]
) -> None:
    readings = read(tmp_path_factory.mktemp("site"), document(*items))
    for reading in readings:
        found = reading.article
        assert found or reading.problems
        if found:
            for text in (found.title, found.html, found.slug, found.id or "", found.link):
                assert html.xml_safe(text) == text
            assert found.link.startswith(("http://", "https://"))
            assert found.updated >= found.published
    articles = [reading.article for reading in readings if reading.article]
    assert len({each.id for each in articles}) == len({each.slug for each in articles})
    assert len({each.id for each in articles}) == len(articles)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=6), st.randoms())
@settings(max_examples=examples(15))
def test_ids_do_not_depend_on_the_order_of_the_items(
    tmp_path_factory: pytest.TempPathFactory, named: list[tuple[str, int]], random: Any
) -> None:
    items = [item(name, day, id="urn:x:1", title=f"{name}{day}") for name, day in named]
    folder = tmp_path_factory.mktemp("site")
    before = {
        (each.article.title, each.article.id)
        for each in read(folder, document(*items))
        if each.article
    }
    random.shuffle(items)
    after = {
        (each.article.title, each.article.id)
        for each in read(folder, document(*items))
        if each.article
    }
    assert before == after
    assert len(before) == len({name for name, _ in named})
