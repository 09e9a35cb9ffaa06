"""Access to the entry points through which installed packages extend feedsvc.

The built-in extensions are declared in the same way, in pyproject.toml.
"""

import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

import feedsvc
from feedsvc.errors import FeedsvcError

FEATURES = "feedsvc.features"
NAMESPACES = "feedsvc.namespaces"
_OURS = "feedsvc"


def installed(group: str) -> EntryPoints:
    """Return the entry points of a group."""
    return _select(tuple(sys.path), group)


@lru_cache(maxsize=32)
def _select(path: tuple[str, ...], group: str) -> EntryPoints:
    found: EntryPoints = _scan(path).select(group=group)
    return found


@lru_cache(maxsize=1)
def _scan(_path: tuple[str, ...]) -> Any:
    """Return all entry points on the search path, which takes about 10 ms.

    Their type in Python 3.11 differs from that in later versions, but has the same `select`.
    """
    return entry_points()


def load(group: str) -> Iterator[tuple[EntryPoint, object]]:
    """Yield the entry points of a group and the objects that they name, sorted by name.

    Raises FeedsvcError if one cannot be loaded, or if there are none, not even the built-in ones,
    as the installation is broken then.
    """
    found = _sorted(group)
    if not found:
        raise FeedsvcError(f"no entry point of {group} is installed; install feedsvc again")
    for each in found:
        yield each, _load(each)


def objects(group: str) -> dict[str, Any]:
    """Return the objects that the entry points of a group name, if any, sorted by name.

    Raises FeedsvcError if one cannot be loaded.
    """
    return {each.name: _load(each) for each in _sorted(group)}


def results(group: str, *arguments: object) -> dict[str, Any]:
    """Call the functions that the entry points of a group name, if any, sorted by name.

    Return their results other than None. Raises FeedsvcError if one cannot be loaded or fails.
    """
    found = {each.name: _call(each, *arguments) for each in _sorted(group)}
    return {name: result for name, result in found.items() if result is not None}


def load_one(group: str, name: str) -> Any:
    """Return the object that an entry point of a group names; None if there is none of this name.

    Raises FeedsvcError if it cannot be loaded.
    """
    return next(map(_load, installed(group).select(name=name)), None)


def names(group: str) -> list[str]:
    """Return the names of the entry points of a group, sorted."""
    return sorted(installed(group).names)


def _sorted(group: str) -> list[EntryPoint]:
    return sorted(installed(group), key=lambda each: each.name)


def _call(plugin: EntryPoint, *arguments: object) -> Any:
    try:
        return _load(plugin)(*arguments)
    except FeedsvcError:
        raise
    except Exception as error:  # of another package
        raise FeedsvcError(
            f"{described(plugin)} failed with {type(error).__name__}: {error}; update or "
            "uninstall that package"
        ) from error


def _load(plugin: EntryPoint) -> Any:
    try:
        return plugin.load()
    except Exception as error:  # importing runs the code of another package
        raise FeedsvcError(
            f"{described(plugin)} cannot be loaded: {type(error).__name__}: {error}; update or "
            "uninstall that package"
        ) from error


def described(plugin: EntryPoint) -> str:
    """Return an entry point's name for messages: `media (feedsvc.namespaces, feedsvc 0.1.0)`."""
    package = f"{plugin.dist.name} {plugin.dist.version}" if plugin.dist else "unknown package"
    return f"{plugin.name} ({plugin.group}, {package})"


@cache
def foreign(*groups: str) -> tuple[str, ...]:
    """Return the entry points of groups that other packages declare, with name and version.

    groups: by default those on which documents depend; the tags of documents include the result.
    Nothing is loaded.
    """
    plugins = [each for group in groups or (NAMESPACES, FEATURES) for each in installed(group)]
    return tuple(sorted(described(e) for e in plugins if not e.dist or e.dist.name != _OURS))


def release() -> str:
    """Return this version and the plugins of other packages on which documents depend."""
    return " ".join((f"feedsvc {feedsvc.__version__}", *foreign()))
