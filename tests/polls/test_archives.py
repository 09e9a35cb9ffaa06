"""Archives: a reader that follows them back from the feed gets every entry."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import feedparser
import pytest

from feedsvc.model import Format
from tests.polls.wire import holding, poll
from tests.serving import Server, serving
from tests.sites import article, make_site

BASE = "https://news.example.org"
COUNT = 11


def titled(number: int) -> str:
    return article(title=f"Article {number:02}", published=f"2022-01-{number:02} 09:00")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    files = {f"{number:02}.md": titled(number) for number in range(1, COUNT + 1)}
    make_site(folder, files, "[feeds]\nlimit = 3\n")
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site) as running:
        yield running


class Page:
    """A parsed feed document."""

    def __init__(self, server: Server, path: str) -> None:
        self.path = path
        self.reply = poll(server, path)
        assert self.reply.status == 200
        if path.endswith(".json"):
            feed = json.loads(self.reply.body)
            self.ids = [item["id"] for item in feed["items"]]
            self.titles = [item["title"] for item in feed["items"]]
            assert feed["feed_url"] == BASE + path
            self.links = {"prev-archive": feed["next_url"]} if "next_url" in feed else {}
        else:
            parsed = feedparser.parse(self.reply.body)
            assert not parsed.bozo
            self.ids = [entry.id for entry in parsed.entries]
            self.titles = [entry.title for entry in parsed.entries]
            self.links = {link.rel: link.href for link in parsed.feed.links}
            assert self.links["self"] == BASE + path


def walk(server: Server, path: str) -> list[Page]:
    """Read a feed and its archives, newest first."""
    pages = [Page(server, path)]
    while previous := pages[-1].links.get("prev-archive"):
        assert previous.startswith(f"{BASE}/")
        pages.append(Page(server, previous.removeprefix(BASE)))
        assert len(pages) < 20, "the archives form a cycle"
    return pages


@pytest.mark.parametrize("format", list(Format))
def test_the_feed_and_its_archives_have_every_entry(server: Server, format: Format) -> None:
    """Conformance 26, 27."""
    pages = walk(server, f"/feeds/all.{format}")
    titles = {title for page in pages for title in page.titles}
    assert len(pages) > COUNT // 3
    assert {f"Article {number:02}" for number in range(1, COUNT + 1)} <= titles
    archived = [each for page in pages[1:] for each in page.ids]
    assert len(set(archived)) == len(archived)
    assert all(len(page.ids) == 3 for page in pages[1:])


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_archives_link_to_the_next_and_the_previous(server: Server, format: Format) -> None:
    """Conformance 26, 28."""
    subscription, *archives = walk(server, f"/feeds/all.{format}")
    for page in archives:
        assert page.links["current"] == BASE + subscription.path
        assert b"archive/>" in page.reply.body
    for newer, older in pairwise(archives):
        assert older.links["next-archive"] == BASE + newer.path
    assert "next-archive" not in archives[0].links
    assert "prev-archive" not in archives[-1].links
    for page in (subscription, *archives):
        assert b"complete/>" not in page.reply.body
    assert b"archive/>" not in subscription.reply.body


def test_archives_are_polled_like_feeds_and_stay_fresh_longer(server: Server) -> None:
    """Conformance 29, 33, 36, 41."""
    path = "/feeds/all/archive/1.atom"
    reply = poll(server, path)
    again = poll(server, path, holding(reply["etag"]))
    assert (again.status, again["etag"]) == (304, reply["etag"])
    assert poll(server, path, [("If-Modified-Since", reply["last-modified"])]).status == 304
    assert poll(server, path, method="HEAD")["content-length"] == str(len(reply.body))
    assert reply.max_age > poll(server, "/feeds/all.atom").max_age
    assert reply["link"] == f'<{BASE}{path}>; rel="self"'
    assert poll(server, path, [*holding('"x"'), ("A-IM", "feed")]).status == 200


@pytest.mark.parametrize("name", ["0.rss", "4.rss", "01.rss", "99999999999.rss", "1.xml", "-1.rss"])
def test_other_archive_numbers_are_404(server: Server, name: str) -> None:
    """Conformance 27, 32: an unfinished archive does not exist."""
    assert poll(server, f"/feeds/all/archive/{name}", holding("*")).status == 404


def test_another_spelling_redirects_to_the_archive(server: Server) -> None:
    """Conformance 43."""
    reply = poll(server, "/feeds/language/EN/archive/1.rss", holding("*"))
    assert (reply.status, reply["location"]) == (
        308,
        "https://news.example.org/feeds/language/en/archive/1.rss",
    )


def test_a_new_article_does_not_change_archives(server: Server, site: Path) -> None:
    """Conformance 27, 37: except the newest one, which gets a link to its successor."""
    before = walk(server, "/feeds/all.atom")
    for number in (COUNT + 1, COUNT + 2, COUNT + 3):
        (site / "content" / f"{number}.md").write_text(titled(number), encoding="utf-8")
        server.wait_for("/feeds/all.atom", f"Article {number}")
    after = {page.path: page for page in walk(server, "/feeds/all.atom")}
    for age, page in enumerate(before[1:]):
        same = after[page.path]
        assert same.ids == page.ids
        if age > 0:
            assert same.reply.body == page.reply.body
            assert same.reply["etag"] == page.reply["etag"]
            assert same.reply["last-modified"] == page.reply["last-modified"]
            assert poll(server, page.path, holding(page.reply["etag"])).status == 304
    titles = {title for page in after.values() for title in page.titles}
    assert {f"Article {number:02}" for number in range(1, COUNT + 4)} <= titles
