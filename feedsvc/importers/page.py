"""Reads an article out of a saved web page; trafilatura finds it there. Fetches nothing.

What the page says of itself for machines (JSON-LD, meta elements) is taken as it stands. A date
that stands nowhere so is looked for in the text, by evidence.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from feedsvc import dates, html, syntax
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.importers import evidence, plaintext, sources, texts
from feedsvc.importers.item import Hints, Item, Reading, item_warning
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
_LOCAL = re.compile(
    r"""(?i)<img\b[^<>]*?\bsrc=["'](?!https?:|//|data:)[^"'<>]*"""
    rf"_(?:{'|'.join(sources.BESIDE)})/[^<>]*>"
)


def read(source: str, text: str, hints: Hints) -> Reading:
    """Yield the one item of a saved page, or why there is none. Raises FeedsvcError."""
    trafilatura = _trafilatura()
    tree = _parse(text)
    found = trafilatura.extract_metadata(text, extensive=False)
    title = " ".join((found.title or "").split())
    body, lost = _LOCAL.subn("", _extract(trafilatura, text))
    body = _without_title(re.sub(r"<p>\s*</p>", "", body), title)
    words = texts.plain(body)
    if tree is None or not words:
        message = "holds no article that can be found; write it by hand"
        yield Problem(source, 0, "no-article", message)
        return
    link = _link(text, tree, found.url)
    said = _Said(tree)
    dating = evidence.find(words)
    published = (
        hints.date
        or plaintext.date_in_name(source, hints)
        or said.date(_PUBLISHED, "datePublished", hints)
        or (plaintext.midnight(dating.day, hints) if dating.day else None)
    )
    candidates = () if published else _candidates(found.date, dating, hints)
    yield Item(
        source,
        0,
        1,
        id=link if _names_a_page(link) else "",
        seed="\n".join([title, words]),
        title=title,
        published=published or next(iter(candidates), None),
        updated=said.date(_MODIFIED, "dateModified", hints),
        link=link,
        body=body,
        base=link,
        summary=found.description or "",
        categories=hints.categories or tuple(found.categories or ()),
        tags=tuple(found.tags or ()),
        authors=tuple(map(Person, filter(None, (found.author or "").split("; ")))),
        language=hints.language or tree.get("lang", "") or dating.language,
        image=found.image or "",
        candidates=candidates,
        draft=not published,
        remarks=tuple(_remarks(source, lost)),
    )


def _candidates(guess: str | None, dating: evidence.Dating, hints: Hints) -> tuple[datetime, ...]:
    """Return the dates that fit: what trafilatura guesses, and what the text says."""
    days = [plaintext.midnight(day, hints) for day in dating.candidates]
    try:
        guesses = [dates.parse(guess, hints.zone, {})] if guess else []
    except dates.DateError:
        guesses = []
    return tuple(dict.fromkeys([*guesses, *days]))


def _remarks(source: str, lost: int) -> Iterator[Problem]:
    if lost:
        pictures = "a picture" if lost == 1 else f"{lost} pictures"
        message = f"had {pictures} saved beside the page, now left out: add them by hand"
        yield item_warning(source, 0, 1, "local-picture", message)


def _extract(trafilatura: Any, text: str) -> str:
    """Return the HTML of the article in a page; '' where there is none."""
    extracted = trafilatura.extract(
        text,
        output_format="html",
        include_formatting=True,
        include_links=True,
        include_images=True,
        include_comments=False,
    )
    return extracted or ""


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
        if syntax.is_url(url):
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
        said = [each.get(key) for each in self._objects()]
        written = [each for each in said if isinstance(each, str)]
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
                waiting = deque([json.loads(script.text or "")])
            except (ValueError, RecursionError):
                continue
            while waiting:
                value = waiting.popleft()
                if isinstance(value, list):
                    waiting += value
                elif isinstance(value, dict):
                    waiting.append(value.get("@graph"))
                    if _is_article(value.get("@type")):
                        yield value


def _is_article(kind: object) -> bool:
    """Tell whether the type of an object in JSON-LD, one or a list of them, is an article's."""
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(each, str) and each in _ARTICLES for each in kinds)
