"""Responses to clients that have a newer document than the server."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.errors import CatalogError
from tests.soak import examples
from tests.web.fake import SITE, FakePublication
from tests.web.front import Front, Reply

ALL = "/feeds/all.rss"
SUFFIX = "0" * 18  # in place of the hash of a body


@pytest.fixture
def front() -> Front:
    front = Front()
    front.ask(ALL)
    return front


def later(front: Front) -> Reply:
    """Return the feed after another revision, as another machine serves it."""
    machine = Front()
    while machine.publication.newest() <= front.publication.newest():
        machine.publication.publish(SITE)
    machine.look()
    return machine.ask(ALL)


def number(etag: str) -> int:
    return int(etag.strip('"').partition(".")[0], 16)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["", "-gzip"])
def test_a_newer_document_is_confirmed_until_the_catalog_is_read(
    front: Front, method: str, coding: str
) -> None:
    """RFC 9110 15.4.5, RFC 9111 4.3.4: a cache finds its response by the tag."""
    etag = later(front).headers["ETag"].removesuffix('"') + f'{coding}"'
    for _ in range(2):
        kept = front.ask(ALL, method=method, if_none_match=f'"x", {etag}', a_im="feed")
        assert (kept.status, kept.body, kept.headers["ETag"]) == (304, b"", etag)
        assert kept.headers["Vary"] == "A-IM, Accept-Encoding"
        assert "max-age=10, stale-while-revalidate=0," in kept.headers["Cache-Control"]
        assert not {"Last-Modified", "Content-Length", "Content-Encoding"} & {*kept.headers}
    front.publication.publish(SITE)
    front.look()
    known = front.ask(ALL, method=method, if_none_match=etag)
    assert known.status == 304
    assert known.headers["Last-Modified"]


def test_a_newer_document_is_confirmed_while_the_catalog_is_lost(front: Front) -> None:
    etag = later(front).headers["ETag"]
    front.publication.lost = True
    for _ in range(3):
        front.look()
        assert front.ask(ALL, if_none_match=etag).status == 304
        assert front.ask(ALL, if_none_match=f'"ffffffffffff.0.{SUFFIX}"').status == 304
        assert front.ask(ALL).status == 200


def test_the_document_is_sent_for_a_tag_that_the_catalog_lacks(front: Front) -> None:
    """As after a backup was restored: from the first look at the catalog after the tag was seen."""
    etag = later(front).headers["ETag"]
    assert front.ask(ALL, if_none_match=etag).status == 304
    front.look()
    assert front.ask(ALL, if_none_match=etag).status == 200
    front.publication.lost = True
    front.look()
    assert front.ask(ALL, if_none_match=etag).status == 200


@pytest.mark.parametrize("ahead", [101, 0xFFFFFFFFFFF0])
def test_the_document_is_sent_at_once_for_a_tag_far_ahead(front: Front, ahead: int) -> None:
    """A rebuilt catalog counts from 1 again, and tags may be forged."""
    etag = f'"{front.publication.newest()[0] + ahead:x}.00000000.{SUFFIX}"'
    asked = list(front.publication.asked)
    assert front.ask(ALL, if_none_match=etag, a_im="feed").status == 200
    assert front.publication.asked == asked


@pytest.mark.parametrize("of_tag", [f"8.{SUFFIX}", f"8.00000000.{SUFFIX}-x", f'8"a.0.{SUFFIX}'])
def test_the_document_is_sent_for_a_foreign_tag(front: Front, of_tag: str) -> None:
    assert front.ask(ALL, if_none_match=f'"{of_tag}"').status == 200


def test_the_newest_plausible_tag_is_confirmed(front: Front) -> None:
    """RFC 9111 4.3.4: a cache sends the response whose tag the 304 has."""
    own, newer = front.ask(ALL).headers["ETag"], later(front).headers["ETag"]
    lost = f'"{number(newer) + 200:x}.00000000.{SUFFIX}"'  # of a catalog that was restored
    tags = f"{own}, {newer}, {lost}"
    kept = front.ask(ALL, if_none_match=tags)
    assert (kept.status, kept.headers["ETag"]) == (304, newer)
    front.look()
    known = front.ask(ALL, if_none_match=tags)
    assert (known.status, known.headers["ETag"]) == (304, own)


def test_a_newer_document_is_confirmed_if_a_revision_cannot_be_read(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if its tag was looked up before."""
    etag = later(front).headers["ETag"]
    front.ask(ALL, if_none_match=etag)
    front.look()

    def refuse(_: str) -> None:
        raise CatalogError("the catalog cannot be used")

    monkeypatch.setattr(front.publication, "_ask", refuse)
    front.publication.publish(SITE)
    front.look()
    assert front.ask(ALL).status == 200
    assert front.ask(ALL, if_none_match=etag).status == 304


def test_conditions_are_ignored_if_no_coding_is_acceptable(front: Front) -> None:
    etag = later(front).headers["ETag"]
    refused = front.ask(ALL, if_none_match=etag, accept_encoding="identity;q=0")
    assert refused.status == 406


events = st.lists(
    st.tuples(st.sampled_from(["poll", "look", "publish", "lose", "find"]), st.booleans()),
    min_size=30,
    max_size=60,
)


@given(events)
@settings(max_examples=examples(10), deadline=None)
def test_a_client_of_several_machines_never_gets_an_older_document(
    history: list[tuple[str, bool]],
) -> None:
    """Whatever each machine has read of the catalog, if the client sends its newest tag."""
    machines = {each: Front(FakePublication()) for each in (False, True)}
    for machine in machines.values():
        machine.ask(ALL)
    etag = machines[True].ask(ALL).headers["ETag"]
    for what, which in history:
        machine = machines[which]
        if what == "publish":
            for each in machines.values():
                each.publication.publish(SITE)
        elif what == "look":
            machine.look()
        elif what == "poll":
            reply = machine.ask(ALL, if_none_match=etag)
            assert reply.status in {200, 304}
            assert number(reply.headers["ETag"]) >= number(etag)
            etag = reply.headers["ETag"]
        else:
            machine.publication.lost = what == "lose"
