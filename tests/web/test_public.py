"""The first request from another machine is recorded in the catalog (ADR 37)."""

import threading
import time
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.catalog.published import is_published
from feedsvc.catalog.store import Catalog
from feedsvc.serve import server
from feedsvc.web import create_app
from feedsvc.web.public import is_public
from tests.cli.test_commands import run
from tests.desk import Desk
from tests.serving import PATIENCE, free_port, serving
from tests.sites import article, make_site

pytestmark = pytest.mark.databases("sqlite")

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8000"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1, ::1"}, False),
        ({"REMOTE_ADDR": "203.0.113.5"}, True),
        ({"REMOTE_ADDR": "192.168.1.5"}, True),
        ({"HTTP_HOST": "news.example.org"}, True),
        ({"HTTP_HOST": "localhost.example.org"}, True),
        ({"HTTP_X_FORWARDED_HOST": "news.example.org"}, True),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.5"}, True),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1, 203.0.113.5"}, True),
        ({"HTTP_FORWARDED": "for=203.0.113.5"}, True),
    ],
)
def test_a_request_is_public_if_it_comes_from_another_machine(
    environ: dict[str, str], expected: bool
) -> None:
    assert is_public({**LOCAL, **environ}) is expected


HEADERS = st.sampled_from(
    ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "REMOTE_ADDR"]
)


@given(st.dictionaries(HEADERS, st.text(max_size=20)))
def test_any_headers_are_accepted(environ: dict[str, str]) -> None:
    assert is_public(environ) in {True, False}


def published(desk: Desk) -> bool:
    for thread in threading.enumerate():
        if thread.name == "feedsvc-public":
            thread.join()
    with desk.catalog.reading() as connection:
        return is_published(connection)


@pytest.fixture
def trial(tmp_path: Path, catalog: Catalog, database: str) -> Desk:
    desk = Desk(tmp_path / "site", catalog, database)
    desk.write("a.md", article("A"))
    desk.sync()
    return desk


@pytest.mark.parametrize("path", ["/feeds/all.rss", "/feeds/all/"])
def test_a_public_request_is_recorded_once(trial: Desk, path: str) -> None:
    client = create_app(trial.publication).test_client()
    client.get(path)
    assert not published(trial)
    client.get(path, headers={"Host": "news.example.org"})
    assert published(trial)


def test_a_public_request_for_a_cached_feed_is_recorded(trial: Desk) -> None:
    """As through nginx with the documented configuration."""
    _, edge, _ = server._build(trial.publication)  # starts no thread

    def poll(**more: str) -> str:
        environ: dict[str, Any] = {"PATH_INFO": "/feeds/all.rss", **LOCAL, **more}
        setup_testing_defaults(environ)
        lines: list[str] = []
        edge(environ, lambda line, *_: lines.append(line))  # type: ignore[arg-type]
        return lines[0]

    for _ in range(2):
        assert poll() == "200 OK"
    assert not published(trial)
    assert poll(HTTP_HOST="news.example.org", HTTP_X_FORWARDED_FOR="203.0.113.5") == "200 OK"
    assert published(trial)


def statuses(site: Path) -> set[str]:
    return {line.rpartition("\t")[2] for line in run("ids", "--site", site).stdout.splitlines()}


def test_ids_on_loopback_are_provisional_until_a_proxied_request(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    with serving(tmp_path) as served:
        served.get("/feeds/all.rss")
        assert statuses(tmp_path) == {"provisional"}
        served.get("/feeds/all.rss", X_Forwarded_For="203.0.113.5")
        end = time.monotonic() + PATIENCE
        while statuses(tmp_path) == {"provisional"} and time.monotonic() < end:
            time.sleep(0.05)
        assert statuses(tmp_path) == {"minted"}


def test_a_server_on_another_address_publishes_the_site(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    port = free_port()
    with serving(tmp_path, "--bind", f"0.0.0.0:{port}", port=port):
        assert statuses(tmp_path) == {"minted"}


def test_a_build_publishes_the_site(tmp_path: Path) -> None:
    make_site(tmp_path / "site", {"a.md": article()})
    run("sync", "--site", tmp_path / "site")
    assert statuses(tmp_path / "site") == {"provisional"}
    run("build", "--site", tmp_path / "site", tmp_path / "out")
    assert statuses(tmp_path / "site") == {"minted"}
