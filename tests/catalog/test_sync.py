"""Syncs: what they read, and what they change."""

import os
import threading
import time
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.catalog import queries, schema
from feedsvc.catalog.publish import Published
from feedsvc.catalog.sync import sync
from feedsvc.errors import FeedsvcError
from feedsvc.model import TERM_KINDS, Format, Kind
from feedsvc.sources import ContentFolder, Listing
from tests.desk import Counted, Desk, counted, ref
from tests.sites import article

NOTHING = Published()


# The first sync, and syncs without changes


def test_the_first_sync_creates_revision_1(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.write("b.md", article("B"))
    report = desk.sync()
    assert (report.files, report.read, report.problems) == (2, 2, ())
    assert counted(report.published) == Counted(1, new=2, feeds=3)
    assert desk.revisions() == [(1, desk.now)]


def test_the_site_feed_exists_even_when_it_is_empty(desk: Desk) -> None:
    report = desk.sync()
    assert counted(report.published) == Counted(1, feeds=1)
    assert list(desk.feeds()) == ["all"]
    assert desk.feed("all").entries == 0
    assert b"<feed" in desk.body()


def test_an_unchanged_sync_writes_no_revision_and_reads_no_settled_file(
    desk: Desk, settled: None
) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    tables = [each for each in schema.metadata.sorted_tables if each is not schema.metadata_table]
    before = {table.name: desk.rows(table) for table in tables}
    report = desk.sync()
    assert (report.read, report.published) == (0, NOTHING)
    assert {table.name: desk.rows(table) for table in tables} == before


def test_a_sync_records_its_instant_and_the_number_of_problems(desk: Desk) -> None:
    desk.write("a.md", "no front matter, no title")
    report = desk.sync()
    with desk.catalog.reading() as connection:
        assert queries.last_sync(connection) == (desk.now, len(report.problems))
    desk.remove("a.md")
    desk.sync()
    health = desk.publication.health()
    assert (health.revision, health.synced, health.problems) == (1, desk.now, 0)


def test_the_text_of_a_recently_changed_file_is_compared(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another change may not alter its size and times."""
    scan = import_module("feedsvc.sources.scan")
    monkeypatch.setattr(scan, "fingerprint", lambda _status: str(time.time_ns()))
    desk.write("a.md", article("A"))
    desk.sync()
    report = desk.sync()
    assert (report.read, report.published) == (0, NOTHING)
    desk.write("a.md", article("B"))
    assert desk.sync().published.edited == 1


def test_progress_is_reported(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.write("b.md", article("B"))
    calls: list[tuple[int, int]] = []
    sync(desk.catalog, desk.settings, desk.now, lambda *each: calls.append(each))
    assert calls == [(1, 2), (2, 2)]


# Edits


def test_an_edit_changes_only_the_feeds_of_its_article(desk: Desk) -> None:
    """Conformance 37."""
    desk.write("a.md", article("A", tags=["x", "both"]))
    desk.write("b.md", article("B", tags=["y", "both"], language="fr"))
    desk.sync()
    before = desk.feeds()
    desk.write("a.md", article("A2", tags=["x", "both"]))
    report = desk.sync()
    assert counted(report.published) == Counted(2, edited=1, feeds=4)
    after = desk.feeds()
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"all", "tag/x", "tag/both", "language/en"}
    for key in changed:
        assert (after[key].revision, after[key].changed) == (2, desk.now)
        assert after[key].entries == before[key].entries


def test_an_edit_beyond_the_limit_creates_a_revision_but_changes_no_feed(desk: Desk) -> None:
    """Conformance 37."""
    desk.configure("[feeds]\nlimit = 1")
    desk.write("new.md", article("New", "2024-01-01"))
    desk.write("old.md", article("Old", "2023-01-01"))
    desk.sync()
    desk.write("old.md", article("Old, edited", "2023-01-01"))
    report = desk.sync()
    assert counted(report.published) == Counted(2, edited=1, feeds=0)
    assert desk.feed("all").revision == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(article("A", body="One.\nTwo."), id="the same bytes"),
        pytest.param(article("A", body="One.\nTwo.").replace("\n", "\r\n"), id="CRLF"),
        pytest.param("\ufeff" + article("A", body="One.\nTwo."), id="byte order mark"),
    ],
)
def test_a_touched_file_changes_nothing(desk: Desk, text: str) -> None:
    """Conformance 37."""
    desk.write("a.md", article("A", body="One.\nTwo."))
    desk.sync()
    desk.write("a.md", text)
    os.utime(desk.content / "a.md", (2_000_000_000, 2_000_000_000))
    assert desk.sync().published == NOTHING
    assert desk.sync().published == NOTHING


def test_invisible_changes_do_not_create_a_revision(desk: Desk) -> None:
    """Conformance 37: such as an expiry date, or pinning the current id."""
    desk.write("a.md", article("A", tags=["Python"]))
    desk.write("b.md", article("B", "2022-02-18", tags=["python"]))
    desk.sync()
    minted = desk.articles()["a.md"].id
    desk.write("a.md", article("A", tags=["Python"], id=minted, expires="2030-01-01"))
    desk.write("b.md", article("B", "2022-02-18", tags=["PYTHON"]))
    assert desk.sync().published == NOTHING
    assert desk.publication.feed(ref("tag/python")).label == "Python"  # type: ignore[union-attr]
    with desk.catalog.reading() as connection:
        assert str(queries.next_due(connection)).startswith("2029-12-31 23:00")


def test_a_new_title_or_body_does_not_change_updated(desk: Desk) -> None:
    """Conformance 16."""
    desk.write("a.md", article("A"))
    desk.sync()
    (before,) = desk.publication.entries(ref("all"))
    desk.write("a.md", article("Another", body="Quite another."))
    desk.sync()
    (after,) = desk.publication.entries(ref("all"))
    assert (after.id, after.published, after.updated) == (
        before.id,
        before.published,
        before.updated,
    )
    assert (after.title, after.content) == ("Another", "<p>Quite another.</p>")


def test_a_new_date_moves_the_article_in_its_feeds(desk: Desk) -> None:
    desk.write("a.md", article("A", "2022-01-01"))
    desk.write("b.md", article("B", "2022-01-02"))
    desk.sync()
    assert desk.titles() == ["B", "A"]
    desk.write("a.md", article("A", "2022-01-03"))
    desk.sync()
    assert desk.titles() == ["A", "B"]


# Terms


def test_new_tags_create_feeds_and_feeds_of_removed_tags_are_empty(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["Old One"]))
    desk.sync()
    desk.write("a.md", article("A", tags=["New One"], categories=["News"]))
    desk.sync()
    feeds = desk.feeds()
    assert {key: feeds[key].entries for key in feeds} == {
        "all": 1,
        "category/news": 1,
        "language/en": 1,
        "tag/new-one": 1,
        "tag/old-one": 0,
    }
    assert feeds["tag/old-one"].changed == desk.now
    assert desk.titles("tag/old-one") == []
    for format in Format:
        assert b"Old One" in desk.body("tag/old-one", format)


def test_a_label_is_that_of_the_first_article(desk: Desk) -> None:
    desk.write("later.md", article("Later", "2022-02-18", tags=["PYTHON"]))
    desk.write("first.md", article("First", "2022-02-17", tags=["Python"]))
    desk.sync()
    desk.write("older.md", article("Older", "2022-01-01", tags=["python"]))
    desk.sync()
    labels = {
        category.label
        for entry in desk.publication.entries(ref("all"))
        for category in entry.categories
    }
    assert labels == {desk.feed("tag/python").label} == {"Python"}


def test_a_label_is_kept_when_its_first_article_is_removed(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["Python"]))
    desk.sync()
    desk.remove("a.md")
    desk.write("b.md", article("B", tags=["python"]))
    desk.sync()
    assert desk.feed("tag/python").label == "Python"
    (entry,) = desk.publication.entries(ref("all"))
    assert [each.label for each in entry.categories] == ["Python"]


def test_settings_can_label_a_term(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["c++", "x"]))
    desk.sync()
    desk.configure('[labels]\ntag = { "c++" = "The C++ language" }')
    assert counted(desk.sync().published) == Counted(2, edited=1, feeds=4)
    (entry,) = desk.publication.entries(ref("tag/c++"))
    assert [each.label for each in entry.categories] == ["The C++ language", "x"]
    assert desk.publication.feed(ref("tag/c++")).label == "The C++ language"  # type: ignore[union-attr]
    desk.configure("")
    desk.sync()
    (entry,) = desk.publication.entries(ref("tag/c++"))
    assert [each.label for each in entry.categories] == ["c++", "x"]


def test_an_article_can_be_excluded_from_every_feed(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"], feeds=False))
    report = desk.sync()
    assert counted(report.published) == Counted(1, new=1, feeds=1)
    assert set(desk.feeds()) == {"all"}
    assert desk.titles() == []
    page = desk.publication.article("a")
    assert page is not None
    assert page.feeds == ()
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    assert desk.titles("tag/x") == ["A"]
    desk.write("a.md", article("A", tags=["x"], feeds=False))
    desk.sync()
    assert desk.titles("tag/x") == desk.titles() == []
    assert desk.publication.article("a") is not None


# Settings


@pytest.mark.parametrize(
    ("toml", "feeds"),
    [
        ('title = "Another"', {"all", "tag/x", "tag/y", "language/en"}),
        ('base_url = "https://elsewhere.example"', {"all", "tag/x", "tag/y", "language/en"}),
        ('language = "fr"', {"all", "tag/x", "tag/y", "language/en", "language/fr"}),
        ('author = "Newsroom"', {"all", "tag/x", "tag/y", "language/en", "author/newsroom"}),
        ("[feeds]\nlimit = 1", {"all", "language/en"}),
        ('[feeds]\ncontent = "summary"', {"all", "tag/x", "tag/y", "language/en"}),
        ('[feeds."tag/x"]\ntitle = "All of X"', {"tag/x"}),
        ('[labels]\ntag = { x = "X!" }', {"all", "tag/x", "language/en"}),
    ],
)
def test_settings_that_change_bytes_create_a_revision(
    desk: Desk, toml: str, feeds: set[str]
) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.write("b.md", article("B", tags=["y"]))
    desk.sync()
    desk.configure(toml)
    report = desk.sync()
    assert report.published.revision == 2
    assert {key for key, feed in desk.feeds().items() if feed.revision == 2} == feeds
    assert desk.sync().published == NOTHING


UNSEEN = [
    "[timezones]\nXYZ = '+03:00'",
    'timezone = "Europe/Berlin"',
    "[labels]\ntag = { unused = 'Used by nobody' }",
    '[feeds."tag/unused"]\ntitle = "Nothing"',
    "labels = { tag = { x = 'x' } }",
    "[feeds]\nlimit = 51",
    "[feeds]\nmax_age = 899",
]


def test_settings_that_change_no_bytes_do_not_create_a_revision(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    before = desk.body()
    for toml in UNSEEN:
        desk.configure(toml)
        assert desk.sync().published == NOTHING, toml
        assert desk.body() == before, toml


def test_nothing_is_read_again_if_the_site_and_its_database_moved(
    desk: Desk, settled: None, tmp_path: Path
) -> None:
    """A catalog is the same whatever its URL."""
    desk.write("a.md", article("A"))
    desk.sync()
    elsewhere = "sqlite:////elsewhere.db"
    desk.settings = structs.replace(desk.settings, database=elsewhere, site=tmp_path)
    report = desk.sync()
    assert (report.read, report.published) == (0, NOTHING)


def test_another_version_of_feedsvc_reads_everything_again(
    desk: Desk, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    monkeypatch.setattr("feedsvc.__version__", "999")
    assert desk.sync().read == 1
    assert desk.sync().read == 0


# Invalid and unreadable files


BAD: dict[str, str | bytes] = {
    "bad-front-matter": b"---\ntitle: [\n---\n",
    "not-utf8": b"\xff\xfe",
    "empty": b"",
    "bad-date": article(published="tomorrow"),
    "missing-file": article(enclosures="missing.mp3"),
}


def test_the_last_valid_version_of_an_invalid_file_stays_published(
    desk: Desk, settled: None
) -> None:
    for code in BAD:
        desk.write(f"{code}.md", article("Good", slug=code))
    desk.sync()
    before = desk.body()
    for code, text in BAD.items():
        desk.write(f"{code}.md", text)
    for _ in range(3):
        report = desk.sync()
        found = {(each.path, each.code) for each in report.problems}
        assert found == {(f"content/{code}.md", code) for code in BAD}
        assert len(report.problems) == len(BAD)
        assert report.published == NOTHING
        assert desk.body() == before
    for code in BAD:
        desk.write(f"{code}.md", article("Better", slug=code))
    assert desk.sync().problems == ()
    assert desk.titles() == ["Better"] * len(BAD)


def test_an_invalid_file_keeps_its_slug(desk: Desk) -> None:
    desk.write("a/s.md", article("A"))
    desk.sync()
    desk.write("a/s.md", "---\n")
    desk.write("b/s.md", article("B", "2020-01-01"))
    report = desk.sync()
    assert [each.code for each in report.problems] == ["bad-front-matter", "duplicate-slug"]
    assert desk.titles() == ["A"]


def test_warnings_are_repeated_by_unchanged_syncs(desk: Desk, settled: None) -> None:
    desk.write("a.md", article("A", colour="red"))
    first = desk.sync()
    assert [each.code for each in first.problems] == ["unknown-key"]
    second = desk.sync()
    assert (second.read, second.problems) == (0, first.problems)


def test_an_article_is_published_once_its_missing_file_exists(desk: Desk, settled: None) -> None:
    desk.write("a.md", article("A", image="a.png"))
    assert [each.code for each in desk.sync().problems] == ["missing-file"]
    desk.write("a.png", b"PNG")
    assert desk.sync().problems == ()
    assert desk.titles() == ["A"]
    assert desk.sync().read == 0


def test_an_unreadable_folder_withdraws_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("shut/a.md", article("A"))
    desk.write("open/b.md", article("B"))
    desk.sync()
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        desk.remove("open/b.md")
        report = desk.sync()
        assert [(each.path, each.code) for each in report.problems] == [
            ("content/shut", "unreadable")
        ]
        assert desk.titles() == ["A"]
        assert desk.sync().published == NOTHING
    assert desk.sync().published == NOTHING
    desk.remove("shut/a.md")
    desk.sync()
    assert desk.titles() == []


def test_a_missing_content_folder_withdraws_nothing(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    desk.content.rename(desk.folder / "away")
    with pytest.raises(FeedsvcError, match="there is no such folder"):
        desk.sync()
    assert desk.titles() == ["A"]
    (desk.folder / "away").rename(desk.content)
    assert desk.sync().published == NOTHING


def test_a_refused_edit_is_not_released_with_its_scheduled_article(desk: Desk) -> None:
    """Its text must not be published."""
    desk.write("a.md", article("Scheduled", "2026-01-01 02:00", body="Meant."))
    desk.write("b.md", article("B", slug="taken"))
    desk.sync()
    desk.write("a.md", article("Refused", "2026-01-01 02:00", body="Not meant.", slug="taken"))
    report = desk.sync(after=3600)
    assert [each.code for each in report.problems] == ["duplicate-slug"]
    assert desk.titles() == ["Scheduled", "B"]
    entry = desk.publication.entries(ref("all"))[0]
    assert entry.content == "<p>Meant.</p>"


# Removal


def test_a_deleted_file_withdraws_its_article_from_every_feed(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"], categories=["c"], authors=["N"]))
    desk.write("b.md", article("B", tags=["x"]))
    desk.sync()
    desk.remove("a.md")
    assert counted(desk.sync().published) == Counted(2, withdrawn=1, feeds=5)
    assert {key: feed.entries for key, feed in desk.feeds().items()} == {
        "all": 1,
        "author/n": 0,
        "category/c": 0,
        "language/en": 1,
        "tag/x": 1,
    }
    assert desk.publication.article("a") is None
    assert desk.publication.withdrawn("a")
    assert desk.sync().published == NOTHING


def test_terms_of_every_kind_have_a_feed(desk: Desk) -> None:
    desk.configure('sections = ["notes"]')
    text = article("A", tags=["T"], categories=["C"], authors=["Ada", "Bo"], language="fr")
    desk.write("notes/a.md", text)
    desk.sync()
    feeds = desk.feeds()
    assert set(feeds) == {
        *("all", "author/ada", "author/bo", "category/c", "language/fr", "section/notes", "tag/t")
    }  # fmt: skip
    assert {feed.ref.kind for feed in feeds.values()} == {Kind.ALL, *TERM_KINDS}
    assert all(desk.titles(key) == ["A"] for key in feeds)


def test_a_sync_that_waited_for_another_does_not_undo_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are listed within the writing transaction, not before."""
    desk.write("a.md", article("A"))
    desk.sync()
    has_listed, written = threading.Event(), threading.Event()
    listing = ContentFolder.listing
    first = threading.Thread(target=desk.sync)

    def slow(folder: ContentFolder) -> Listing:
        found = listing(folder)
        if threading.current_thread() is first:
            has_listed.set()
            written.wait(0.3)  # the other sync, if it does not wait
        return found

    monkeypatch.setattr(ContentFolder, "listing", slow)
    first.start()
    has_listed.wait()
    desk.write("b.md", article("B"))
    desk.sync()
    written.set()
    first.join()
    assert desk.titles() == ["B", "A"]
    assert [row.removed for row in desk.every_article()] == [False, False]


def test_a_file_name_that_is_not_text_does_not_stop_the_sync(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    (desk.content / os.fsdecode(b"caf\xe9.md")).write_text(article("B"))
    desk.sync()
    assert "A" in desk.titles()
