"""Requests to the hub of `feedsvc serve`, on one worker, do not block polls (WebSub 5)."""

import select
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from feedsvc.routes import MAX_BODY
from feedsvc.serve.bodies import PATIENCE
from tests.polls.wire import Reply, exchange, parse, poll
from tests.serving import Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
FORM = {
    "hub.callback": "http://reader.example.net/cb?é=%C3%A9".replace("é", "%C3%A9"),
    "hub.mode": "subscribe",
    "hub.topic": "https://news.example.org/feeds/all.rss",
    "hub.secret": "€" * 66,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, {"a.md": article(title="First")}, '[push]\nhub = "own"')
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder) as running:
        running.get(ALL)
        yield running
        _, errors = running.stop()
        assert "Traceback" not in errors
        assert "RSGI" not in errors


def form(**changes: str) -> bytes:
    return urlencode(FORM | changes).encode()


def head(*fields: str, path: str = "/hub", method: str = "POST") -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded"
    lines = [f"{method} {path} HTTP/1.1", "Host: h", "Connection: close", kind, *fields, "", ""]
    return "\r\n".join(lines).encode()


def post(server: Server, body: bytes, path: str = "/hub") -> Reply:
    raw = head(f"Content-Length: {len(body)}", path=path) + body
    return parse(exchange(server.port, raw))


def waiting(folder: Path) -> list[tuple[str, str]]:
    """Return the callback and topic of each pending request in the catalog."""
    with closing(sqlite3.connect(folder / ".feedsvc" / "catalog.db")) as catalog:
        query = "SELECT callback, topic FROM subscription_request WHERE NOT done"
        return catalog.execute(query).fetchall()


def test_a_request_is_accepted(server: Server, folder: Path) -> None:
    reply = post(server, form())
    assert (reply.status, reply.body, reply["content-length"]) == (202, b"", "0")
    assert waiting(folder) == [(FORM["hub.callback"], FORM["hub.topic"])]
    assert (folder / ".feedsvc" / "push.key").stat().st_mode & 0o777 == 0o600


def test_a_malformed_request_is_rejected_with_a_sentence(server: Server) -> None:
    reply = post(server, form(**{"hub.secret": "€" * 67}))
    assert (reply.status, reply["content-type"]) == (400, "text/plain; charset=utf-8")
    assert reply.body == b"hub.secret does not have fewer than 200 bytes.\n"
    chunked = head("Transfer-Encoding: chunked") + b"5\r\nhub.a\r\n0\r\n\r\n"
    assert parse(exchange(server.port, chunked)).status == 411
    assert parse(exchange(server.port, head())).status == 411
    assert post(server, b"").body == b"hub.callback is missing.\n"
    large = head(f"Content-Length: {MAX_BODY + 1}") + b"a" * (MAX_BODY + 1)
    assert b" 413 " in exchange(server.port, large)[:14]
    assert parse(exchange(server.port, head(f"Content-Length: {10**9}"))).status == 413
    assert poll(server, "/hub").status == 405
    assert poll(server, "/hub")["allow"] == "POST"
    for path in (ALL, "/hub/", "//hub", "/feeds/hub", "/healthz"):
        assert post(server, form(), path).status in {404, 405}


def test_stalled_bodies_do_not_block_polls(server: Server, folder: Path) -> None:
    """Nor each other, and each is still accepted if it arrives in time."""
    body = form(**{"hub.callback": "http://slow.example.net/"})
    with ExitStack() as stack:
        stalled = []
        for _ in range(100):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.settimeout(3 * PATIENCE)
            connection.sendall(head(f"Content-Length: {len(body)}") + body[:20])
            stalled.append(connection)
        assert poll(server, ALL).status == 200
        assert poll(server, "/healthz").status == 200
        assert post(server, form()).status == 202
        assert not select.select(stalled, [], [], 0)[0], "they were given up before the polls"
        gone, slow, *_ = stalled
        gone.close()
        slow.sendall(body[20:])
        assert slow.recv(1000).startswith(b"HTTP/1.1 202 ")
    assert ("http://slow.example.net/", FORM["hub.topic"]) in waiting(folder)


def test_expect_100_continue_is_answered(server: Server) -> None:
    """RFC 9110 10.1.1; curl sends it."""
    body = form()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(3 * PATIENCE)
        connection.sendall(head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 202 ")


def test_requests_waiting_for_the_catalog_do_not_block_polls(server: Server, folder: Path) -> None:
    """For example during the sync of a large site, after which they are accepted."""
    with closing(sqlite3.connect(folder / ".feedsvc" / "catalog.db")) as catalog:
        catalog.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(4) as pool:
            posted = [pool.submit(post, server, form()) for _ in range(4)]
            for _ in range(3):
                assert poll(server, ALL).status == 200
                assert poll(server, "/healthz").status == 200
            assert not any(each.done() for each in posted)
            catalog.rollback()
            assert [each.result().status for each in posted] == [202] * 4
