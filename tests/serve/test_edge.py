"""The edge: its cache, single flight, and errors of the application."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import InternalServerError

from feedsvc.model import Document, FeedRef, Format
from feedsvc.serve import edge
from tests.web.fake import SITE, TAG, FakePublication
from tests.web.front import Front

ALL = "/feeds/all.rss"
PLUS = "/feeds/tag/c%2B%2B.rss"
PATIENCE = 10.0  # seconds; a bound for a hanging test, never a measure of speed


@pytest.fixture
def front() -> Front:
    return Front()


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        time.sleep(0.005)


def cached(front: Front) -> list[str]:
    """Return the paths in the cache of the edge."""
    return front.edge._cache.keys()


def test_a_poll_is_answered_from_memory(front: Front) -> None:
    first = front.ask(ALL)
    assert [front.ask(ALL) for _ in range(5)] == [first] * 5
    assert front.ask(ALL, if_none_match=first.headers["ETag"]).status == 304
    assert front.publication.asked == [ALL]


def test_polls_are_answered_while_an_observer_fails(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def count(self, *_: object) -> None:
            raise KeyError(_)

        miss = count

    front.edge._observers = [Broken()]  # type: ignore[list-item]
    assert [front.ask(ALL).status for _ in range(3)] == [200] * 3
    assert front.ask("/feeds/tag/absent.rss").status == 404
    assert [each.getMessage() for each in caplog.records] == [
        "event=observer-failed reason='KeyError'"
    ]


def test_head_and_get_share_a_cache_entry(front: Front) -> None:
    """Conformance 36."""
    head, get = front.ask(ALL, method="HEAD"), front.ask(ALL)
    assert (head.status, head.headers) == (get.status, get.headers)
    assert (head.body, bool(get.body)) == (b"", True)
    assert front.publication.asked == [ALL]


def test_a_new_revision_is_served_once_it_is_seen(front: Front) -> None:
    old = front.ask(ALL)
    front.publication.publish(SITE)
    front.look()
    new = front.ask(ALL)
    assert new.body != old.body
    assert new.headers["ETag"] != old.headers["ETag"]
    assert front.ask(ALL, if_none_match=old.headers["ETag"]).status == 200


def test_popular_feeds_are_rendered_before_a_revision_takes_effect(front: Front) -> None:
    old = front.ask(ALL)
    front.ask(PLUS)
    front.look()
    front.publication.publish(SITE)
    during = []
    prepare = front.watch.prepare

    def look_while_preparing() -> None:
        during.append(front.ask(ALL))
        prepare()
        during.append(front.ask(ALL))

    front.watch.prepare = look_while_preparing
    front.look()
    assert during[0] == old  # no request waits
    assert during[1] != old  # a finished document is served
    asked = len(front.publication.asked)
    assert front.ask(ALL) == during[1]
    assert len(front.publication.asked) == asked


def test_feeds_that_are_not_polled_are_not_rendered_again(front: Front) -> None:
    front.ask(ALL)
    for _ in range(3):
        front.publication.publish(SITE)
        front.look()
    assert front.publication.asked == [ALL, ALL]


def test_changes_of_another_feed_do_not_change_responses(front: Front) -> None:
    """Conformance 37."""
    old, archive = front.ask(ALL), front.ask("/feeds/all/archive/1.rss")
    for _ in range(5):
        front.publication.publish(TAG)
        front.look()
        assert front.ask(ALL) == old
        assert front.ask("/feeds/all/archive/1.rss") == archive


def test_two_edges_send_equal_responses(front: Front) -> None:
    """Conformance 37: in every coding, whatever each served before."""
    other = Front()
    other.ask(PLUS)
    for coding in ("identity", "gzip", "br, identity;q=0", "zstd, identity;q=0"):
        mine = front.ask(ALL, accept_encoding=coding)
        assert other.ask(ALL, accept_encoding=coding) == mine


queries = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(
    st.lists(st.tuples(queries, queries, st.sampled_from(["a_im", "x_y", "accept", "cookie"]))),
)
def test_queries_and_header_fields_add_no_cache_entries(asked: list[tuple[str, str, str]]) -> None:
    """Conformance 42."""
    front = Front()
    front.ask(ALL, accept_encoding="gzip")
    before = front.edge._cache.currsize
    for query, value, name in asked:
        front.ask(f"{ALL}?{query}", **{name: value, "if_none_match": value})
    assert cached(front) == [ALL]
    assert front.publication.asked.count(ALL) == 1
    assert front.edge._cache.currsize == before


@pytest.mark.parametrize(
    "field", ["", "x", "gzip;q=0.5", "br;q=7", "GZIP", "a" * 9_000, "gzip,gzip,,gzip", "\xff"]
)
def test_accept_encoding_adds_no_cache_entries(front: Front, field: str) -> None:
    """Conformance 35, 42."""
    front.ask(ALL)
    before = front.edge._cache.currsize
    front.ask(ALL, accept_encoding=field)
    assert cached(front) == [ALL]
    assert front.edge._cache.currsize == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/tag/none.rss", 404),
        ("/feeds/all/archive/2.rss", 404),
        ("/feeds/all/archive/0.rss", 404),
        ("/feeds/tag/C%2B%2B.rss", 308),
        ("/feeds/..%2Fall.rss", 404),
        ("/feeds/%00.rss", 404),
        ("/articles/gone", 410),
        ("/articles/rain", 200),
        ("/nothing", 404),
        ("/", 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_documents_are_cached(front: Front, path: str, status: int, method: str) -> None:
    """Conformance 32: conditions do not change other responses."""
    tag = front.ask(ALL).headers["ETag"]
    for held in (tag, "*"):
        reply = front.ask(path, method=method, if_none_match=held)
        assert reply.status == status
    assert cached(front) == [ALL]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "get"])
def test_other_methods_are_refused(front: Front, method: str) -> None:
    """Conformance 36."""
    front.ask(ALL)
    reply = front.ask(ALL, method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_concurrent_requests_for_a_feed_render_it_once() -> None:
    """Single flight, for a feed that is not cached and for one that is outdated."""

    class Slow(FakePublication):
        def document(self, ref: FeedRef, format: Format) -> Document | None:
            time.sleep(0.05)
            return super().document(ref, format)

    front = Front(Slow())
    with ThreadPoolExecutor(24) as crowd:
        for rounds in (1, 2):
            gate = threading.Barrier(24)

            def ask(_: int, gate: threading.Barrier = gate) -> bytes:
                gate.wait(PATIENCE)
                return front.ask(ALL).body

            assert len(set(crowd.map(ask, range(24)))) == 1
            assert front.publication.asked == [ALL] * rounds
            front.publication.publish(SITE)
            front.look()
    assert list(front.edge._locks) == []


def test_a_slow_feed_does_not_delay_another_feed() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Stuck(FakePublication):
        def document(self, ref: FeedRef, format: Format) -> Document | None:
            if ref == SITE:
                begun.set()
                assert go_on.wait(PATIENCE)
            return super().document(ref, format)

    front = Front(Stuck())
    with ThreadPoolExecutor(1) as other:
        stuck = other.submit(front.ask, ALL)
        assert begun.wait(PATIENCE)
        assert front.ask(PLUS).status == 200
        go_on.set()
        assert stuck.result(PATIENCE).status == 200


def test_server_errors_are_not_cached_and_release_their_lock() -> None:
    class Faulty(FakePublication):
        broken = True

        def document(self, ref: FeedRef, format: Format) -> Document | None:
            if self.broken:
                raise InternalServerError
            return super().document(ref, format)

    publication = Faulty()
    front = Front(publication)
    assert front.ask(ALL).status == 500
    publication.broken = False
    assert front.ask(ALL).status == 200
    publication.broken = True
    publication.publish(SITE)
    front.look()
    assert front.ask(ALL).status == 500
    assert cached(front) == []
    assert list(front.edge._locks) == []


def test_the_cache_is_limited_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recently polled feeds are evicted."""
    monkeypatch.setattr(edge, "_CACHE_SIZE", 15_000)  # for two of some 6,000 bytes each
    front = Front()
    paths = [ALL, PLUS, "/feeds/all.atom", "/feeds/all.json"]
    for path in paths:
        front.ask(path)
        front.ask(ALL)
        assert front.edge._cache.currsize <= 15_000
    assert sorted(cached(front)) == ["/feeds/all.json", ALL]
    assert front.publication.asked == paths


