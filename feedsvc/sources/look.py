"""Looks at one file or folder of a tree of articles without opening it."""

import os
import stat
import time
from os.path import basename

from feedsvc.errors import ArticleError
from feedsvc.sources.trees import Layout

# Timestamps of file systems are coarse: two changes within a tick look like one.
_SETTLED = 2.0  # seconds
_LEAVES = "is a symlink that leaves the content folder; copy the file instead"


class DirectoryEntry:
    """The entry that `os.scandir` would yield for one path."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = basename(path)

    def is_dir(self) -> bool:
        return os.path.isdir(self.path)

    def is_symlink(self) -> bool:
        return os.path.islink(self.path)

    def stat(self) -> os.stat_result:
        return os.stat(self.path)


def look(
    root: str, entry: "DirectoryEntry | os.DirEntry[str]", rules: Layout
) -> os.stat_result | ArticleError | str | None:
    """Return a file's status, a folder's real path, an error, or None if it is to be ignored."""
    name = entry.name
    is_data = rules.is_data(name)
    if not is_data and rules.is_hidden(name):
        return None
    try:
        is_folder, is_link = entry.is_dir(), entry.is_symlink()
        if not (is_folder or is_data or name.endswith(rules.endings)):
            return None
        if is_folder and name in rules.passed_over:
            return None
        if is_link and not is_inside(root, entry.path):
            return ArticleError("outside-content", _LEAVES)
        if not name.isascii() and any("\udc80" <= each <= "\udcff" for each in name):
            return ArticleError("not-utf8", "has a name that is not UTF-8; rename it")
        if is_folder:
            return os.path.realpath(entry.path) if is_link else entry.path
        found = entry.stat()
    except OSError as error:
        return unreadable(error)
    if not stat.S_ISREG(found.st_mode):  # opening a pipe would block
        return ArticleError("unreadable", "is a device or a pipe, not a file; remove it")
    return found


def unreadable(error: OSError) -> ArticleError:
    return ArticleError("unreadable", f"cannot be read: {error.strerror}; check its permissions")


def fingerprint(found: os.stat_result) -> str:
    stamp = f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"
    has_settled = found.st_ctime < time.time() - _SETTLED
    return stamp if has_settled else f"{stamp}-{time.time_ns()}"


def is_inside(root: str, path: str) -> bool:
    """Return whether a path, with symlinks resolved, is below a folder. root: a real path."""
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)
