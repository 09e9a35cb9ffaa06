"""The purge keys of responses."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from msgspec import structs

from feedsvc.config.purge import PurgeSettings
from feedsvc.errors import CatalogError
from feedsvc.http.caching import DIALECTS
from feedsvc.model import FeedRef, Format
from feedsvc.web import create_app
from feedsvc.web.app import create_blueprint
from feedsvc.web.preview import create_preview
from tests.web.fake import SETTINGS, SITE, FakePublication
from tests.web.front import Front

CACHED = structs.replace(
    SETTINGS,
    purge=PurgeSettings(cache="varnish"),
    moved={"tag/cpp": "tag/c++"},
    retired=("tag/old",),
    aliases={"/feed/": (SITE, Format.RSS), "/tag/cpp/": (FeedRef.of("tag/c++"), Format.ATOM)},
)
YEAR = "max-age=31536000, stale-if-error=86400"
LAST = "/articles/rain"
PATHS = [
    *[(f"/feeds/all.{format}", 200, "site feed/all") for format in Format],
    ("/feeds/tag/c%2B%2B.json", 200, "site feed/tag/c%2B%2B"),
    ("/feeds/category/%C3%A9lection.rss", 200, "site feed/category/%C3%A9lection"),
    *[(f"/feeds/all/archive/1.{format}", 200, "site archive/all/1") for format in Format],
    *[
        (path, status, "site pages")
        for path, status in [
            ("/feeds.opml", 200),
            ("/sitemap.xml", 200),
            ("/", 200),
            ("/feeds/tag/", 200),
            ("/feeds/all/", 200),
            (LAST, 200),
            ("/feed/", 301),
            ("/tag/cpp/", 301),
            ("/feeds/tag/cpp.rss", 308),
            ("/feeds/tag/C%2B%2B.rss", 308),
            ("/feeds/tag/old.rss", 410),
            ("/articles/gone", 410),
            ("/articles/never", 404),
            ("/feeds/tag/never.rss", 404),
            ("/favicon.ico", 200),
        ]
    ],
]
UNTAGGED = ["/static/style.css", "/files/none", "/healthz", "/metrics"]


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Front:
    monkeypatch.setattr(FakePublication, "lag", 100.0)  # whatever a slow machine needs
    return Front(FakePublication(CACHED))


@pytest.mark.parametrize(("path", "status", "keys"), PATHS)
def test_responses_have_the_keys_of_the_revisions_that_change_them(
    front: Front, path: str, status: int, keys: str
) -> None:
    """Scale 2, 4: all formats, lists, aliases and errors; for HEAD and 304 alike."""
    reply = front.ask(path)
    assert (reply.status, reply.headers["xkey"]) == (status, keys)
    head = front.ask(path, method="HEAD")
    assert (head.status, head.headers) == (status, reply.headers)
    if tag := reply.headers.get("ETag"):
        unchanged = front.ask(path, if_none_match=tag)
        assert unchanged.status == 304
        for name in ("xkey", "Cache-Control", "CDN-Cache-Control", "Surrogate-Control", "Vary"):
            assert unchanged.headers[name] == reply.headers[name]


@pytest.mark.parametrize("path", [path for path, status, _ in PATHS if status == 200][:-1])
def test_a_purged_cache_keeps_documents_and_pages_for_a_year(front: Front, path: str) -> None:
    """Scale 1: but not beyond the next release or expiry."""
    headers = front.ask(path).headers
    assert headers["CDN-Cache-Control"] == headers["Surrogate-Control"] == YEAR
    assert headers["Cache-Control"].startswith("public, max-age=")
    front.publication.due = datetime.now(UTC) + timedelta(seconds=30)
    front.look()
    soon = front.ask(path).headers
    for name in ("Cache-Control", "CDN-Cache-Control", "Surrogate-Control"):
        assert 0 < int(soon[name].partition("max-age=")[2].partition(",")[0]) <= 30


@pytest.mark.parametrize("path", UNTAGGED)
def test_responses_that_no_revision_changes_have_no_key(front: Front, path: str) -> None:
    headers = front.ask(path).headers
    if path != "/files/none":
        assert "xkey" not in headers
    assert "CDN-Cache-Control" not in headers


def test_uncacheable_errors_have_no_key(front: Front) -> None:
    assert "xkey" not in front.ask("/feeds/all.rss", method="DELETE").headers
    front.publication.lost = True
    assert "xkey" not in front.ask("/").headers


def test_responses_have_no_keys_without_a_purged_cache() -> None:
    names = {"CDN-Cache-Control", "Surrogate-Control", *(field for field, _ in DIALECTS.values())}
    front = Front()
    for path in ("/feeds/all.rss", "/", "/articles/gone", "/feeds.opml"):
        assert not names & {*front.ask(path).headers}


def test_a_preview_has_no_keys_and_no_long_max_age() -> None:
    """Scale 1: as with all private responses."""
    preview = FakePublication(structs.replace(CACHED, preview=True))
    client = Flask("test").test_client()
    client.application.wsgi_app = create_preview(preview)  # type: ignore[arg-type,assignment,method-assign]
    for path in ("/feeds/all.rss", "/", LAST):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert not {"xkey", "CDN-Cache-Control", "Surrogate-Control"} & {*headers.keys()}


def test_only_responses_of_the_blueprint_have_keys_in_another_app() -> None:
    app = Flask("other")
    app.add_url_rule("/own", view_func=lambda: "own")
    app.register_blueprint(create_blueprint(FakePublication(CACHED)))
    client = app.test_client()
    assert "xkey" not in client.get("/own").headers
    assert client.get("/feed/").headers.getlist("xkey") == ["site pages"]
    assert client.get("/articles/gone").headers.getlist("xkey") == ["site pages"]
    assert client.get("/feeds/all.rss").headers.getlist("xkey") == ["site feed/all"]


def test_the_app_without_the_edge_adds_one_field_per_response() -> None:
    client = create_app(FakePublication(CACHED)).test_client()
    for path, _, keys in PATHS:
        assert client.get(path).headers.getlist("xkey") == [keys], path


def test_a_process_that_lags_behind_does_not_allow_long_caching(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 3: a later revision may have been purged already, and will not be again."""
    first = front.ask("/feeds/all.rss").headers
    front.publication.lost = True
    front.look()
    later = time.monotonic() + front.publication.lag
    monkeypatch.setattr(time, "monotonic", lambda: later)
    stale = front.ask("/feeds/all.rss").headers
    assert stale["CDN-Cache-Control"] == "max-age=900, stale-if-error=86400"
    assert stale["Cache-Control"] == first["Cache-Control"]
    front.publication.lost = False
    front.look()
    assert front.ask("/feeds/all.rss").headers == first


def test_responses_that_may_predate_a_purge_are_not_cached_for_long(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 3: an old feed is sent after its purge if the new one cannot be rendered."""
    path = "/feeds/all.rss"
    kept = front.ask(path)
    assert kept.headers["Surrogate-Control"] == YEAR

    def fail(*_: object) -> None:
        raise CatalogError("the catalog cannot be used")

    with monkeypatch.context() as patched:
        patched.setattr(FakePublication, "document", fail)
        front.publication.publish()
        front.look()
        old = front.ask(path)
    assert (old.status, old.body) == (200, kept.body)
    assert old.headers["Surrogate-Control"] == "max-age=900, stale-if-error=86400"
    new = front.ask(path)
    assert new.body != kept.body
    assert new.headers["Surrogate-Control"] == YEAR
