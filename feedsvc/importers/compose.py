"""Converts an Item to the text of an article file, which must read back without Problems."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import yaml

from feedsvc import html, syntax, urls
from feedsvc.errors import Problem
from feedsvc.importers.item import FileType, Item
from feedsvc.model import MAX_LANGUAGE, MAX_URL, Enclosure, Person, excess

# The sanitiser sees fragment links as URLs of a reserved host name (RFC 2606).
_FRAGMENT_BASE = "https://within.invalid/"
_FRAGMENT_LINK = re.compile(rf'href="{re.escape(_FRAGMENT_BASE)}(?=#)')

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_WRAPPING = 1_000_000_000  # characters


class Composer:
    """Composes the file of an item, and records Problems with values that are left out."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.problems: list[Problem] = []

    def text(self, identity: str, slug: str, language: str, *, keep_link: bool) -> str:
        """Return the text of the file. language: the site's, which is not repeated."""
        item = self._item
        self.problems.clear()
        is_updated = item.updated and item.published and item.updated > item.published
        values = {
            "title": one_line(item.title),
            "published": _for_yaml(item.published),
            "updated": _for_yaml(item.updated) if is_updated else None,
            "id": identity,
            "slug": slug,
            "link": self._url("link", item.link) if keep_link else None,
            "categories": list(self._labels("category", item.categories)),
            "tags": list(self._labels("tag", item.tags)),
            "authors": list(self._authors()),
            "language": self._language(language),
            "summary": one_line(item.summary),
            "content": "summary" if item.only_summary else None,
            "image": self._url("image", item.image),
            "enclosures": list(self._enclosures()),
            "draft": item.draft,
        }
        front_matter = yaml.dump(
            {key: value for key, value in values.items() if value},
            Dumper=_Dumper,
            allow_unicode=True,
            default_flow_style=False,
            sort_keys=False,
            width=_NO_WRAPPING,
        )
        comments = "".join(f"# {line}\n" for line in _comments(item, keep_link))
        return f"---\n{comments}{front_matter}---\n{self._body()}\n"

    def _body(self) -> str:
        if self._item.file_type is FileType.MARKDOWN:
            return self._item.body
        clean = html.sanitise(self._item.body, self._resolve).strip()
        return _FRAGMENT_LINK.sub('href="', clean)

    def _resolve(self, url: str) -> str:
        if url.startswith("#"):
            return _FRAGMENT_BASE + url
        return urls.resolve(self._item.base, url)

    def _reject(self, name: str, value: str, reason: str | None = None) -> None:
        reason = reason or "cannot be used"
        message = f"has the {name} {value[:60]!r}, which {reason}; it is left out"
        self.problems.append(self._item.origin.warning("unusable-value", message))

    def _labels(self, name: str, labels: tuple[str, ...]) -> Iterator[str]:
        seen = set()
        for label in map(one_line, labels):
            term = urls.term(label)
            too_long = urls.term_excess(label)
            if label and (too_long or not urls.is_addressable(term)):
                self._reject(name, label, too_long)
            elif label and term not in seen:
                seen.add(term)
                yield label

    def _authors(self) -> Iterator[str | dict[str, str]]:
        people = {one_line(person.name): person for person in self._item.authors}
        for name in self._labels("author", tuple(people)):
            details = {"name": name} | dict(self._details(people[name]))
            yield details if len(details) > 1 else name

    def _details(self, person: Person) -> Iterator[tuple[str, str]]:
        if person.email:
            email = one_line(person.email)
            if syntax.is_email(email):
                yield "email", email
            else:
                self._reject("email address", email)
        if uri := self._url("author URL", person.uri or ""):
            yield "uri", uri

    def _language(self, default: str) -> str | None:
        language = one_line(self._item.language).replace("_", "-").lower()
        too_long = excess(language, MAX_LANGUAGE)
        if language and (too_long or not syntax.is_language(language)):
            self._reject("language", language, too_long)
            return None
        return language if language != default else None

    def _enclosures(self) -> Iterator[dict[str, str | int]]:
        for enclosure in self._item.enclosures:
            if url := self._url("enclosure", enclosure.url):
                yield _enclosure(url, enclosure)

    def _url(self, name: str, value: str) -> str | None:
        if not value:
            return None
        url = urls.resolve(self._item.base, one_line(value)).replace(" ", "%20")
        too_long = excess(url, MAX_URL)
        if not too_long and syntax.is_url(url):
            return url
        self._reject(name, value, too_long)
        return None


def one_line(text: str) -> str:
    """Return a text on one line and without characters that are invalid in XML."""
    return " ".join(html.xml_safe(text).split())


def _enclosure(url: str, enclosure: Enclosure) -> dict[str, str | int]:
    media_type = enclosure.type if syntax.is_media_type(enclosure.type) else ""
    table: dict[str, str | int] = {"url": url, "type": media_type, "length": enclosure.length}
    return {key: value for key, value in table.items() if value}


def _for_yaml(moment: datetime | None) -> datetime | None:
    """Return a moment that YAML can represent: historical UTC offsets have seconds."""
    if moment and (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        return moment.astimezone(UTC)
    return moment


def _comments(item: Item, keep_link: bool) -> Iterator[str]:
    if item.candidates:
        days = ", ".join(f"{day:%Y-%m-%d}" for day in item.candidates)
        yield f"The text does not settle its day. These fit: {days}"
        yield "Write the right one as `published`, and remove `draft`."
    if not keep_link and syntax.is_url(item.link) and item.link.isprintable():
        yield f"Imported from {item.link}"
