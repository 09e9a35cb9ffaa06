"""Which posts of a WordPress export are published, drafts, or skipped."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feedsvc.importers import sources
from feedsvc.importers.run import Report
from feedsvc.importers.sources import SourceFormat
from tests.importers.desk import HINTS, NOW, Site
from tests.importers.documents import EXPORT, POST

NAMESPACES = [
    *("http://wordpress.org/export/1.2/", "https://wordpress.org/export/1.2/"),
    *("https://www.wordpress.org/export/1.0/", "http://wordpress.org/export/2.0"),
    *("http://wordpress.org/export/", "https://wordpress.org/export"),
]


WITHHELD = [
    ("<wp:status>private</wp:status>", "private"),
    ("<wp:status>trash</wp:status>", "trash"),
    ("<wp:status>inherit</wp:status>", "inherit"),
    ("<wp:status>auto-draft</wp:status>", "auto-draft"),
    ("<wp:status>embargo</wp:status>", "embargo"),
    ("<wp:post_status>private</wp:post_status>", "private"),
    ("<wp:status>publish</wp:status><wp:post_status>trash</wp:post_status>", "trash"),
    ("<wp:status>publish</wp:status><wp:status>private</wp:status>", "private"),
    ("<wp:status>publish</wp:status><wp:post_password>p</wp:post_password>", "with a password"),
    ("<wp:status>draft</wp:status><wp:post_password>p</wp:post_password>", "with a password"),
    ("<wp:post_password>p</wp:post_password>", "with a password"),
]


IMPORTED = [
    *(("", False), ("<wp:status>publish</wp:status><wp:post_password/>", False)),
    ("<wp:status>future</wp:status>", True),
    ("<wp:status>publish</wp:status><wp:post_status>future</wp:post_status>", True),
    *(("<wp:status>draft</wp:status>", True), ("<wp:status>pending</wp:status>", True)),
    *(("<wp:post_status>draft</wp:post_status>", True), ("<wp:status/>", True)),
]


def written(
    folder: Path, namespace: str, inside: str, format: SourceFormat | None
) -> tuple[Site, Report]:
    """Import an export of one post in the detected or a given format."""
    site = Site(folder)
    version = "<wp:wxr_version>1.2</wp:wxr_version>"
    text = EXPORT.replace("http://wordpress.org/export/1.2/", namespace)
    return site, site.run(
        site.put("a.xml", text.format(version + POST.format(inside))), format=format
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_an_export_is_detected_by_any_wordpress_namespace(tmp_path: Path, namespace: str) -> None:
    site = Site(tmp_path)
    text = EXPORT.replace("http://wordpress.org/export/1.2/", namespace).format(POST)
    (source,) = sources.find((site.put("a.xml", text),))
    assert isinstance(source, sources.Source)
    assert sources.detect(source) is SourceFormat.WORDPRESS


def test_an_export_is_detected_by_its_version_alone(tmp_path: Path) -> None:
    text = EXPORT.replace("wordpress.org", "export.example").format(
        "<wp:wxr_version>1.2</wp:wxr_version>"
    )
    (source,) = sources.find((Site(tmp_path).put("a.xml", text),))
    assert isinstance(source, sources.Source)
    assert sources.detect(source) is SourceFormat.WORDPRESS


@pytest.mark.parametrize("format", [None, SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize("namespace", NAMESPACES[:3])
@pytest.mark.parametrize(("inside", "reason"), WITHHELD)
def test_every_importer_skips_private_posts(
    tmp_path: Path, namespace: str, inside: str, reason: str, format: SourceFormat | None
) -> None:
    site, report = written(tmp_path, namespace, inside, format)
    assert report.skipped == {reason: 1}
    assert site.files() == {}


@pytest.mark.parametrize("format", [None, SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize("namespace", NAMESPACES[:3])
@pytest.mark.parametrize(("inside", "draft"), IMPORTED)
def test_every_importer_turns_unpublished_posts_into_drafts(
    tmp_path: Path, namespace: str, inside: str, draft: bool, format: SourceFormat | None
) -> None:
    dated = f"<pubDate>Thu, 17 Feb 2022 09:30:00 +0100</pubDate>{inside}"
    site, report = written(tmp_path, namespace, dated, format)
    assert (report.written, report.drafts) == (1, int(draft))
    (article,) = site.articles().values()
    assert article.draft is draft


@pytest.mark.parametrize("format", [SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize(("seconds", "draft"), [(1, False), (0, True), (-1, True)])
def test_a_missed_schedule_becomes_a_draft(
    tmp_path: Path, seconds: int, draft: bool, format: SourceFormat
) -> None:
    """Conformance 55: WordPress does not publish a post whose schedule it missed."""
    moment = NOW + timedelta(seconds=seconds)
    date = (
        f"<pubDate>{moment:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<wp:post_date_gmt>{moment:%Y-%m-%d %H:%M:%S}</wp:post_date_gmt>"
    )
    inside = f"{date}<wp:status>future</wp:status>"
    site, _ = written(tmp_path, NAMESPACES[0], inside, format)
    (article,) = site.articles().values()
    assert (article.published, article.draft) == (moment, draft)


@pytest.mark.parametrize("format", [SourceFormat.FEED, SourceFormat.WORDPRESS])
@pytest.mark.parametrize(("days", "draft"), [(1, False), (-1, True)])
def test_a_scheduled_post_without_a_date_uses_the_given_one(
    tmp_path: Path, days: int, draft: bool, format: SourceFormat
) -> None:
    site = Site(tmp_path)
    inside = "<item><title>T</title><wp:status>future</wp:status></item>"
    hints = replace(HINTS, date=NOW + timedelta(days=days))
    site.run(site.put("a.xml", EXPORT.format(inside)), hints=hints, format=format)
    (article,) = site.articles().values()
    assert article.draft is draft
