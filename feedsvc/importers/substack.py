"""Reads Substack's export: posts.csv, and the text of each post in posts/ID.html.

Only content that everybody can read on the site is imported. The id of a post is its URL, as in
Substack's own feed.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from lxml import etree
from lxml import html as lxml_html

from feedsvc import urls
from feedsvc.dates import DateError
from feedsvc.errors import ArticleError, Problem
from feedsvc.importers import tables, texts
from feedsvc.importers.item import Hints, Item, Origin, ParseResult, ParseResults, Refused, Skipped
from feedsvc.importers.records import Record
from feedsvc.importers.xmlitems import Element
from feedsvc.model import Enclosure

# The content of a file in posts/. Raises ArticleError, OSError.
ReadPost = Callable[[str], bytes]

_COLUMNS = {"post_id", "is_published", "audience"}
_KINDS = {"newsletter": "post", "podcast": "post", "thread": "post", "video": "post"}
_POST_ID = re.compile(r"[0-9]+\.([\w.~-]+)")
# Parts for some readers only, and the end of the free part of a text.
_PARTS = "//*[@data-dynamic-audiences][not(contains(@data-dynamic-audiences, 'non_sub'))]"
_PAYWALL = "//*[contains(concat(' ', @class, ' '), ' paywall-jump ')]"
_WIDGETS = "//*[contains(@class, 'subscription-widget-wrap') or contains(@class, 'button-wrapper')]"


def is_table(columns: set[str]) -> bool:
    """Return whether a table with these columns is the posts.csv of an export."""
    return columns >= _COLUMNS


def read(source: str, table: bytes, read_post: ReadPost, hints: Hints) -> ParseResults:
    """Yield the posts of an export. table: the content of posts.csv."""
    if not hints.site:
        yield texts.no_site(source, "Substack")
        return
    for row in tables.rows(source, table):
        yield row if isinstance(row, Problem) else _post(*row, read_post, hints)


def _post(origin: Origin, row: Record, read_post: ReadPost, hints: Hints) -> ParseResult:
    kind = _KINDS.get(row.text("type"), row.text("type") or "without a type")
    if kind not in hints.kinds():
        return Skipped(kind)
    if row.text("audience") != "everyone":
        return Skipped(f"for {row.text('audience') or 'unknown readers'}")
    is_draft = not row.flag("is_published")
    number = row.text("post_id")
    origin = replace(origin, label=f"post {number[:80]}")
    named = _POST_ID.fullmatch(number)
    if not named:
        return origin.problem("no-article", "has an unknown kind of post_id; export it again")
    link = urls.resolve(hints.site, f"p/{named[1]}")
    try:
        published = texts.date(row.text("post_date"), hints)
        if is_draft and not (published or hints.date):
            return Skipped("draft without a date")
        body, is_restricted = _public(texts.decode(read_post(f"{number}.html"))[0])
    except (DateError, ArticleError) as error:
        return Refused(link, link, origin.failure(error))
    podcast = row.text("podcast_url")
    return Item(
        origin,
        id=link,
        seed=link,
        title=texts.title(row.text("title")),
        published=published,
        slug=named[1],
        link=link,
        body=body,
        base=link,
        summary=texts.title(row.text("subtitle")),
        enclosures=(Enclosure(podcast, "audio/mpeg", 0),) if podcast else (),
        draft=is_draft,
        warnings=texts.restricted(origin) if is_restricted else (),
    )


def _public(markup: str) -> tuple[str, bool]:
    """Return a text without buttons and parts for subscribers, and whether it had such parts.

    Raises ArticleError.
    """
    try:
        tree = lxml_html.fragment_fromstring(markup, create_parent="div")
    except (etree.LxmlError, ValueError) as error:
        raise ArticleError("no-article", f"has a text that cannot be parsed: {error}") from None
    restricted = tree.xpath(_PARTS)
    walls = tree.xpath(_PAYWALL)
    for wall in walls[:1]:
        _cut_after(wall)
    for element in [*restricted, *walls, *tree.xpath(_WIDGETS)]:
        if element.getparent() is not None:
            element.drop_tree()
    text = lxml_html.tostring(tree, encoding="unicode")
    return text.removeprefix("<div>").removesuffix("</div>"), bool(restricted or walls)


def _cut_after(element: Element) -> None:
    """Remove everything that follows an element in its document."""
    for each in [element, *element.iterancestors()]:
        each.tail = None
        for following in list(each.itersiblings()):
            each.getparent().remove(following)