def test_a_document_larger_than_the_cache_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge, "_CACHE_SIZE", 15_000)
    publication = FakePublication()
    publication.length = 50_000
    front = Front(publication)
    first, second = front.ask(ALL), front.ask(ALL)
    assert first == second
    assert len(first.body) == 50_000
    assert cached(front) == []


def test_a_better_coding_is_made_in_the_background(front: Front) -> None:
    """Conformance 35: once, while requests are answered; its size counts."""
    assert front.ask(ALL, accept_encoding="gzip").headers["Content-Encoding"] == "gzip"
    before = front.edge._cache.currsize
    first = front.ask(ALL, accept_encoding="br, gzip")
    assert first.headers["Content-Encoding"] == "gzip"
    eventually(
        lambda: front.ask(ALL, accept_encoding="br, gzip").headers["Content-Encoding"] == "br"
    )
    better = front.ask(ALL, accept_encoding="br, gzip")
    assert better.headers["ETag"] != first.headers["ETag"]
    assert front.ask(ALL, if_none_match=first.headers["ETag"]).status == 304
    eventually(lambda: front.edge._cache.currsize == before + len(better.body))
    assert front.publication.asked == [ALL]


def test_a_coding_of_an_outdated_document_is_discarded(front: Front) -> None:
    """Conformance 37."""
    front.ask(ALL)
    (kept,) = [front.edge._cache.get(ALL)]
    assert kept
    front.publication.publish(SITE)
    front.look()
    new = front.ask(ALL)
    front.edge._encode(ALL, kept, "br")
    assert front.ask(ALL) == new
    assert front.publication.asked == [ALL] * 2


