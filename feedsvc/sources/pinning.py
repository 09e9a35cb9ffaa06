"""Inserts an article's id into its file as one line of front matter, changing nothing else.

`pin` edits the text and is pure; `Pinner` finds and replaces the files. The caller provides the id
and determines whether the file still contains that article.
"""

import codecs
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from feedsvc import html
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Problem, Severity
from feedsvc.model import Article
from feedsvc.sources.article import MAX_SIZE, ArticleReader
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.look import is_inside
from feedsvc.sources.scan import shown_path
from feedsvc.sources.text import decode

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIRST_KEY = re.compile(r"^([ \t]*)[^\s#]", re.MULTILINE)


def pin(content: bytes, entry_id: str) -> bytes:
    """Return a file's content with an id inserted as a line below the opening fence.

    Every other byte is unchanged, and so are all other values and the body as `split` reads them.
    Raises ArticleError (not-pinned) if a line cannot achieve that.
    """
    front, body = _read(content)
    equals = " =" if content.removeprefix(codecs.BOM_UTF8).startswith(b"+++") else ":"
    line = f"id{equals} {json.dumps(entry_id, ensure_ascii=False)}"
    if "id" in front.values:
        raise _not_pinned(f"has an `id` without a value; replace it with `{line}`")
    end = _LINE_END.search(content)
    if end:
        first = _FIRST_KEY.search(front.text)
        inserted = f"{first[1] if first else ''}{line}".encode() + end[0]
        pinned = content[: end.end()] + inserted + content[end.end() :]
        if _differs_only_by_id(pinned, front, body, entry_id):
            return pinned
    raise _not_pinned(f"cannot have its id on a line of its own; add `{line}` to its front matter")


class Pinner:
    """Pins ids in the files of one site. paths: of all its articles."""

    def __init__(self, settings: Settings, paths: Iterable[str]) -> None:
        self._settings = settings
        self._reader = ArticleReader(settings)
        self._root = os.path.realpath(settings.content)
        self._articles = Counter(map(self._real, paths))

    def pin(self, path: str, entry_id: str, is_known: Callable[[Article], bool]) -> Problem | None:
        """Pin the id of one article; return a Problem if its file cannot be changed.

        path: relative to the content folder. is_known: returns whether the article that the file
        contains is the one with this id.
        """
        try:
            self._pin(path, entry_id, is_known)
        except ArticleError as error:
            return error.problem(shown_path(self._settings.content, self._settings.site, path))
        return None

    def _pin(self, path: str, entry_id: str, is_known: Callable[[Article], bool]) -> None:
        real = self._real(path)
        if not is_inside(self._root, real):
            raise _not_pinned("is a symlink that leaves the content folder; copy the file instead")
        if self._articles[real] > 1:
            raise _not_pinned(
                "is the same file as another article; copy it, as a file has only one `id`"
            )
        try:
            with open(real, "r+b") as source:  # fails if the file is read-only
                before = os.fstat(source.fileno())
                content = source.read(MAX_SIZE + 1)
            reading = self._reader.read(path)
            if not (reading.article and is_known(reading.article)):
                raise _not_pinned("has changed; run `feedsvc sync`, then this command again")
            _replace(real, pin(content, entry_id), before)
        except FileNotFoundError:
            raise _not_pinned("no longer exists; run `feedsvc sync` first") from None
        except OSError as error:
            message = f"cannot be written: {error.strerror}; run this as the owner of the file"
            raise _not_pinned(message) from None

    def _real(self, path: str) -> str:
        return os.path.realpath(os.path.join(self._root, path))


def _read(content: bytes) -> tuple[FrontMatter, str]:
    return split(html.xml_safe(decode(content)))


def _differs_only_by_id(pinned: bytes, front: FrontMatter, body: str, entry_id: str) -> bool:
    try:
        found, rest = _read(pinned)
    except ArticleError:
        return False
    is_same = _are_equal(dict(found.values), {"id": entry_id, **front.values})
    return is_same and rest == body and len(pinned) <= MAX_SIZE


def _are_equal(one: Any, other: Any) -> bool:
    """Compare front-matter values, each pair once: aliases may expand to billions of values."""
    waiting, seen = [(one, other)], set()
    while waiting:
        a, b = waiting.pop()
        if type(a) is not type(b):
            return False
        if not isinstance(a, dict | list):
            if a != b and a == a:  # not TOML's nan
                return False
        elif (id(a), id(b)) not in seen:
            seen.add((id(a), id(b)))
            if len(a) != len(b) or (isinstance(a, dict) and list(a) != list(b)):
                return False
            values = (a.values(), b.values()) if isinstance(a, dict) else (a, b)
            waiting.extend(zip(*values, strict=True))
    return True


def _replace(path: str, content: bytes, before: os.stat_result) -> None:
    """Replace a file atomically, unless it has been changed.

    before: the status of the file when its content was read. Raises ArticleError, OSError.
    """
    descriptor, temporary = tempfile.mkstemp(".tmp", ".feedsvc-", os.path.dirname(path))
    try:
        with open(descriptor, "wb") as target:
            target.write(content)
            target.flush()
            created = os.fstat(descriptor)
            if (created.st_uid, created.st_gid) != (before.st_uid, before.st_gid):
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, before.st_mode & 0o7777)
            os.fsync(descriptor)
        _require_unchanged(path, before)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _require_unchanged(path: str, before: os.stat_result) -> None:
    if _signature(os.stat(path)) != _signature(before):
        raise _not_pinned("was saved just now; run this command again")


def _signature(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _not_pinned(message: str) -> ArticleError:
    return ArticleError("not-pinned", message, severity=Severity.WARNING)
