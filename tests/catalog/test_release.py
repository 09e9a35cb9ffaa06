"""Releases and expiries, and what must stay invisible before a release."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from feedsvc.catalog import queries
from feedsvc.catalog.publish import Published
from feedsvc.model import Format
from tests.desk import START, Counted, Desk, counted, ref
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

NOTHING = Published()
SECOND = timedelta(seconds=1)
DUE = datetime(2026, 1, 10, 8, 30, tzinfo=UTC)
SCHEDULED = "2026-01-10 09:30"  # in Paris


def next_due(desk: Desk) -> datetime | None:
    with desk.catalog.reading() as connection:
        return queries.next_due(connection)


@pytest.fixture
def scheduled(desk: Desk) -> Desk:
    """A site with one visible and one scheduled article."""
    desk.write("now.md", article("Now", tags=["shared"], body="![](shared.png)"))
    desk.write(
        "later.md",
        article(
            "Later",
            SCHEDULED,
            body="![](secret.png) ![](shared.png)",
            tags=["shared", "Secret Tag"],
            categories=["Secret Category"],
            authors=["Secret Author"],
            language="fr",
        ),
    )
    for name in ("shared.png", "secret.png"):
        desk.write(name, b"PNG")
    desk.sync()
    return desk


def test_a_scheduled_article_is_invisible_everywhere(scheduled: Desk) -> None:
    """Conformance 55."""
    publication = scheduled.publication
    assert set(scheduled.feeds()) == {"all", "language/en", "tag/shared"}
    for feed in publication.feeds():
        assert feed.entries == 1
        assert [entry.title for entry in publication.entries(feed.ref)] == ["Now"]
        for format in Format:
            body = scheduled.body(feed.ref.key, format)
            assert b"Later" not in body
            assert b"ecret" not in body
    assert publication.feed(ref("tag/secret-tag")) is None
    assert publication.document(ref("tag/secret-tag"), Format.RSS) is None
    assert publication.entries(ref("tag/secret-tag")) == []
    assert publication.article("later") is None
    assert not publication.withdrawn("later")
    assert publication.files.find("secret.png") is None
    assert publication.files.find("shared.png") is not None
    assert next_due(scheduled) == DUE


def test_an_article_is_released_at_its_instant_and_not_a_second_before(scheduled: Desk) -> None:
    """Conformance 55."""
    before = scheduled.feeds()
    assert scheduled.release(DUE - SECOND) == NOTHING
    assert scheduled.release(DUE - timedelta(microseconds=1)) == NOTHING
    assert scheduled.feeds() == before
    assert counted(scheduled.release(DUE)) == Counted(2, new=1, feeds=6)
    after = scheduled.feeds()
    assert set(after) == {
        "all",
        "author/secret-author",
        "category/secret-category",
        "language/en",
        "language/fr",
        "tag/secret-tag",
        "tag/shared",
    }
    assert {key for key, feed in after.items() if (feed.revision, feed.changed) == (2, DUE)} == (
        set(after) - {"language/en"}
    )
    assert after["tag/secret-tag"].label == "Secret Tag"
    assert scheduled.titles() == scheduled.titles("tag/shared") == ["Later", "Now"]
    assert scheduled.publication.article("later") is not None
    assert scheduled.publication.files.find("secret.png") is not None
    assert scheduled.release(DUE + SECOND) == NOTHING
    assert next_due(scheduled) is None


def test_a_release_changes_last_modified_and_the_bytes(scheduled: Desk) -> None:
    """Conformance 55, 34."""
    before = scheduled.publication.document(ref("all"), Format.ATOM)
    scheduled.release(DUE)
    after = scheduled.publication.document(ref("all"), Format.ATOM)
    assert before is not None
    assert after is not None
    assert before.body != after.body
    assert before.last_modified < after.last_modified == DUE


def test_a_sync_releases_due_articles(scheduled: Desk) -> None:
    """Conformance 55."""
    scheduled.now = DUE - SECOND
    assert scheduled.sync(after=0).published == NOTHING
    assert scheduled.sync(after=1).published.new == 1
    assert scheduled.titles() == ["Later", "Now"]


def test_a_release_does_not_change_other_entries(scheduled: Desk) -> None:
    (before,) = scheduled.publication.entries(ref("all"))
    scheduled.release(DUE)
    assert scheduled.publication.entries(ref("all"))[1] == before


def test_a_label_removed_from_settings_is_not_kept_by_a_scheduled_article(
    desk: Desk,
) -> None:
    desk.configure('[labels]\ntag = { x = "Working label" }')
    desk.write("a.md", article("A", SCHEDULED, tags=["X"]))
    desk.sync()
    desk.configure("")
    desk.sync()
    desk.release(DUE)
    (entry,) = desk.publication.entries(ref("all"))
    assert [each.label for each in entry.categories] == ["X"] == [desk.feed("tag/x").label]


def test_drafts_are_invisible(desk: Desk) -> None:
    """Conformance 55."""
    desk.write("a.md", article("A", tags=["x"], draft=True))
    assert counted(desk.sync().published) == Counted(1, feeds=1)
    assert set(desk.feeds()) == {"all"}
    assert desk.publication.article("a") is None
    assert not desk.publication.withdrawn("a")
    assert next_due(desk) is None
    desk.write("a.md", article("A", tags=["x"]))
    assert counted(desk.sync().published) == Counted(2, new=1, feeds=3)
    assert desk.titles("tag/x") == ["A"]


def test_an_article_made_a_draft_again_is_withdrawn(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    before = desk.articles()["a.md"]
    desk.write("a.md", article("A", tags=["x", "new"], draft=True))
    assert counted(desk.sync().published) == Counted(2, withdrawn=1, feeds=3)
    assert desk.publication.withdrawn("a")
    assert desk.feed("tag/x").entries == 0
    assert "tag/new" not in desk.feeds()
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    assert desk.articles()["a.md"].id == before.id
    assert not desk.publication.withdrawn("a")
    assert desk.titles("tag/x") == ["A"]


def test_a_postponed_article_is_withdrawn_until_then(desk: Desk) -> None:
    """Conformance 34."""
    desk.write("a.md", article("A"))
    desk.write("b.md", article("B", "2022-02-16"))
    desk.sync()
    desk.write("a.md", article("A", SCHEDULED))
    desk.sync()
    withdrawn_at = desk.now
    assert desk.titles() == ["B"]
    assert desk.feed("all").changed == withdrawn_at
    desk.release(DUE)
    assert desk.titles() == ["A", "B"]


def test_an_article_expires_at_its_instant(desk: Desk) -> None:
    """Conformance 34, 43."""
    desk.write("a.md", article("A", tags=["x"], expires=SCHEDULED))
    desk.write("b.md", article("B"))
    desk.sync()
    assert next_due(desk) == DUE
    assert desk.release(DUE - SECOND) == NOTHING
    assert desk.titles() == ["B", "A"]
    assert counted(desk.release(DUE)) == Counted(2, withdrawn=1, feeds=3)
    assert desk.titles() == ["B"]
    assert desk.titles("tag/x") == []
    assert desk.publication.withdrawn("a")
    assert next_due(desk) is None


def test_an_article_that_had_expired_when_it_was_read_is_withdrawn(desk: Desk) -> None:
    """Conformance 43: a rebuilt catalog responds with 410 again, not 404."""
    desk.write("a.md", article("A", tags=["x"], expires="2024-01-01"))
    desk.sync()
    assert set(desk.feeds()) == {"all"}
    assert desk.publication.withdrawn("a")


def test_an_article_is_released_and_expires_on_time(desk: Desk) -> None:
    desk.write("a.md", article("A", SCHEDULED, expires="2026-01-11 09:30"))
    desk.sync()
    assert desk.release(DUE).new == 1
    assert next_due(desk) == DUE + timedelta(days=1)
    assert desk.release(DUE + timedelta(days=1)).withdrawn == 1


def test_an_article_released_and_expired_while_stopped_never_appears(desk: Desk) -> None:
    desk.write("a.md", article("A", SCHEDULED, tags=["x"], expires="2026-01-11 09:30"))
    desk.sync()
    assert desk.release(DUE + timedelta(days=2)) == NOTHING
    assert set(desk.feeds()) == {"all"}
    assert desk.publication.withdrawn("a")


def test_next_due_is_the_earliest_release_or_expiry(desk: Desk) -> None:
    assert next_due(desk) is None
    desk.write("late.md", article("Late", "2027-01-01 01:00"))
    desk.write("soon.md", article("Soon", SCHEDULED))
    desk.write("ends.md", article("Ends", expires="2026-06-01 02:00"))
    desk.write("draft.md", article("Draft", "2026-01-02", draft=True, expires="2026-01-03"))
    desk.sync()
    assert next_due(desk) == DUE
    desk.remove("soon.md")
    desk.sync()
    assert next_due(desk) == datetime(2026, 6, 1, tzinfo=UTC)


def test_articles_due_together_are_released_in_one_revision(desk: Desk) -> None:
    for minute in range(3):
        desk.write(f"{minute}.md", article(f"T{minute}", f"2026-01-10 09:3{minute}"))
    desk.sync()
    assert counted(desk.release(DUE + timedelta(hours=1))) == Counted(2, new=3, feeds=2)
    assert desk.titles() == ["T2", "T1", "T0"]


def test_instants_increase_even_if_the_clock_is_set_back(desk: Desk) -> None:
    """Conformance 34."""
    for step in (0.0, 0.0, 0.4, -86_400.0, 86_500.0):
        desk.write("a.md", article(f"Edited at {len(desk.revisions())}"))
        desk.sync(after=step)
    instants = [instant for _, instant in desk.revisions()]
    assert len(instants) == 5
    assert instants[0] == START
    assert all(a < b for a, b in pairwise(instants))
    assert [number for number, _ in desk.revisions()] == [1, 2, 3, 4, 5]
    assert desk.feed("all").changed == instants[-1] == desk.now.replace(microsecond=0)
