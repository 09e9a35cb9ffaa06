"""Cleans the values of an item: those that are invalid in an article are dropped with a warning."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from feedsvc import html, syntax, urls
from feedsvc.errors import Problem
from feedsvc.importers import names
from feedsvc.importers.item import Item
from feedsvc.model import MAX_LANGUAGE, MAX_URL, Enclosure, Person, excess
from feedsvc.podcast import Episode
from feedsvc.podcasts.feature import FEATURE
from feedsvc.sources.attachments import Attachments, Folder
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.values import Values


def one_line(text: str) -> str:
    """Return a text on one line and without characters that are invalid in XML."""
    return " ".join(html.xml_safe(text).split())


class Cleaner:
    """Returns the values of an item that are valid in an article, and warns about the others."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.warnings: list[Problem] = []

    def labels(self, name: str, labels: Iterable[str]) -> Iterator[str]:
        """Yield the valid labels, one per term. name: the kind of label, for warnings."""
        seen = set()
        for label in map(one_line, labels):
            term = urls.term(label)
            too_long = urls.term_excess(label)
            if label and (too_long or not urls.is_addressable(term)):
                self._reject(name, label, too_long)
            elif label and term not in seen:
                seen.add(term)
                yield label

    def authors(self) -> Iterator[Person]:
        """Yield the authors, each name once."""
        people = {one_line(person.name): person for person in self._item.authors}
        for name in self.labels("author", people):
            person = people[name]
            yield Person(name, self._email(person), self.url("author URL", person.uri or ""))

    def language(self) -> str:
        """Return the language tag in lower case; '' if there is none."""
        language = one_line(self._item.language).replace("_", "-").lower()
        too_long = excess(language, MAX_LANGUAGE)
        if language and (too_long or not syntax.is_language(language)):
            self._reject("language", language, too_long)
            return ""
        return language

    def enclosures(self) -> Iterator[Enclosure]:
        """Yield the enclosures with an absolute URL; the type is '' if it is unusable."""
        for enclosure in self._item.enclosures:
            if url := self.url("enclosure", enclosure.url):
                media_type = enclosure.type if syntax.is_media_type(enclosure.type) else ""
                yield Enclosure(url, media_type, enclosure.length)

    def episode(self) -> tuple[Mapping[str, Any], Episode | None]:
        """Return the front matter of an episode without unusable values, and the episode."""
        if not self._item.episode:
            return {}, None
        guid = names.guid(self._item)
        front = {**({"guid": guid} if guid else {}), **self._item.episode}
        values = Values(FrontMatter(front, ""))
        attachments = Attachments(Folder(os.devnull), "", self._item.base, self._item.base)
        read = FEATURE.read(values, attachments, (), used=False)["episode"]
        for error in values.warnings:
            self.warn("unusable-value", f"has an unusable value: {error.message}")
        bad = {error.key for error in values.warnings}
        if read and read.chapters:  # no chapters file is generated
            read = structs.replace(read, chapters_url=None)
        return {key: value for key, value in front.items() if key not in bad}, read

    def url(self, name: str, value: str) -> str | None:
        """Return a URL of the item in absolute form; None if there is none."""
        if not value:
            return None
        url = urls.resolve(self._item.base, one_line(value)).replace(" ", "%20")
        too_long = excess(url, MAX_URL)
        if not too_long and syntax.is_url(url):
            return url
        self._reject(name, value, too_long)
        return None

    def _email(self, person: Person) -> str | None:
        email = one_line(person.email or "")
        if not email or syntax.is_email(email):
            return email or None
        self._reject("email address", email)
        return None

    def _reject(self, name: str, value: str, reason: str | None = None) -> None:
        reason = reason or "cannot be used"
        message = f"has the {name} {value[:60]!r}, which {reason}; it is left out"
        self.warn("unusable-value", message)

    def warn(self, code: str, message: str) -> None:
        """Record a warning about the item."""
        self.warnings.append(self._item.origin.warning(code, message))
