"""The frozen dataclasses of the program; does no IO and reads no clock.

An Article is stored. An Entry is an article in one feed. A Feed is the metadata of a feed for a
renderer. A Document is a rendered feed, in bytes. Field comments give the names in the formats, in
the order Atom | RSS 2.0 | JSON Feed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from feedsvc.podcast import Episode, Show

PLAIN = "feedsvc"  # the name of a plain tree among those of generators
# Limits of texts, in bytes of UTF-8, for all databases. PostgreSQL determines them: an index row
# has at most 2,704 bytes. Texts derived from these must fit, too; percent-encoding triples a byte.
MAX_TERM = 200  # a static build needs `<term>.atom.zst` as a file name, which has at most 255 bytes
MAX_SLUG = 500  # may consist of the names of several folders
MAX_BASE = 500  # base_url, article_link and id_authority, which URLs and ids begin with
MAX_ID = 2_500  # a minted id consists of a MAX_BASE and a percent-encoded MAX_SLUG
MAX_PATH = 1_000  # relative to the content folder
MAX_URL = 8_000  # what every recipient should support (RFC 9110 4.1)
MAX_LANGUAGE = 100  # RFC 5646 4.4.1 asks for 35 at least


def excess(text: str, limit: int) -> str | None:
    """Return how a text exceeds a limit in bytes, as the end of a sentence; None if it does not."""
    if 4 * len(text) <= limit:  # no character has more than 4 bytes
        return None
    size = len(text.encode(errors="surrogatepass"))
    return f"has {size:,} bytes in UTF-8, and the limit is {limit:,}" if size > limit else None


class Format(StrEnum):
    """A feed format; the value is the ending of its URLs."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class Kind(StrEnum):
    """What the articles of a feed have in common; the value is the first part of its key.

    The keys of ALL and NAMED have one part: `all`, and a custom feed's name. Lists use this order.
    """

    ALL = "all"
    NAMED = "named"
    CATEGORY = "category"
    TAG = "tag"
    AUTHOR = "author"
    LANGUAGE = "language"
    SECTION = "section"


# Kinds whose feeds are determined by the terms of articles.
TERM_KINDS = (Kind.CATEGORY, Kind.TAG, Kind.AUTHOR, Kind.LANGUAGE, Kind.SECTION)
MAX_KEY = max(len(kind) for kind in Kind) + len("/") + MAX_TERM  # of a feed


class ContentChoice(StrEnum):
    """How much of an article its entries contain: the full text, the summary, or neither."""

    FULL = "full"
    SUMMARY = "summary"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class FeedRef:
    """Identifies a feed: the site feed, a custom feed, or the feed of a term.

    term: '' for the site feed; the name of a custom one.
    """

    kind: Kind
    term: str = ""

    @property
    def key(self) -> str:
        """The feed's name in the catalog and the settings: `all`, `security`, `tag/c++`."""
        if self.kind is Kind.NAMED:
            return self.term
        return f"{self.kind}/{self.term}" if self.term else str(self.kind)

    @classmethod
    def of(cls, key: str) -> "FeedRef":
        """Return the reference of a key. Raises ValueError if there is no such kind of feed."""
        # Keys in requests may have any length, and must not stay in memory.
        return _ref(key) if len(key) <= MAX_KEY else _ref.__wrapped__(key)


@lru_cache(10_000)  # each article read has several
def _ref(key: str) -> FeedRef:
    kind, slash, term = key.partition("/")
    if slash:
        return FeedRef(Kind(kind), term)
    return FeedRef(Kind.ALL) if key == Kind.ALL else FeedRef(Kind.NAMED, key)


