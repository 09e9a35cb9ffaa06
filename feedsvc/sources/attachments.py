"""Finds the local files that an article refers to, and makes its URLs absolute."""

import mimetypes
import os
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from feedsvc import urls
from feedsvc.config.tables import quoted
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import MAX_PATH, excess
from feedsvc.sources import states
from feedsvc.sources.look import is_inside
from feedsvc.sources.trees import Layout
from feedsvc.sources.values import Values

# Python's built-in table and this one, as the operating system's differs between machines.
_MEDIA_TYPES = mimetypes.MimeTypes()
for _suffix, _type in {
    ".m4a": "audio/x-m4a",
    ".m4b": "audio/x-m4a",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".epub": "application/epub+zip",
}.items():
    _MEDIA_TYPES.add_type(_type, _suffix)
_UNKNOWN = "application/octet-stream"
# References that are paths with nothing to decode.
_SIMPLE = re.compile(r"/?(?:\.\.?/)*(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*")


class Folder:
    """The content folder, with a cache of the files that exist in it.

    root: its real path. articles: the suffixes of article files, which are never attachments.
    """

    def __init__(self, root: str, articles: tuple[str, ...] = Layout().endings) -> None:
        self.root = root
        self.articles = articles
        self._known: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        """Return whether a normalized relative path names a file in the folder."""
        known = self._known.get(path)
        if known is None:
            full = self.full(path)
            try:
                known = os.path.isfile(full) and is_inside(self.root, full)
            except (OSError, ValueError):
                known = False
            self._known[path] = known
        return known

    def full(self, path: str) -> str:
        """Return the full path of a file in the folder."""
        return os.path.join(self.root, path)


class Attachments:
    """The local files of one article.

    A reference to an existing file, relative to the article or, with a leading `/`, to the content
    folder, stands for that file. Any other reference is resolved against the article's URL.
    media_url: the prefix of the URLs of local files; '' if the site serves them. own: the article's
    URL.
    """

    def __init__(
        self, folder: Folder, path: str, base_url: str, own: str, media_url: str = ""
    ) -> None:
        self._folder = folder
        self.path = path
        self._beside = os.path.dirname(path)
        self._stem = os.path.splitext(path)[0]
        self._base_url = base_url
        self._media_url = media_url
        self.own = own
        self._files: dict[str, None] = {}
        self._warnings: dict[str, ArticleError] = {}
        self.uses: dict[str, str] = {}  # see protocol.Reading

    @property
    def files(self) -> tuple[str, ...]:
        """The files found so far, relative to the content folder."""
        return tuple(self._files)

    @property
    def warnings(self) -> Iterable[ArticleError]:
        """The warnings so far about files in the body that cannot be published."""
        return self._warnings.values()

    def resolve(self, reference: str) -> str:
        """Return the absolute URL of a reference; '' if it has none."""
        path = self.local(reference)
        if path is None:
            return urls.resolve(self.own, reference)
        if excess(path, MAX_PATH):
            warning = ArticleError("left-out", _too_long(path), severity=Severity.WARNING)
            self._warnings[path] = warning
            return urls.resolve(self.own, reference)
        _, mark, fragment = reference.partition("#")
        return self.publish(path) + mark + fragment

    def holds(self, reference: str) -> bool:
        """Return whether a reference stands for a local file."""
        return self.local(reference) is not None

    def url(self, values: Values, key: str, reference: str) -> str:
        """Return the absolute URL of a reference in front matter, where a file must exist.

        Raises ArticleError (missing-file, bad-url, too-long).
        """
        path = self.local(reference)
        if path is not None and excess(path, MAX_PATH):
            raise values.error("too-long", key, _too_long(path))
        if path is None and not _is_absolute(values, key, reference):
            message = f"names {reference!r}, which does not exist; add the file"
            raise values.error("missing-file", key, message)
        return values.absolute(key, self.resolve(reference))

    def image(self, values: Values, complete: bool) -> str | None:
        """Return the URL of the article's image; if the file is missing, one below the base URL.

        complete: whether all files of the site are in the content folder, so that a missing one
        causes a warning. Generators also have other folders of files.
        """
        reference = values.text("image")
        if not reference:
            return None
        if self.holds(reference) or _is_absolute(values, "image", reference):
            return self.url(values, "image", reference)
        if complete:
            message = f"names {reference!r}, which does not exist; add the file or write its URL"
            values.warn("missing-file", "image", message)
        if not reference.startswith("."):
            return values.absolute("image", urls.resolve(f"{self._base_url}/", reference))
        if not complete:
            message = f"names {reference!r}, which is not below the content folder; it is left out"
            values.warn("left-out", "image", message)
        return None

    def publish(self, path: str) -> str:
        """Publish a local file with the article, and return its URL."""
        self._files[path] = None
        return urls.file_url(self._base_url, self._media_url, path)

    def publish_derived(self, path: str) -> str | None:
        """Publish a derived file, and return its URL; None if its path is too long.

        path: the path of the original with an ending added; see `Feature.make`.
        """
        if excess(path, MAX_PATH):
            return None
        self._files[path] = None
        return urls.absolute(self._base_url, urls.file_path(path))

    def use(self, path: str) -> int:
        """Record that the article depends on a local file; return its size. Raises OSError."""
        status = os.stat(self.full(path))
        self.uses[path] = states.state(status)
        return status.st_size

    def full(self, path: str) -> str:
        """Return the full path of a local file."""
        return self._folder.full(path)

    def beside(self, endings: Iterable[str]) -> list[str]:
        """Return the files that have the article's name and one of these endings."""
        found = [name for each in endings if self._folder.holds(name := self._stem + each)]
        name, present = states.beside(self._stem, map(os.path.basename, found))
        self.uses[name] = present
        return found

    def local(self, reference: str) -> str | None:
        """Return the path of the local file that a reference stands for; None if there is none."""
        if not reference or reference.startswith(("#", "//", "http:", "https:", "mailto:")):
            return None
        name = reference
        if not _SIMPLE.fullmatch(reference):
            try:
                parts = urlsplit(reference)
            except ValueError:
                return None
            if parts.scheme or parts.netloc or not parts.path:
                return None
            name = unquote(parts.path)
        if name.endswith(self._folder.articles):
            return None
        below = name.lstrip("/") if name.startswith("/") else os.path.join(self._beside, name)
        path = os.path.normpath(below)
        return None if path.startswith("..") or not self._folder.holds(path) else path


def _too_long(path: str) -> str:
    over = excess(path, MAX_PATH)
    return f"names the file {quoted(path)}, whose path {over}; rename it or its folders"


def _is_absolute(values: Values, key: str, reference: str) -> bool:
    """Return whether a reference has a scheme or a host. Raises ArticleError (bad-url)."""
    try:
        parts = urlsplit(reference)
        return bool(parts.scheme or parts.netloc)
    except ValueError:
        raise values.error("bad-url", key, f"has {reference!r}, which is not a URL") from None


def guess_type(reference: str) -> str:
    """Return the media type that the name of a file suggests."""
    name = urlsplit(reference).path.lower()
    return _MEDIA_TYPES.guess_type(name)[0] or _UNKNOWN


def sent_type(name: str) -> str:
    """Return the media type for sending a file, by its name; generic for a compressed file."""
    guessed, coding = _MEDIA_TYPES.guess_type(quote(name), strict=False)
    return _UNKNOWN if coding or not guessed else guessed
