"""Feeds at URLs as sources."""

import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler

import pytest

from feedsvc.catalog.sync import SyncReport
from feedsvc.errors import FeedsvcError
from feedsvc.importers.source import documents
from tests.desk import Desk
from tests.importers.source.feeds import Site, codes, document, item, only
from tests.servers import server


class Server:
    """The answers of a web server."""

    def __init__(self, body: bytes) -> None:
        self.status = 200
        self.body = body
        self.asked: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append(request.headers.get("If-None-Match"))
        tag = f'"{hash(self.body)}"'
        if self.status == 200 and self.asked[-1] == tag:
            return 304, {}, b""
        return self.status, {"ETag": tag}, self.body


class Clock:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(documents, "time", clock)
    return clock


def poll(site: Site) -> SyncReport:
    """Sync, wait for the request that it started, and sync again."""
    site.sync()
    remote = site.source._documents
    assert isinstance(remote, documents.Remote)
    if remote._thread:
        remote._thread.join()
    return site.sync()


def test_a_url_is_polled_conditionally(desk: Desk, clock: Clock) -> None:
    answers = Server(document(item("a")))
    with server(answers) as url:
        site = Site(desk, url=url, every=60, private=True)
        assert poll(site).problems == ()
        assert site.titles() == ["A"]
        assert answers.asked == [None]
        clock.now += 60
        assert poll(site).read == 0
        assert len(answers.asked) == 2
        answers.body = document(item("b", 2), item("a"))
        assert poll(site).published.new == 0  # not due yet
        clock.now += 60
        poll(site)
    assert site.titles() == ["B", "A"]


def test_a_failing_url_withdraws_no_articles(desk: Desk, clock: Clock) -> None:
    answers = Server(document(item("a")))
    with server(answers) as url:
        site = Site(desk, url=url, every=60, private=True)
        poll(site)
        answers.status = 500
        clock.now += 60
        assert "returned the status 500 instead of 200; its articles stay" in only(poll(site))
        answers.status, answers.body = 200, document(item("b", 2))
        clock.now += 60
        assert poll(site).problems == ()
    assert site.titles() == ["B"]
    clock.now += 60
    assert codes(poll(site)) == [("posts", "unreachable-source")]
    assert site.titles() == ["B"]


def test_a_url_at_a_private_address_is_refused_by_default(desk: Desk) -> None:
    with server(Server(document(item("a")))) as url:
        site = Site(desk, url=url)
        assert "not a public address" in only(site.sync())
    with pytest.raises(FeedsvcError):
        site.source.listing()
