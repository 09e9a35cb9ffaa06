"""Validates articles as their readers will see them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote, urldefrag, urlsplit

from feedsvc import html, syntax
from feedsvc.check import markup
from feedsvc.check.finding import Findings, quoted, words
from feedsvc.check.xml import Element
from feedsvc.errors import Problem
from feedsvc.model import Article, ContentChoice
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.protocol import Reading, Written

# Lists of entries show one or two lines of a title, and mail uses it as the subject.
MAX_TITLE = 120  # characters
_FAR = timedelta(days=366)
_LINKS = {"a": "href", "img": "src", "source": "src", "audio": "src", "video": "src"}
# Elements around a whole document, and elements that are rewritten instead of removed.
_AROUND = {"html", "head", "body", "title", "meta", "link", "base", "div", "noscript"}
_REWRITTEN = {"iframe", "embed", "object", "input"}
_LAZY = re.compile(r"data-(?:src|lazy|original|sizes|poster)")


def validate(
    readings: Mapping[str, Reading], now: datetime, broken: Callable[[str], str | None]
) -> list[Problem]:
    """Return the problems of articles; drafts are not validated.

    readings: by the path in Problems. broken: returns why a URL is broken; None if it is not, or if
    that is unknown.
    """
    validators = [
        _Validator(path, reading, reading.article)
        for path, reading in readings.items()
        if reading.article and not reading.article.draft
    ]
    for each in validators:
        each.validate(now, broken)
    _validate_duplicates(validators)
    return [problem for each in validators for problem in each.findings.problems()]


class _Validator:
    """One article with its findings. path: as in Problems."""

    def __init__(self, path: str, reading: Reading, article: Article) -> None:
        self.path = path
        self.article = article
        written = reading.written or Written("", FrontMatter({}, ""), "", article.html)
        self.findings = Findings(path, written.text.count("\n") + 1)
        self._reading = reading
        self._written = written
        self._tree = markup.parse(article.html)

    def validate(self, now: datetime, broken: Callable[[str], str | None]) -> None:
        """Validate the article, and the targets of its links."""
        self._validate_dates(now)
        self._validate_texts()
        self._validate_enclosures()
        self._validate_sanitised()
        for image in self._elements("img"):
            if "alt" not in image.attrib:
                url = str(image.get("src", ""))
                message = f'shows {quoted(url)} without alt; describe it, or write alt=""'
                self.findings.warning("missing-alt", self._line_of_url(url), message)
        self._validate_links(broken)

    def line(self, key: str) -> int:
        """Return the line of a front-matter key, or of a title that is a heading."""
        if key in self._written.front.values:
            return self._reading.line(key)
        return self._find(self.article.title) if key == "title" else 1

    def _validate_links(self, broken: Callable[[str], str | None]) -> None:
        for element in self._elements(*_LINKS):
            url = str(element.get(_LINKS[str(element.tag)], ""))
            if not syntax.is_url(url):
                continue
            target, fragment = urldefrag(url)
            if target == self.article.link:
                if fragment and fragment != "top" and unquote(fragment) not in self._anchors():
                    message = f"links to #{fragment}, which the article does not have; correct it"
                    self.findings.warning("broken-fragment", self._find(f"#{fragment}"), message)
            elif reason := broken(target):
                message = f"<{element.tag}> leads to {quoted(url)}, {reason}; correct the link"
                self.findings.error("broken-link", self._line_of_url(target), message)

    def _validate_dates(self, now: datetime) -> None:
        published, updated = self.article.published, self.article.updated
        if published - now > _FAR:
            message = f"is to be published in {published.year}; ignore this if it is intended"
            self.findings.note("far-future", self.line("published"), message)
        elif updated > max(now, published):
            message = "was updated in the future, so readers list it first; correct the date"
            self.findings.warning("updated-in-future", self.line("updated"), message)

    def _validate_texts(self) -> None:
        article = self.article
        if len(article.title) > MAX_TITLE:
            message = f"has a title of {len(article.title)} characters; shorten it"
            self.findings.warning("long-title", self.line("title"), message)
        if not article.html and article.content is not ContentChoice.NONE:
            message = "has no text, so that feeds contain only the title; add some"
            self.findings.warning("empty-text", 1, message)
        elif not article.summary:
            message = "has no summary, and no text to derive one from; add `summary`"
            self.findings.warning("missing-summary", 1, message)
        if words(article.summary) == words(article.title):
            message = "has a summary that only repeats the title; write another, or none"
            self.findings.warning("summary-repeats-title", self.line("summary"), message)

    def _validate_enclosures(self) -> None:
        for enclosure in self.article.enclosures:
            subject, at = f"the enclosure {quoted(enclosure.url)}", self.line("enclosures")
            if not enclosure.length:
                self.findings.warning("unknown-length", at, f"{subject} has no length; add it")
            if enclosure.type == "application/octet-stream":
                self.findings.note("unknown-type", at, f"{subject} has no specific type; add it")

    def _validate_sanitised(self) -> None:
        """Compare the written HTML with the sanitised HTML."""
        raw = self._written.raw
        if not self._written.front.values.get("title"):
            _, raw = html.take_heading(raw)
        tags, attributes = _inventory(markup.parse(raw))
        kept_tags, kept_attributes = _inventory(self._tree)
        for name in sorted(tags - kept_tags - _AROUND):
            result = "replaced by a link, or removed" if name in _REWRITTEN else "removed"
            message = f"<{name[:30]}> is {result}; write it another way"
            self.findings.warning("html-removed", self._find(f"<{name}"), message)
        lost = sorted(each for each in attributes - kept_attributes if not _LAZY.match(each))
        if lost:
            message = f"{', '.join(each[:30] for each in lost[:8])}: removed; do without"
            at = self._find(f"{lost[0].partition(' ')[0]}=")
            self.findings.note("attribute-removed", at, message)

    def _elements(self, *names: str) -> Iterator[Element]:
        return iter(()) if self._tree is None else self._tree.iter(*names)

    def _anchors(self) -> set[str]:
        elements = self._elements("*")
        return {str(value) for each in elements for value in (each.get("id"), each.get("name"))}

    def _line_of_url(self, url: str) -> int:
        path = urlsplit(url).path
        name = path.rstrip("/").rpartition("/")[2]
        forms = (url, path, unquote(path), name, unquote(name))
        return next((line for form in forms if form and (line := self._find(form))), 0)

    def _find(self, wanted: str) -> int:
        """Return the first line of the body that contains a text; 0 if none does."""
        text = self._written.text
        start = len(text) - len(self._written.body)
        at = text.casefold().find(wanted.casefold(), max(0, start))
        return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _inventory(root: Element | None) -> tuple[set[str], set[str]]:
    """Return the names of the elements and attributes of a tree, and its classes."""
    tags: set[str] = set()
    attributes: set[str] = set()
    for element in root.iter("*") if root is not None else ():
        tags.add(str(element.tag).lower())
        for key, value in element.attrib.items():
            name = str(key).lower()
            classes = (f"class {each}" for each in str(value).split())
            attributes.update(classes if name == "class" else (name,))
    return tags, attributes


def _validate_duplicates(validators: Iterable[_Validator]) -> None:
    """Report articles that readers would mistake for each other."""
    titles: dict[tuple[str, object], str] = {}
    texts: dict[str, str] = {}
    for each in sorted(validators, key=lambda one: (one.article.published, one.path)):
        article, path = each.article, each.path
        other = titles.setdefault((words(article.title), article.published.date()), path)
        if other != path:
            message = f"has the same title and day as {other}; change one of them"
            each.findings.warning("same-title", each.line("title"), message)
        other = texts.setdefault(article.html, path) if article.html else path
        if other != path:
            each.findings.warning("same-text", 1, f"has the same text as {other}; remove one")
