"""The table `[feeds]` of the settings, and the author and image of a site or feed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import astuple

from feedsvc import features, syntax, urls
from feedsvc.config.rules import Email, Language, Picture, Pixels, Url
from feedsvc.config.tables import Rule, Table, Text, quoted
from feedsvc.model import (
    MAX_TERM,
    TERM_KINDS,
    ContentChoice,
    FeedRef,
    Image,
    Kind,
    Person,
    excess,
)
from feedsvc.podcast import Show


def _name(text: str) -> str:
    if over := urls.term_excess(text):
        raise ValueError(f"{over}; shorten it")
    return text


Content = Rule.matching('"full" or "summary"', lambda choice: choice != ContentChoice.NONE)
ALL = 2**31 - 1  # the limit "all"
_MAX_LIMIT = 1000


def _limit(limit: int) -> int:
    if not (1 <= limit <= _MAX_LIMIT or limit == ALL):
        raise ValueError
    return limit


Limit = Rule(f'a whole number from 1 to {_MAX_LIMIT}, or "all"', _limit)


class FeedSettings(Struct, frozen=True, kw_only=True):
    """The settings of one feed; None where the site's apply.

    limit: entries in the subscription document, or ALL. content: full text, or summaries. max_age:
    seconds for which a client may cache a response. podcast: None unless the feed is a podcast.
    """

    title: str | None = None
    subtitle: str | None = None
    language: Language | None = None
    author: Person | None = None
    copyright: str | None = None
    image: Image | None = None
    limit: Annotated[int, Limit] = 50
    content: Annotated[ContentChoice, Content] = ContentChoice.FULL
    max_age: Annotated[int, Meta(ge=1, le=31_536_000)] = 900
    podcast: Show | None = None

    @property
    def elsewhere(self) -> str | None:
        """The URL of the feed at another site to which its documents redirect."""
        return self.podcast.new_feed_url if self.podcast and self.podcast.redirect else None


class Selection(Struct, frozen=True, kw_only=True):
    """Which articles a custom feed contains, by the keys of the terms' own feeds: `tag/c++`.

    any: an article must have at least one of these terms, if there are any. all: it must have all
    of these. none: it must have none of these.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def takes(self, terms: frozenset[str]) -> bool:
        """Return whether the feed contains an article with these terms."""
        return (
            (not self.any or not terms.isdisjoint(self.any))
            and terms.issuperset(self.all)
            and terms.isdisjoint(self.none)
        )


class FeedTables(NamedTuple):
    """The table `[feeds]`: the defaults, the settings of feeds by key, and the custom feeds."""

    feed_defaults: FeedSettings
    feeds: Mapping[str, FeedSettings]
    selections: Mapping[str, Selection]


class _Author(Struct, frozen=True):
    name: Annotated[Text, Rule("a text in quotes", _name)]
    email: Annotated[str, Email] | None = None
    uri: Annotated[str, Url] | None = None


class _Image(Struct, frozen=True):
    url: Annotated[str, Picture]
    width: Pixels | None = None
    height: Pixels | None = None


class _Labels(Struct, frozen=True):
    """The terms in one condition of a custom feed, by kind."""

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


LISTS = dict(zip(_Labels.__struct_fields__, TERM_KINDS, strict=True))
_CONDITIONS = Selection.__struct_fields__
# Settings for all feeds. A custom feed may have the name of a feature's table.
_COMMON = tuple(name for name in FeedSettings.__struct_fields__ if name not in features.TABLES)
_OPTIONAL = ("subtitle", "language", "copyright")


def read(table: Table, site: Table, content: Path) -> FeedTables:
    """Read the table `[feeds]`. Raises SettingsError.

    site: the top-level settings. content: the content folder.
    """
    keys = [
        key for key, value in table.values.items() if isinstance(value, dict) and key not in _COMMON
    ]
    common = _converted(table.without(keys))
    for name in filter(common.values.__contains__, features.TABLES):
        common.fail(name, f"{name} is a setting of one feed; move it to [feeds.<name>]")
    defaults = common.to(FeedSettings)
    feeds, selections = {}, {}
    for key in keys:
        own = table.table(key)
        if selection := _selection(table, key, own):
            selections[key] = selection
        own = _converted(own.without(_CONDITIONS))
        parsed, inherited = _of_features(own, {**site.values, **common.values}, content)
        own = replace(own, values={**common.values, **inherited, **own.values})
        feeds[key] = own.to(FeedSettings, **parsed)
    return FeedTables(defaults, feeds, selections)


