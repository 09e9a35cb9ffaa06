"""The blueprint in another app: its endpoints, and that the app is not changed."""

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from msgspec import structs

from feedsvc.model import FeedRef, Format, Kind
from feedsvc.web import create_app, create_blueprint
from tests.web.fake import BASE, SETTINGS, SITE, TAG, FakePublication

SETTINGS_BELOW = structs.replace(
    SETTINGS,
    base_url=f"{BASE}/blog",
    moved={"tag/old": "all"},
    retired=("tag/gone",),
    aliases={"/rss.xml": (SITE, Format.RSS)},
)


@pytest.fixture
def app() -> Flask:
    app = Flask("shop")
    app.register_blueprint(create_blueprint(FakePublication(SETTINGS_BELOW)))

    @app.get("/")
    def home() -> str:
        return "The shop"

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("endpoint", "values", "path"),
    [
        ("index", {}, "/blog/"),
        ("opml", {}, "/blog/feeds.opml"),
        ("feed", {"ref": TAG, "format": Format.RSS}, "/blog/feeds/tag/c%2B%2B.rss"),
        (
            "archive",
            {"ref": SITE, "format": Format.JSON, "number": 1},
            "/blog/feeds/all/archive/1.json",
        ),
        (
            "page",
            {"ref": FeedRef(Kind.CATEGORY, "élection")},
            "/blog/feeds/category/%C3%A9lection/",
        ),
        ("kind", {"kind": Kind.TAG}, "/blog/feeds/tag/"),
        ("article", {"slug": "rain"}, "/blog/articles/rain"),
        ("asset", {"name": "icon.svg"}, "/blog/static/icon.svg"),
    ],
)
def test_every_endpoint_has_a_working_url(
    app: Flask, endpoint: str, values: dict[str, object], path: str
) -> None:
    with app.test_request_context():
        assert url_for(f"feedsvc.{endpoint}", **values) == path  # type: ignore[arg-type]
    assert app.test_client().get(path).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "location"),
    [
        ("/blog/feeds/tag/C++.rss", 308, "/blog/feeds/tag/c%2B%2B.rss"),
        ("/blog/feeds/tag", 308, "/blog/feeds/tag/"),
        ("/blog/feeds/tag/old/", 308, "/blog/feeds/all/"),
        ("/blog/rss.xml", 301, "/blog/feeds/all.rss"),
        ("/blog/feeds/tag/gone.rss", 410, None),
        ("/blog/feeds/tag/none.rss", 404, None),
        ("/rss.xml", 404, None),
        ("/feeds/all.rss", 404, None),
        ("/blog/feeds//all.rss", 404, None),
    ],
)
def test_redirects_and_errors_are_those_of_the_site(
    client: FlaskClient, asked: str, status: int, location: str | None
) -> None:
    """Conformance 42, 43, 48."""
    response = client.get(asked, headers={"Host": "evil.example"})
    assert (response.status_code, response.location) == (status, location and BASE + location)


def test_the_app_keeps_its_own_pages_errors_and_templates(app: Flask, client: FlaskClient) -> None:
    assert client.get("/").text == "The shop"
    assert "The Sahel Report" not in client.get("/nothing").text
    assert "OPTIONS" in client.post("/").headers["Allow"]
    assert "headings" not in app.jinja_env.globals
    assert client.post("/blog/feeds/all.rss").status_code == 405


def test_one_app_can_have_two_sites_with_different_links() -> None:
    app = Flask("shop")
    for name, pattern in (("one", "/{slug}"), ("two", "/read/{slug}/")):
        settings = structs.replace(SETTINGS, base_url=f"{BASE}/{name}", article_link=pattern)
        app.register_blueprint(create_blueprint(FakePublication(settings), name))
    client = app.test_client()
    assert client.get("/one/rain").status_code == 200
    assert client.get("/two/read/rain/").status_code == 200
    assert client.get("/two/rain").status_code == 404
    with app.test_request_context():
        assert url_for("two.article", slug="rain") == "/two/read/rain/"


def test_redirects_are_ascii_urls_below_the_base_url() -> None:
    """Conformance 48."""
    app = create_app(FakePublication(structs.replace(SETTINGS, base_url=f"{BASE}/bl%C3%A9g")))
    for asked in ("/feeds/tag/C++", "/bl%C3%A9g/feeds/tag/C++"):
        response = app.test_client().get(asked)
        assert response.location == f"{BASE}/bl%C3%A9g/feeds/tag/c%2B%2B/"
        assert response.text.isascii()
