"""Maps URL paths to file names, without IO.

A file is named like its path, so that any host finds it without configuration:
`/feeds/tag/c%2B%2B.rss` is `feeds/tag/c++.rss`. A page that ends in `/` is `index.html` in that
folder; other pages get the suffix `.html`. Paths that are not valid file names are stored below
`_paths/` under a hash, and reached only through the manifest and the host configuration.
"""

import re
import unicodedata
from hashlib import blake2b
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

SUFFIXES = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}  # of coded files
MANIFEST = "manifest.json"
NGINX, CADDY, HEADERS, REDIRECTS = "nginx.conf", "Caddyfile", "_headers", "_redirects"
RULES = (NGINX, CADDY, HEADERS, REDIRECTS)
ERRORS = {404: "404.html", 410: "410.html"}
TEMPORARY = ".feedsvc-build"  # a folder, exists during a build

_HASHED = "_paths"
_RESERVED = (MANIFEST, *RULES, *ERRORS.values(), TEMPORARY, _HASHED)
_INDEX, _PAGE = "index.html", ".html"
_MAX_NAME = 240  # bytes; file systems allow 255, including the suffix of a coding
_MAX_PATH = 1000  # bytes, to leave room for the folder of the build
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}", re.ASCII)


def decoded(path: str) -> str:
    """Return a percent-encoded path decoded; '' if it is not UTF-8."""
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return ""


def natural(path: str, is_page: bool) -> str | None:
    """Return the file name for a path; None if it cannot be used."""
    text = decoded(path)
    if not text.startswith("/"):
        return None
    name = text[1:]
    is_folder = is_page and name.rpartition("/")[2] == ""
    if is_folder:
        name += _INDEX
    elif is_page and not name.endswith(_PAGE):
        name += _PAGE
    parts = name.split("/")
    fits = len(name.encode()) <= _MAX_PATH and all(map(_is_plain, parts))
    # Hosts would serve this file for the folder.
    return name if fits and (is_folder or parts[-1] != _INDEX) else None


class FileNames:
    """Assigns unique file names, first come, first served.

    Names that differ only in case or Unicode normalisation are equal, as on some file systems. The
    names of all codings are reserved with each name: a host would serve `data.csv.gz` for
    `data.csv`, whatever its content.
    """

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        for name in _RESERVED:
            self._take(name)

    def assign(self, path: str, is_page: bool) -> str:
        """Return the file name of a percent-encoded path."""
        name = natural(path, is_page)
        if name is None or not self._is_free(name):
            name = _hashed(path, is_page)
        self._take(name)
        return name

    def _take(self, name: str) -> None:
        self._files.update(_family(name))
        self._folders.update(_parents(name))

    def _is_free(self, name: str) -> bool:
        family, parents = _family(name), _parents(name)
        return self._files.isdisjoint(family + parents) and self._folders.isdisjoint(family)


def is_safe(name: str) -> bool:
    """Return whether a relative file name stays below its folder."""
    return all(part not in ("", ".", "..") and "\0" not in part for part in name.split("/"))


def coded(name: str, coding: str) -> str:
    """Return the name of a coded file; the same name for `identity`."""
    return name + SUFFIXES.get(coding, "")


def _hashed(path: str, is_page: bool) -> str:
    name = blake2b(path.encode(), digest_size=16).hexdigest()
    suffix = _PAGE if is_page else PurePosixPath(path).suffix.lower()
    return f"{_HASHED}/{name}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def _is_plain(part: str) -> bool:
    """Return whether a name can be used. Apache obeys `.ht*` files and never serves them."""
    return (
        part not in ("", ".", "..")
        and len(part.encode()) <= _MAX_NAME
        and not part.lower().startswith(".ht")
        and not _FORBIDDEN.search(part)
    )


def _family(name: str) -> list[str]:
    folded = _folded(name)
    return [folded, *(folded + suffix for suffix in SUFFIXES.values())]


def _parents(name: str) -> list[str]:
    parts = _folded(name).split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
