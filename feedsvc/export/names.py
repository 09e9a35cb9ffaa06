"""Which file holds what a URL path answers with; touches no file.

A file is named like its path, so that any host finds it without rules: `/feeds/tag/c%2B%2B.rss` is
`feeds/tag/c++.rss`. A page that ends in `/` is `index.html` in that folder, any other page has
`.html` put to its name. What cannot stand there lies below `_paths/` under a hash of its path, and
only the manifest and the rules lead to it.
"""

import re
import unicodedata
from hashlib import blake2b
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

SUFFIXES = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}  # of a coded file, by its coding
MANIFEST = "manifest.json"
NGINX, CADDY, HEADERS, REDIRECTS = "nginx.conf", "Caddyfile", "_headers", "_redirects"
RULES = (NGINX, CADDY, HEADERS, REDIRECTS)
ERRORS = {404: "404.html", 410: "410.html"}
TEMPORARY = ".feedsvc-build"  # a folder, there while a build runs

_HASHED = "_paths"
_RESERVED = (MANIFEST, *RULES, *ERRORS.values(), TEMPORARY, _HASHED)
_INDEX, _PAGE = "index.html", ".html"
_LONGEST_NAME = 240  # bytes; file systems take 255, and a coding is put behind
_LONGEST_PATH = 1000  # bytes, so that a folder fits in front of it
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_ENDING = re.compile(r"\.[a-z0-9]{1,10}", re.ASCII)


def decoded(path: str) -> str | None:
    """Return what a percent-encoded path says; None if that is not UTF-8."""
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return None


def style(path: str, is_page: bool) -> str | None:
    """Return the name that a file would have from a path alone; None if it cannot have it."""
    text = decoded(path)
    if text is None or not text.startswith("/"):
        return None
    name = text[1:]
    is_folder = is_page and name.rpartition("/")[2] == ""
    if is_folder:
        name += _INDEX
    elif is_page and not name.endswith(_PAGE):
        name += _PAGE
    parts = name.split("/")
    fits = len(name.encode()) <= _LONGEST_PATH and all(map(_is_plain, parts))
    # What is called so, hosts show for the folder.
    return name if fits and (is_folder or parts[-1] != _INDEX) else None


class Names:
    """Gives out file names, each once. Those who ask first get the plainer ones.

    Names that differ in case or in their Unicode form alone are one file on some file systems, so
    they are one here. Beside each file there is room for it in every coding: a host would take
    `data.csv.gz` for `data.csv`, whatever is in it.
    """

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        for name in _RESERVED:
            self._take(name)

    def give(self, path: str, is_page: bool) -> str:
        """Return the file of a percent-encoded path."""
        name = style(path, is_page)
        if name is None or not self._is_free(name):
            name = _hashed(path, is_page)
        self._take(name)
        return name

    def _take(self, name: str) -> None:
        self._files.update(_family(name))
        self._folders.update(_above(name))

    def _is_free(self, name: str) -> bool:
        family, above = _family(name), _above(name)
        return self._files.isdisjoint(family + above) and self._folders.isdisjoint(family)


def is_safe(name: str) -> bool:
    """Tell whether a file name leads to somewhere below the folder that it is relative to."""
    return all(part not in ("", ".", "..") and "\0" not in part for part in name.split("/"))


def coded(name: str, coding: str) -> str:
    """Return the name of a file in a coding; its own for `identity`."""
    return name + SUFFIXES.get(coding, "")


def _hashed(path: str, is_page: bool) -> str:
    name = blake2b(path.encode(), digest_size=16).hexdigest()
    ending = PurePosixPath(path).suffix.lower()
    if is_page:
        ending = _PAGE
    return f"{_HASHED}/{name}{ending if _ENDING.fullmatch(ending) else ''}"


def _is_plain(part: str) -> bool:
    """Tell whether a name can stand in a folder. `.ht*` is not for show to Apache, but to obey."""
    return (
        part not in ("", ".", "..")
        and len(part.encode()) <= _LONGEST_NAME
        and not part.lower().startswith(".ht")
        and not _UNFIT.search(part)
    )


def _family(name: str) -> list[str]:
    folded = _folded(name)
    return [folded, *(folded + suffix for suffix in SUFFIXES.values())]


def _above(name: str) -> list[str]:
    parts = _folded(name).split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
