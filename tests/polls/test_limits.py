"""Limits over the wire: only clients that fetch the same bytes repeatedly are refused."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.polls.wire import Reply, exchange, holding, parse, poll
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    toml = '[serve]\nfull_polls = "3/hour"\ntrusted_proxies = ["127.0.0.1"]\n'
    make_site(folder, {"a.md": article(title="First")}, toml)
    with serving(folder) as running:
        yield running


def fetch(server: Server, client: str, *fields: tuple[str, str], method: str = "GET") -> Reply:
    """Poll as a client behind a trusted proxy."""
    return poll(server, ALL, [("X-Forwarded-For", client), *fields], method)


def test_full_responses_are_limited_and_304_and_head_are_not(server: Server) -> None:
    """Conformance 44."""
    tag = fetch(server, "192.0.2.1")["etag"]
    assert [fetch(server, "192.0.2.1").status for _ in range(3)] == [200, 200, 429]
    refusal = fetch(server, "192.0.2.1", ("Accept-Encoding", "gzip"))
    assert refusal.status == 429
    assert 0 < int(refusal["retry-after"]) <= 3_601
    assert refusal["cache-control"] == "no-store"
    for _ in range(10):
        assert fetch(server, "192.0.2.1", *holding(tag)).status == 304
        assert fetch(server, "192.0.2.1", method="HEAD").status == 200
    assert fetch(server, "192.0.2.2").status == 200
    assert fetch(server, "192.0.2.1", ("User-Agent", "Another/1")).status == 200


def test_the_address_is_read_from_the_end_of_all_fields(server: Server) -> None:
    """The client's own values precede those of the proxy, even in separate fields."""
    lines = "X-Forwarded-For: 1.1.1.{}\r\nX-Forwarded-For: 192.0.2.3\r\n"
    raw = f"GET {ALL} HTTP/1.1\r\nHost: h\r\n{lines}Connection: close\r\n\r\n"
    statuses = [
        parse(exchange(server.port, raw.format(number).encode())).status for number in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


def test_a_changed_feed_may_be_fetched_at_once(tmp_path: Path) -> None:
    toml = '[serve]\nfull_polls = "1/day"\n'
    make_site(tmp_path, {"a.md": article(title="First")}, toml)
    with serving(tmp_path) as server:
        assert [poll(server, ALL).status for _ in range(2)] == [200, 429]
        (tmp_path / "content" / "b.md").write_text(article(title="Second"), encoding="utf-8")
        end = time.monotonic() + PATIENCE
        while (reply := poll(server, ALL)).status == 429:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert reply.status == 200
        assert b"<title>Second</title>" in reply.body
        # No proxy is trusted here, so no address can be forged.
        assert poll(server, ALL, [("X-Forwarded-For", "192.0.2.2")]).status == 429
