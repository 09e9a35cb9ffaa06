"""What the settings say of feeds: the table `[feeds]`, and the feeds that it defines.

Reads no other table; the site and its feeds have author, picture and language in common, and those
are read here for both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from feedsvc import urls
from feedsvc.config.tables import Table, is_fit, shown
from feedsvc.model import (
    MAX_LANGUAGE,
    MAX_TERM,
    MAX_URL,
    ContentChoice,
    FeedRef,
    Image,
    Kind,
    Person,
    excess,
)


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What can be said of one feed. None: as the site says.

    limit: entries in the subscription document. content: full text, or summaries.
    max_age: seconds for which a client may keep a response.
    """

    title: str | None = None
    subtitle: str | None = None
    language: str | None = None
    author: Person | None = None
    copyright: str | None = None
    image: Image | None = None
    limit: int = 50
    content: ContentChoice = ContentChoice.FULL
    max_age: int = 900


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles a custom feed gathers. Each term is the key of its own feed: `tag/c++`.

    any: of which an article must have one; () where it needs none. all: which it must have.
    none: which it must not have.
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


@dataclass(frozen=True, slots=True)
class Feeds:
    """The table `[feeds]`. defaults: what stands in it itself. single: what is said of a feed, by
    its key. selections: the custom feeds, by name.
    """

    defaults: FeedSettings
    single: Mapping[str, FeedSettings]
    selections: Mapping[str, Selection]


_KEYS = {each.name for each in fields(FeedSettings)}
_CHOICES = tuple(each.name for each in fields(Selection))
# What a choice may list, and the kind of the terms there.
LISTS = {
    "categories": Kind.CATEGORY,
    "tags": Kind.TAG,
    "authors": Kind.AUTHOR,
    "languages": Kind.LANGUAGE,
}
# What a custom feed is not called, lest somebody take it for a setting.
_RESERVED = _KEYS | set(_CHOICES)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def read(table: Table) -> Feeds:
    """Read the table. Raises SettingsError."""
    keys = [
        key for key, value in table.values.items() if isinstance(value, dict) and key not in _KEYS
    ]
    defaults = _feed(table.without(keys), FeedSettings())
    single, selections = {}, {}
    for key in keys:
        own = table.table(key)
        if selection := _selection(table, key, own):
            selections[key] = selection
            own = own.without(_CHOICES)
        single[key] = _feed(own, defaults)
    return Feeds(defaults, single, selections)


def language(table: Table) -> str | None:
    """Read the language of the site or of a feed."""
    tag = table.text("language", "", MAX_LANGUAGE)
    if tag and not is_language(tag):
        message = f'language {shown(tag)} is not a language tag; write "en" or "pt-br"'
        table.fail("language", message)
    return tag.lower() or None


def author(table: Table) -> Person | None:
    """Read the author of the site or of a feed."""
    if "author" not in table.values:
        return None
    person = table.table("author", lone="name")
    person.refuse_unknown({"name", "email", "uri"})
    name, email = person.text("name"), person.text("email", "")
    uri = person.text("uri", "", MAX_URL)
    if over := urls.term_excess(name):
        person.fail("name", f"the name {shown(name)} {over}; shorten it")
    if email and not is_email(email):
        person.fail("email", f"{shown(email)} is no email address; write it as desk@example.org")
    if uri and not urls.is_absolute(uri):
        message = f"{shown(uri)} is no absolute URL; write it with its scheme"
        person.fail("uri", message)
    return Person(name, email or None, uri or None)


def image(table: Table) -> Image | None:
    """Read the picture of the site's feeds or of one."""
    if "image" not in table.values:
        return None
    image = table.table("image", lone="url")
    image.refuse_unknown({"url", "width", "height"})
    url = image.text("url", longest=MAX_URL)
    if not (url.startswith("/") or urls.is_absolute(url)):
        image.fail("url", f"image {shown(url)} must start with / or be an absolute URL")
    sizes = {
        side: image.number(side, 1, 1, 100_000)
        for side in ("width", "height")
        if side in image.values
    }
    return Image(url, **sizes)


def is_language(tag: str) -> bool:
    """Tell whether a text has the form of a language tag (RFC 5646): `en`, `pt-BR`."""
    return _LANGUAGE_TAG.fullmatch(tag) is not None


def is_email(text: str) -> bool:
    """Tell whether a text has the form of an email address."""
    local, at, host = text.rpartition("@")
    return bool(at and local and "." in host and not set(text) & set(" <>(),;:\t"))


def _feed(table: Table, base: FeedSettings) -> FeedSettings:
    table.refuse_unknown(_KEYS)
    content = table.text("content", base.content)
    if content not in {ContentChoice.FULL, ContentChoice.SUMMARY}:
        table.fail("content", f'content is "full" or "summary", not {shown(content)}')
    return FeedSettings(
        title=table.text("title", "") or base.title,
        subtitle=table.text("subtitle", "") or base.subtitle,
        language=language(table) or base.language,
        author=author(table) or base.author,
        copyright=table.text("copyright", "") or base.copyright,
        image=image(table) or base.image,
        limit=table.number("limit", base.limit, 1, 1000),
        content=ContentChoice(content),
        max_age=table.number("max_age", base.max_age, 1, 31_536_000),
    )


def _selection(table: Table, key: str, own: Table) -> Selection | None:
    """Return what a custom feed gathers; None for a feed that is there anyway.

    table: `[feeds]`. own: the feed's in it.
    """
    ref = urls.parse_key(key)
    if ref and (over := excess(ref.term, MAX_TERM)):
        table.fail(key, f"{shown(key)} cannot be a feed, as its term {over}; shorten it")
    if ref and ref.kind is not Kind.NAMED:
        for choice in own.values:
            if choice in _CHOICES:
                own.fail(
                    choice,
                    f"the articles of {shown(key)} are given; write {choice} into the table of a "
                    "feed with a name of your own, like [feeds.security]",
                )
        return None
    if own.values.keys().isdisjoint(_CHOICES):
        table.fail(
            key,
            f"{shown(key)} names no feed; name it as in its URL: all, category/<term>, "
            "tag/<term>, author/<term>, language/<code>; to define one of your own, say with "
            "any, all or none which terms its articles have",
        )
    if ref is None or key in _RESERVED or not is_fit(key):
        table.fail(
            key,
            f"{shown(key)} cannot be the name of a feed; write one word as in a URL, in lower "
            'case, that is no kind of feed and no setting, like "security"',
        )
    return Selection(**{choice: _terms(own, choice) for choice in _CHOICES})


def _terms(table: Table, choice: str) -> tuple[str, ...]:
    """Return the terms of a choice; () where it is not given."""
    if choice not in table.values:
        return ()
    lists = table.table(choice)
    lists.refuse_unknown(set(LISTS))
    found = []
    for name, kind in LISTS.items():
        for label in lists.texts(name, ()):
            term = urls.term(label)
            if not urls.is_addressable(term):
                lists.fail(name, f"{name} has {shown(label)}, which is no term; write a word")
            if over := urls.term_excess(label):
                lists.fail(name, f"{name} has {shown(label)}, which {over}; shorten it")
            found.append(FeedRef(kind, term).key)
    if not found:
        table.fail(
            choice,
            f'{choice} names no term; write one, like {{ tags = ["a"] }}, or remove {choice}',
        )
    return tuple(dict.fromkeys(found))
