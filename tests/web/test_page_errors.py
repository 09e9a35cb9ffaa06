"""Errors, redirects and unusual requests of pages."""

import logging

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs
from werkzeug.test import EnvironBuilder, run_wsgi_app

from feedsvc.publication import FeedSummary
from feedsvc.web import create_app
from tests.web.fake import BASE, SETTINGS, FakePublication


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/feeds/all", "/feeds/all/"),
        ("/feeds/tag", "/feeds/tag/"),
        ("/feeds/tag/C++", "/feeds/tag/c%2B%2B/"),
        ("/feeds/tag/C++/", "/feeds/tag/c%2B%2B/"),
        ("/feeds/tag/node.js", "/feeds/tag/node.js/"),
    ],
)
def test_another_spelling_redirects_to_the_page(
    client: FlaskClient, asked: str, canonical: str
) -> None:
    """Conformance 43, 48."""
    response = client.get(asked, headers={"Host": "evil.example"})
    assert (response.status_code, response.location) == (308, BASE + canonical)
    assert client.get(canonical).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/gone", 410),
        ("/articles/future", 404),
        ("/articles/rain/", 404),
        ("/feeds/tag/unknown/", 404),
        ("/feeds/tag/%2F/", 404),
        ("/%ff", 404),
        ("/feeds/tag/%ff/", 404),
        ("/feeds/tag/c%00/", 404),
        ("/articles/rain%0A", 404),
        ("/static/../app.py", 404),
        ("/feeds/all/page/1/", 404),
        ("/feeds/all/page/0/", 404),
        ("/sitemap-2.xml", 404),
        ("/favicon.png", 404),
    ],
)
def test_errors_are_html_pages(client: FlaskClient, path: str, status: int) -> None:
    """Conformance 43, 55."""
    response = client.get(path)
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    assert str(status) in response.text
    assert 'href="/"' in response.text


class Broken(FakePublication):
    def feeds(self) -> list[FeedSummary]:
        raise RuntimeError("the secret of the house")


def test_an_exception_is_logged_but_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "feedsvc.web"):
        response = create_app(Broken()).test_client().get("/")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "Content-Security-Policy" in response.headers
    (record,) = caplog.records
    assert record.name == "feedsvc.web"
    assert record.exc_info
    assert "the secret of the house" in str(record.exc_info[1])


segments = st.sampled_from(
    [
        "",
        "feeds",
        "tag",
        "all",
        "all.rss",
        "articles",
        "files",
        "rain",
        "gone",
        "c++",
        "blog",
        "..",
        ".",
        "static",
        "style.css",
        ".atom",
        "\0",
        "\n",
        "%",
        "\\",
        "é",
        "e\u0301",
        "\ud7ff",
        "😀",
        "?",
    ]
)
paths = st.one_of(
    st.binary().map(lambda raw: b"/" + raw),
    st.lists(st.one_of(segments, st.text()), max_size=5).map(
        lambda parts: "/".join(["", *parts]).encode(errors="surrogatepass")
    ),
)
APP = create_app(FakePublication(structs.replace(SETTINGS, base_url=f"{BASE}/blog")))


@given(paths, st.sampled_from(["GET", "HEAD", "POST"]), st.sampled_from(["h", "", "a b", "é", "["]))
@example(b"", "GET", "h")
@example(b"//", "GET", "h")
@example(b"//evil.example/feeds/all", "GET", "h")
def test_any_path_gets_a_proper_response(path: bytes, method: str, host: str) -> None:
    environ = EnvironBuilder(method=method).get_environ()
    environ.update(PATH_INFO=path.decode("latin-1"), HTTP_HOST=host)
    body, status, headers = run_wsgi_app(APP.wsgi_app, environ, buffered=True)
    assert int(status[:3]) in {200, 308, 404, 405, 410}, status
    assert b"Traceback" not in b"".join(body)
    if location := headers.get("Location"):
        assert location.startswith(f"{BASE}/blog/")
