"""Archives are read within limits, and unreadable ones are reported."""

import zipfile
from pathlib import Path

import pytest

from feedsvc.importers import archive
from tests.importers.desk import codes
from tests.importers.exports import imported, row, substack, zipped

BROKEN = {
    "no archive": (b"PK\x03\x04" + bytes(99), "broken-archive"),
    "truncated": (zipped(substack(row("1.a"), {"1.a": "A"}))[:-30], "broken-archive"),
    "other": (zipped({"word/document.xml": "<a/>"}), "unknown-source"),
    "empty": (zipped({}), "unknown-source"),
    "paths": (zipped({"../posts.csv": "x", "/posts.csv": "x"}), "unknown-source"),
    "nested": (zipped({"a.zip": zipped(substack(row("1.a")))}), "unknown-source"),
    "rare method": (zipped(substack(row("1.a")), zipfile.ZIP_LZMA), "broken-archive"),
}


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_an_unreadable_archive_is_one_problem(tmp_path: Path, content: bytes, code: str) -> None:
    report, articles = imported(tmp_path, "a.zip", content)
    assert (codes(report), articles) == ([code], {})


def test_encrypted_archives_are_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(substack(row("1.a"))))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    report, _ = imported(tmp_path, "a.zip", bytes(content))
    assert codes(report) == ["broken-archive"]
    assert "encrypted" in report.problems[0].message


def test_the_decompressed_size_of_an_archive_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the archive understates the sizes of its members."""
    monkeypatch.setattr(archive, "MAX_MEMBER", 50_000)
    monkeypatch.setattr(archive, "MAX_TOTAL", 60_000)
    posts = {"1.a": "a" * 60_000, "2.b": "b" * 40_000, "3.c": "c" * 40_000, "4.d": "d"}
    content = zipped(substack("".join(map(row, posts)), posts))
    report, articles = imported(tmp_path, "a.zip", content)
    assert codes(report) == ["source-too-large", "source-too-large"]
    assert list(articles) == ["2.b", "4.d"]
    size = (60_000).to_bytes(4, "little")
    report, articles = imported(tmp_path, "a.zip", content.replace(size, (1).to_bytes(4, "little")))
    assert "1.a" not in articles


def test_the_member_list_of_an_archive_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MAX_LIST", 70_000)
    content = zipped({f"{number:0100}": "" for number in range(1000)})
    report, _ = imported(tmp_path, "a.zip", content)
    assert codes(report) == ["broken-archive"]
    assert "too many members" in report.problems[0].message
