"""Reads the media of one article: its enclosures, chapters and transcripts.

What is wrong with a file is one warning, and the article is published without it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from msgspec.structs import replace

from feedsvc import html, syntax, urls
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import Enclosure
from feedsvc.podcast import Alternate, Chapter, Episode, Transcript
from feedsvc.sources.attachments import Attachments, guess_type
from feedsvc.sources.media import chapters as formats
from feedsvc.sources.media import transcripts
from feedsvc.sources.media.derived import CHAPTERS, cover_name, webvtt_name
from feedsvc.sources.media.facts import Facts, MediaError
from feedsvc.sources.media.probe import ENDINGS, probed
from feedsvc.sources.values import Values

_LENGTH = re.compile(r"[0-9]{1,15}")
_ARTWORK = range(1400, 3001)  # pixels that Apple takes


@dataclass(frozen=True, slots=True)
class _Recording:
    """A local recording. path: '' if it is at another site."""

    path: str
    facts: Facts
    enclosure: Enclosure


class MediaReader:
    """The media of one article. own: its URL, for relative references in chapters."""

    def __init__(self, values: Values, attachments: Attachments, own: str) -> None:
        self._values = values
        self._attachments = attachments
        self._own = own

    def read(
        self, episode: Episode | None, beside: bool
    ) -> tuple[tuple[Enclosure, ...], Episode | None]:
        """Return the enclosures, and the episode with what is known of its media, if anything.

        episode: what other keys of the front matter say. beside: whether recordings that have the
        article's name belong to it if the front matter names none. Raises ArticleError for front
        matter that is wrong.
        """
        found, others = self._recordings(beside)
        first = found[0] if found else None
        known = episode or Episode()
        chapters, chapters_url = self._chapters(first)
        read = replace(
            known,
            chapters=chapters,
            chapters_url=self._published_chapters() if chapters else chapters_url,
            transcripts=tuple(self._transcripts()),
            alternates=known.alternates or tuple(_alternate(each.enclosure) for each in others),
            image=known.image or (self._cover(first) if first else None),
        )
        is_episode = episode is not None or read != Episode()
        return tuple(each.enclosure for each in found), read if is_episode else None

    def _recordings(self, beside: bool) -> tuple[list[_Recording], list[_Recording]]:
        """Return the enclosures, and other files of the recording of the first."""
        records = list(self._values.records("enclosures", ("url", "type", "length")))
        found = [each for record in records if (each := self._enclosure(*record))]
        if records or not beside:
            return found, []
        paths = self._attachments.beside(ENDINGS)
        found = [each for path in paths if (each := self._recording(path))]
        return found[:1], found[1:]

    def _enclosure(self, reference: str, media_type: str, length: str) -> _Recording | None:
        values = self._values
        if not reference:
            raise values.error(
                "bad-value", "enclosures", "has one without a url; write it or remove it"
            )
        url = self._attachments.url(values, "enclosures", reference)
        if length and not _LENGTH.fullmatch(length):
            message = f"has the length {length[:20]!r}, which is no number of bytes; leave it out"
            raise values.error("bad-value", "enclosures", message)
        path, size = self._attachments.local(reference), int(length or 0)
        if path is not None:
            return self._recording(path, url, media_type, size)
        enclosure = Enclosure(url, media_type or guess_type(reference), size)
        return _Recording("", Facts(enclosure.type), enclosure)

    def _recording(
        self, path: str, url: str = "", media_type: str = "", length: int = 0
    ) -> _Recording | None:
        """Return a local file as an enclosure; None if it is a recording that nothing can play."""
        try:
            size = self._attachments.use(path)
            facts = self._probed(path)
        except (MediaError, OSError) as error:
            self._warn("enclosures", path, error, "it is left out")
            return None
        if facts.doubts:
            self._warn("enclosures", path, MediaError("; it ".join(facts.doubts)))
        enclosure = Enclosure(
            url=url or self._attachments.publish(path),
            type=media_type or facts.type or guess_type(path),
            length=length or size,
            duration=round(facts.duration, 3) if facts.duration else None,
            bitrate=facts.bitrate,
            width=facts.width,
            height=facts.height,
        )
        return _Recording(path, facts, enclosure)

    def _probed(self, path: str) -> Facts:
        if not path.lower().endswith(ENDINGS):
            return Facts("")
        found = probed(self._attachments.full(path), self._attachments.uses[path])
        if isinstance(found, str):
            raise MediaError(found)
        return found

    def _chapters(self, recording: _Recording | None) -> tuple[tuple[Chapter, ...], str | None]:
        """Return the chapters that the front matter has or names, else those in the recording.

        The second value is the URL of chapters at another site.
        """
        items = self._values.items("chapters")
        duration = recording.facts.duration if recording else None
        name = ""  # of the file
        try:
            if not items:
                name = recording.path if recording else ""
                found = list(recording.facts.chapters) if recording else []
            elif len(items) > 1 or not isinstance(items[0], str) or items[0][:1].isdigit():
                found = formats.from_items(items)
            elif syntax.is_url(items[0]):
                return (), items[0]
            else:
                name = items[0]
                path = self._named("chapters", name)
                if path is None:
                    return (), None
                found = formats.from_file(name, self._content(path, formats.MAX_SIZE))
            return formats.checked(map(self._linked, found), duration), None
        except (MediaError, OSError) as error:
            self._warn("chapters", name, error, "the chapters are left out")
            return (), None

    def _published_chapters(self) -> str | None:
        return self._attachments.publish_derived(self._attachments.path + CHAPTERS)

    def _linked(self, chapter: Chapter) -> Chapter:
        """Return a chapter with absolute URLs; those that are not usable are dropped."""
        title = " ".join(html.xml_safe(chapter.title).split())  # those in recordings are raw
        if not chapter.link and not chapter.image:
            return chapter if title == chapter.title else replace(chapter, title=title)
        link = urls.resolve(self._own, chapter.link) if chapter.link else ""
        image = self._attachments.resolve(chapter.image) if chapter.image else ""
        return replace(
            chapter,
            title=title,
            link=link if syntax.is_url(link) else None,
            image=image if syntax.is_url(image) else None,
        )

    def _transcripts(self) -> Iterator[Transcript]:
        records = self._values.records("transcripts", ("url", "type", "language", "rel"))
        for name, media_type, language, rel in records:
            try:
                described = _described(name, media_type, language, rel)
                yield from self._transcript(name, described)
            except (MediaError, OSError) as error:
                self._warn("transcripts", name, error, "it is left out")

    def _transcript(self, name: str, transcript: Transcript) -> Iterator[Transcript]:
        """Yield a transcript and, of SubRip, the same as WebVTT. Raises MediaError, OSError."""
        if syntax.is_url(name):
            yield replace(transcript, url=name)
            return
        path = self._named("transcripts", name)
        if path is None:
            return
        content = self._content(path, transcripts.MAX_SIZE)
        transcripts.check(transcript.type, content)
        transcript = replace(transcript, digest=blake2b(content, digest_size=8).hexdigest())
        yield replace(transcript, url=self._attachments.publish(path))
        is_subrip = transcript.type == transcripts.TYPES[".srt"]
        if is_subrip and (url := self._attachments.publish_derived(webvtt_name(path))):
            yield replace(transcript, url=url, type=transcripts.TYPES[".vtt"])

    def _cover(self, recording: _Recording) -> str | None:
        """Return the URL of the picture in a recording, if directories take it as artwork."""
        cover = recording.facts.cover
        if not cover or cover.picture.width != cover.picture.height:
            return None
        if cover.picture.width not in _ARTWORK or not cover.picture.is_rgb:
            return None
        return self._attachments.publish_derived(cover_name(recording.path, cover))

    def _named(self, key: str, name: str) -> str | None:
        """Return the path of a file that a key names; None, with a warning, if there is none."""
        path = self._attachments.local(name)
        if path is None:
            self._values.warn("missing-file", key, f"names {name!r}, which does not exist; add it")
        return path

    def _content(self, path: str, limit: int) -> bytes:
        """Return the content of a local file. Raises MediaError, OSError."""
        size = self._attachments.use(path)
        if size > limit:
            over = f"has {size / 1e6:.0f} MB, and the limit is {limit / 1e6:.0f} MB"
            raise MediaError(over)
        with open(self._attachments.full(path), "rb") as file:
            return file.read()

    def _warn(self, key: str, name: str, error: Exception, left: str = "") -> None:
        """Add the warning about a file or, without its name, about the value of a key."""
        said = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        said = f"{said}; {left}" if left else said
        subject = f"uses {name!r}, which" if name else f"`{self._values.name(key)}`"
        self._values.warnings.append(
            ArticleError("bad-media", f"{subject} {said}", key=key, severity=Severity.WARNING)
        )


def _described(name: str, media_type: str, language: str, rel: str) -> Transcript:
    """Return a transcript as the front matter describes it. Raises MediaError."""
    if language and not syntax.is_language(language):
        raise MediaError(f"has the language {language!r}; write a language tag such as `en`")
    if rel not in ("", "captions"):
        raise MediaError(f"has the rel {rel!r}; it is `captions` or left out")
    found = media_type or transcripts.type_of(name)
    return Transcript(url="", type=found, language=language or None, rel=rel or None)


def _alternate(enclosure: Enclosure) -> Alternate:
    return Alternate(
        type=enclosure.type,
        sources=(enclosure.url,),
        length=enclosure.length,
        bitrate=enclosure.bitrate,
        width=enclosure.width,
        height=enclosure.height,
        duration=enclosure.duration,
    )
