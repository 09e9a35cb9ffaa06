"""Finds the local files that an article shows and gives every URL in it its absolute form."""

import mimetypes
import os
import re
from urllib.parse import unquote, urlsplit

from feedsvc import urls
from feedsvc.config.tables import quoted
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import MAX_PATH, Enclosure, excess
from feedsvc.sources.scan import is_inside
from feedsvc.sources.trees import Layout
from feedsvc.sources.values import Values, absolute

# Python's own table, not the machine's: two machines must say the same of one file.
_BUILT_IN = mimetypes.MimeTypes()
_TYPES = {
    ".m4a": "audio/mp4",
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
}
_LENGTH = re.compile(r"[0-9]{1,15}")
# References that are paths as they stand, without anything to decode.
_SIMPLE = re.compile(r"/?(?:\.\.?/)*(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*")


class Folder:
    """The content folder, given as a real path; remembers which of its files were asked for.

    articles: the endings of files that are not attached to others.
    """

    def __init__(self, root: str, articles: tuple[str, ...] = Layout().endings) -> None:
        self.root = root
        self.articles = articles
        self._known: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        """Tell whether a normal relative path names a file that lies below the folder."""
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
        """Return where a file of the folder is."""
        return os.path.join(self.root, path)


class Attachments:
    """The local files of one article.

    A relative reference that names a file beside the article, or below the content folder where
    it begins with `/`, means that file. Any other is resolved against the article's own URL.
    """

    def __init__(self, folder: Folder, path: str, base_url: str, own: str) -> None:
        self._folder = folder
        self._beside = os.path.dirname(path)
        self._base_url = base_url
        self._own = own
        self._files: dict[str, None] = {}
        self._too_long: dict[str, None] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The files met so far, relative to the content folder."""
        return tuple(self._files)

    @property
    def warnings(self) -> list[ArticleError]:
        """What there is to say of references in the body that were met so far."""
        return [
            ArticleError("left-out", _too_long(path), severity=Severity.WARNING)
            for path in self._too_long
        ]

    def resolve(self, reference: str) -> str:
        """Return the absolute URL of a reference in the body; '' for one that cannot be one."""
        path = self._local(reference)
        if path is None:
            return urls.resolve(self._own, reference)
        if excess(path, MAX_PATH):
            self._too_long[path] = None
            return urls.resolve(self._own, reference)
        self._files[path] = None
        _, mark, fragment = reference.partition("#")
        return urls.absolute(self._base_url, urls.file_path(path)) + mark + fragment

    def holds(self, reference: str) -> bool:
        """Tell whether a reference names a local file."""
        return self._local(reference) is not None

    def url(self, values: Values, key: str, reference: str) -> str:
        """Return the absolute URL of a reference in front matter, where it must not dangle.

        Raises ArticleError (missing-file, bad-url, too-long).
        """
        name, path = values.name(key), self._local(reference)
        if path is None and not _scheme(key, reference, name):
            message = f"`{name}` names {reference!r}, which is not there; add the file"
            raise ArticleError("missing-file", message, key=key)
        if path is not None and excess(path, MAX_PATH):
            raise ArticleError("too-long", f"`{name}` {_too_long(path)}", key=key)
        return absolute(key, self.resolve(reference), name)

    def enclosures(self, values: Values) -> tuple[Enclosure, ...]:
        """Return the enclosures that front matter names; local files tell type and length."""
        records = values.records("enclosures", ("url", "type", "length"))
        return tuple(self._enclosure(values, *record) for record in records)

    def _enclosure(self, values: Values, reference: str, media_type: str, length: str) -> Enclosure:
        key = "enclosures"
        name = values.name(key)
        if not reference:
            message = f"`{name}` has one without a url; write it or remove it"
            raise ArticleError("bad-value", message, key=key)
        url = self.url(values, key, reference)
        path = self._local(reference)
        if length and not _LENGTH.fullmatch(length):
            message = f"`{name}`: length {length[:20]!r} is no number of bytes; leave it out"
            raise ArticleError("bad-value", message, key=key)
        size = os.path.getsize(self._folder.full(path)) if path else 0
        return Enclosure(url, media_type or guess_type(reference), int(length or size))

    def _local(self, reference: str) -> str | None:
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
    return f"shows {quoted(path)}, whose path {over}; rename the file or its folders"


def _scheme(key: str, reference: str, name: str) -> str:
    """Return the scheme of a URL; raises ArticleError (bad-url). name: the key as written."""
    try:
        return urlsplit(reference).scheme
    except ValueError:
        raise ArticleError("bad-url", f"`{name}`: {reference!r} is no URL", key=key) from None


def guess_type(reference: str) -> str:
    """Return the media type that the name of a file suggests."""
    name = urlsplit(reference).path.lower()
    known = _TYPES.get(os.path.splitext(name)[1])
    return known or _BUILT_IN.guess_type(name)[0] or "application/octet-stream"
