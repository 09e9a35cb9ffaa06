"""Varnish in front of several machines, configured as docs/caching.md says."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from feedsvc.config.feeds import FeedSettings
from tests.caches import MODULE, VARNISH, in_front_of
from tests.servers import running, server
from tests.serving import PATIENCE, Server, free_port
from tests.soak import SOAK
from tests.web.fake import SETTINGS, SITE, FakePublication
from tests.web.front import Front

ALL = "/feeds/all.rss"
pytestmark = [
    pytest.mark.skipif(not SOAK, reason="takes long: run it with `make soak`"),
    pytest.mark.skipif(not (VARNISH and MODULE), reason="needs varnish and varnish-modules"),
]


class Machine:
    """A machine. is_broken: it responds to everything with 503. asked: requests for the feed."""

    def __init__(self) -> None:
        settings = msgspec.structs.replace(SETTINGS, feeds={"all": FeedSettings(max_age=0)})
        self.front = Front(FakePublication(settings))
        self.front.ask(ALL)
        self.is_broken = False
        self.asked = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        self.asked += handler.path == ALL
        if self.is_broken:
            return 503, {"Retry-After": "10"}, b""
        names = ("If-None-Match", "A-IM", "Accept-Encoding")
        fields = {name.lower().replace("-", "_"): handler.headers[name] for name in names}
        reply = self.front.ask(
            handler.path, **{name: each for name, each in fields.items() if each}
        )
        return (
            reply.status,
            {n: v for n, v in reply.headers.items() if n != "Content-Length"},
            reply.body,
        )

    def publish(self, is_seen: bool) -> None:
        self.front.publication.publish(SITE)
        if is_seen:
            self.front.look()

    def lose(self) -> None:
        self.front.publication.lost = True
        self.front.look()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[tuple[Server, Machine, Machine]]:
    one, two = Machine(), Machine()
    with ExitStack() as stack:
        urls = [stack.enter_context(server(each.answer)) for each in (one, two)]
        (tmp_path / "fleet.vcl").write_text(in_front_of([urlsplit(url).port or 0 for url in urls]))
        port = free_port()
        command: list[str | Path] = [
            VARNISH,
            "-F",
            "-n",
            tmp_path / "state",
            "-a",
            f"127.0.0.1:{port}",
        ]
        command += ["-f", tmp_path / "fleet.vcl", "-s", "malloc,20m", "-j", "none"]
        stack.enter_context(running(command, port))
        yield Server(port, None), one, two  # type: ignore[arg-type]


def revision(cache: Server, **fields: str) -> int:
    """Return the revision of the feed that the cache sends."""
    answer = cache.get(ALL, **fields)
    assert answer.status in {200, 304}
    return int(answer.headers["etag"].removeprefix("W/")[1:].partition(".")[0], 16)


def sent(cache: Server, *machines: Machine) -> set[int]:
    """Poll until each of these machines got more requests; return the revisions that were sent."""
    before = [each.asked for each in machines]
    found = {revision(cache)}
    end = time.monotonic() + PATIENCE
    while any(each.asked < asked + 2 for each, asked in zip(machines, before, strict=True)):
        assert time.monotonic() < end
        found.add(revision(cache))
    return found


def test_clients_get_the_newest_feed_of_any_machine_and_never_an_older_one(
    fleet: tuple[Server, Machine, Machine],
) -> None:
    """Scale 1, 6; RFC 5861, RFC 9111 4.3.4."""
    cache, one, two = fleet
    one.is_broken = True
    assert sent(cache, one, two) == {7}  # by the other machine
    one.is_broken = False
    one.publish(is_seen=True)
    two.publish(is_seen=False)
    assert 8 in sent(cache, one)
    assert sent(cache, one, two) == {8}
    two.lose()
    assert sent(cache, one, two) == {8}
    one.is_broken = True
    assert sent(cache, one, two) == {8}
    two.is_broken = True
    assert sent(cache, one, two) == {8}  # a stale response
    assert cache.get("/feeds/all.atom").status == 503


def test_machines_without_their_database_are_used_if_no_other_is_healthy(
    fleet: tuple[Server, Machine, Machine],
) -> None:
    cache, one, two = fleet
    for each in (one, two):
        each.lose()
        assert each.front.ask("/healthz").status == 503
    assert sent(cache, one, two) == {7}
