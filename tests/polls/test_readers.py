"""Real readers subscribe, poll three times, and get exactly what is new."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feedsvc.model import Format
from tests.polls.wire import counted, poll, settle, statuses
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

START = {
    f"{number}.md": article(title=f"Article {number}", body=f"Text {number}. " * 50)
    for number in range(5)
}
TITLES = {f"Article {number}" for number in range(5)}
FORMATS = [Format.RSS, Format.ATOM]


@dataclass
class Site:
    """A served site. `answers` counts the statuses of polls of its feed since its last call."""

    folder: Path
    server: Server
    _seen: dict[int, int] = field(default_factory=dict)

    def answers(self) -> dict[int, int]:
        now = statuses(self.server)
        new = {status: times - self._seen.get(status, 0) for status, times in now.items()}
        self._seen = now
        return {status: times for status, times in new.items() if times}

    def publish(self, title: str) -> None:
        """Publish an article and wait until it is in all formats, without counting these polls."""
        path = self.folder / "content" / f"{title}.md"
        path.write_text(article(title=title, body="News. " * 50), encoding="utf-8")
        for format in Format:
            self.server.wait_for(f"/feeds/all.{format}", title)
        # A client that uses libcurl drops responses that are not newer than the date it sent.
        settle(self.server, "/feeds/all.rss")
        self.answers()

    def url(self, format: Format) -> str:
        return f"{self.server.url}/feeds/all.{format}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, START)
    with serving(folder) as server:
        yield Site(folder, server)


@pytest.fixture
def site(running: Site) -> Site:
    """The site, without counts of other tests."""
    settle(running.server, "/feeds/all.rss")
    running.answers()
    return running


class Feedparser:
    """A reader built on feedparser, which keeps the validators of each response, including 304."""

    def __init__(self, url: str, keeps: tuple[str, ...]) -> None:
        self._url = url
        self._keeps = keeps
        self._kept: dict[str, Any] = {}

    def poll(self) -> Any:
        parsed = feedparser.parse(self._url, **self._kept)
        assert not parsed.bozo
        self._kept = {name: parsed.get(name) for name in self._keeps}
        return parsed


@pytest.mark.parametrize("format", FORMATS)
def test_feedparser(site: Site, format: Format) -> None:
    """Conformance 33, 38, 40: the validators of a 304 are as good as those of a 200."""
    kept: dict[tuple[str, ...], int] = {
        ("etag", "modified"): 226,
        ("etag",): 226,
        ("modified",): 200,
    }
    readers = {keeps: Feedparser(site.url(format), keeps) for keeps in kept}
    for keeps, reader in readers.items():
        seen = {entry.id for entry in reader.poll().entries}
        assert len(seen) >= len(START)
        for _ in range(2):
            unchanged = reader.poll()
            assert (unchanged.status, unchanged.entries) == (304, [])
            for name in keeps:
                assert unchanged.get(name)
        assert site.answers() == {200: 1, 304: 2}

    title = f"{format} for feedparser"
    site.publish(title)
    for keeps, reader in readers.items():
        news = reader.poll()
        assert news.status == kept[keeps]
        assert [entry.title for entry in news.entries if entry.id not in seen] == [title]
        if news.status == 226:
            assert len(news.entries) == 1
            assert reader.poll().status == 304
        assert site.answers()[kept[keeps]] == 1


@pytest.mark.filterwarnings("ignore")  # of the library itself
def test_reader(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 33, 38, 40: the `reader` package, which keeps its feeds in a database."""
    # Its copy of feedparser needs a package that is not among its requirements.
    monkeypatch.setenv("READER_NO_VENDORED_FEEDPARSER", "1")
    library = pytest.importorskip("reader")
    reader = library.make_reader(":memory:")
    try:
        urls = [site.url(format) for format in Format]
        for url in urls:
            reader.add_feed(url)
        reader.update_feeds(scheduled=False)
        first = {entry.title for entry in reader.get_entries()}
        assert first >= TITLES
        for _ in range(2):
            reader.update_feeds(scheduled=False)
        assert site.answers() == {200: 3, 304: 6}

        site.publish("For reader")
        reader.update_feeds(scheduled=False)
        for url in urls:
            assert {entry.title for entry in reader.get_entries(feed=url)} == first | {"For reader"}
        assert site.answers() == {226: 3}
        reader.update_feeds(scheduled=False)
        assert site.answers() == {304: 3}
        for url in urls:
            assert reader.get_feed(url).last_exception is None
    finally:
        reader.close()


class Newsboat:
    """Newsboat with a separate home directory."""

    def __init__(self, program: str, home: Path, url: str) -> None:
        (home / "urls").write_text(f"{url}\n", encoding="utf-8")
        (home / "config").touch()
        self._cache = home / "cache.db"
        options = {"-u": "urls", "-C": "config", "-c": "cache.db"}
        files = [each for flag, name in options.items() for each in (flag, str(home / name))]
        self._command = [program, *files, "-x", "reload"]
        self._environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}

    def poll(self) -> None:
        subprocess.run(
            self._command,
            env=self._environment,
            check=True,
            timeout=PATIENCE,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )

    def titles(self) -> list[str]:
        with sqlite3.connect(self._cache) as cache:
            rows = cache.execute("SELECT title FROM rss_item WHERE deleted = 0").fetchall()
        cache.close()
        return sorted(title for (title,) in rows)


@pytest.mark.parametrize("format", FORMATS)
def test_newsboat(site: Site, tmp_path: Path, format: Format) -> None:
    """Conformance 30, 33, 38, 40: it sends a tag, a date and A-IM together."""
    program = shutil.which("newsboat")
    if program is None:
        pytest.skip("newsboat is not installed")
    reader = Newsboat(program, tmp_path, site.url(format))
    reader.poll()  # it subscribes; it stores validators from its next poll on
    for _ in range(3):
        reader.poll()
    assert site.answers() == {200: 2, 304: 2}
    before = reader.titles()
    assert set(before) >= TITLES

    title = f"{format} for newsboat"
    site.publish(title)
    reader.poll()
    answers = site.answers()
    assert (reader.titles(), answers) == (sorted([*before, title]), {226: 1})
    reader.poll()
    assert site.answers() == {304: 1}


def test_bytes_that_readers_did_not_fetch_are_counted(site: Site) -> None:
    """The size of the full responses that 304 replaced."""
    reader = Feedparser(site.url(Format.RSS), ("etag",))
    length = len(poll(site.server, "/feeds/all.rss").body)
    reader.poll()
    name = 'feedsvc_saved_bytes_total{coding="gzip",feed="all",status="304"}'
    before = counted(site.server).get(name, 0)
    for _ in range(5):
        reader.poll()
    assert counted(site.server)[name] - before == 5 * length
