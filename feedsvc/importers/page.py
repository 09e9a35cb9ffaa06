"""Reads an article from a saved web page, which trafilatura extracts. Fetches nothing.

Machine-readable dates (JSON-LD, meta elements) are used as they are. Without them, the date is
derived from the text by `evidence`.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from feedsvc import dates, html, syntax
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.extras import how_to_install
from feedsvc.importers import evidence, plaintext, sources, texts
from feedsvc.importers.item import Hints, Item, Origin, ParseResults
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
_ARTICLE_TYPES = {"Article", "NewsArticle", "BlogPosting", "Report", "ReportageNewsArticle"}
_LOCAL_IMAGE = re.compile(
    r"""(?i)<img\b[^<>]*?\bsrc=["'](?!https?:|//|data:)[^"'<>]*"""
    rf"_(?:{'|'.join(sources.PAGE_FOLDERS)})/[^<>]*>"
)


def read(source: str, text: str, hints: Hints) -> ParseResults:
    """Yield the only item of a saved page, or a Problem. Raises FeedsvcError."""
    trafilatura = _trafilatura()
    tree = _parse(text)
    metadata = trafilatura.extract_metadata(text, extensive=False)
    title = " ".join((metadata.title or "").split())
    extracted = trafilatura.extract(
        text,
        output_format="html",
        include_formatting=True,
        include_links=True,
        include_images=True,
        include_comments=False,
    )
    body, local_images = _LOCAL_IMAGE.subn("", extracted or "")
    body = _without_title(re.sub(r"<p>\s*</p>", "", body), title)
    words = texts.plain(body)
    if tree is None or not words:
        message = "contains no article that can be extracted; write it by hand"
        yield Problem(source, 0, "no-article", message)
        return
    origin = Origin(source, 0, 1)
    link = _link(text, tree, metadata.url)
    dating = evidence.find(words)
    published = (
        hints.date
        or plaintext.date_in_name(source, hints)
        or _date(tree, _PUBLISHED, "datePublished", hints)
        or (plaintext.midnight(dating.day, hints) if dating.day else None)
    )
    candidates = () if published else _candidates(metadata.date, dating, hints)
    # Some sites give the URL of their home page for all pages.
    is_article_url = bool(texts.last_segment(link) or urlsplit(link).query)
    yield Item(
        origin,
        id=link if is_article_url else "",
        seed="\n".join([title, words]),
        title=title,
        published=published or next(iter(candidates), None),
        updated=_date(tree, _MODIFIED, "dateModified", hints),
        link=link,
        body=body,
        base=link,
        summary=metadata.description or "",
        categories=hints.categories or tuple(metadata.categories or ()),
        tags=tuple(metadata.tags or ()),
        authors=tuple(map(Person, filter(None, (metadata.author or "").split("; ")))),
        language=hints.language or tree.get("lang", "") or dating.language,
        image=metadata.image or "",
        candidates=candidates,
        draft=not published,
        warnings=tuple(_warnings(origin, local_images)),
    )


def _candidates(guess: str | None, dating: evidence.Dating, hints: Hints) -> tuple[datetime, ...]:
    """Return the possible dates: trafilatura's guess and those found in the text."""
    days = [plaintext.midnight(day, hints) for day in dating.candidates]
    try:
        guesses = [dates.parse(guess, hints.zone, {})] if guess else []
    except dates.DateError:
        guesses = []
    return tuple(dict.fromkeys([*guesses, *days]))


def _warnings(origin: Origin, local_images: int) -> Iterator[Problem]:
    if local_images:
        images = "an image" if local_images == 1 else f"{local_images} images"
        message = f"had {images} saved with the page, now left out: add them by hand"
        yield origin.warning("local-picture", message)


def _trafilatura() -> Any:
    try:
        import trafilatura
    except ImportError as error:
        command = how_to_install("import", error)
        raise FeedsvcError(
            f"reading saved pages needs trafilatura; install it with {command}"
        ) from None
    # Empty pages, which it logs, are reported as Problems.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura


def _parse(text: str) -> Element | None:
    # lxml refuses decoded text with an encoding in its XML declaration.
    try:
        return lxml_html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (etree.LxmlError, ValueError):
        return None


def _link(text: str, tree: Element, extracted: str | None) -> str:
    saved = _SAVED_FROM.search(text[:4000])
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)").strip()
    candidates = (canonical, extracted or "", saved[1] if saved else "")
    return next((str(url) for url in candidates if syntax.is_url(url)), "")


def _without_title(body: str, title: str) -> str:
    """Return a body without a first heading that repeats the title."""
    inner = re.sub(r"(?is)^\s*<html[^>]*>\s*<body[^>]*>|</body>\s*</html>\s*$", "", body)
    heading, rest = html.take_heading(inner)
    return rest if heading and heading.casefold() == title.casefold() else inner


def _date(tree: Element, paths: tuple[str, ...], key: str, hints: Hints) -> datetime | None:
    """Return the first valid date under a key in JSON-LD, or else at one of the XPaths."""
    values = [article.get(key) for article in _json_ld_articles(tree)]
    values += [str(value) for path in paths for value in tree.xpath(path)]
    for value in values:
        if isinstance(value, str) and value:
            try:
                return dates.parse(value, hints.zone, hints.zones)
            except dates.DateError:
                continue
    return None


def _json_ld_articles(tree: Element) -> Iterator[dict[str, Any]]:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            queue = deque([json.loads(script.text or "")])
        except (ValueError, RecursionError):
            continue
        while queue:
            value = queue.popleft()
            if isinstance(value, list):
                queue += value
            elif isinstance(value, dict):
                queue.append(value.get("@graph"))
                types = value.get("@type")
                types = types if isinstance(types, list) else [types]
                if any(isinstance(each, str) and each in _ARTICLE_TYPES for each in types):
                    yield value