@dataclass(frozen=True, slots=True)
class Person:
    """An author. author | dc:creator, or author with an email address | authors."""

    name: str
    email: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A category or tag of an entry. category | category | tags.

    term: as used in URLs; see `urls.term`. scheme: the absolute URL of the term's vocabulary; Atom
    only. label: shown to people; feeds contain it as the term, too.
    """

    term: str
    scheme: str
    label: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry. link rel=enclosure | enclosure | attachments.

    length: bytes; 0 where it is unknown. duration: seconds. bitrate: bits per second. width,
    height: pixels. None where they are unknown.
    """

    url: str
    type: str
    length: int = 0
    duration: float | None = None
    bitrate: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A feed's picture. logo | image | icon. Sizes are pixels; None where they are unknown."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The generator whose conventions a content folder follows, and the folder's place in its tree.

    name: the generator; `feedsvc` for a plain tree. sign: the file or folder by which it was
    detected, '' if the settings name it. below: the folder's path in the generator's own tree of
    articles, '' for the root. options: the parts of the generator's configuration that are used, by
    lower-case key; tables are mappings, scalars are texts. tree: which of the generator's trees it
    is, '' if unknown. config: the path of the configuration, relative to the folder.
    """

    name: str = PLAIN
    sign: str = ""
    below: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    tree: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """The fields that an article shares with its entries: everything that is only displayed.

    The catalog stores these fields as one encoded value, so a new one needs no migration. It must
    have a default.
    """

    title: str  # title | title | title; plain text
    updated: datetime  # updated | - | date_modified; aware; only significant edits
    summary: str = ""  # summary | description | summary; plain text, '' for none
    authors: tuple[Person, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None  # media:thumbnail, media:content | the same | image; absolute URL
    external: str | None = None  # the page elsewhere that it is about; absolute URL
    comments: str | None = None  # link rel=replies | comments | -; absolute URL of the discussion
    language: str | None = None  # xml:lang | - | language; None where it is the feed's
    episode: Episode | None = None  # itunes, podcast and psc elements; of an Entry only in shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Presentation):
    """One article as its source has it; every text is XML-safe, every URL absolute.

    path: its file, relative to the content folder, POSIX style. slug: unique in the site.
    id: pinned by the author, None to have one minted. published, expires: aware; updated is
    never before published. html: sanitised. link: its own page. terms: the feeds of its categories,
    tags, authors, language and sections, with the labels as written. content: None to let the feed
    decide. feeds: False keeps it out of every feed. files: local files that it shows, relative to
    the content folder. text_hash: a hash of the whole file, by which a moved file is recognised.
    native_id: its id in the feed of its generator, used instead of a minted one.
    """

    path: str
    slug: str
    id: str | None
    published: datetime
    expires: datetime | None
    html: str
    link: str
    terms: tuple[tuple[FeedRef, str], ...]
    content: ContentChoice | None = None
    draft: bool = False
    feeds: bool = True
    files: tuple[str, ...] = ()
    text_hash: str = ""
    native_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Presentation):
    """An article as a feed carries it. entry | item | item.

    Every string may hold any Unicode: renderers drop what XML cannot carry.
    """

    id: str  # id | guid isPermaLink=false | id
    link: str  # link rel=alternate | link | url; the article's own page, or `external`
    page: str | None = None  # its own page if that is not `link`
    published: datetime  # published | pubDate | date_published; aware
    content: str | None = None  # content type=html | content:encoded | content_html
    categories: tuple[Category, ...] = ()

    @property
    def related(self) -> str | None:
        """For an article about a page elsewhere, its own page or that page: the one not in `link`.

        link rel=related | atom:link rel=related | url or external_url.
        """
        return self.page or self.external


def presented(of: Presentation) -> dict[str, Any]:
    """Return the fields of Presentation by name, to construct another Presentation from."""
    return {name: getattr(of, name) for name in _PRESENTED}


_PRESENTED = tuple(each.name for each in fields(Presentation))


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An entry that a feed carried until it was withdrawn. at:deleted-entry (RFC 6721) | - | -."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed without its entries, in one format. feed | channel | top level.

    It is the head of a subscription document or, where `current` names one, of an archive document
    (RFC 5005 4).
    """

    id: str  # id | - | -
    title: str  # title | title | title; plain text
    subtitle: str  # subtitle | description | description; plain text, never empty
    link: str  # link rel=alternate | link | home_page_url
    self_url: str  # link rel=self | atom:link rel=self | feed_url
    updated: datetime  # updated | lastBuildDate | -; the newest of its entries' updated
    language: str  # xml:lang | language | language
    authors: tuple[Person, ...]  # author | managingEditor where there is an email | authors
    generator: str  # generator: name and version
    ttl: int  # - | ttl | -; minutes a reader may keep the feed
    rights: str = ""  # rights | copyright | -; '' for none
    image: Image | None = None  # logo | image | icon
    icon: str | None = None  # icon, logo without an image | - | favicon, icon without an image
    current: str | None = None  # link rel=current | atom:link rel=current | -
    prev_archive: str | None = None  # link rel=prev-archive | atom:link rel=prev-archive | next_url
    next_archive: str | None = None  # link rel=next-archive | atom:link rel=next-archive | -
    withdrawn: tuple[Withdrawn, ...] = ()  # at:deleted-entry | - | -; newest first
    hubs: tuple[str, ...] = ()  # link rel=hub | atom:link rel=hub | hubs; URLs
    show: Show | None = None  # itunes and podcast elements; None unless the feed is a podcast

    @property
    def archive_links(self) -> tuple[tuple[str, str], ...]:
        """The links to the other documents of the feed that exist, as (rel, URL)."""
        urls = (self.current, self.prev_archive, self.next_archive)
        rels = ("current", "prev-archive", "next-archive")
        return tuple((rel, url) for rel, url in zip(rels, urls, strict=True) if url)


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered feed: the bytes, and when and at which revision they last changed.

    tag: identifies this state of the document among all its states; the same in every format.
    """

    body: bytes
    media_type: str
    revision: int
    last_modified: datetime
    tag: str
