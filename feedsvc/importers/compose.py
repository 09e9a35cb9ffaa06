"""An Item as the text of an article file, which the reader of articles takes without a Problem."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import yaml

from feedsvc import html, syntax, urls
from feedsvc.errors import Problem
from feedsvc.importers.item import Ending, Item
from feedsvc.model import MAX_LANGUAGE, MAX_URL, Enclosure, Person, excess

# References within an article pass the sanitiser as URLs of a host that cannot exist (RFC 2606).
_WITHIN = "https://within.invalid/"
_WITHIN_LINK = re.compile(rf'href="{re.escape(_WITHIN)}(?=#)')

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ONE_LINE = 1_000_000_000  # characters; no text is broken into lines


class Composer:
    """Composes the file of one item, and notes what of it could not be kept."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.problems: list[Problem] = []

    def text(self, identity: str, slug: str, language: str, *, keep_link: bool) -> str:
        """Return the text of the file. language: the site's, which need not be written."""
        item = self._item
        self.problems.clear()
        values = {
            "title": one_line(item.title),
            "published": _written(item.published),
            "updated": _written(item.updated) if _is_later(item) else None,
            "id": identity,
            "slug": slug,
            "link": self._url("link", item.link) if keep_link else None,
            "categories": list(self._terms("category", item.categories)),
            "tags": list(self._terms("tag", item.tags)),
            "authors": list(self._people()),
            "language": self._language(language),
            "summary": one_line(item.summary),
            "content": "summary" if item.only_summary else None,
            "image": self._url("image", item.image),
            "enclosures": list(self._enclosures()),
            "draft": item.draft,
        }
        front = yaml.dump(
            {key: value for key, value in values.items() if value},
            Dumper=_Dumper,
            allow_unicode=True,
            default_flow_style=False,
            sort_keys=False,
            width=_ONE_LINE,
        )
        comments = "".join(f"# {line}\n" for line in _comments(item, keep_link))
        return f"---\n{comments}{front}---\n{self._body()}\n"

    def _body(self) -> str:
        item = self._item
        if item.ending is Ending.MARKDOWN:
            return item.body
        cleaned = html.sanitise(item.body, self._resolve).strip()
        return _WITHIN_LINK.sub('href="', cleaned)

    def _resolve(self, url: str) -> str:
        if url.startswith("#"):
            return _WITHIN + url
        return urls.resolve(self._item.base, url)

    def _odd(self, what: str, value: str, why: str | None = None) -> None:
        reason = why or "cannot be used"
        message = f"has the {what} {value[:60]!r}, which {reason}; it is left out"
        self.problems.append(self._item.warning("unusable-value", message))

    def _terms(self, what: str, labels: tuple[str, ...]) -> Iterator[str]:
        seen = set()
        for label in map(one_line, labels):
            term = urls.term(label)
            over = urls.term_excess(label)
            if label and (over or not urls.is_addressable(term)):
                self._odd(what, label, over)
            elif label and term not in seen:
                seen.add(term)
                yield label

    def _people(self) -> Iterator[str | dict[str, str]]:
        people = {one_line(person.name): person for person in self._item.authors}
        for name in self._terms("author", tuple(people)):
            details = {"name": name} | dict(self._details(people[name]))
            yield details if len(details) > 1 else name

    def _details(self, person: Person) -> Iterator[tuple[str, str]]:
        if person.email:
            email = one_line(person.email)
            if syntax.is_email(email):
                yield "email", email
            else:
                self._odd("email address", email)
        if uri := self._url("address of an author", person.uri or ""):
            yield "uri", uri

    def _language(self, usual: str) -> str | None:
        language = one_line(self._item.language).replace("_", "-").lower()
        over = excess(language, MAX_LANGUAGE)
        if language and (over or not syntax.is_language(language)):
            self._odd("language", language, over)
            return None
        return language if language != usual else None

    def _enclosures(self) -> Iterator[dict[str, str | int]]:
        for each in self._item.enclosures:
            if url := self._url("enclosure", each.url):
                yield _enclosure(url, each)

    def _url(self, what: str, written: str) -> str | None:
        if not written:
            return None
        url = urls.resolve(self._item.base, one_line(written)).replace(" ", "%20")
        over = excess(url, MAX_URL)
        if not over and syntax.is_url(url):
            return url
        self._odd(what, written, over)
        return None


def one_line(text: str) -> str:
    """Return a text on one line, free of what XML cannot carry, as front matter is read."""
    return " ".join(html.xml_safe(text).split())


def _enclosure(url: str, each: Enclosure) -> dict[str, str | int]:
    table: dict[str, str | int] = {"url": url}
    if syntax.is_media_type(each.type):
        table["type"] = each.type
    if each.length:
        table["length"] = each.length
    return table


def _is_later(item: Item) -> bool:
    return item.updated is not None and item.published is not None and item.updated > item.published


def _written(moment: datetime | None) -> datetime | None:
    """Return a moment as YAML can hold it: before there were zones, offsets had seconds."""
    if moment and (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        return moment.astimezone(UTC)
    return moment


def _comments(item: Item, keep_link: bool) -> Iterator[str]:
    if item.candidates:
        days = ", ".join(f"{each:%Y-%m-%d}" for each in item.candidates)
        yield f"The text does not settle its day. These fit: {days}"
        yield "Write the right one as `published`, and remove `draft`."
    if not keep_link and syntax.is_url(item.link) and item.link.isprintable():
        yield f"Imported from {item.link}"
