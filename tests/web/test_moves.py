"""Moved and retired feeds, and aliases, over HTTP."""

import pytest
from flask.testing import FlaskClient
from lxml import html
from msgspec import structs

from feedsvc.config.feeds import FeedSettings
from feedsvc.model import FeedRef, Format, Kind
from feedsvc.podcast import Show
from feedsvc.web import create_app
from tests.web.fake import BASE, SENT_DATE, SETTINGS, SITE, FakePublication
from tests.web.front import Front

MOVED = structs.replace(
    SETTINGS,
    moved={"tag/old": "all", "author/c++": "category/élection", "news": "security"},
    retired=("tag/gone", "tag/c++", "weekly"),
    aliases={
        "/feed/": (SITE, Format.RSS),
        "/rss.xml": (SITE, Format.RSS),
        "/old.rss": (SITE, Format.ATOM),
        "/feeds/posts/default": (FeedRef(Kind.NAMED, "security"), Format.JSON),
        "/café": (FeedRef(Kind.CATEGORY, "élection"), Format.RSS),
    },
)
ELECTION = "/feeds/category/%C3%A9lection"

MOVES = [
    ("/feeds/tag/old.rss", "/feeds/all.rss"),
    ("/feeds/tag/OLD.json", "/feeds/all.json"),
    ("/feeds/tag/old/", "/feeds/all/"),
    ("/feeds/tag/old", "/feeds/all/"),
    ("/feeds/tag/old/archive/1.atom", "/feeds/all/archive/1.atom"),
    ("/feeds/tag/old/archive/2.atom", "/feeds/all.atom"),
    ("/feeds/tag/old/archive/999999999.json", "/feeds/all.json"),
    ("/feeds/author/c%2B%2B.atom", f"{ELECTION}.atom"),
    ("/feeds/author/C++/", f"{ELECTION}/"),
    ("/feeds/author/c++/archive/1.rss", f"{ELECTION}.rss"),
    ("/feeds/news.atom", "/feeds/security.atom"),
    ("/feeds/news/", "/feeds/security/"),
]
ALIASES = [
    ("/feed/", "/feeds/all.rss"),
    ("/rss.xml", "/feeds/all.rss"),
    ("/old.rss", "/feeds/all.atom"),
    ("/feeds/posts/default", "/feeds/security.json"),
    ("/caf%C3%A9", f"{ELECTION}.rss"),
]
LED = [*((old, new, 308) for old, new in MOVES), *((old, new, 301) for old, new in ALIASES)]
GONE = [
    "/feeds/tag/gone.rss",
    "/feeds/tag/Gone.atom",
    "/feeds/tag/gone/archive/1.atom",
    "/feeds/tag/gone/",
    "/feeds/tag/gone",
    "/feeds/tag/c%2B%2B.rss",
    "/feeds/weekly.json",
    "/feeds/weekly/",
]
CACHING = "public, max-age=3600, stale-while-revalidate=60, stale-if-error=86400"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(FakePublication(MOVED)).test_client()


@pytest.fixture
def front() -> Front:
    return Front(FakePublication(MOVED))


@pytest.mark.parametrize(("old", "new", "status"), LED)
@pytest.mark.parametrize("query", ["", "?utm_source=x&page=2"])
def test_moved_feeds_and_aliases_redirect_to_their_target(
    client: FlaskClient, old: str, new: str, status: int, query: str
) -> None:
    """Conformance 42, 43, 48."""
    response = client.get(old + query, headers={"Host": "evil.example"})
    assert (response.status_code, response.location) == (status, BASE + new)
    assert client.get(new).status_code == 200
    assert "evil" not in response.text


@pytest.mark.parametrize("path", GONE)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_retired_feeds_are_410_whatever_the_conditions(
    front: Front, path: str, method: str
) -> None:
    """Conformance 32, 43: even with a former tag of the feed."""
    tag = Front().ask("/feeds/tag/c%2B%2B.rss").headers["ETag"]
    for held in (tag, "*"):
        reply = front.ask(path, method=method, if_none_match=held, if_modified_since=SENT_DATE)
        assert reply.status == 410
        assert "ETag" not in reply.headers
    assert b"has been withdrawn" in front.ask(path).body


