"""Two servers of one site: one of them writes, and the other takes over when it dies."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site


def save(folder: Path, title: str) -> None:
    (folder / "content" / "news.md").write_text(article(title), encoding="utf-8")


def wait_for_title(server: Server, title: str, within: float) -> None:
    end = time.monotonic() + within
    while title not in server.get("/feeds/all.json").body.decode():
        assert time.monotonic() < end, f"{title} was never seen"
        time.sleep(0.05)


def kill(server: Server) -> tuple[str, str]:
    os.killpg(server.process.pid, signal.SIGKILL)
    return server.process.communicate()


def test_another_server_takes_over_writing(tmp_path: Path, database: str) -> None:
    """On one machine with SQLite; on two with PostgreSQL, each with its copy of the articles."""
    sites = [tmp_path / "one", tmp_path / "two" if "postgres" in database else tmp_path / "one"]
    for site in sites:
        make_site(site, {"news.md": article("First")}, f'database = "{database}"')
    with serving(sites[0], group=True) as first, serving(sites[1], group=True) as second:
        save(sites[0], "Second")
        wait_for_title(first, "Second", PATIENCE)
        wait_for_title(second, "Second", PATIENCE)
        tags = [each.get("/feeds/all.rss").headers["etag"] for each in (first, second)]
        assert tags[0] == tags[1]
        kill(first)
        save(sites[1], "Third")
        wait_for_title(second, "Third", PATIENCE)
        output, errors = second.stop()
    assert "Another process writes this catalog" in output
    assert "Traceback" not in errors


@pytest.mark.parametrize("stopped", [0, 1])
def test_either_of_two_servers_may_stop(tmp_path: Path, stopped: int) -> None:
    make_site(tmp_path, {"news.md": article("First")})
    with serving(tmp_path) as first, serving(tmp_path) as second:
        servers = [first, second]
        servers.pop(stopped).stop()
        save(tmp_path, "Second")
        wait_for_title(servers[0], "Second", PATIENCE)
