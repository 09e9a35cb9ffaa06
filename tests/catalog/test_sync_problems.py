"""Syncs with invalid, missing or unreadable files withdraw nothing."""

import os

import pytest

from feedsvc.catalog.publish import Published
from feedsvc.errors import FeedsvcError
from tests.desk import Desk, ref
from tests.sites import article

NOTHING = Published()

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


def test_a_file_name_that_is_not_text_does_not_stop_the_sync(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    (desk.content / os.fsdecode(b"caf\xe9.md")).write_text(article("B"))
    desk.sync()
    assert "A" in desk.titles()
