"""Only the readable parts of broken and hostile sources are imported, without side effects."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.errors import FeedsvcError, Problem
from feedsvc.importers import feeds, plaintext, sources, xmlitems
from feedsvc.importers.item import Item
from feedsvc.importers.run import run
from feedsvc.importers.sources import Source, SourceFormat
from feedsvc.importers.stream import Stream
from tests.importers.desk import HINTS, SOURCES, Site, as_item, codes
from tests.importers.documents import rss
from tests.importers.test_detection import KINDS
from tests.soak import examples

BOMB = "".join(
    f'<!ENTITY a{number} "{f"&a{number - 1};" * 10 if number else "lol"}">' for number in range(9)
)
UNSAFE = {
    "bomb": (f"<!DOCTYPE rss [{BOMB}]>", "&a8;"),
    "file": ('<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"),
    "network": ('<!DOCTYPE rss [<!ENTITY a SYSTEM "http://127.0.0.1:9/">]>', "&a;"),
    "parameter": ('<!DOCTYPE rss [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>', "x"),
    "unused": ('<!DOCTYPE rss [<!ENTITY a "b">]>', "x"),
    "loop": ('<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"),
    "element": ("<!DOCTYPE rss [<!ELEMENT rss ANY>]>", "x"),
}


@pytest.mark.parametrize(("before", "inside"), UNSAFE.values(), ids=UNSAFE)
def test_documents_that_declare_entities_are_refused(
    tmp_path: Path, before: str, inside: str
) -> None:
    site = Site(tmp_path)
    source = rss(f"<description>{inside}</description>", before=before)
    report = site.run(site.put("a.xml", source))
    assert codes(report) == ["unsafe-xml"]
    assert report.problems[0].message.endswith("remove its <!DOCTYPE>")
    assert site.files() == {}


@pytest.mark.parametrize("use", ["<title>{}</title>", "<title a='{}'/>"])
@pytest.mark.parametrize("name", ["bomb", "file", "loop"])
def test_entities_in_the_first_element_are_refused(tmp_path: Path, name: str, use: str) -> None:
    site = Site(tmp_path)
    before, inside = UNSAFE[name]
    source = f'{before}<rss version="2.0"><channel>{use.format(inside)}</channel></rss>'
    report = site.run(site.put("a.xml", source))
    assert [(each.code, each.line) for each in report.problems] == [("unsafe-xml", 1)]


def test_an_entity_declaration_in_utf_16_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    source = rss(
        "x", before='<?xml version="1.0" encoding="utf-16"?><!DOCTYPE rss [<!ENTITY a "b">]>'
    )
    report = site.run(site.put("a.xml", source.encode("utf-16")))
    assert codes(report) == ["unsafe-xml"]


def test_the_doctype_of_rss_0_91_is_accepted(tmp_path: Path) -> None:
    site = Site(tmp_path)
    before = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    )
    report = site.run(site.put("a.xml", rss("<author>&Eacute;lo&iuml;se</author>", before=before)))
    assert report.problems == []
    (article,) = site.articles().values()
    assert [person.name for person in article.authors] == ["Éloïse"]


@pytest.mark.parametrize("name", ["wordpress.xml", "wordpress.rss", "blogger.xml"])
def test_the_complete_items_of_a_truncated_export_are_imported(tmp_path: Path, name: str) -> None:
    """A later import of the whole export adds the rest."""
    content = (SOURCES / name).read_bytes()
    site = Site(tmp_path)
    whole = site.run(SOURCES / name).written
    for cut in (len(content) * 2 // 3, len(content) * 9 // 10):
        part = Site(tmp_path / str(cut))
        report = part.run(part.put("a.xml", content[:cut]))
        (problem,) = [each for each in report.problems if each.code == "broken-xml"]
        assert problem.line == content[:cut].count(b"\n") + 1
        assert ("the items before it are read" in problem.message) == bool(report.written)
        assert report.written <= whole
        rest = part.run(part.put("a.xml", content))
        assert report.written + rest.written == whole
        assert part.files().keys() == site.files().keys()
        assert part.run(part.put("a.xml", content)).written == 0


def test_messages_omit_quotations_of_the_parser(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", rss("", "<description><![CDATA[a\nb") + "\nc"))
    (problem,) = report.problems
    assert "CData section not finished; the items before" in problem.message


@pytest.mark.parametrize("encoding", ["foo", "utf-8"])
def test_an_error_before_the_first_item_mentions_no_imported_items(
    tmp_path: Path, encoding: str
) -> None:
    site = Site(tmp_path)
    before = f'<?xml version="1.0" encoding="{encoding}"?>'
    report = site.run(site.put("a.xml", rss("<b>", before=before)))
    (problem,) = report.problems
    assert problem.code == "broken-xml"
    assert problem.message.startswith("cannot be read: ")
    assert problem.message.endswith("; fix it")
    assert "imported" not in problem.message


def test_an_empty_file_is_one_problem(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", b""), format=SourceFormat.FEED)
    assert codes(report) == ["broken-xml"]


@given(st.lists(st.sampled_from(["<item>", "</item>", "<entry>", "<title>", "</title>", "a", "&x;",
    "<!DOCTYPE a [", "]>", "<![CDATA[", "]]>", "<rss>", "<channel>", "<item/>", "\0", "\n"]),
    max_size=15))  # fmt: skip
def test_any_markup_results_in_items_or_problems(parts: list[str]) -> None:
    stream = Stream("a.xml", io.BytesIO("".join(["<rss>", *parts]).encode()), lambda _: None)
    assert all(isinstance(each, Item | Problem) for each in feeds.read("a.xml", stream, HINTS))


def test_a_text_node_that_is_too_long_ends_reading_with_its_line(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", rss("", f"<description>{'a' * 11_000_000}</description>")))
    assert codes(report) == ["broken-xml"]
    assert (report.written, report.problems[0].line) == (1, 3)


def test_an_item_that_is_too_large_is_reported_and_others_are_imported(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", rss(f"<description>{'a' * 6_000_000}</description>", "")))
    assert codes(report) == ["too-large-item"]
    assert report.written == 1


def sizes(source: str) -> list[int]:
    """Return the numbers of elements in memory as each item is read."""
    stream = Stream("a.xml", io.BytesIO(source.encode()), lambda _: None)
    names = [frozenset({each}) for each in ("item", "link", "comment")]
    found = xmlitems.elements("a.xml", stream, *names)
    return [len(list(each.getroottree().iter())) for each in found if not isinstance(each, Problem)]


AHEAD = 10_000  # elements that a chunk of 32 KB, which lxml reads at once, may contain


@pytest.mark.parametrize(
    "inside",
    ["<comment>a</comment>b", "<comment><a>b</a></comment>", "<comment/>"],
)
def test_comments_are_freed_immediately(inside: str) -> None:
    """Including their nodes."""
    (size,) = sizes(rss(inside * 20_000))
    assert size < AHEAD


@pytest.mark.parametrize("between", ["<x>a</x>b", "<x><y/></x>", "<link>a</link>", "<x/><link/>"])
def test_unknown_elements_are_freed_immediately(between: str) -> None:
    """Both beside items and beside the channel."""
    many = between * 8_000
    before, after = sizes(f"<rss>{many}<channel>{many}<item/>{many}<item/></channel>{many}</rss>")
    assert before < AHEAD
    assert after < AHEAD


def test_only_one_item_at_a_time_is_in_memory() -> None:
    """All earlier items are freed."""
    found = sizes(rss(*["<a>b</a>"] * 8_000))
    assert len(found) == 8_000
    assert max(found) < AHEAD


def test_nested_items_are_ignored() -> None:
    inner = rss("<item><title>inner</title></item><entry/>")
    stream = Stream("a.xml", io.BytesIO(inner.encode()), lambda _: None)
    assert [each.title for each in feeds.read("a.xml", stream, HINTS)] == ["T0"]  # type: ignore[union-attr]


LINKS = ["../../../etc/passwd", "..%2f..%2fetc", "a\\..\\b", "\0", "con", "x" * 5000, "é" * 500]


def test_hostile_links_result_in_names_within_the_folder(tmp_path: Path) -> None:
    site = Site(tmp_path)
    links = [f"<link>https://a.example/{each}</link>".replace("\0", "%00") for each in LINKS]
    report = site.run(site.put("a.xml", rss(*links)))
    assert report.written == len(LINKS)
    assert {Path(path).parent for path in site.files()} == {Path("2022")}
    assert len(site.articles()) == len(LINKS)


def test_scripts_are_removed(tmp_path: Path) -> None:
    """Conformance 13."""
    site = Site(tmp_path)
    body = "<![CDATA[<p onclick=a()>x<script>a()</script><a href='javascript:a()'>y</a></p>]]>"
    site.run(site.put("a.xml", rss(f"<description>{body}</description>")))
    (content,) = site.files().values()
    assert b"<p>x<a>y</a></p>" in content


def test_symlinks_and_pipes_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "secret.txt").write_text("Secret\n\nOn Thursday 17 February 2022.\n")
    folder = site.put("2022-02-17.txt", "Title\n\nText.\n").parent
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.txt")
    report = site.run(folder)
    assert codes(report) == ["not-a-file", "not-a-file"]
    assert [article.title for article in site.articles().values()] == ["Title"]


def test_progress_ends_at_the_total_size(tmp_path: Path) -> None:
    site = Site(tmp_path)
    reported: list[tuple[int, int]] = []
    named = tuple(SOURCES / name for name in KINDS)
    run(named, site.writer(), HINTS, None, lambda *each: reported.append(each))
    total = sum(path.stat().st_size for path in named)
    assert {each for _, each in reported} == {total}
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)
    assert reported[-1] == (total, total)


def test_files_that_are_too_large_or_unreadable_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path)
    large = site.put("a.txt", "a")
    with large.open("r+b") as file:
        file.truncate(6_000_000)
        file.write(b"a" * 70_000)
    gone = site.put("b.xml", rss(""))

    def detect(source: Source) -> SourceFormat:
        if source.path == gone:
            raise PermissionError(13, "Permission denied")
        return SourceFormat.TEXT

    monkeypatch.setattr(sources, "detect", detect)
    assert codes(site.run(large, gone)) == ["source-too-large", "unreadable-source"]


@settings(max_examples=examples(10))
@given(st.text())
def test_any_page_results_in_an_item_or_a_problem(text: str) -> None:
    pytest.importorskip("trafilatura")
    from feedsvc.importers import page

    (found,) = page.read("a.html", f"<html><body><p>{text}", HINTS)
    assert isinstance(found, Item | Problem)


def test_an_item_without_a_date_is_refused(tmp_path: Path) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    report = site.run(site.put("a.xml", rss("").replace("2022-02-17", "")))
    assert codes(report) == ["no-date"]


def test_an_unexpected_error_ends_only_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> Iterator[Item]:
        yield as_item(id="urn:x:before")
        raise TypeError("unhashable\ntype")

    caplog.set_level("INFO", "feedsvc")
    monkeypatch.setattr(plaintext, "read", fail)
    site = Site(tmp_path)
    report = site.run(site.put("a.txt", "Text"), site.put("b.xml", rss("")))
    (problem,) = report.problems
    assert str(problem).endswith("[unexpected]")
    assert "a.txt: error: " in str(problem)
    assert r"because of TypeError: unhashable\ntype; " in str(problem)
    assert report.written == 2
    assert "Traceback" in caplog.text


def test_a_fatal_error_ends_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Iterator[Item]:
        raise FeedsvcError("the disk is full")

    monkeypatch.setattr(plaintext, "read", fail)
    site = Site(tmp_path)
    with pytest.raises(FeedsvcError, match="full"):
        site.run(site.put("a.txt", "Text"))
