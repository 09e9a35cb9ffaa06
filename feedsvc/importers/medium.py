"""Reads a post of Medium's export, which contains each as an HTML file with microformat classes.

The export marks drafts, but not responses to other posts, nor posts that are unlisted or for
members.
"""

import re
from pathlib import PurePath

from lxml import etree
from lxml import html as lxml_html

from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import texts
from feedsvc.importers.item import Hints, Item, Origin, ParseResults, Refused, Skipped
from feedsvc.importers.xmlitems import Element
from feedsvc.model import Person

_SIGNATURE = re.compile(
    rb'<article class="h-entry">\s*<header>\s*<h1 class="p-name">'
    rb'.{0,9999}?<section data-field="(?:subtitle|body|description)"',
    re.S,
)
_ID = "https://medium.com/p/"
_DRAFT = "draft_"  # begins the names of files


def is_post(beginning: bytes) -> bool:
    """Return whether a page with this beginning is a post of an export."""
    return _SIGNATURE.search(beginning) is not None


def read(source: str, text: str, hints: Hints) -> ParseResults:
    """Yield the only post of a file. source: its path."""
    origin = Origin(source, 0, 1)
    try:
        tree: Element = lxml_html.document_fromstring(text)
    except (etree.LxmlError, ValueError) as error:
        yield origin.problem("no-article", f"cannot be parsed: {error}; leave it out")
        return
    link = _first(tree, "//a[@class='p-canonical']/@href")
    # A draft links to itself in its footer, without any class.
    identity = _first(tree, f"//footer//a[starts-with(@href, '{_ID}')]/@href") or link
    try:
        published = texts.date(_first(tree, "//time[@class='dt-published']/@datetime"), hints)
    except DateError as error:
        yield Refused(identity, identity, origin.failure(error))
        return
    is_draft = not published or PurePath(source).name.startswith(_DRAFT)
    if is_draft and not (published or hints.date):
        yield Skipped("draft without a date")
        return
    title, summary = _text(tree, "p-name"), _text(tree, "p-summary")
    is_response, body = _body(tree, title, summary)
    yield Item(
        origin,
        id=identity,
        seed=identity,
        title=title,
        published=published,
        slug=re.sub(r"-[0-9a-f]+$", "", texts.last_segment(link)),
        link=link,
        body=body,
        base=link or identity,
        summary=summary,
        tags=tuple(map(str, tree.xpath("//a[@class='p-tag']/text()"))),
        authors=tuple(map(Person, filter(None, [_text(tree, "p-author")]))),
        image=_first(tree, "//img[@data-is-featured]/@src"),
        draft=is_draft or is_response,
        warnings=_warnings(origin) if is_response and not is_draft else (),
    )


def _warnings(origin: Origin) -> tuple[Problem, ...]:
    message = (
        "may be a response to another post, as Medium's export does not mark those; it became a "
        "draft: remove `draft` if it is an article"
    )
    return (origin.warning("maybe-response", message),)


def _body(tree: Element, title: str, summary: str) -> tuple[bool, str]:
    """Return whether a post looks like a response, and its HTML without the repeated title.

    A response has no headline: its title is the beginning of its text.
    """
    contents = tree.xpath("//section[@data-field='body']")
    if not contents:
        return False, ""
    content = contents[0]
    headlines = content.xpath(".//*[contains(@class, 'graf--title')]")
    words = " ".join(content.text_content().split())
    repeated = content.xpath(".//*[contains(@class, 'graf--subtitle')]")
    dividers = content.xpath(".//div[@class='section-divider']")[:1]  # the first precedes the text
    for element in [*headlines, *repeated, *dividers]:
        text = " ".join(element.text_content().split())
        if text in {"", title, summary}:
            element.drop_tree()
    is_response = not headlines and not summary and words.startswith(title.rstrip("…. "))
    return is_response, lxml_html.tostring(content, encoding="unicode", with_tail=False)


def _text(tree: Element, name: str) -> str:
    found = tree.xpath("//*[contains(concat(' ', @class, ' '), $name)]", name=f" {name} ")
    return " ".join(found[0].text_content().split()) if found else ""


def _first(tree: Element, path: str) -> str:
    return str(next(iter(tree.xpath(path)), "")).strip()
