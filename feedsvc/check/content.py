"""Validates articles as their readers will meet them; reads no file and asks no catalog."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote, urldefrag, urlsplit

from lxml import etree

from feedsvc import html, syntax
from feedsvc.check import markup
from feedsvc.check.finding import Findings, shown
from feedsvc.errors import Problem
from feedsvc.model import Article, ContentChoice
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.protocol import Reading, Written

# Lists of entries give a title one or two lines, and mail takes it for the subject.
LONGEST_TITLE = 120  # characters
_FAR = timedelta(days=366)
_LINKS = {"a": "href", "img": "src", "source": "src", "audio": "src", "video": "src"}
# What stands around a whole document, and what is rewritten rather than lost.
_AROUND = {"html", "head", "body", "title", "meta", "link", "base", "div", "noscript"}
_REWRITTEN = {"iframe", "embed", "object", "input"}
_LAZY = re.compile(r"data-(?:src|lazy|original|sizes|poster)")


def validate(
    readings: Mapping[str, Reading], now: datetime, broken: Callable[[str], str | None]
) -> list[Problem]:
    """Return what is wrong with the articles that were read; drafts are not validated.

    readings: by the path that Problems name. broken: why nothing is found at a URL; None if
    something is found, or if that is not known.
    """
    pieces = [
        _Piece(path, reading, reading.article)
        for path, reading in readings.items()
        if reading.article and not reading.article.draft
    ]
    for piece in pieces:
        piece.validate(now)
        piece.validate_links(broken)
    _validate_twins(pieces)
    return [problem for piece in pieces for problem in piece.findings.problems()]


class _Piece:
    """One article while it is validated. path: as Problems name it."""

    def __init__(self, path: str, reading: Reading, article: Article) -> None:
        self.path = path
        self.article = article
        written = reading.written or Written("", FrontMatter({}, ""), "", article.html)
        self.findings = Findings(path, written.text.count("\n") + 1)
        self._reading = reading
        self._written = written
        self._tree = markup.parse(article.html)

    def validate(self, now: datetime) -> None:
        """Validate the article by itself."""
        self._validate_dates(now)
        self._validate_texts()
        self._validate_pictures()
        self._validate_enclosures()
        self._validate_lost()

    def validate_links(self, broken: Callable[[str], str | None]) -> None:
        """Validate where links within the site lead."""
        for name, url in self._links():
            target, fragment = urldefrag(url)
            if target == self.article.link:
                if fragment and fragment != "top" and unquote(fragment) not in self._anchors():
                    message = f"links to #{fragment}, which the article has not; fix the link"
                    self.findings.warning("broken-fragment", self._line(f"#{fragment}"), message)
                continue
            reason = broken(target)
            if reason:
                message = f"<{name}> leads to {shown(url)}, {reason}; fix the link"
                self.findings.error("broken-link", self._line_of_url(target), message)

    def key_line(self, key: str) -> int:
        """Return the line of a front-matter key; of the title, also where it is a heading."""
        if key in self._written.front.values:
            return self._reading.line(key)
        return self._line(self.article.title) if key == "title" else 1

    def _validate_dates(self, now: datetime) -> None:
        published, updated = self.article.published, self.article.updated
        if published.year < 1970:
            message = f"was published in {published.year}, before readers can tell; fix the date"
            self.findings.warning("far-past", self.key_line("published"), message)
        if published - now > _FAR:
            message = f"is to be published in {published.year}; if that is meant, ignore this"
            self.findings.note("far-future", self.key_line("published"), message)
        elif updated > max(now, published):
            message = "was updated in the future, so readers list it on top till then; fix the date"
            self.findings.warning("updated-in-future", self.key_line("updated"), message)

    def _validate_texts(self) -> None:
        article = self.article
        if len(article.title) > LONGEST_TITLE:
            message = (
                f"has a title of {len(article.title)} characters, which readers cut; shorten it"
            )
            self.findings.warning("long-title", self.key_line("title"), message)
        if not article.html and article.content is not ContentChoice.NONE:
            message = "has no text, so that feeds carry a title alone; write some"
            self.findings.warning("empty-text", 1, message)
        elif not article.summary:
            message = "has no summary, and no text to make one of; write `summary: ...`"
            self.findings.warning("missing-summary", 1, message)
        if _folded(article.summary) == _folded(article.title):
            message = "has a summary that only repeats the title; write another, or none"
            self.findings.warning("summary-repeats-title", self.key_line("summary"), message)

    def _validate_pictures(self) -> None:
        for image in self._elements("img"):
            if "alt" not in image.attrib:
                source = str(image.get("src", ""))
                message = f'shows {shown(source)} without alt; describe it, or write alt=""'
                self.findings.warning("missing-alt", self._line_of_url(source), message)

    def _validate_enclosures(self) -> None:
        line = self.key_line("enclosures")
        for enclosure in self.article.enclosures:
            said = f"the enclosure {shown(enclosure.url)}"
            if not enclosure.length:
                message = f"{said} has no length, without which players show none; add `length:`"
                self.findings.warning("unknown-length", line, message)
            if enclosure.type == "application/octet-stream":
                message = f"{said} has no type that players know; add `type:`"
                self.findings.note("unknown-type", line, message)

    def _validate_lost(self) -> None:
        """Compare what was written with what the sanitiser left."""
        raw = self._written.raw
        if not self._written.front.values.get("title"):
            _, raw = html.take_heading(raw)
        before = markup.parse(raw)
        tags, attributes = _inventory(before)
        left_tags, left_attributes = _inventory(self._tree)
        for name in sorted(tags - left_tags - _AROUND):
            how = (
                "a link or nothing is left of it" if name in _REWRITTEN else "readers never see it"
            )
            message = f"<{name[:30]}> is taken out, and {how}; write it another way"
            self.findings.warning("html-removed", self._line(f"<{name}"), message)
        lost = sorted(each for each in attributes - left_attributes if not _LAZY.match(each))
        if lost:
            names = ", ".join(each[:30] for each in lost[:8])
            message = f"{names}: taken out of the HTML, as readers do; do without"
            first = lost[0].partition(" ")[0]
            self.findings.note("attribute-removed", self._line(f"{first}="), message)

    def _elements(self, *names: str) -> "Iterator[etree._Element]":
        return iter(()) if self._tree is None else self._tree.iter(*names)

    def _links(self) -> Iterator[tuple[str, str]]:
        for element in self._elements(*_LINKS):
            url = element.get(_LINKS[str(element.tag)])
            if url and syntax.is_url(str(url)):
                yield str(element.tag), str(url)

    def _anchors(self) -> set[str]:
        elements = self._elements("*")
        return {str(value) for each in elements for value in (each.get("id"), each.get("name"))}

    def _line_of_url(self, url: str) -> int:
        path = urlsplit(url).path
        written = (url, path, unquote(path), path.rstrip("/").rpartition("/")[2])
        name = unquote(written[-1])
        return next((line for each in (*written, name) if each and (line := self._line(each))), 0)

    def _line(self, wanted: str) -> int:
        """Return the line of the body on which a text stands first; 0 if it does not."""
        text = self._written.text
        start = len(text) - len(self._written.body)
        at = text.casefold().find(wanted.casefold(), max(0, start))
        return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _inventory(root: "etree._Element | None") -> tuple[set[str], set[str]]:
    """Return the names of the elements and attributes of a tree; of class, each word."""
    tags: set[str] = set()
    attributes: set[str] = set()
    for element in root.iter(etree.Element) if root is not None else ():
        tags.add(str(element.tag).lower())
        for key, value in element.attrib.items():
            name = str(key).lower()
            attributes |= (
                {f"class {each}" for each in str(value).split()} if name == "class" else {name}
            )
    return tags, attributes


def _validate_twins(pieces: Iterable[_Piece]) -> None:
    """Find articles that readers will take for one."""
    titles: dict[tuple[str, object], str] = {}
    texts: dict[str, str] = {}
    for piece in sorted(pieces, key=lambda one: (one.article.published, one.path)):
        article, path = piece.article, piece.path
        other = titles.setdefault((_folded(article.title), article.published.date()), path)
        if other != path:
            message = f"has the title and the day of {other}; readers may show one of the two"
            piece.findings.warning(
                "same-title", piece.key_line("title"), f"{message}: tell them apart"
            )
        other = texts.setdefault(article.html, path) if article.html else path
        if other != path:
            message = f"has the text of {other}; remove one of the two"
            piece.findings.warning("same-text", 1, message)


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
