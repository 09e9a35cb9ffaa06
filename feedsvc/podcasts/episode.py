"""Reads the front-matter keys of an article that is an episode of a podcast.

An invalid value causes a warning, and the episode is published without it. Transcripts and chapters
are read elsewhere, as they are files.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from feedsvc import syntax
from feedsvc.errors import ArticleError
from feedsvc.model import MAX_ID
from feedsvc.podcast import (
    MAX_TEXT,
    Alternate,
    Contributor,
    Episode,
    License,
    Location,
    Recipient,
    Role,
    Soundbite,
    Txt,
    Value,
)
from feedsvc.podcasts.settings import GEO, OSM
from feedsvc.sources.attachments import Attachments, guess_type
from feedsvc.sources.values import Values

_T = TypeVar("_T")
KEYS = frozenset(
    {"episode", "season", "episode_type", "episode_title", "duration", "explicit", "artwork"}
    | {"block", "persons", "soundbites", "location", "license", "value", "txt"}
    | {"alternate_enclosures", "transcripts", "chapters", "guid"}
)

_MAX_DISPLAY = 32  # characters
_MAX_TXT = 4_000
_MAX_NUMBER = 1_000_000
_WHOLE = re.compile(r"[0-9]{1,15}")
_TIME = re.compile(
    r"(?:(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,5}):)?(?P<s>\d{1,7}(?:\.\d{1,6})?)", re.ASCII
)
_COUNTRY = re.compile(r"[A-Z]{2}")


def read(values: Values, attachments: Attachments) -> Episode | None:
    """Return the episode of an article; None if no key of an episode has a value."""
    if values.keys.isdisjoint(KEYS):
        return None
    found = _Reader(values, attachments).fields()
    return Episode(**found) if found else None


def seconds(text: str) -> float | None:
    """Return a time like `90`, `1:30` or `1:02:03.5` in seconds; None if it is not a time."""
    match = _TIME.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, rest = (match[unit] for unit in "hms")
    if (minutes and float(rest) >= 60) or (hours and int(minutes) >= 60):
        return None
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest)


@dataclass(frozen=True, slots=True)
class _Reader:
    values: Values
    attachments: Attachments

    def fields(self) -> dict[str, Any]:
        """Return the fields of the Episode that are set."""
        values = self.values
        number, display = self._try(self._numbered, "episode", "display", _MAX_DISPLAY)
        season, season_name = self._try(self._numbered, "season", "name", MAX_TEXT)
        found = {
            "number": number,
            "display": display,
            "season": season,
            "season_name": season_name,
            "type": self._try_one(lambda: values.choice("episode_type", Role)),
            "title": self._try_one(lambda: values.text("episode_title")),
            "duration": self._try_one(self._duration),
            "explicit": self._try_one(lambda: self._flag("explicit")),
            "image": self._try_one(self._artwork),
            "block": self._try_one(lambda: self._flag("block")),
            "persons": self._all(self._persons),
            "soundbites": self._all(self._soundbites),
            "location": self._try_one(lambda: next(self._locations(), None)),
            "license": self._try_one(lambda: next(self._licenses(), None)),
            "value": self._try_one(self._value),
            "txt": self._all(self._txt),
            "alternates": self._all(self._alternates),
            "guid": self._try_one(self._guid),
        }
        return {name: value for name, value in found.items() if value not in (None, "", ())}

    def _try(self, read: Callable[..., tuple[Any, Any]], *arguments: object) -> tuple[Any, Any]:
        return self._try_one(lambda: read(*arguments)) or (None, None)

    def _try_one(self, read: Callable[[], _T]) -> _T | None:
        """Return a value; None, with a warning, if it is invalid."""
        try:
            return read()
        except ArticleError as error:
            self.values.warnings.append(error.as_warning("; the episode is published without it"))
            return None

    def _all(self, read: Callable[[], Iterator[_T]]) -> tuple[_T, ...]:
        return self._try_one(lambda: tuple(read())) or ()

    def _wrong(self, key: str, text: str, remedy: str) -> NoReturn:
        raise self.values.error("bad-value", key, f"has {text[:60]!r}; write {remedy}")

    def _flag(self, key: str) -> bool | None:
        return self.values.flag(key, False) if self.values.items(key) else None

    def _numbered(self, key: str, name: str, limit: int) -> tuple[int | None, str | None]:
        """Return a number and the text that is shown instead."""
        first = next(self.values.records(key, ("number", name)), None)
        if first is None:
            return None, None
        number, text = first
        if not _WHOLE.fullmatch(number) or not 1 <= int(number) <= _MAX_NUMBER:
            self._wrong(key, number, f"a whole number from 1, as in `{key}: 3`")
        return int(number), self._short(key, text, limit) or None

    def _short(self, key: str, text: str, limit: int = MAX_TEXT) -> str:
        if len(text) > limit:
            message = f"has a text of {len(text)} characters, and the limit is {limit}; shorten it"
            raise self.values.error("bad-value", key, message)
        return text

    def _seconds(self, key: str, text: str) -> float:
        found = seconds(text)
        if found is None:
            self._wrong(key, text, "seconds, or a time like 1:02:03")
        return found

    def _duration(self) -> float | None:
        text = self.values.text("duration")
        found = self._seconds("duration", text) if text else None
        if found == 0:
            self._wrong("duration", text, "the duration of the recording, or leave it out")
        return found

    def _guid(self) -> str | None:
        guid = self.values.text("guid")
        self.values.require_fit("guid", guid, MAX_ID)
        return guid or None

    def _artwork(self) -> str | None:
        reference = self.values.text("artwork")
        return self.attachments.url(self.values, "artwork", reference) if reference else None

    def _persons(self) -> Iterator[Contributor]:
        names = ("name", "role", "group", "image", "link")
        for name, role, group, image, link in self.values.records("persons", names):
            if not name:
                raise self.values.error("bad-value", "persons", "has one without a name; write it")
            yield Contributor(
                name=self._short("persons", name),
                role=role.lower() or None,
                group=group.lower() or None,
                image=self.attachments.url(self.values, "persons", image) if image else None,
                link=self.values.absolute("persons", link) if link else None,
            )

    def _soundbites(self) -> Iterator[Soundbite]:
        key = "soundbites"
        for start, duration, title in self.values.records(key, ("start", "duration", "title")):
            length = self._seconds(key, duration)
            if length == 0:
                self._wrong(key, duration, "a duration, best from 15 to 120 seconds")
            title = self._short(key, title)
            yield Soundbite(start=self._seconds(key, start), duration=length, title=title)

    def _locations(self) -> Iterator[Location]:
        key, names = "location", ("name", "rel", "geo", "osm", "country")
        for name, rel, geo, osm, country in self.values.records(key, names):
            if not name:
                raise self.values.error("bad-value", key, "has no name; write one")
            if rel not in ("", "subject", "creator"):
                self._wrong(key, rel, "`subject` or `creator`")
            if geo and not GEO.fullmatch(geo):
                self._wrong(key, geo, "a geo URI like geo:48.2,16.4")
            if osm and not OSM.fullmatch(osm):
                self._wrong(key, osm, "an object of OpenStreetMap like R109166")
            if country and not _COUNTRY.fullmatch(country):
                self._wrong(key, country, "a country code like AT")
            yield Location(
                name=self._short(key, name),
                rel=rel or None,
                geo=geo or None,
                osm=osm or None,
                country=country or None,
            )

    def _licenses(self) -> Iterator[License]:
        for name, url in self.values.records("license", ("name", "url")):
            if not name:
                raise self.values.error("bad-value", "license", "has no name; write one")
            url = self.values.absolute("license", url) if url else ""
            yield License(name=self._short("license", name), url=url or None)

    def _value(self) -> Value | None:
        key = "value"
        written = next(iter(self.values.items(key)), None)
        if written is None:
            return None
        if not isinstance(written, dict) or not written.get("recipients"):
            remedy = "add `recipients`, each with an `address` and a `split`"
            raise self.values.error("bad-value", key, f"names no recipient; {remedy}")
        inner = self.values.within(key, {**written, "recipients": _texts(written["recipients"])})
        names = ("address", "split", "type", "name", "custom_key", "custom_value", "fee")
        recipients = []
        for record in inner.records("recipients", names):
            address, split, kind, name, custom_key, custom_value, fee = record
            if not address or not _WHOLE.fullmatch(split):
                self._wrong(key, address or split, "the `address` and the `split` of a recipient")
            recipients.append(
                Recipient(
                    address=address,
                    split=int(split),
                    type=kind or "node",
                    name=name or None,
                    custom_key=custom_key or None,
                    custom_value=custom_value or None,
                    fee=fee == "true",
                )
            )
        return Value(
            type=inner.text("type") or "lightning",
            method=inner.text("method") or "keysend",
            suggested=inner.text("suggested") or None,
            recipients=tuple(recipients),
        )

    def _txt(self) -> Iterator[Txt]:
        for text, purpose in self.values.records("txt", ("text", "purpose")):
            purpose = self._short("txt", purpose)
            yield Txt(text=self._short("txt", text, _MAX_TXT), purpose=purpose or None)

    def _alternates(self) -> Iterator[Alternate]:
        key = "alternate_enclosures"
        names = ("url", "type", "length", "bitrate", "height", "title", "language", "rel", "codecs")
        for record in self.values.records(key, names):
            url, kind, length, bitrate, height, title, language, rel, codecs = record
            for number in filter(None, (length, bitrate, height)):
                if not _WHOLE.fullmatch(number):
                    self._wrong(key, number, "a whole number")
            if kind and not syntax.is_media_type(kind):
                self._wrong(key, kind, "a media type like audio/mpeg")
            if language and not syntax.is_language(language):
                self._wrong(key, language, "a language tag like `en`")
            path = self.attachments.local(url)
            yield Alternate(
                sources=(self.attachments.url(self.values, key, url),),
                type=kind or guess_type(url),
                length=int(length or 0) or (self.attachments.use(path) if path else 0),
                bitrate=int(bitrate) if bitrate else None,
                height=int(height) if height else None,
                title=title or None,
                language=language or None,
                rel=rel or None,
                codecs=codecs or None,
            )


def _texts(recipients: Any) -> Any:
    """Return recipients with `fee` as text, which is a boolean in TOML."""
    if not isinstance(recipients, list):
        return recipients
    return [
        {**each, "fee": str(each["fee"]).lower()}
        if isinstance(each, dict) and "fee" in each
        else each
        for each in recipients
    ]
