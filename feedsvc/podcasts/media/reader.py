"""Reads the media of one article: its enclosures, chapters and transcripts.

The defects of a file cause one warning. If it cannot be used, the article is published without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from msgspec import structs

from feedsvc import html, syntax, urls
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import Enclosure
from feedsvc.podcast import Alternate, Chapter, Episode, Transcript
from feedsvc.podcasts.media import chapters as formats
from feedsvc.podcasts.media import transcripts
from feedsvc.podcasts.media.derived import CHAPTERS, cover_name, webvtt_name
from feedsvc.podcasts.media.facts import Facts, MediaError
from feedsvc.podcasts.media.probe import ENDINGS, probed
from feedsvc.sources.attachments import Attachments
from feedsvc.sources.enclosures import Attached
from feedsvc.sources.values import Values

_ARTWORK = range(1400, 3001)  # pixels that Apple accepts


@dataclass(frozen=True, slots=True)
class _Recording:
    """An enclosure with the properties of its file. path: '' if it is at another site."""

    path: str
    facts: Facts
    enclosure: Enclosure


class MediaReader:
    """The media of one article."""

    def __init__(self, values: Values, attachments: Attachments) -> None:
        self._values = values
        self._attachments = attachments

    def read(
        self, episode: Episode | None, enclosures: Sequence[Attached], beside: bool
    ) -> tuple[list[Attached], Episode | None]:
        """Return the enclosures, and the episode with its media; None if there is nothing of one.

        episode: from the other front-matter keys. enclosures: from the front matter. beside:
        whether recordings that have the article's name belong to it if the front matter names none.
        Raises ArticleError for invalid front matter.
        """
        found, others = self._recordings(enclosures, beside)
        first = found[0] if found else None
        known = episode or Episode()
        chapters, chapters_url = self._chapters(first)
        read = structs.replace(
            known,
            chapters=chapters,
            chapters_url=self._published_chapters() if chapters else chapters_url,
            transcripts=tuple(self._transcripts()),
            alternates=known.alternates or tuple(_alternate(each.enclosure) for each in others),
            image=known.image or (self._cover(first) if first else None),
        )
        is_episode = episode is not None or read != Episode()
        attached = [Attached(each.path, each.enclosure) for each in found]
        return attached, read if is_episode else None

    def _recordings(
        self, enclosures: Sequence[Attached], beside: bool
    ) -> tuple[list[_Recording], list[_Recording]]:
        """Return the enclosures, and alternative files of the first one's recording."""
        found = [recording for each in enclosures if (recording := self._recording(*each))]
        if self._values.items("enclosures") or not beside:
            return found, []
        paths = self._attachments.beside(ENDINGS)
        found = [recording for each in paths if (recording := self._recording(each))]
        return found[:1], found[1:]

    def _recording(self, path: str, enclosure: Enclosure | None = None) -> _Recording | None:
        """Return a file as an enclosure; None if it is a recording that nothing can play.

        enclosure: as in the front matter; None for a file that it does not name.
        """
        if enclosure and not path:
            return _Recording(path, Facts(enclosure.type), enclosure)
        try:
            size = self._attachments.use(path)
            facts = self._probed(path)
        except (MediaError, OSError) as error:
            self._warn("enclosures", path, error, "it is left out")
            return None
        if facts.doubts:
            self._warn("enclosures", path, MediaError("; it ".join(facts.doubts)))
        known = enclosure or Enclosure(self._attachments.publish(path), "", size)
        enclosure = replace(
            known,
            type=known.type or facts.type,
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
        """Return the chapters in front matter or in the file that it names, else the recording's.

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
        """Return a chapter with absolute URLs; unusable ones are dropped."""
        title = " ".join(html.xml_safe(chapter.title).split())  # those in recordings are raw
        if not chapter.link and not chapter.image:
            return chapter if title == chapter.title else structs.replace(chapter, title=title)
        link = urls.resolve(self._attachments.own, chapter.link) if chapter.link else ""
        image = self._attachments.resolve(chapter.image) if chapter.image else ""
        return structs.replace(
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
        """Yield a transcript and, for SubRip, its WebVTT version. Raises MediaError, OSError."""
        if syntax.is_url(name):
            yield structs.replace(transcript, url=name)
            return
        path = self._named("transcripts", name)
        if path is None:
            return
        content = self._content(path, transcripts.MAX_SIZE)
        transcripts.check(transcript.type, content)
        transcript = structs.replace(transcript, digest=blake2b(content, digest_size=8).hexdigest())
        yield structs.replace(transcript, url=self._attachments.publish(path))
        is_subrip = transcript.type == transcripts.TYPES[".srt"]
        if is_subrip and (url := self._attachments.publish_derived(webvtt_name(path))):
            yield structs.replace(transcript, url=url, type=transcripts.TYPES[".vtt"])

    def _cover(self, recording: _Recording) -> str | None:
        """Return the URL of the picture in a recording, if directories accept it as artwork."""
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
        return Path(self._attachments.full(path)).read_bytes()

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
