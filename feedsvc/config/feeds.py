"""The table `[feeds]` of the settings, and the author and picture that a site has as well."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from feedsvc import syntax, urls
from feedsvc.config.tables import Rule, Table, Text, shown
from feedsvc.model import (
    MAX_LANGUAGE,
    MAX_TERM,
    MAX_URL,
    TERM_KINDS,
    ContentChoice,
    FeedRef,
    Image,
    Kind,
    Person,
    excess,
)


def _language(tag: str) -> str:
    if not syntax.is_language(tag):
        raise ValueError
    return tag.lower()


def _name(text: str) -> str:
    if over := urls.term_excess(text):
        raise ValueError(f"{over}; shorten it")
    return text


Language = Annotated[str, Rule('a language tag like "en" or "pt-br"', _language, MAX_LANGUAGE)]
Email = Rule.of("an email address like desk@example.org", lambda x: not x or syntax.is_email(x))
Url = Rule.of(
    "an absolute URL with its scheme", lambda x: not x or syntax.is_url(x), longest=MAX_URL
)
Content = Rule.of('"full" or "summary"', lambda choice: choice != ContentChoice.NONE)
Picture = Rule.of(
    "a path that must start with /, or an absolute URL",
    lambda text: text.startswith("/") or syntax.is_url(text),
    longest=MAX_URL,
)


class FeedSettings(Struct, frozen=True, kw_only=True):
    """The settings of one feed; None where the site's apply.

    limit: entries in the subscription document. content: full text, or summaries. max_age: seconds
    for which a client may keep a response.
    """

    title: str | None = None
    subtitle: str | None = None
    language: Language | None = None
    author: Person | None = None
    copyright: str | None = None
    image: Image | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    content: Annotated[ContentChoice, Content] = ContentChoice.FULL
    max_age: Annotated[int, Meta(ge=1, le=31_536_000)] = 900


class Selection(Struct, frozen=True, kw_only=True):
    """Which articles a custom feed gathers. Each term is the key of its own feed: `tag/c++`.

    any: of which an article must have one; () if it needs none. all: which it must have. none:
    which it must not have.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def takes(self, terms: frozenset[str]) -> bool:
        """Tell whether an article with these terms is in the feed."""
        return (
            (not self.any or not terms.isdisjoint(self.any))
            and terms.issuperset(self.all)
            and terms.isdisjoint(self.none)
        )


class Feeds(NamedTuple):
    """The table `[feeds]`: its own keys, the tables of feeds by key, and the custom feeds."""

    feed_defaults: FeedSettings
    feeds: Mapping[str, FeedSettings]
    selections: Mapping[str, Selection]


class _Author(Struct, frozen=True):
    name: Annotated[Text, Rule("a text in quotes", _name)]
    email: Annotated[str, Email] = ""
    uri: Annotated[str, Url] = ""


class _Image(Struct, frozen=True):
    url: Annotated[str, Picture]
    width: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    height: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class _Labels(Struct, frozen=True):
    """The labels that one choice of a custom feed lists."""

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


# The kinds of the terms in the lists of a choice.
LISTS = dict(zip(_Labels.__struct_fields__, TERM_KINDS, strict=True))
_CHOICES = Selection.__struct_fields__
_KEYS = (*FeedSettings.__struct_fields__, *_CHOICES)
_OPTIONAL = ("subtitle", "language", "copyright")


def read(table: Table) -> Feeds:
    """Read the table. Raises SettingsError."""
    keys = [
        key
        for key, value in table.values.items()
        if isinstance(value, dict) and key not in FeedSettings.__struct_fields__
    ]
    common = with_people(table.without(keys), "title")
    defaults = common.to(FeedSettings)
    feeds, selections = {}, {}
    for key in keys:
        own = table.table(key)
        if selection := _selection(table, key, own):
            selections[key] = selection
            own = own.without(_CHOICES)
        own = with_people(own, "title")
        feeds[key] = replace(own, values={**common.values, **own.values}).to(FeedSettings)
    return Feeds(defaults, feeds, selections)


def with_people(table: Table, *optional: str) -> Table:
    """Return the table of a site or feed with its author and picture made.

    Empty texts are taken out: of the keys in optional, and of those that every such table has.
    """
    optional += _OPTIONAL
    values = {key: each for key, each in table.values.items() if each or key not in optional}
    if "author" in values:
        author = table.table("author", lone="name").to(_Author)
        values["author"] = Person(author.name, author.email or None, author.uri or None)
    if "image" in values:
        values["image"] = Image(*msgspec.structs.astuple(table.table("image", "url").to(_Image)))
    return replace(table, values=values)


def _selection(table: Table, key: str, own: Table) -> Selection | None:
    """Return what a custom feed gathers; None for a feed that exists anyway.

    table: `[feeds]`. own: the feed's in it.
    """
    ref = urls.parse_key(key)
    if ref and (over := excess(ref.term, MAX_TERM)):
        table.fail(key, f"{shown(key)} cannot be a feed, as its term {over}; shorten it")
    chosen = [choice for choice in _CHOICES if choice in own.values]
    if ref and ref.kind is not Kind.NAMED:
        for choice in chosen:
            own.fail(
                choice,
                f"the articles of {shown(key)} are given; write {choice} into the table of a "
                "feed with a name of your own, like [feeds.security]",
            )
        return None
    if not chosen:
        table.fail(
            key,
            f"{shown(key)} names no feed; name it as in its URL: all, category/<term>, "
            "tag/<term>, author/<term>, language/<code>; to define a feed of your own, say with "
            "any, all or none which terms its articles have",
        )
    # A feed with the name of a setting would be taken for one.
    if ref is None or key in _KEYS or not syntax.is_line(key):
        table.fail(
            key,
            f"{shown(key)} cannot be the name of a feed; write one word as in a URL, in lower "
            'case, that is no kind of feed and no setting, like "security"',
        )
    return Selection(**{choice: _terms(own, choice) for choice in chosen})


def _terms(table: Table, choice: str) -> tuple[str, ...]:
    """Return the keys of the terms that a choice lists, each once."""
    lists = table.table(choice)
    labels = lists.to(_Labels)
    found = []
    for name, kind in LISTS.items():
        for label in getattr(labels, name):
            term = urls.term(label)
            if not urls.is_addressable(term):
                lists.fail(name, f"{name} has {shown(label)}, which is not a term; write a word")
            if over := urls.term_excess(label):
                lists.fail(name, f"{name} has {shown(label)}, which {over}; shorten it")
            found.append(FeedRef(kind, term).key)
    if not found:
        hint = f'write one, like {{ tags = ["a"] }}, or remove {choice}'
        table.fail(choice, f"{choice} names no term; {hint}")
    return tuple(dict.fromkeys(found))
