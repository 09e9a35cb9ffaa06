"""Withdrawals: tombstones in feeds, and syncs that would withdraw too much."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.catalog.publish import ChangeKind
from feedsvc.catalog.sync import rehearse, sync
from feedsvc.errors import WithdrawalError
from feedsvc.model import Format, Withdrawn
from tests.desk import Desk
from tests.render.samples import FEED, render
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def fill(desk: Desk, count: int, **front_matter: Any) -> None:
    for number in range(count):
        desk.write(
            f"{number}.md", article(f"T{number}", f"2022-02-{number + 1:02}", **front_matter)
        )


# A sync that would withdraw too much


@pytest.mark.parametrize(
    ("published", "withdrawn", "stops"),
    [(9, 3, False), (9, 4, True), (3, 1, False), (1, 1, False), (2, 2, True), (6, 2, False)],
)
def test_a_sync_that_would_withdraw_more_than_a_third_stops(
    desk: Desk, published: int, withdrawn: int, stops: bool
) -> None:
    fill(desk, published)
    desk.sync()
    before = (desk.revision(), desk.feeds(), desk.every_article())
    for number in range(withdrawn):
        desk.remove(f"{number}.md")
    if not stops:
        assert desk.sync(force=False).published.withdrawn == withdrawn
        return
    with pytest.raises(WithdrawalError) as error:
        desk.sync(force=False)
    assert f"{withdrawn} of {published} published articles would be withdrawn" in str(error.value)
    assert "--force" in str(error.value)
    assert str(desk.settings.content) in str(error.value)
    assert (desk.revision(), desk.feeds(), desk.every_article()) == before
    assert desk.sync(force=True).published.withdrawn == withdrawn


def test_making_all_articles_drafts_stops_a_sync(desk: Desk) -> None:
    fill(desk, 4)
    desk.sync()
    fill(desk, 4, draft=True)
    with pytest.raises(WithdrawalError):
        desk.sync(force=False)
    fill(desk, 4)
    assert desk.sync(force=False).published.revision is None


def test_a_sync_that_would_empty_all_feeds_stops(desk: Desk) -> None:
    fill(desk, 4)
    desk.sync()
    fill(desk, 4, feeds=False)
    with pytest.raises(WithdrawalError):
        desk.sync(force=False)
    desk.sync(force=True)
    fill(desk, 4, feeds=False, draft=True)
    with pytest.raises(WithdrawalError):
        desk.sync(force=False)


def test_expired_articles_do_not_stop_a_sync(desk: Desk) -> None:
    fill(desk, 4, expires=(desk.now + timedelta(hours=1)).isoformat())
    desk.sync()
    assert desk.sync(after=7200, force=False).published.withdrawn == 4


def test_articles_are_released_while_syncs_are_refused(desk: Desk) -> None:
    fill(desk, 4)
    desk.write("later.md", article("Later", (desk.now + timedelta(hours=1)).isoformat()))
    desk.sync()
    for number in range(4):
        desk.remove(f"{number}.md")
    with pytest.raises(WithdrawalError):
        desk.sync(force=False)
    assert desk.release(desk.now + timedelta(hours=2)).new == 1


# Rehearsals


def test_a_rehearsal_reports_what_a_sync_would_do_and_changes_nothing(desk: Desk) -> None:
    fill(desk, 4)
    desk.sync()
    before = (desk.revision(), desk.feeds(), desk.every_article())
    desk.write("0.md", article("Another", "2022-02-01"))
    desk.write("1.md", article("T1", "2022-02-02", id="urn:pinned"))
    desk.write("new.md", article("New", tags=["fresh"]))
    desk.remove("2.md")
    desk.configure('base_url = "https://other.example"')
    rehearsed = rehearse(desk.catalog, desk.settings, desk.now + timedelta(minutes=1))
    assert (desk.revision(), desk.feeds(), desk.every_article()) == before
    done = desk.sync()
    assert rehearsed == done
    assert rehearsed.published.changes == done.published.changes
    assert {(each.kind, each.path) for each in done.published.changes} == {
        (ChangeKind.NEW, "new.md"),
        (ChangeKind.WITHDRAWN, "2.md"),
        (ChangeKind.EDITED, "0.md"),
        (ChangeKind.EDITED, "1.md"),
        (ChangeKind.EDITED, "3.md"),
    }
    [pinned] = [each for each in done.published.changes if each.former_id]
    assert (pinned.path, pinned.id) == ("1.md", "urn:pinned")
    assert done.published.new_feeds == ("tag/fresh",)
    assert done.settings == (("base_url", "https://news.example.org", "https://other.example"),)


def test_a_rehearsal_reports_what_would_be_refused(desk: Desk) -> None:
    fill(desk, 3)
    desk.sync()
    desk.remove("0.md")
    desk.remove("1.md")
    report = rehearse(desk.catalog, desk.settings, desk.now)
    assert report.loss == "2 of 3 published articles would be withdrawn"
    assert report.published.withdrawn == 2
    with pytest.raises(WithdrawalError):
        sync(desk.catalog, desk.settings, desk.now)


# Tombstones (RFC 6721)


def tombstones(desk: Desk, key: str = "all") -> list[tuple[str | None, str | None]]:
    """Return the tombstones of an Atom feed: ids and times."""
    root = ElementTree.fromstring(desk.body(key, Format.ATOM))
    return [(each.get("ref"), each.get("when")) for each in root.findall(DELETED)]


def minted(number: int) -> str:
    return f"tag:news.example.org,2022:2022-02-{number + 1:02}:{number}"


def test_tombstones_are_off_by_default(desk: Desk) -> None:
    fill(desk, 2)
    desk.sync()
    desk.remove("0.md")
    desk.sync()
    assert b"deleted-entry" not in desk.body()
    assert b"tombstones" not in desk.body()


def test_an_atom_feed_lists_withdrawn_entries_with_their_dates(desk: Desk) -> None:
    desk.configure("tombstones = true")
    fill(desk, 4, tags=["x"])
    desk.sync()
    assert tombstones(desk) == []
    desk.remove("1.md")
    desk.sync()
    first = f"{desk.now:%Y-%m-%dT%H:%M:%SZ}"
    desk.write("2.md", article("T2", "2022-02-03", tags=["x"], draft=True))
    desk.sync()
    desk.write("3.md", article("T3", "2022-02-04", tags=["x"], feeds=False))
    desk.sync()
    last = f"{desk.now:%Y-%m-%dT%H:%M:%SZ}"
    found = tombstones(desk)
    assert [entry_id for entry_id, _ in found] == [minted(3), minted(2), minted(1)]
    assert (found[0][1], found[2][1]) == (last, first)
    assert tombstones(desk, "tag/x") == found
    for format in (Format.RSS, Format.JSON):
        assert b"deleted" not in desk.body("all", format)


def test_a_tombstone_is_removed_when_its_article_is_restored(desk: Desk) -> None:
    desk.configure("tombstones = true")
    fill(desk, 2)
    desk.sync()
    desk.remove("0.md")
    desk.sync()
    fill(desk, 2)
    desk.sync()
    assert tombstones(desk) == []


def test_an_article_that_leaves_only_one_feed_is_not_withdrawn(desk: Desk) -> None:
    desk.configure("tombstones = true")
    fill(desk, 2, tags=["x"])
    desk.sync()
    desk.write("0.md", article("T0", "2022-02-01", tags=["y"]))
    desk.sync()
    assert tombstones(desk, "tag/x") == tombstones(desk) == []


def test_a_feed_has_no_tombstone_of_an_article_that_left_it_earlier(desk: Desk) -> None:
    """Conformance 37: the tombstone would appear without a revision of that feed."""
    desk.configure("tombstones = true")
    fill(desk, 2, tags=["x"])
    desk.sync()
    desk.write("0.md", article("T0", "2022-02-01", tags=["y"]))
    desk.sync()
    desk.remove("0.md")
    desk.sync()
    assert tombstones(desk, "tag/x") == []
    assert [entry_id for entry_id, _ in tombstones(desk, "tag/y")] == [minted(0)]


def test_an_article_restored_in_other_feeds_has_no_tombstone(desk: Desk) -> None:
    desk.configure("tombstones = true")
    fill(desk, 2, tags=["x"])
    desk.sync()
    desk.remove("0.md")
    desk.sync()
    before = desk.feed("tag/x").revision
    desk.write("0.md", article("T0", "2022-02-01", tags=["y"]))
    desk.sync()
    assert tombstones(desk, "tag/x") == []
    assert desk.feed("tag/x").revision > before
    assert desk.feed("tag/x").entries == 1


def test_an_article_beyond_the_limit_gets_no_tombstone(desk: Desk) -> None:
    """Conformance 37."""
    desk.configure("tombstones = true\n[feeds]\nlimit = 2")
    fill(desk, 7)
    desk.sync()
    before = desk.feed("all")
    desk.remove("0.md")
    desk.sync()
    assert tombstones(desk) == []
    assert desk.feed("all").revision == before.revision
    desk.remove("6.md")
    desk.sync()
    assert [entry_id for entry_id, _ in tombstones(desk)] == [minted(6)]


@given(st.text(), st.datetimes())
def test_any_id_can_be_in_a_tombstone(entry_id: str, when: datetime) -> None:
    """Conformance 1."""
    moment = when.replace(tzinfo=UTC, microsecond=0)
    feed = replace(FEED, withdrawn=(Withdrawn(entry_id, moment),))
    root = ElementTree.fromstring(render(Format.ATOM, feed))
    [found] = root.findall(DELETED)
    assert datetime.fromisoformat(str(found.get("when"))) == moment
