"""While the catalog is lost, cached feeds are served, and other requests get 503."""

import pytest

from feedsvc.model import Document, FeedRef, Format
from tests.web.fake import SITE, FakePublication
from tests.web.front import Front

ALL = "/feeds/all.rss"
PLUS = "/feeds/tag/c%2B%2B.rss"


@pytest.fixture
def front() -> Front:
    return Front()


def test_cached_feeds_are_served_while_the_catalog_is_lost(front: Front) -> None:
    """Conformance 44: other requests get 503 with Retry-After."""
    old = front.ask(ALL)
    front.publication.publish(SITE)
    front.look()
    known, tag = front.ask(ALL), old.headers["ETag"]
    front.publication.lost = True
    asked = len(front.publication.asked)

    # Before the watch has noticed the loss, and after.
    for _ in range(2):
        assert front.ask(ALL) == known
        assert front.ask(ALL, if_none_match=known.headers["ETag"]).status == 304
        assert front.ask(ALL, if_none_match=tag, a_im="feed").status == 200
        for path in (
            PLUS,
            "/feeds/all/archive/1.rss",
            "/feeds/tag/none.rss",
            "/",
            "/articles/rain",
        ):
            reply = front.ask(path)
            assert reply.status == 503
            assert int(reply.headers["Retry-After"]) > 0
            assert "Traceback" not in reply.body.decode()
        front.look()
    assert len(front.publication.asked) == asked

    front.publication.lost = False
    front.look()
    for path in (ALL, PLUS, "/", "/articles/rain"):
        assert front.ask(path).status == 200


def test_deltas_are_not_requested_while_the_catalog_is_lost() -> None:
    """The watch knows of the loss; a query would take seconds to fail."""

    class Silent(FakePublication):
        def delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
            assert not self.lost
            return super().delta(ref, format, tag)

    front = Front(Silent())
    old = front.ask(ALL).headers["ETag"]
    front.publication.publish(SITE)
    front.look()
    front.ask(ALL)
    front.publication.lost = True
    front.look()
    assert front.ask(ALL, if_none_match=old, a_im="feed").status == 200


def test_a_cached_feed_is_served_if_the_catalog_is_lost_after_a_new_revision(front: Front) -> None:
    """The watch saw a revision, but the catalog was lost before it could be read."""
    front.ask(ALL)
    front.look()
    front.publication.publish(SITE)
    front.look()  # the feed was requested, so the watch renders it
    known = front.ask(ALL)
    front.publication.publish(SITE)
    front.watch.prepare = lambda: None  # as for rarely requested feeds
    front.look()
    front.publication.lost = True
    assert front.ask(ALL) == known
    front.publication.lost = False
    assert front.ask(ALL).body != known.body


def test_a_503_has_retry_after_and_is_not_cached(front: Front) -> None:
    """Conformance 44."""
    front.publication.lost = True
    front.look()
    reply = front.ask(ALL)
    assert reply.status == 503
    assert reply.headers["Retry-After"].isdigit()
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Content-Length"] == str(len(reply.body))