def test_codings_survive_changes_of_other_feeds(front: Front) -> None:
    """Conformance 37: they are not encoded again."""
    front.ask(ALL, accept_encoding="br, identity;q=0")
    front.publication.publish(TAG)
    front.look()
    reply = front.ask(ALL, accept_encoding="br, gzip")
    assert reply.headers["Content-Encoding"] == "br"


def test_a_delta_is_cached_and_its_size_counts(front: Front) -> None:
    """Conformance 38, 39."""
    old = front.ask(ALL).headers["ETag"]
    front.publication.publish(SITE)
    front.look()
    whole = front.ask(ALL)
    before = front.edge._cache.currsize
    first = front.ask(ALL, if_none_match=old, a_im="feed")
    assert (first.status, first.body) == (226, b"<since 7>")
    assert first.headers["ETag"] == whole.headers["ETag"]
    after = front.edge._cache.currsize
    assert after > before
    for _ in range(5):
        assert front.ask(ALL, if_none_match=old, a_im="feed") == first
    assert front.edge._cache.currsize == after
    assert [asked for asked in front.publication.asked if "since" in asked] == [
        f"{ALL} since {old[1:11]}"
    ]


def test_no_delta_spans_a_removal(front: Front) -> None:
    """Conformance 38."""
    old = front.ask(ALL).headers["ETag"]
    front.publication.publish(SITE, removal=True)
    front.look()
    assert front.ask(ALL, if_none_match=old, a_im="feed").status == 200


def test_max_age_ends_at_the_next_release() -> None:
    """Conformance 41."""
    publication = FakePublication()
    publication.due = datetime.now(UTC) + timedelta(seconds=30)
    front = Front(publication)
    for path in (ALL, "/feeds/all/archive/1.rss"):
        first = front.ask(path)
        again = front.ask(path, if_none_match=first.headers["ETag"])
        assert (first.status, again.status) == (200, 304)
        for reply in (first, again):
            age = int(reply.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
            assert 0 <= age <= 30
    publication.due = None
    front.look()
    assert "max-age=900," in front.ask(ALL).headers["Cache-Control"]
