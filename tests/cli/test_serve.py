"""`feedsvc serve` as a process, over real sockets."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedsvc.model import Format
from tests import programs
from tests.serving import PATIENCE, Server, free_port, serving
from tests.sites import article, make_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    make_site(
        folder,
        {
            "first.md": article(title="First", tags=["C++", "日本語"]),
            "draft.md": article(title="Draft", draft=True),
            "bad.md": "---\ntitle: [\n---\n",
        },
    )
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site, "--workers", "2", popen=programs.fresh) as running:
        yield running


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize(
    "stem", ["/feeds/all", "/feeds/tag/c%2B%2B", "/feeds/tag/%E6%97%A5%E6%9C%AC%E8%AA%9E"]
)
def test_a_feed_has_a_self_link_at_the_base_url(server: Server, stem: str, format: Format) -> None:
    """Conformance 5, 47, 48: the requested path at base_url, whatever the Host."""
    path = f"{stem}.{format}"
    answer = server.get(path, Host="evil.example")
    assert answer.status == 200
    assert f"https://news.example.org{path}" in answer.body.decode()
    assert "evil.example" not in answer.body.decode() + str(answer.headers)
    assert format in answer.headers["content-type"]
    head = server.get(path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))
    assert server.get(path, If_None_Match=answer.headers["etag"]).status == 304


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/feeds/tag/none.rss", 404),
        ("GET", "/feeds/all.xml", 404),
        ("GET", "/articles/draft", 404),
        ("GET", "/files/first.md", 404),
        ("GET", "/files/..%2F..%2Ffeedsvc.toml", 404),
        ("GET", "/%ff%00", 404),
        ("POST", "/feeds/all.rss", 405),
        ("DELETE", "/", 405),
        ("GET", "/articles/first", 200),
        ("GET", "/feeds.opml", 200),
        ("GET", "/", 200),
    ],
)
def test_every_request_gets_a_proper_response(
    server: Server, method: str, path: str, status: int
) -> None:
    answer = server.get(path, method=method)
    assert answer.status == status
    assert b"Traceback" not in answer.body
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD"


def test_every_worker_serves_a_saved_article(server: Server, site: Path) -> None:
    (site / "content" / "second.md").write_text(article(title="Second"), encoding="utf-8")
    server.wait_for("/feeds/all.atom", "<title>Second</title>")
    end, in_a_row = time.monotonic() + PATIENCE, 0
    while (
        in_a_row < 20
    ):  # each worker watches the catalog itself, and the kernel chooses which responds
        assert time.monotonic() < end
        seen = b"<title>Second</title>" in server.get("/feeds/all.atom").body
        in_a_row = in_a_row + 1 if seen else 0


def test_a_scheduled_article_is_released_when_it_is_due(server: Server, site: Path) -> None:
    """Conformance 55, with the clock of the machine."""
    for seconds in (2, 4, 8, 16):  # more if it took the machine so long to publish the marker
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        text = article(title=f"Scheduled {seconds}", published=due.isoformat())
        (site / "content" / f"scheduled-{seconds}.md").write_text(text, encoding="utf-8")
        text = article(title=f"Marker {seconds}")
        (site / "content" / f"marker-{seconds}.md").write_text(text, encoding="utf-8")
        seen = server.wait_for("/feeds/all.json", f'"Marker {seconds}"')
        asked = datetime.now(UTC)
        if f"Scheduled {seconds}" not in seen.body.decode():
            break
        assert asked >= due
    after = server.wait_for("/feeds/all.json", f'"Scheduled {seconds}"')
    assert datetime.now(UTC) >= due
    assert after.headers["etag"] != seen.headers["etag"]


def test_the_last_valid_version_of_an_invalid_file_stays_published(
    server: Server, site: Path
) -> None:
    path = site / "content" / "turns-bad.md"
    path.write_text(article(title="Still good"), encoding="utf-8")
    server.wait_for("/feeds/all.rss", "<title>Still good</title>")
    path.write_text(article(title="Turned bad", published="soon"), encoding="utf-8")
    (site / "content" / "third.md").write_text(article(title="Third"), encoding="utf-8")
    answer = server.wait_for("/feeds/all.rss", "<title>Third</title>")
    assert b"<title>Still good</title>" in answer.body


def test_a_server_ends_cleanly_and_logs_problems(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article(), "bad.md": "---\ntitle: [\n---\n"})
    with serving(tmp_path) as running:
        assert running.get("/feeds/all.rss").status == 200
        (tmp_path / "content" / "b.md").write_text(article(title=""), encoding="utf-8")
        (tmp_path / "content" / "c.md").write_text(article(title="C"), encoding="utf-8")
        running.wait_for("/feeds/all.rss", "<title>C</title>")
        output, errors = running.stop()
        assert running.process.returncode == 0
    assert "2 articles, 2 read: 1 new" in output
    assert f"Serving Site at {running.url}/" in output
    assert errors.count("content/bad.md:") == 1
    assert "content/b.md:1: error: has no title" in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path) -> None:
    make_site(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        result = programs.run(["-m", "feedsvc", "serve", "--site", tmp_path, "--bind", bind])
    assert result.returncode == 1
    assert result.stderr == (
        f"Error: cannot listen on {bind}: Address already in use; choose another with --bind\n"
    )