@pytest.mark.parametrize("path", [GONE[0], GONE[3], MOVES[0][0], MOVES[2][0], "/rss.xml"])
def test_redirects_and_410_can_be_cached_and_allow_cross_origin_requests(
    client: FlaskClient, path: str
) -> None:
    """Conformance 41, 46: but not forever, as the settings may change."""
    headers = client.get(path).headers
    assert headers["Cache-Control"] == CACHING
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [old for old, _, _ in LED] + GONE)
def test_head_is_get_without_the_body(front: Front, path: str) -> None:
    """Conformance 36: through the edge, too."""
    head, get = front.ask(path, method="HEAD"), front.ask(path)
    assert (head.status, head.headers) == (get.status, get.headers)
    assert (head.body, bool(get.body)) == (b"", True)


@pytest.mark.parametrize("path", ["/feed/", "/rss.xml", "/old.rss", MOVES[0][0], GONE[0], GONE[3]])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_are_405(front: Front, path: str, method: str) -> None:
    """Conformance 36."""
    reply = front.ask(path, method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", [old for old, _, _ in LED] + GONE)
def test_redirects_and_410_are_not_cached_by_the_edge(front: Front, path: str) -> None:
    front.ask(path)
    front.publication.publish()
    front.look()
    assert list(front.edge._cache.keys()) == []
    assert front.ask(path).status in {301, 308, 410}


@pytest.mark.parametrize("path", ["/feed", "/rss.xml/", "/RSS.xml", "/feeds/posts/default/"])
def test_aliases_match_only_their_exact_path(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_alias_wins_over_an_article() -> None:
    settings = structs.replace(MOVED, article_link="/{slug}", aliases={"/rain": (SITE, Format.RSS)})
    response = create_app(FakePublication(settings)).test_client().get("/rain")
    assert (response.status_code, response.location) == (301, f"{BASE}/feeds/all.rss")


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/blog/feeds/tag/old.rss", "/blog/feeds/all.rss"),
        ("/feeds/tag/old/archive/1.rss", "/blog/feeds/all/archive/1.rss"),
        ("/blog/rss.xml", "/blog/feeds/all.rss"),
        ("/rss.xml", "/blog/feeds/all.rss"),
    ],
)
def test_a_site_below_a_path_redirects_to_urls_below_it(asked: str, location: str) -> None:
    """Conformance 48: a proxy may or may not have removed the path."""
    settings = structs.replace(MOVED, base_url=f"{BASE}/blog")
    response = create_app(FakePublication(settings)).test_client().get(asked)
    assert response.location == BASE + location


def test_terms_on_a_feed_page_link_to_moved_feeds_but_not_to_retired_ones() -> None:
    """The label of the term does not change."""

    def term(**changes: object) -> tuple[str, list[str | None]]:
        settings = structs.replace(SETTINGS, **changes)
        page = create_app(FakePublication(settings)).test_client().get("/feeds/all/").text
        item = html.fromstring(page).findall(".//ol/li/ul/li")[0]
        text = "".join(map(str, item.itertext())).strip()
        return text, [link.get("href") for link in item.findall("a")]

    assert term() == ("C++", ["/feeds/tag/c%2B%2B/"])
    assert term(moved={"tag/c++": "security"}) == ("C++", ["/feeds/security/"])
    assert term(retired=("tag/c++",)) == ("C++", [])


def test_a_podcast_with_a_new_feed_url_redirects_to_it() -> None:
    """All documents redirect, but pages do not."""
    away = "https://host.example/feed.rss"
    show = Show(new_feed_url=away, redirect=True)
    settings = structs.replace(SETTINGS, feeds={"all": FeedSettings(podcast=show)})
    client = create_app(FakePublication(settings)).test_client()
    for path in ("/feeds/all.rss", "/feeds/all.atom", "/feeds/all/archive/1.rss"):
        response = client.get(path)
        assert (response.status_code, response.location) == (308, away)
    assert client.get("/feeds/all/").status_code == 200
