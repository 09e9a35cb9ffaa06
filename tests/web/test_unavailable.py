"""While the catalog cannot be used: what is known goes on, and the rest is told to come back."""

import pytest

from feedsvc.model import Document, FeedRef, Format
from tests.web.fake import SITE, FakePublication
from tests.web.front import Front

ALL = "/feeds/all.rss"
PLUS = "/feeds/tag/c%2B%2B.rss"


@pytest.fixture
def front() -> Front:
    return Front()


def test_known_feeds_go_on_while_the_catalog_is_lost(front: Front) -> None:
    """Conformance 44: whatever else is asked for gets 503 and when to come back."""
    old = front.ask(ALL)
    front.publication.publish(SITE)
    front.look()
    known, tag = front.ask(ALL), old.headers["ETag"]
    front.publication.lost = True
    asked = len(front.publication.asked)

    # Before the watch has seen it, and after.
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


def test_no_delta_is_waited_for_while_the_catalog_is_lost() -> None:
    """The watch knows; a database that does not answer takes seconds to say so."""

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


def test_a_feed_goes_on_where_the_catalog_is_lost_between_two_looks(front: Front) -> None:
    """The watch saw a revision, and then the catalog was lost before anybody could read it."""
    front.ask(ALL)
    front.look()
    front.publication.publish(SITE)
    front.look()  # it was asked for, and so is prepared for what comes
    known = front.ask(ALL)
    front.publication.publish(SITE)
    front.watch.prepare = lambda: None  # as for all that is asked for seldom
    front.look()
    front.publication.lost = True
    assert front.ask(ALL) == known
    front.publication.lost = False
    assert front.ask(ALL).body != known.body


def test_the_unavailable_are_told_when_to_come_back(front: Front) -> None:
    """Conformance 44: in whole seconds, and nobody keeps the answer."""
    front.publication.lost = True
    front.look()
    reply = front.ask(ALL)
    assert reply.status == 503
    assert reply.headers["Retry-After"].isdigit()
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Content-Length"] == str(len(reply.body))
