"""Reads an article out of a saved web page; trafilatura finds it there. Fetches nothing.

What the page says of itself for machines (JSON-LD, meta elements) is taken as it stands. A date
that stands nowhere so is looked for in the text, by evidence.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from feedsvc import dates, html, urls
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.importers import evidence, plaintext, texts
from feedsvc.importers.item import Hints, Item, Reading, of_item
from feedsvc.importers.xmlitems import Element
from feedsvc.model import Person

_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_PUBLISHED = (
    "//meta[@property='article:published_time' or @itemprop='datePublished']/@content",
    "//meta[@name='date' or @name='dc.date' or @name='DC.date.issued']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//time[@pubdate]/@datetime",
    "//article//time[contains(@class, 'published') or contains(@class, 'entry-date')]/@datetime",
)
_MODIFIED = (
    "//meta[@property='article:modified_time' or @itemprop='dateModified']/@content",
    "//*[@itemprop='dateModified']/@datetime",
)
_ARTICLES = {"Article", "NewsArticle", "BlogPosting", "Report", "ReportageNewsArticle"}
_LOCAL = re.compile(r"""(?i)<img\b[^<>]*?\bsrc=["'](?!https?:|//|data:)[^"'<>]*_files/[^<>]*>""")


def read(source: str, text: str, hints: Hints) -> Reading:
    """Yield the one item of a saved page, or why there is none. Raises FeedsvcError."""
    trafilatura = _trafilatura()
    tree = _parse(text)
    if tree is None:
        yield Problem(source, 0, "no-article", "holds no HTML that can be read; leave it out")
        return
    said = _Said(tree)
    found = trafilatura.extract_metadata(text, extensive=False)
    link = _link(text, tree, found.url)
    extracted = trafilatura.extract(
        text,
        output_format="html",
        include_formatting=True,
        include_links=True,
        include_images=True,
        include_comments=False,
    )
    body, lost = _LOCAL.subn("", extracted or "")
    body = re.sub(r"<p>\s*</p>", "", body) if lost else body
    title = " ".join((found.title or "").split())
    body = _without_title(body, title)
    words = html.plain(html.sanitise(body, lambda _: ""))
    if not words:
        yield Problem(
            source, 0, "no-article", "holds no article that can be found; write it by hand"
        )
        return
    dating = evidence.find(words)
    stated = said.date(_PUBLISHED, "datePublished", hints)
    published = hints.date or plaintext.date_in_name(source, hints) or stated
    if not published and dating.day:
        published = plaintext.midnight(dating.day, hints)
    candidates: tuple[datetime, ...] = ()
    if not published:
        days = [*([found.date] if found.date else []), *map(str, dating.candidates)]
        candidates = tuple(dict.fromkeys(dates.parse(day, hints.zone, {}) for day in days))
    remarks: tuple[Problem, ...] = ()
    if lost:
        message = f"had {lost} pictures saved beside the page; they are left out: add them by hand"
        remarks = (of_item(source, 0, 1, "local-picture", message),)
    yield Item(
        source,
        0,
        1,
        id=link if _names_a_page(link) else "",
        seed="\n".join([title, words]),
        title=title,
        published=published or next(iter(candidates), None),
        updated=said.date(_MODIFIED, "dateModified", hints),
        slug="",
        link=link,
        body=body,
        base=link,
        summary=" ".join((found.description or "").split()),
        categories=hints.categories or tuple(found.categories or ()),
        tags=tuple(found.tags or ()),
        authors=tuple(
            Person(name.strip()) for name in (found.author or "").split(";") if name.strip()
        ),
        language=hints.language or tree.get("lang", "") or dating.language,
        image=found.image or "",
        candidates=candidates,
        draft=not published,
        remarks=remarks,
    )


def _trafilatura() -> Any:
    try:
        import trafilatura
    except ImportError:
        raise FeedsvcError(
            "reading saved pages needs trafilatura; install it with pip install 'feedsvc[import]'"
        ) from None
    # What it logs of a page that holds nothing is a Problem here.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura


def _parse(text: str) -> Element | None:
    # An encoding that an XML declaration names is refused for text that is decoded already.
    try:
        return lxml_html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (etree.LxmlError, ValueError):
        return None


def _link(text: str, tree: Element, found: str | None) -> str:
    saved = _SAVED_FROM.search(text[:4000])
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)").strip()
    for url in (canonical, found or "", saved[1] if saved else ""):
        if urls.is_absolute(url):
            return str(url)
    return ""


def _names_a_page(url: str) -> bool:
    """Tell whether a URL can be that of one article: some sites give their first page for all."""
    return bool(texts.path_words(url) or urlsplit(url).query)


def _without_title(body: str, title: str) -> str:
    """Return a body without the heading that only repeats the title."""
    inner = re.sub(r"(?is)^\s*<html[^>]*>\s*<body[^>]*>|</body>\s*</html>\s*$", "", body)
    heading, rest = html.take_heading(inner)
    return rest if heading and heading.casefold() == title.casefold() else inner


@dataclass(frozen=True, slots=True)
class _Said:
    """What a page says for machines."""

    tree: Element

    def date(self, paths: tuple[str, ...], key: str, hints: Hints) -> datetime | None:
        """Return the first date under a key of JSON-LD, or at one of these paths."""
        written = [str(each.get(key) or "") for each in self._objects()]
        written += [str(each) for path in paths for each in self.tree.xpath(path)]
        for each in filter(None, written):
            try:
                return dates.parse(each, hints.zone, hints.zones)
            except dates.DateError:
                continue
        return None

    def _objects(self) -> Iterator[dict[str, Any]]:
        for script in self.tree.xpath("//script[@type='application/ld+json']"):
            try:
                waiting = [json.loads(script.text or "")]
            except (ValueError, RecursionError):
                continue
            while waiting:
                value = waiting.pop(0)
                if isinstance(value, list):
                    waiting += value
                elif isinstance(value, dict):
                    waiting.append(value.get("@graph"))
                    kinds = value.get("@type")
                    if _ARTICLES & set(kinds if isinstance(kinds, list) else [str(kinds)]):
                        yield value
