"""Exports of Substack: only public posts are imported.

Sources of the format: the fixtures and reader of TryGhost/migrate (mg-substack), which also shows
the paywall and audience markers.
"""

from pathlib import Path

import pytest

from feedsvc.importers.sources import SourceFormat
from feedsvc.model import Enclosure
from tests.importers.desk import Site, codes
from tests.importers.exports import MORNING, OLD, imported, row, substack, unpack, zipped


@pytest.mark.parametrize("format", [None, SourceFormat.SUBSTACK, SourceFormat.ARCHIVE])
def test_an_archive_is_read_in_any_suitable_format(
    tmp_path: Path, format: SourceFormat | None
) -> None:
    site = Site(tmp_path)
    source = site.put("export.zip", zipped(substack(row("1.a"), {"1.a": "A"})))
    assert site.run(source, hints=OLD, format=format).written == 1


def test_posts_of_substack_keep_the_ids_of_its_feed(tmp_path: Path) -> None:
    rows = row("1.hello", title="&#x201C;Hello&#x201D;") + row(
        "2.talk", type="podcast", podcast="https://cdn.example/a.mp3"
    )
    text = '<p>Hi</p><p class="button-wrapper"><a class="button">Subscribe</a></p>'
    files = substack(rows, {"1.hello": text, "2.talk": "<p>Notes</p>"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == []
    hello, talk = articles["“Hello”"], articles["2.talk"]
    assert (hello.id, talk.id) == ("https://old.example/p/hello", "https://old.example/p/talk")
    assert (hello.path, hello.summary) == ("2022/hello.html", "Sub")
    assert hello.published == MORNING
    assert (hello.html, hello.draft) == ("<p>Hi</p>", False)
    assert talk.enclosures == (Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 0),)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"audience": "only_paid"}, "for only_paid"),
        ({"audience": "only_free"}, "for only_free"),
        ({"audience": "founding"}, "for founding"),
        ({"audience": ""}, "for unknown readers"),
        ({"audience": "only_paid", "published": "false"}, "for only_paid"),
        ({"type": "page"}, "page"),
        ({"type": "adhoc_email"}, "adhoc_email"),
        ({"type": ""}, "without a type"),
    ],
)
def test_restricted_substack_posts_are_skipped(
    tmp_path: Path, values: dict[str, str], reason: str
) -> None:
    files = substack(row("1.a", **values), {"1.a": "<p>secret</p>"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (report.skipped, articles) == ({reason: 1}, {})


def test_unpublished_substack_posts_become_drafts(tmp_path: Path) -> None:
    undated = row("2.b", published="false").replace("2022-02-17T08:30:00.000Z", "")
    files = substack(row("1.a", published="FALSE") + undated, {"1.a": "A", "2.b": "B"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (report.written, report.drafts, report.skipped) == (1, 1, {"draft without a date": 1})
    assert articles["1.a"].draft


def test_subscriber_only_parts_of_a_substack_post_are_removed(tmp_path: Path) -> None:
    text = (
        '<div><p>A</p><div data-dynamic-audiences="paid_sub,founding_sub"><p>secret</p></div>'
        '<div data-dynamic-audiences="non_sub"><p>B</p></div>'
        '<div><div class="paywall-jump" data-component-name="PaywallToDOM"></div>secret</div>'
        "secret</div><p>secret</p>secret"
    )
    files = substack(row("1.a"), {"1.a": text})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == ["restricted-text"]
    shown = articles["1.a"].html
    assert "secret" not in shown
    assert "<p>A</p>" in shown
    assert "<p>B</p>" in shown


@pytest.mark.parametrize("within", ["", "posts", "posts.csv"])
def test_an_unpacked_substack_export_is_read_through_its_table(tmp_path: Path, within: str) -> None:
    """The files of paid posts and drafts are beside the others."""
    rows = row("1.a") + row("2.b", audience="only_paid") + row("3.c", published="false")
    dated = "<html><p>secret, Thursday February 17, 2022</p></html>"
    files = substack(rows, {"1.a": "<p>A</p>", "2.b": dated, "3.c": dated})
    folder = unpack(tmp_path / "export", files)
    site = Site(tmp_path)
    report = site.run(folder / within, hints=OLD)
    assert (report.written, report.drafts, report.skipped) == (2, 1, {"for only_paid": 1})
    assert [article.title for article in site.articles().values()] == ["1.a", "3.c"]


def test_a_single_file_of_a_substack_export_is_refused(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "export", substack(row("1.a"), {"1.a": "<html><p>secret</p>"}))
    site = Site(tmp_path)
    report = site.run(folder / "posts" / "1.a.html", hints=OLD)
    assert codes(report) == ["unknown-source"]
    assert "import posts.csv" in report.problems[0].message


def test_symlinks_in_an_unpacked_export_are_not_followed(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "export", substack(row("1.a") + row("2.../../a"), {"0.b": ""}))
    (tmp_path / "private").write_text("secret")
    (folder / "posts" / "1.a.html").symlink_to(tmp_path / "private")
    site = Site(tmp_path)
    report = site.run(folder, hints=OLD)
    assert codes(report) == ["no-article", "no-article"]
    assert site.files() == {}


def test_a_post_without_its_file_is_an_error_and_others_are_imported(tmp_path: Path) -> None:
    files = substack(row("1.a") + row("2.b"), {"2.b": "<p>B</p>"}, top="export/")
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (codes(report), list(articles)) == (["no-article"], ["2.b"])
    assert "post 1.a has no file export/posts/1.a.html" in report.problems[0].message
