"""Reads the values of front matter by the kind that each key wants; knows no key by name.

YAML gives text for every scalar, TOML gives types; both end up the same here.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeVar

from feedsvc import html, syntax, urls
from feedsvc.config.tables import quoted
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import MAX_URL, FeedRef, Kind, Person, excess
from feedsvc.sources.frontmatter import FrontMatter

_Choice = TypeVar("_Choice", bound=StrEnum)

FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Values:
    """The front matter of one file, with the warnings that reading it has given so far."""

    def __init__(self, front: FrontMatter) -> None:
        self._values = front.values
        self.name = front.name
        self.warnings: list[ArticleError] = []

    @property
    def keys(self) -> set[str]:
        """The keys that are there."""
        return set(self._values)

    def warn(self, code: str, message: str, key: str) -> None:
        """Note something that does not keep the article from being published."""
        self.warnings.append(ArticleError(code, message, key=key, severity=Severity.WARNING))

    def raw(self, key: str) -> Any:
        """Return a value as it was read; None where there is none."""
        return self._values.get(key)

    def text(self, key: str) -> str:
        """Return a text on one line, free of what XML cannot carry; '' where there is none."""
        return self._text(key, self._values.get(key))

    def flag(self, key: str, default: bool) -> bool:
        """Return a yes or no."""
        value = self._values.get(key)
        if value in _EMPTY:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in FLAGS:
            return FLAGS[value.lower()]
        raise self._error(key, "is `true` or `false`")

    def choice(self, key: str, choices: type[_Choice]) -> _Choice | None:
        """Return one of a few words; None where there is none."""
        value = self.text(key)
        if not value:
            return None
        if value not in set(choices):
            words = ", ".join(f"`{each}`" for each in choices)
            raise self._error(key, f"is one of {words}")
        return choices(value)

    def url(self, key: str, base: str) -> str | None:
        """Return an absolute URL, resolved against base; None where there is none."""
        written = self.text(key)
        return absolute(key, urls.resolve(base, written), self.name(key)) if written else None

    def items(self, key: str) -> list[Any]:
        """Return a list; a value that stands alone is a list of one."""
        value = self._values.get(key)
        if value in _EMPTY:
            return []
        return value if isinstance(value, list) else [value]

    def terms(self, key: str, kind: Kind) -> list[tuple[FeedRef, str]]:
        """Return the terms under a key with their labels.

        Warn of those that are empty or too long, and leave them out.
        """
        found = []
        for item in self.items(key):
            label = self._text(key, item)
            if not label:
                message = f"`{self.name(key)}` has an empty item; write it or remove it"
                self.warn("empty-term", message, key)
            elif ref := self.ref(key, kind, label):
                found.append((ref, label))
        return found

    def ref(self, key: str, kind: Kind, label: str) -> FeedRef | None:
        """Return the feed of a label; warn of one that is too long, and return None."""
        if over := urls.term_excess(label):
            message = (
                f"`{self.name(key)}`: {quoted(label)} cannot be a term, as it {over}; shorten it"
            )
            self.warn("too-long-term", message, key)
            return None
        term = urls.term(label)
        if not urls.is_addressable(term):
            raise self._error(
                key, f": {label!r} has only dots, which no URL can hold; write a word"
            )
        return FeedRef(kind, term)

    def people(self, key: str) -> tuple[Person, ...]:
        """Return the persons under a key: names, or tables of name, email and uri."""
        people = []
        for name, email, uri in self.records(key, ("name", "email", "uri")):
            if not name:
                message = f"`{self.name(key)}` has a person without a name; write it"
                self.warn("empty-term", message, key)
                continue
            if uri:
                absolute(key, uri, self.name(key))
            if email and not syntax.is_email(email):
                raise self._error(
                    key, f": {email!r} is no email address; write it as desk@example.org"
                )
            people.append(Person(name, email or None, uri or None))
        return tuple(people)

    def records(self, key: str, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the tables under a key, as texts in the order of names; '' where there is none.

        A text that stands in place of a table is its first value.
        """
        for item in self.items(key):
            table = item if isinstance(item, dict) else {names[0]: item}
            if not table.keys() <= set(names):
                raise self._error(key, f"knows only {', '.join(names)}; remove the rest")
            yield tuple(self._text(key, table.get(name)) for name in names)

    def _text(self, key: str, value: Any) -> str:
        if value is None:
            return ""
        written = value if isinstance(value, str) else self._written(key, value)
        safe = html.xml_safe(written)
        if safe != written:
            message = f"`{self.name(key)}` holds a control character; it is left out: delete it"
            self.warn("control-character", message, key)
        return " ".join(safe.split())

    def _written(self, key: str, value: Any) -> str:
        """Return a number of TOML as text; raises ArticleError (bad-value)."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(key, "is a text; write it in quotes")
        try:
            return str(value)
        except ValueError:  # it has thousands of digits
            raise self._error(key, "is a text; shorten it") from None

    def _error(self, key: str, what: str) -> ArticleError:
        """Return the error of a value. what: follows the key as it is written."""
        space = "" if what.startswith(":") else " "
        return ArticleError("bad-value", f"`{self.name(key)}`{space}{what}", key=key)


def absolute(key: str, url: str, name: str) -> str:
    """Return a URL if it is an absolute one of the web.

    name: the key as it is written. Raises ArticleError (bad-url, too-long).
    """
    if over := excess(url, MAX_URL):
        raise ArticleError("too-long", f"`{name}` {over}; write a shorter URL", key=key)
    if not syntax.is_url(url):
        message = f"`{name}` is no usable URL; write it whole, as `https://example.org/page`"
        raise ArticleError("bad-url", message, key=key)
    return url
