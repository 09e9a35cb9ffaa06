"""The table `[feeds.KEY.podcast]` of the settings, and what Apple Podcasts requires of a show.

https://podcasters.apple.com/support/823-podcast-requirements
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from msgspec import Meta

from feedsvc import podcast, syntax
from feedsvc.config.rules import Email, Picture, Url
from feedsvc.config.tables import Rule, Table, Text, quoted
from feedsvc.dates import DateError, parse, rfc822
from feedsvc.model import Image, excess
from feedsvc.podcast import MAX_TEXT, Show, ShowType
from feedsvc.podcasts import categories
from feedsvc.podcasts.artwork import ENDINGS, measure

_PIXELS = (1400, 3000)
_MAX_DESCRIPTION = 4_000  # bytes
_FILES = "/files/"
_MEDIUMS = ("podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "course")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GEO = re.compile(r"geo:-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?(?:,-?\d+(?:\.\d+)?)?(?:;.*)?", re.ASCII)
OSM = re.compile(r"[NWR]\d+(?:#\d+)?", re.ASCII)


def _date(text: str) -> str:
    try:
        return rfc822(parse(text, UTC, {}))
    except DateError as error:
        raise ValueError(f"is {error}") from None


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text.lower()):
        raise ValueError
    return text.lower()


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"has {len(text)} characters, and the limit is {MAX_TEXT}; shorten it")
    return text


def _one_of(*texts: str) -> Rule:
    expected = " or ".join(f'"{each}"' for each in texts)
    return Rule.matching(expected, texts.__contains__)


Short = Annotated[str, Meta(min_length=1), Rule("a text in quotes", _short)]
File = Annotated[str, Picture]
Number = Annotated[int, Meta(ge=1, le=1_000_000)]


class _Owner(podcast.Owner, frozen=True, kw_only=True):
    email: Annotated[str, Email]
    name: str = ""


class _Funding(podcast.Funding, frozen=True, kw_only=True):
    url: Annotated[str, Url]
    text: Short = "Support the show"


class _Person(podcast.Contributor, frozen=True, kw_only=True):
    name: Short
    role: Short | None = None
    group: Short | None = None
    image: File | None = None
    link: Annotated[str, Url] | None = None


class _Location(podcast.Location, frozen=True, kw_only=True):
    name: Short
    rel: Annotated[str, _one_of("subject", "creator")] | None = None
    geo: Annotated[str, Rule.matching('like "geo:48.2,16.4"', GEO.fullmatch)] | None = None
    osm: Annotated[str, Rule.matching('like "R113314"', OSM.fullmatch)] | None = None
    country: Annotated[str, Rule.matching('like "AT"', re.compile("[A-Z]{2}").fullmatch)] | None = (
        None
    )


class _License(podcast.License, frozen=True, kw_only=True):
    name: Short
    url: Annotated[str, Url] | None = None


class _Recipient(podcast.Recipient, frozen=True, kw_only=True):
    address: Text
    split: Annotated[int, Meta(ge=0, le=1_000_000)]
    type: Text = "node"
    name: str | None = None
    custom_key: str | None = None
    custom_value: str | None = None
    fee: bool = False


class _Trailer(podcast.Trailer, frozen=True, kw_only=True):
    url: File
    title: Short
    published: Annotated[str, Rule("a date like 2026-11-27 09:00", _date)]
    length: Annotated[int, Meta(ge=0, le=10**12)] = 0
    type: Annotated[str, Rule.matching("a media type", syntax.is_media_type)] | None = None
    season: Number | None = None


class _Txt(podcast.Txt, frozen=True, kw_only=True):
    text: Text
    purpose: Short | None = None


class _Frequency(podcast.Frequency, frozen=True, kw_only=True):
    text: Short
    rrule: Text | None = None
    complete: bool = False
    start: Text | None = None


class _Value(podcast.Value, frozen=True, kw_only=True):
    type: Text = "lightning"
    method: Text = "keysend"
    suggested: str | None = None


class _Show(Show, frozen=True, kw_only=True):
    explicit: bool = False
    type: Annotated[ShowType, Rule('"episodic" or "serial"')] | None = None
    title: Text | None = None
    author: Text | None = None
    guid: Annotated[str, Rule("a UUID", _uuid)] | None = None
    medium: Annotated[str, _one_of(*_MEDIUMS)] | None = None
    locked: bool | None = None
    new_feed_url: Annotated[str, Url] | None = None
    redirect: bool = False
    complete: bool = False
    block: bool = False
    blocks: tuple[str, ...] = ()
    simple_chapters: bool = True


# The struct of each table, and the key whose value a plain text in its place is.
_TABLES: dict[str, tuple[type[podcast.Part], str]] = {
    "owner": (_Owner, "email"),
    "location": (_Location, "name"),
    "license": (_License, "name"),
    "update_frequency": (_Frequency, "text"),
}
_LISTS: dict[str, tuple[type[podcast.Part], str]] = {
    "funding": (_Funding, "url"),
    "persons": (_Person, "name"),
    "trailers": (_Trailer, "url"),
    "txt": (_Txt, "text"),
}


def read(table: Table, inherited: Mapping[str, Any], content: Path) -> Show:
    """Return the show of a feed; see `Feature.settings`. Raises SettingsError."""
    own = table.table("podcast")
    parsed: dict[str, Any] = {"categories": tuple(_categories(own))}
    for key, (kind, shorthand) in _TABLES.items():
        if key in own.values:
            parsed[key] = _part(own.table(key, shorthand), kind)
    for key, (kind, shorthand) in _LISTS.items():
        parsed[key] = tuple(_part(each, kind) for each in own.items(key, shorthand))
    if "value" in own.values:
        parsed["value"] = _value(own.table("value"))
    show = Show(**_fields(own.to(_Show, **parsed)))
    _require_elsewhere(own, show, str(inherited.get("base_url")))
    if not show.block:
        image = table.values.get("image") or inherited.get("image")
        subtitle = table.values.get("subtitle") or inherited.get("subtitle") or ""
        _require(table, show, image, str(subtitle), content)
    return show


def _require_elsewhere(table: Table, show: Show, base_url: str) -> None:
    """Raise SettingsError if a show's redirect has no target, or one within this site."""
    if show.redirect and not show.new_feed_url:
        table.fail("redirect", "redirect needs an address; add new_feed_url")
    if show.redirect and str(show.new_feed_url).startswith(f"{base_url.rstrip('/')}/"):
        table.fail("new_feed_url", "new_feed_url is an address of this site; use the table [moved]")


