"""Converts front-matter values to the type that a key requires; knows no key by name.

YAML yields text for every scalar, TOML yields typed values; both are accepted for every key.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from feedsvc import dates, html, syntax, urls
from feedsvc.config.settings import Settings
from feedsvc.config.tables import quoted
from feedsvc.errors import ArticleError
from feedsvc.model import MAX_ID, MAX_LANGUAGE, MAX_URL, FeedRef, Kind, Person, excess
from feedsvc.sources.frontmatter import FrontMatter

_Choice = TypeVar("_Choice", bound=StrEnum)

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Values:
    """The values in the front matter of one file, and the warnings found while reading them."""

    def __init__(self, front: FrontMatter) -> None:
        self._values = front.values
        self.name: Callable[[str], str] = front.name
        self.warnings: list[ArticleError] = []

    @property
    def keys(self) -> set[str]:
        """The keys that are set."""
        return set(self._values)

    def within(self, key: str, table: Mapping[str, Any]) -> "Values":
        """Return the values of a table that is the value of a key, with the same warnings."""
        inner = Values(FrontMatter(table, ""))
        inner.name = lambda _: self.name(key)
        inner.warnings = self.warnings
        return inner

    def error(self, code: str, key: str, message: str) -> ArticleError:
        """Return an error. message: a sentence whose subject, the key, is added here."""
        return ArticleError(code, f"`{self.name(key)}` {message}", key=key)

    def warn(self, code: str, key: str, message: str) -> None:
        """Add a warning, which does not prevent publication. message: see `error`."""
        self.warnings.append(self.error(code, key, message).as_warning())

    def text(self, key: str) -> str:
        """Return a text on one line, without characters that XML cannot carry; '' if missing."""
        return self._text(key, self._values.get(key))

    def flag(self, key: str, default: bool) -> bool:
        """Return a boolean."""
        value = self._values.get(key)
        if value in _EMPTY:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _FLAGS:
            return _FLAGS[value.lower()]
        raise self.error("bad-value", key, "is `true` or `false`")

    def is_flag(self, key: str) -> bool:
        """Return whether a value is a boolean, typed or as text."""
        value = self._values.get(key)
        return isinstance(value, bool) or (isinstance(value, str) and value.lower() in _FLAGS)

    def date(self, key: str, settings: Settings) -> datetime | None:
        """Return an instant; None if the value is missing."""
        value = self._values.get(key)
        if value is None or value == "":
            return None
        try:
            return dates.parse(value, settings.zone, settings.zones)
        except dates.DateError as error:
            raise self.error("bad-date", key, str(error)) from None

    def language(self, key: str, default: str) -> str:
        """Return a language tag in lower case."""
        tag = self.text(key) or default
        self.require_fit(key, tag, MAX_LANGUAGE)
        if not syntax.is_language(tag):
            raise self.error(
                "bad-value", key, f"{tag!r} is not a language tag; write `en` or `pt-br`"
            )
        return tag.lower()

    def iri(self, key: str) -> str | None:
        """Return an absolute IRI; None if the value is missing."""
        iri = self.text(key)
        self.require_fit(key, iri, MAX_ID)
        if iri and not syntax.is_iri(iri):
            example = "write one like `urn:uuid:...`, `tag:...` or `https://...`"
            raise self.error("bad-id", key, f"{iri!r} is not an absolute IRI; {example}")
        return iri or None

    def require_fit(self, key: str, text: str, limit: int, what: str = "") -> None:
        """Raise ArticleError (too-long) if a text derived from a value exceeds a limit in bytes.

        what: the text, as the subject of a sentence; the key if empty.
        """
        if over := excess(text, limit):
            name = f"`{self.name(key)}`"
            raise ArticleError(
                "too-long", f"{what or name} {over}; write a shorter {name}", key=key
            )

    def choice(self, key: str, choices: type[_Choice]) -> _Choice | None:
        """Return a member of an enumeration; None if the value is missing."""
        value = self.text(key)
        if not value:
            return None
        if value not in set(choices):
            raise self.error(
                "bad-value", key, f"is one of {', '.join(f'`{each}`' for each in choices)}"
            )
        return choices(value)

    def url(self, key: str, base: str) -> str | None:
        """Return a URL, resolved against base; None if the value is missing."""
        reference = self.text(key)
        return self.absolute(key, urls.resolve(base, reference)) if reference else None

    def absolute(self, key: str, url: str) -> str:
        """Return the URL in a value if it is a valid http(s) URL.

        Raises ArticleError (bad-url, too-long).
        """
        if over := excess(url, MAX_URL):
            raise self.error("too-long", key, f"{over}; write a shorter URL")
        if not syntax.is_url(url):
            message = "is not a usable URL; write it in full, as `https://example.org/page`"
            raise self.error("bad-url", key, message)
        return url

    def items(self, key: str) -> list[Any]:
        """Return a list; a single value is a list of one."""
        value = self._values.get(key)
        if value in _EMPTY:
            return []
        return value if isinstance(value, list) else [value]

    def terms(self, key: str, kind: Kind) -> list[tuple[FeedRef, str]]:
        """Return terms with their labels; warn of those that are empty or too long."""
        found = []
        for item in self.items(key):
            label = self._text(key, item)
            if not label:
                self.warn("empty-term", key, "has an empty item; write it or remove it")
            elif ref := self.ref(key, kind, label):
                found.append((ref, label))
        return found

    def ref(self, key: str, kind: Kind, label: str) -> FeedRef | None:
        """Return the feed of a label; if the label is too long, warn and return None."""
        if over := urls.term_excess(label):
            message = f"has {quoted(label)}, which cannot be a term, as it {over}; shorten it"
            self.warn("too-long-term", key, message)
            return None
        term = urls.term(label)
        if not urls.is_addressable(term):
            raise self.error(
                "bad-value",
                key,
                f"has {label!r}, which is only dots and cannot be part of a URL; write a word",
            )
        return FeedRef(kind, term)

    def people(self, key: str) -> tuple[Person, ...]:
        """Return persons, written as names or as tables of name, email and uri."""
        people = []
        for name, email, uri in self.records(key, ("name", "email", "uri")):
            if not name:
                self.warn("empty-term", key, "has a person without a name; write it")
                continue
            if uri:
                self.absolute(key, uri)
            if email and not syntax.is_email(email):
                raise self.error(
                    "bad-value",
                    key,
                    f"has {email!r}, which is no email address; write it as desk@example.org",
                )
            people.append(Person(name, email or None, uri or None))
        return tuple(people)

    def records(self, key: str, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield each table of a list as texts in the order of names; '' for a missing one.

        A text in place of a table is its first value.
        """
        for item in self.items(key):
            table = item if isinstance(item, dict) else {names[0]: item}
            if not table.keys() <= set(names):
                raise self.error(
                    "bad-value", key, f"allows only {', '.join(names)}; remove the rest"
                )
            yield tuple(self._text(key, table.get(name)) for name in names)

    def _text(self, key: str, value: Any) -> str:
        if value is None:
            return ""
        written = value if isinstance(value, str) else self._number(key, value)
        safe = html.xml_safe(written)
        if safe != written:
            message = "contains a control character, which is left out; delete it"
            self.warn("control-character", key, message)
        return " ".join(safe.split())

    def _number(self, key: str, value: Any) -> str:
        """Return a TOML number as text. Raises ArticleError (bad-value)."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error("bad-value", key, "is a text; write it in quotes")
        try:
            return str(value)
        except ValueError:  # it has thousands of digits
            raise self.error("bad-value", key, "is a text; shorten it") from None
