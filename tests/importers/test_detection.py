"""The format of a source is detected by its content."""

from pathlib import Path

import pytest

from feedsvc.errors import FeedsvcError
from feedsvc.importers import sources
from feedsvc.importers.sources import Source, SourceFormat
from tests.importers.desk import SOURCES, Site, codes


def test_other_files_in_a_folder_are_ignored(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.put("2022-02-17.txt", "Title\n\nText.\n")
    for name in (".hidden.txt", "a.css", "a.png", "noending"):
        site.put(name, "On Thursday 17 February 2022.")
    beside = site.settings.site / "sources" / "page_files"
    beside.mkdir()
    (beside / "ad.html").write_text("<html>")
    (site.settings.site / "sources" / "page.html").write_bytes((SOURCES / "page.html").read_bytes())
    report = site.run(beside.parent)
    assert (report.written, codes(report)) == (2, ["local-picture"])


KINDS = {
    "wordpress.xml": SourceFormat.WORDPRESS,
    "wordpress.rss": SourceFormat.FEED,
    "wordpress.atom": SourceFormat.FEED,
    "blogger.xml": SourceFormat.FEED,
    "jekyll.xml": SourceFormat.FEED,
    "feed.json": SourceFormat.FEED,
    "page.html": SourceFormat.PAGE,
    "mali.txt": SourceFormat.TEXT,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_format_of_a_source_is_detected_by_its_content(
    tmp_path: Path, name: str, kind: SourceFormat
) -> None:
    renamed = tmp_path / "x.txt"
    renamed.write_bytes((SOURCES / name).read_bytes())
    assert sources.detect(Source(renamed, "x.txt", 0)) is kind


def test_sources_of_unknown_formats_are_reported(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.txt", b"\x89PNG\r\n\x1a\n\0\0"))
    assert codes(report) == ["unknown-source"]
    with pytest.raises(FeedsvcError, match="cannot be read"):
        site.run(tmp_path / "nothing.xml")


@pytest.mark.parametrize("name", ["wordpress.xml", "wordpress.rss", "blogger.xml"])
def test_an_export_with_a_nul_character_is_recognised(tmp_path: Path, name: str) -> None:
    content = (SOURCES / name).read_bytes()
    whole = Site(tmp_path / "whole")
    number = whole.run(SOURCES / name).written
    site = Site(tmp_path / "nul")
    report = site.run(site.put("a.xml", content.replace(b"</title>", b"\0</title>", 1)))
    assert "lost-characters" in codes(report)
    assert report.written == number
    assert site.files() == whole.files()


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b'<?xml version="1.0"?>\n<opml version="2.0"><body/></opml>', "save the feeds"),
        (b"<opml><body/></opml>", "save the feeds"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
    ],
)
def test_unsupported_formats_are_recognised(tmp_path: Path, content: bytes, advice: str) -> None:
    site = Site(tmp_path)
    (problem,) = site.run(site.put("old.xml", content)).problems
    assert problem.code == "unknown-source"
    assert advice in problem.message
    assert site.files() == {}
