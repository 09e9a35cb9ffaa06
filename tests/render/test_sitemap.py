"""Sitemaps contain every page and do not exceed the size limit."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.render import sitemap

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
WHEN = datetime(2025, 11, 20, 17, 30, tzinfo=UTC)


def test_a_sitemap_has_urls_and_modification_times() -> None:
    root = etree.fromstring(
        sitemap.document([("https://x.org/", None), ("https://x.org/é&", WHEN)])
    )
    assert root.tag == f"{{{NAMESPACE['s']}}}urlset"
    assert root.xpath("s:url/s:loc/text()", namespaces=NAMESPACE) == [
        *("https://x.org/", "https://x.org/%C3%A9&")
    ]
    assert root.xpath("s:url/s:lastmod/text()", namespaces=NAMESPACE) == ["2025-11-20T17:30:00Z"]


def test_a_sitemap_index_has_the_urls_of_its_parts() -> None:
    root = etree.fromstring(sitemap.index(["https://x.org/sitemap-1.xml"]))
    assert root.tag == f"{{{NAMESPACE['s']}}}sitemapindex"
    assert root.xpath("s:sitemap/s:loc/text()", namespaces=NAMESPACE) == [
        "https://x.org/sitemap-1.xml"
    ]


@given(st.integers(0, 1_000_000))
def test_sitemap_parts_cover_every_article_once(articles: int) -> None:
    windows = [sitemap.part_range(part + 1) for part in range(sitemap.parts(articles))]
    assert windows[0] == (0, sitemap.MAX_URLS - 1)  # and the home page
    assert all(count <= sitemap.MAX_URLS for _, count in windows)
    assert all(first + count == after for (first, count), (after, _) in pairwise(windows))
    last, count = windows[-1]
    assert last + count >= articles
    assert last < max(articles, 1)
