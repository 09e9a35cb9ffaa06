"""Feeds and files over HTTP: their URLs and header fields."""

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree
from msgspec import structs
from werkzeug.test import TestResponse

from feedsvc.web import create_app
from tests.web.fake import BASE, LABELS, SENT_DATE, SETTINGS, FakePublication


@pytest.fixture
def client() -> FlaskClient:
    return create_app(FakePublication()).test_client()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.json", "application/feed+json"),
        ("/feeds/security.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/tag/c%2B%2B.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/tag/node.js.json", "application/feed+json"),
        ("/feeds/category/%C3%A9lection.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/tag/%3Cb%3E&.rss", "application/rss+xml; charset=utf-8"),
    ],
)
def test_feeds_are_served_with_their_media_type(
    client: FlaskClient, path: str, media_type: str
) -> None:
    """Conformance 47."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == media_type
    assert response.content_length == len(response.data) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/all.xml",
        "/feeds/all.RSS",
        "/feeds/tag.rss",
        "/feeds/unknown.rss",
        "/feeds/security/a.rss",
        "/feeds/tag/.rss",
        "/feeds/tag/unknown.rss",
        "/feeds/tag/a/b.rss",
        "/feeds/All.rss",
        "/feeds/",
        "/feeds/all.rss/",
        "//feeds/all.rss",
    ],
)
def test_other_feed_paths_are_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/feeds/tag/C%2B%2B.rss", "/feeds/tag/c%2B%2B.rss"),
        ("/feeds/tag/C++.rss", "/feeds/tag/c%2B%2B.rss"),
        ("/feeds/Security.rss", "/feeds/security.rss"),
        ("/feeds/category/E%CC%81lection.json", "/feeds/category/%C3%A9lection.json"),
        ("/feeds/author/A%C3%AFcha%20Diallo.atom", "/feeds/author/a%C3%AFcha-diallo.atom"),
    ],
)
def test_another_spelling_of_a_term_redirects_to_its_feed(
    client: FlaskClient, asked: str, canonical: str
) -> None:
    """Conformance 43."""
    response = client.get(asked, headers={"Host": "evil.example"})
    assert (response.status_code, response.location) == (308, BASE + canonical)
    assert client.get(canonical).status_code == 200


def test_a_feed_has_a_self_link_at_the_base_url(client: FlaskClient) -> None:
    """Conformance 5, 45, 48."""
    response = client.get("/feeds/tag/c++.rss", headers={"Host": "evil.example"})
    assert response.headers["Link"] == f'<{BASE}/feeds/tag/c%2B%2B.rss>; rel="self"'
    assert "evil" not in str(response.headers)


def test_feeds_allow_cross_origin_requests(client: FlaskClient) -> None:
    """Conformance 46."""
    headers = client.get("/feeds/all.json").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Expose-Headers"] == "ETag, Last-Modified, Link, IM"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_max_age_follows_the_settings_of_a_feed(client: FlaskClient) -> None:
    """Conformance 41."""
    assert "max-age=900," in client.get("/feeds/all.rss").headers["Cache-Control"]
    assert "max-age=60," in client.get("/feeds/tag/c%2B%2B.rss").headers["Cache-Control"]


def headers_of(response: TestResponse) -> dict[str, str]:
    return dict(response.headers.items())


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    """Conformance 36."""
    head, get = client.head("/feeds/all.rss"), client.get("/feeds/all.rss")
    assert head.status_code == get.status_code == 200
    assert headers_of(head) == headers_of(get)
    assert (head.data, bool(get.data)) == (b"", True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/feeds/all.rss", "/", "/feeds.opml", "/nothing"])
def test_other_methods_are_405(client: FlaskClient, method: str, path: str) -> None:
    """Conformance 36."""
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_query_strings_are_ignored(client: FlaskClient) -> None:
    """Conformance 42."""
    plain, queried = client.get("/feeds/all.rss"), client.get("/feeds/all.rss?utm_source=x&page=2")
    assert headers_of(queried) == headers_of(plain)
    assert queried.data == plain.data


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_poll_with_the_current_tag_gets_304(client: FlaskClient, method: str) -> None:
    """Conformance 29, 33."""
    known = client.get("/feeds/all.rss").headers
    response = client.open(
        "/feeds/all.rss", method=method, headers={"If-None-Match": f'"old", W/{known["ETag"]}'}
    )
    assert (response.status_code, response.data) == (304, b"")
    kept = ("ETag", "Last-Modified", "Cache-Control", "Link", "Access-Control-Allow-Origin")
    assert {name: response.headers[name] for name in kept} == {name: known[name] for name in kept}
    assert "Content-Type" not in response.headers
    assert "Content-Length" not in response.headers


def test_a_poll_with_the_current_date_gets_304(client: FlaskClient) -> None:
    response = client.get("/feeds/all.rss", headers={"If-Modified-Since": SENT_DATE})
    assert response.status_code == 304
    assert response.headers["Last-Modified"] == SENT_DATE


@pytest.mark.parametrize(
    "fields",
    [
        {"If-None-Match": '"old"'},
        {"If-None-Match": '"old"', "If-Modified-Since": SENT_DATE},
        {"If-Modified-Since": "Thu, 20 Nov 2025 17:30:00 +0200"},
        {"If-Modified-Since": f"{SENT_DATE}, {SENT_DATE}"},
    ],
)
def test_any_other_poll_gets_the_feed(client: FlaskClient, fields: dict[str, str]) -> None:
    """Conformance 29, 30, 31."""
    assert client.get("/feeds/all.rss", headers=fields).status_code == 200


@pytest.mark.parametrize("path", ["/articles/gone", "/feeds/tag/unknown.rss"])
def test_conditions_do_not_change_errors(client: FlaskClient, path: str) -> None:
    """Conformance 32."""
    fields = {"If-None-Match": "*", "If-Modified-Since": SENT_DATE}
    assert client.get(path, headers=fields).status_code == client.get(path).status_code >= 404


def test_the_opml_list_has_every_feed_once(client: FlaskClient) -> None:
    """Conformance 48."""
    response = client.get("/feeds.opml", headers={"Host": "evil.example"})
    assert response.content_type == "text/x-opml; charset=utf-8"
    body = etree.fromstring(response.data).find("body")
    assert body is not None
    outlines = body.findall(".//outline[@xmlUrl]")
    assert len(outlines) == len(LABELS)
    top = [each.get("xmlUrl") for each in body.findall("outline[@xmlUrl]")]
    assert top == [f"{BASE}/feeds/all.rss", f"{BASE}/feeds/security.rss"]
    kinds = [each.get("text") for each in body.findall("outline") if len(each)]
    assert kinds == ["Categories", "Tags", "Authors", "Languages"]
    for outline in outlines:
        for name in ("xmlUrl", "htmlUrl"):
            url = outline.get(name)
            assert url is not None
            assert url.startswith(f"{BASE}/feeds/")
            assert client.get(url.removeprefix(BASE)).status_code == 200


def test_the_opml_list_responds_to_conditional_requests(client: FlaskClient) -> None:
    tag = client.get("/feeds.opml").headers["ETag"]
    assert client.get("/feeds.opml", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("asked", ["/blog/feeds/tag/C++.rss", "/feeds/tag/C++.rss"])
def test_a_site_below_a_path_responds_with_and_without_the_path(asked: str) -> None:
    """Conformance 48: a proxy may or may not have removed the path."""
    settings = structs.replace(SETTINGS, base_url=f"{BASE}/blog")
    client = create_app(FakePublication(settings)).test_client()
    assert client.get(asked).location == f"{BASE}/blog/feeds/tag/c%2B%2B.rss"
    link = client.get(asked.replace("C", "c")).headers["Link"]
    assert link == f'<{BASE}/blog/feeds/tag/c%2B%2B.rss>; rel="self"'


@pytest.fixture
def files(tmp_path: Path) -> FlaskClient:
    names = ["a b.mp3", "page.html", "draw.svg", "x.tar.gz", "é.webp", "LICENSE"]
    for name in names:
        (tmp_path / name).write_bytes(b"0123456789")
    paths = [(f"pictures/{name}", tmp_path / name) for name in names]
    vanished = ("vanished.png", tmp_path / "vanished.png")
    return create_app(FakePublication(files=[*paths, vanished])).test_client()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("a%20b.mp3", "audio/mpeg"),
        ("page.html", "text/html; charset=utf-8"),
        ("draw.svg", "image/svg+xml; charset=utf-8"),
        ("x.tar.gz", "application/octet-stream"),
        ("%C3%A9.webp", "image/webp"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_files_have_a_media_type_and_cannot_run_scripts(
    files: FlaskClient, path: str, media_type: str
) -> None:
    """Conformance 46."""
    with files.get(f"/files/pictures/{path}") as response:
        assert (response.status_code, response.data) == (200, b"0123456789")
        assert response.content_type == media_type
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox"} <= set(policy)
        assert not [rule for rule in policy if "script" in rule or "allow" in rule]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Encoding" not in response.headers


def test_a_range_of_a_file_is_sent(files: FlaskClient) -> None:
    """Podcasts 9."""
    path = "/files/pictures/a%20b.mp3"
    with files.get(path, headers={"Range": "bytes=2-4"}) as part:
        assert (part.status_code, part.data) == (206, b"234")
        assert part.headers["Content-Range"] == "bytes 2-4/10"
        assert part.headers["Content-Length"] == "3"
    with files.get(path, headers={"Range": "bytes=-3"}) as end:
        assert (end.status_code, end.data) == (206, b"789")
    for unsatisfiable in ("bytes=20-", "bytes=10-10", "bytes=-0"):
        with files.get(path, headers={"Range": unsatisfiable}) as beyond:
            assert beyond.status_code == 416, unsatisfiable
            assert beyond.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=0-1,4-5", "bytes=0-0, -1", "lines=1-2", "bytes=x", "bytes=-", "bytes=5-2", ""),
        *("bytes=-10", "bytes=-131072"),
    ],
)
def test_unsupported_and_invalid_ranges_get_the_whole_file(files: FlaskClient, asked: str) -> None:
    """Podcasts 9. Players request the last 128 KB to find tags, even of smaller files."""
    with files.get("/files/pictures/a%20b.mp3", headers={"Range": asked}) as whole:
        assert (whole.status_code, whole.data) == (200, b"0123456789")


def test_head_has_the_header_fields_of_a_download(files: FlaskClient) -> None:
    """Podcasts 9. Ranges apply only to GET."""
    for headers in ({}, {"Range": "bytes=2-4"}):
        with files.head("/files/pictures/a%20b.mp3", headers=headers) as response:
            assert (response.status_code, response.data) == (200, b"")
            assert response.headers["Content-Length"] == "10"
            assert response.headers["Content-Type"] == "audio/mpeg"
            assert response.headers["Accept-Ranges"] == "bytes"
            assert "no-transform" in response.headers["Cache-Control"]


def test_if_range_must_match_the_current_file(files: FlaskClient) -> None:
    """Podcasts 9. With the tag or the date of another file, the whole file is sent."""
    path = "/files/pictures/a%20b.mp3"
    with files.get(path) as whole:
        tag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    assert not tag.startswith("W/")
    for condition, status in [
        (tag, 206),
        (modified, 206),
        ('"other"', 200),
        (f"W/{tag}", 200),
        ("Thu, 17 Feb 2022 09:30:00 GMT", 200),
        ("Tue, 17 Feb 2099 09:30:00 GMT", 200),  # only the same date matches (RFC 9110 13.1.5)
    ]:
        headers = {"Range": "bytes=2-4", "If-Range": condition}
        with files.get(path, headers=headers) as part:
            assert part.status_code == status, condition
    with files.get(path, headers={"If-None-Match": tag, "Range": "bytes=2-4"}) as known:
        assert known.status_code == 304


def test_copies_with_the_same_times_have_the_same_tag(tmp_path: Path) -> None:
    """On several machines, or after a move."""
    tags = set()
    for folder in ("a", "b"):
        file = tmp_path / folder / "x.mp3"
        file.parent.mkdir()
        file.write_bytes(b"0123456789")
        os.utime(file, ns=(10**18, 10**18 + 1))
        client = create_app(FakePublication(files=[("x.mp3", file)])).test_client()
        with client.get("/files/x.mp3") as response:
            tags.add(response.headers["ETag"])
    assert len(tags) == 1


def test_derived_files_allow_cross_origin_requests() -> None:
    """Podcasts 8: chapters and WebVTT are read by scripts of other sites."""
    made = {"a.md.chapters.json": (b"{}", "application/json+chapters")}
    client = create_app(FakePublication(derived=made)).test_client()
    response = client.get("/files/a.md.chapters.json")
    assert (response.status_code, response.data) == (200, b"{}")
    assert response.content_type == "application/json+chapters"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    known = {"If-None-Match": response.headers["ETag"]}
    again = client.get("/files/a.md.chapters.json", headers=known)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files/other.png",
        "/files/vanished.png",
        "/files/pictures/../feedsvc.toml",
        "/files/pictures/%2e%2e/feedsvc.toml",
        "/files//etc/passwd",
        "/files/pictures/a%20b.mp3%00.png",
        "/files/article.md",
    ],
)
def test_other_file_paths_are_404(files: FlaskClient, path: str) -> None:
    assert files.get(path).status_code == 404
