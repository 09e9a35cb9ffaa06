"""Renders sitemaps and their index (https://www.sitemaps.org/protocol.html)."""

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from feedsvc import dates
from feedsvc.render.clean import uri

MAX_URLS = 50_000  # of one sitemap
MEDIA_TYPE = "application/xml; charset=utf-8"
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def parts(articles: int) -> int:
    """Return the number of sitemaps for the home page and this number of articles."""
    return articles // MAX_URLS + 1


def part_range(part: int) -> tuple[int, int]:
    """Return the index of a part's first article, and its number of articles. part: 1 = oldest.

    The first part also has the home page.
    """
    return (0, MAX_URLS - 1) if part == 1 else ((part - 1) * MAX_URLS - 1, MAX_URLS)


def document(pages: Iterable[tuple[str, datetime | None]]) -> bytes:
    """Render a sitemap: the absolute URLs of pages, and when each was last modified if known."""
    return _render("urlset", "url", pages)


def index(parts: Iterable[str]) -> bytes:
    """Render the index of several sitemaps, by their absolute URLs."""
    return _render("sitemapindex", "sitemap", ((part, None) for part in parts))


def _render(root: str, child: str, locations: Iterable[tuple[str, datetime | None]]) -> bytes:
    tree = etree.Element(root, xmlns=_NAMESPACE)
    for url, modified in locations:
        each = etree.SubElement(tree, child)
        etree.SubElement(each, "loc").text = uri(url)
        if modified:
            etree.SubElement(each, "lastmod").text = dates.rfc3339(modified)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=True)
