"""Old feed addresses with wildcards, and those of other programs, over HTTP (ADR 38)."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.config.aliases import PROGRAMS
from feedsvc.model import Format
from feedsvc.routes import Routes
from feedsvc.web import create_app
from feedsvc.web.app import create_blueprint
from feedsvc.web.oldfeeds import OldFeeds
from tests.desk import Desk
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

PATTERNS = """
old_feeds = []
[aliases]
"/tags/*/index.xml" = "tag/*.rss"
"/topics/feed-*.xml" = "category/*.atom"
"""


@pytest.fixture
def site(tmp_path: Path, desk: Desk) -> Desk:
    desk.write("a.md", article("A", tags=["Hello World", "C++", "old"], categories=["News"]))
    desk.write("index.md", article("Page", slug="index.xml"))
    desk.sync()
    return desk


def location(desk: Desk, path: str, app: Flask | None = None) -> tuple[int, str]:
    """Return the status and target of a path, by default of a new app."""
    response = (app or create_app(desk.publication)).test_client().get(path)
    base = desk.settings.base_url
    return response.status_code, response.headers.get("Location", "").removeprefix(base)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/tags/old/index.xml", "/feeds/tag/old.rss"),
        ("/tags/Old/index.xml", "/feeds/tag/old.rss"),
        ("/tags/old/index.xml/", "/feeds/tag/old.rss"),
        ("/tags/hello-world/index.xml", "/feeds/tag/hello-world.rss"),
        ("/tags/c/index.xml", "/feeds/tag/c%2B%2B.rss"),
        ("/tags/c++/index.xml", "/feeds/tag/c%2B%2B.rss"),
        ("/topics/feed-news.xml", "/feeds/category/news.atom"),
    ],
)
def test_a_wildcard_matches_terms_as_other_programs_write_them(
    site: Desk, path: str, target: str
) -> None:
    site.configure(PATTERNS)
    assert location(site, path) == (301, target)


@pytest.mark.parametrize(
    "path", ["/tags/nothing/index.xml", "/tags//index.xml", "/tags/a/b/index.xml", "/index.xml"]
)
def test_other_paths_are_not_found(site: Desk, path: str) -> None:
    site.configure(PATTERNS)
    assert location(site, path) == (404, "")


def test_a_moved_feed_is_followed_and_a_retired_one_is_not_found(site: Desk) -> None:
    """Conformance 43: one redirect, to the final target."""
    moved = '[moved]\n"tag/old" = "tag/c++"'
    site.configure(f'retired = ["tag/hello-world"]\n{PATTERNS}{moved}')
    site.sync()
    assert location(site, "/tags/old/index.xml") == (301, "/feeds/tag/c%2B%2B.rss")
    assert location(site, "/tags/hello-world/index.xml") == (404, "")


USUAL = {
    "hugo": {
        "/index.xml": "/feeds/all.rss",
        "/posts/index.xml": "/feeds/all.rss",
        "/tags/hello-world/index.xml": "/feeds/tag/hello-world.rss",
        "/categories/news/index.xml": "/feeds/category/news.rss",
    },
    "jekyll": {
        "/feed.xml": "/feeds/all.atom",
        "/feed/by_tag/old.xml": "/feeds/tag/old.atom",
    },
    "pelican": {
        "/feeds/all.atom.xml": "/feeds/all.atom",
        "/feeds/news.atom.xml": "/feeds/category/news.atom",
        "/feeds/all-en.atom.xml": "/feeds/language/en.atom",
    },
    "eleventy": {"/feed/feed.xml": "/feeds/all.atom", "/feed.json": "/feeds/all.json"},
    "wordpress": {
        "/feed/": "/feeds/all.rss",
        "/feed": "/feeds/all.rss",
        "/category/news/feed/": "/feeds/category/news.rss",
    },
    "ghost": {"/rss/": "/feeds/all.rss"},
}


def test_the_usual_addresses_of_a_program_redirect(site: Desk) -> None:
    unconfigured = create_app(site.publication)
    for program, targets in USUAL.items():
        site.configure(f'old_feeds = ["{program}"]')
        app = create_app(site.publication)
        for path, target in targets.items():
            assert location(site, path, unconfigured)[0] == 404, path
            assert location(site, path, app) == (301, target)
        assert location(site, "/comments/feed/", app) == (404, "")


def test_the_addresses_of_a_generator_redirect_unless_disabled(site: Desk) -> None:
    site.configure('generator = "jekyll"')
    assert location(site, "/feed.xml") == (301, "/feeds/all.atom")
    site.configure('generator = "jekyll"\nold_feeds = []')
    assert location(site, "/feed.xml") == (404, "")


def test_an_article_takes_precedence(site: Desk) -> None:
    site.configure('article_link = "/{slug}"\nold_feeds = ["hugo"]')
    assert location(site, "/index.xml") == (200, "")
    site.remove("index.md")
    site.sync()
    assert location(site, "/index.xml") == (410, "")


def test_an_app_around_the_blueprint_takes_precedence(site: Desk) -> None:
    site.configure('old_feeds = ["jekyll", "hugo"]')
    app = Flask("host")
    app.register_blueprint(create_blueprint(site.publication))
    app.add_url_rule("/feed.xml", "host", lambda: "of the app")
    client = app.test_client()
    assert client.get("/feed.xml").text == "of the app"
    assert client.get("/index.xml").status_code == 301


def test_a_build_has_a_redirect_for_each_old_address_of_a_feed(site: Desk) -> None:
    site.configure('old_feeds = ["hugo"]')
    paths = set(OldFeeds(site.publication, Routes(site.settings)).paths())
    assert paths == {
        "/index.xml",
        "/posts/index.xml",
        "/post/index.xml",
        "/blog/index.xml",
        "/tags/old/index.xml",
        "/tags/hello-world/index.xml",
        "/tags/c%2B%2B/index.xml",
        "/tags/c/index.xml",
        "/categories/news/index.xml",
    }
    for path in paths:
        assert location(site, path)[0] == 301


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.text(max_size=30), program=st.sampled_from(PROGRAMS))
def test_any_path_names_possible_feeds(path: str, program: str, site: Desk) -> None:
    table = Routes(site.configure(f'old_feeds = ["{program}"]'))
    for asked in (path, f"/tags/{path}/index.xml", f"/feeds/{path}.atom.xml"):
        for ref, format in table.old_feeds(unquote(asked)):
            assert format in set(Format)
            assert ref.term == "" or ref.term.strip(".")
