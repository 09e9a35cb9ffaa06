"""The states of files that articles depend on; a change means that these must be read again."""

import os
from collections.abc import Iterable

from feedsvc import features
from feedsvc.sources.look import fingerprint

_BESIDE = ".*"


def state(status: os.stat_result) -> str:
    """Return a text that changes with a file. The part before the space is the same in every copy.

    For a file that has just changed, it is valid only once; see `Scanner.listing`.
    """
    return fingerprint(status).replace("-", " ", 1)


def beside(stem: str, names: Iterable[str]) -> tuple[str, str]:
    """Return a name, and as its state the files beside an article that have the article's name.

    stem: the article's path without its ending. names: of the files, without their folder.
    """
    return stem + _BESIDE, "/".join(names)


class States:
    """The states of files below a folder, each folder as it was when it was first listed."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._endings = [ending for each in features.installed() for ending in each.beside]
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, path: str) -> str:
        """Return the state of a file, or of the files that `beside` names; '' for none."""
        if path.endswith(_BESIDE):
            folder, name = os.path.split(path.removesuffix(_BESIDE))
            if folder not in self._names:
                self._names[folder] = self._list(folder)
            names = self._names[folder]
            return beside("", (name + each for each in self._endings if name + each in names))[1]
        try:
            return state(os.stat(os.path.join(self._root, path)))
        except OSError:
            return ""

    def _list(self, folder: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(os.path.join(self._root, folder)))
        except OSError:
            return frozenset()