def _of_features(
    own: Table, inherited: Mapping[str, Any], content: Path
) -> tuple[dict[str, object], dict[str, Any]]:
    """Return the tables of features in a feed's table as structs, and the defaults they imply.

    `true` stands for an empty table, and `false` for none.
    """
    tables = {each.table: each for each in features.installed() if each.table}
    own.refuse_unknown((*_COMMON, *tables))
    structs: dict[str, object] = {}
    defaults: dict[str, Any] = {}
    for name in tables.keys() & own.values.keys():
        written, structs[name] = own.values[name], None
        if written is not False:
            whole = own.with_values(**{name: {} if written is True else written})
            structs[name] = tables[name].settings(whole, inherited, content)
            defaults |= tables[name].defaults
    return structs, defaults


def _converted(table: Table) -> Table:
    table = with_people(table, "title")
    return table.with_values(limit=ALL) if table.values.get("limit") == "all" else table


def with_people(table: Table, *optional: str) -> Table:
    """Return the table of a site or feed with its author and image converted.

    Optional texts that are empty are removed.
    """
    table = _without_empty(table, *_OPTIONAL, *optional)
    values = dict(table.values)
    if "author" in values:
        author = _without_empty(table.table("author", "name"), "email", "uri")
        values["author"] = Person(*astuple(author.to(_Author)))
    if "image" in values:
        values["image"] = Image(*astuple(table.table("image", "url").to(_Image)))
    return replace(table, values=values)


def _without_empty(table: Table, *keys: str) -> Table:
    return table.without([key for key in keys if table.values.get(key) == ""])


def _selection(table: Table, key: str, own: Table) -> Selection | None:
    """Return what a custom feed contains; None for a built-in feed.

    table: `[feeds]`. own: its subtable for the feed.
    """
    ref = urls.parse_key(key)
    if ref and (over := excess(ref.term, MAX_TERM)):
        table.fail(key, f"{quoted(key)} cannot be a feed, as its term {over}; shorten it")
    conditions = [name for name in _CONDITIONS if name in own.values]
    if ref and ref.kind is not Kind.NAMED:
        if conditions:
            own.fail(
                conditions[0],
                f"the articles of {quoted(key)} are fixed; move {conditions[0]} to the table of a "
                "feed with a name of your own, like [feeds.security]",
            )
        return None
    if not conditions:
        table.fail(
            key,
            f"{quoted(key)} names no feed; name it as in its URL: all, category/<term>, "
            "tag/<term>, author/<term>, language/<code>, section/<folder>; to define a feed of "
            "your own, list the terms of its articles with any, all or none",
        )
    # A feed named like a setting would be ambiguous.
    is_setting = key in (*_COMMON, *_CONDITIONS)
    if ref is None or is_setting or not syntax.is_line(key):
        table.fail(
            key,
            f"{quoted(key)} cannot be the name of a feed; write one word as in a URL, in lower "
            'case, that is neither a kind of feed nor a setting, like "security"',
        )
    return Selection(**{name: _terms(own, name) for name in conditions})


def _terms(table: Table, condition: str) -> tuple[str, ...]:
    """Return the keys of the terms in a condition, without duplicates."""
    lists = table.table(condition)
    labels = lists.to(_Labels)
    keys = []
    for name, kind in LISTS.items():
        for label in getattr(labels, name):
            term = urls.term(label)
            if not urls.is_addressable(term):
                lists.fail(name, f"{name} has {quoted(label)}, which is not a term; write a word")
            if over := urls.term_excess(label):
                lists.fail(name, f"{name} has {quoted(label)}, which {over}; shorten it")
            keys.append(FeedRef(kind, term).key)
    if not keys:
        hint = f'write one, like {{ tags = ["a"] }}, or remove {condition}'
        table.fail(condition, f"{condition} names no term; {hint}")
    return tuple(dict.fromkeys(keys))
