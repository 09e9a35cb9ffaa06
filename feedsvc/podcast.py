"""Data for podcast clients, in addition to the fields of a Feed and its Entries; pure.

Names and units are those of the podcast namespace (https://podcasting2.org/docs/podcast-namespace)
and of Apple's itunes namespace. A field that has its default value is not stored, so adding a field
with a default changes neither the catalog nor the fingerprints of articles.
"""

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID, uuid5

from msgspec import Struct, structs

MAX_TEXT = 128  # characters of the text of most podcast elements
_GUIDS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


class Role(StrEnum):
    """The role of an episode in its show. itunes:episodeType."""

    FULL = "full"
    TRAILER = "trailer"
    BONUS = "bonus"


class ShowType(StrEnum):
    """The order of episodes: newest first, or by season and number. itunes:type."""

    EPISODIC = "episodic"
    SERIAL = "serial"


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The common base class: immutable, and encoded without fields that have their default."""


class Transcript(Part, frozen=True):
    """A transcript or closed captions. podcast:transcript.

    url: absolute. type: text/vtt, application/x-subrip, application/json, text/html, text/plain.
    language: None where it is the feed's. rel: `captions` or None. digest: a hash of a local file,
    so that pages that show it change with it.
    """

    url: str
    type: str
    language: str | None = None
    rel: str | None = None
    digest: str | None = None


class Chapter(Part, frozen=True):
    """A chapter. start, end: seconds. image, link: absolute URLs. hidden: not in lists (`toc`)."""

    start: float
    title: str = ""
    end: float | None = None
    image: str | None = None
    link: str | None = None
    hidden: bool = False


class Contributor(Part, frozen=True):
    """A person of a show or episode. podcast:person.

    role, group: of the namespace's taxonomy, in lower case; host and cast where they are missing.
    image, link: absolute URLs.
    """

    name: str
    role: str | None = None
    group: str | None = None
    image: str | None = None
    link: str | None = None


class Soundbite(Part, frozen=True):
    """A short excerpt that promotes the episode. podcast:soundbite. start, duration: seconds."""

    start: float
    duration: float
    title: str = ""


class Location(Part, frozen=True):
    """What a show or episode is about, or where it was made. podcast:location.

    rel: `subject` or `creator`. geo: a geo URI (RFC 5870). osm: an OpenStreetMap object such as
    `R113314`. country: ISO 3166-1 alpha-2.
    """

    name: str
    rel: str | None = None
    geo: str | None = None
    osm: str | None = None
    country: str | None = None


class Recipient(Part, frozen=True):
    """Who gets a share of a payment. podcast:valueRecipient. split: the number of shares."""

    address: str
    split: int
    type: str = "node"
    name: str | None = None
    custom_key: str | None = None
    custom_value: str | None = None
    fee: bool = False


class Value(Part, frozen=True):
    """How listeners can pay. podcast:value. suggested: an amount, as text."""

    type: str = "lightning"
    method: str = "keysend"
    suggested: str | None = None
    recipients: tuple[Recipient, ...] = ()


class License(Part, frozen=True):
    """An SPDX identifier in lower case, or a name with the URL of its text. podcast:license."""

    name: str
    url: str | None = None


class Txt(Part, frozen=True):
    """A free text for services, such as proof of ownership. podcast:txt."""

    text: str
    purpose: str | None = None


class Alternate(Part, frozen=True):
    """Another file of the same episode. podcast:alternateEnclosure.

    sources: absolute URLs of the same file. length: bytes. bitrate: bits per second. height:
    pixels. default: whether it is the file of the enclosure.
    """

    type: str
    sources: tuple[str, ...] = ()
    length: int = 0
    bitrate: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    language: str | None = None
    title: str | None = None
    rel: str | None = None
    codecs: str | None = None
    default: bool = False


class Episode(Part, frozen=True):
    """The fields of an article that is an episode, besides its presentation and enclosures.

    number, season: itunes:episode, itunes:season and the elements of podcast. display: shown
    instead of the number. title: itunes:title, without number and name of the show. duration:
    seconds, as written by the author; None to use the enclosure's. explicit: None where the show's
    applies. image: square artwork if not the article's image, an absolute URL. block: hidden from
    directories. chapters_url: the URL of JSON chapters, of this site or another. guid: the guid of
    the RSS item, if clients know the episode by one that cannot be an id.
    """

    number: int | None = None
    display: str | None = None
    season: int | None = None
    season_name: str | None = None
    type: Role | None = None
    title: str | None = None
    duration: float | None = None
    explicit: bool | None = None
    image: str | None = None
    block: bool = False
    transcripts: tuple[Transcript, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    chapters_url: str | None = None
    persons: tuple[Contributor, ...] = ()
    soundbites: tuple[Soundbite, ...] = ()
    location: Location | None = None
    value: Value | None = None
    license: License | None = None
    txt: tuple[Txt, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    guid: str | None = None


class Owner(Part, frozen=True):
    """The contact for directories. itunes:owner, and the owner of podcast:locked."""

    email: str
    name: str = ""


class Funding(Part, frozen=True):
    """A page where listeners can pay. podcast:funding. url: absolute. text: of the link."""

    url: str
    text: str = ""


class Trailer(Part, frozen=True):
    """A trailer of the show or a season. podcast:trailer.

    published: in the RFC 822 format of the element. length: bytes, 0 where unknown.
    """

    url: str
    published: str
    title: str
    length: int = 0
    type: str | None = None
    season: int | None = None


class Frequency(Part, frozen=True):
    """How often episodes appear. podcast:updateFrequency.

    rrule: a recurrence rule (RFC 5545). complete: whether no more will appear. start: a date in
    ISO 8601.
    """

    text: str
    rrule: str | None = None
    complete: bool = False
    start: str | None = None


class Show(Part, frozen=True):
    """The fields of a feed that is a podcast, besides title, subtitle, language, image and authors.

    categories: (category, subcategory or ''), the main one first. title: itunes:title, if it is not
    the feed's. author: itunes:author. locked: None to omit the element. block: hidden from all
    directories; blocks: from these services of podcast:block. guid: a UUID. redirect: whether the
    feed redirects to new_feed_url. simple_chapters: whether items have Podlove Simple Chapters.
    """

    categories: tuple[tuple[str, str], ...] = ()
    explicit: bool = False
    type: ShowType | None = None
    title: str | None = None
    author: str | None = None
    owner: Owner | None = None
    guid: str | None = None
    medium: str | None = None
    locked: bool | None = None
    funding: tuple[Funding, ...] = ()
    persons: tuple[Contributor, ...] = ()
    location: Location | None = None
    license: License | None = None
    value: Value | None = None
    trailers: tuple[Trailer, ...] = ()
    txt: tuple[Txt, ...] = ()
    update_frequency: Frequency | None = None
    new_feed_url: str | None = None
    redirect: bool = False
    complete: bool = False
    block: bool = False
    blocks: tuple[str, ...] = ()
    simple_chapters: bool = True

    @property
    def files(self) -> tuple[str, ...]:
        """The URLs or paths of the pictures of persons, and of trailers."""
        pictures = (each.image for each in self.persons if each.image)
        return (*pictures, *(each.url for each in self.trailers))

    def completed(self, author: str, guid: str, absolute: Callable[[str], str]) -> "Show":
        """Return the show as its feed contains it: with an author, a guid and absolute URLs.

        author, guid: of the feed, for a show without its own. absolute: makes a URL absolute.
        """
        persons = (
            structs.replace(each, image=each.image and absolute(each.image))
            for each in self.persons
        )
        trailers = (structs.replace(each, url=absolute(each.url)) for each in self.trailers)
        return structs.replace(
            self,
            author=self.author or author,
            guid=self.guid or guid or None,
            persons=tuple(persons),
            trailers=tuple(trailers),
        )


def guid_of(url: str) -> str:
    """Return the podcast:guid of a show, which is derived from the URL of its feed.

    https://podcasting2.org/docs/podcast-namespace/tags/guid
    """
    return str(uuid5(_GUIDS, url.partition("://")[2].rstrip("/")))