def _require(table: Table, show: Show, image: Image | None, subtitle: str, content: Path) -> None:
    """Raise SettingsError unless a show meets the requirements of Apple Podcasts.

    table: of the feed. image, subtitle: of the feed or the site. content: the content folder.
    """
    name = table.keys[-1]
    if not show.categories:
        table.fail(
            "podcast",
            f"the podcast {quoted(name)} has no category, which Apple Podcasts requires; write "
            f'a line like categories = ["Technology"] below [feeds.{_bare(str(name))}.podcast]',
        )
    if over := excess(subtitle, _MAX_DESCRIPTION):
        table.fail("subtitle", f"the subtitle of a podcast {over} of Apple Podcasts; shorten it")
    if not image:
        table.fail(
            "podcast",
            f"the podcast {quoted(name)} has no image, which Apple Podcasts requires; add the "
            'artwork, like image = "/files/cover.jpg": 3000 by 3000 pixels, JPEG or PNG',
        )
    if fault := _fault(image, content):
        place = "image" if "image" in table.values else "podcast"
        table.fail(place, f"the image {quoted(image.url)} of a podcast {fault}")


def _fault(image: Image, content: Path) -> str | None:
    """Return why an image cannot be podcast artwork, and the remedy; a local file is read."""
    path = unquote(urlsplit(image.url).path)
    endings = {each: name for name, found in ENDINGS.items() for each in found}
    named = endings.get(Path(path).suffix.lower())
    if named is None:
        return "is neither a .jpg nor a .png file; save it as one of them"
    width, height = image.width, image.height
    if image.url.startswith(_FILES):
        try:
            with (content / path.removeprefix(_FILES)).open("rb") as file:
                found = measure(file)
        except OSError as error:
            return f"cannot be read: {error.strerror}; correct its name, or add the file"
        except ValueError as error:
            return f"{error}; save it as one of them"
        if found.format != named:
            return f"is a {found.format} file; rename it, as clients go by the ending"
        if not found.is_rgb:
            return "is grey or CMYK; save it in RGB"
        width, height = found.width, found.height
    if width is None or height is None:
        return None
    least, most = _PIXELS
    if width != height or not least <= width <= most:
        return (
            f"has {width} by {height} pixels; save it as a square of {least} to {most}, "
            f"at best {most} by {most}"
        )
    return None


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else f'"{key}"'


def _categories(table: Table) -> Iterator[tuple[str, str]]:
    texts = table.values.get("categories", [])
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        table.fail("categories", 'categories is a list of texts, like ["Arts > Food"]')
    for text in texts:
        try:
            yield categories.parse(text)
        except ValueError as error:
            table.fail("categories", f"{quoted(text)} {error}")


def _value(table: Table) -> podcast.Value:
    recipients = tuple(_part(each, _Recipient) for each in table.items("recipients", "address"))
    if not recipients:
        table.fail("recipients", "value names no recipient; add recipients = [{ ... }]")
    return podcast.Value(**_fields(table.to(_Value, recipients=recipients)))


def _part(table: Table, kind: type[podcast.Part]) -> podcast.Part:
    """Return a table as a struct of `podcast`. kind: the subclass of it that has the rules."""
    own: type[podcast.Part] = kind.__mro__[1]
    return own(**_fields(table.to(kind)))


def _fields(part: podcast.Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__struct_fields__}
