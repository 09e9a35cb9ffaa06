"""Access to the entry points through which installed packages extend feedsvc.

The built-in extensions are declared in the same way, in pyproject.toml.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any, TypeVar

import feedsvc
from feedsvc.errors import FeedsvcError

FEATURES = "feedsvc.features"
NAMESPACES = "feedsvc.namespaces"
_OURS = "feedsvc"
Kind = TypeVar("Kind")


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


def load(group: str, kind: type[Kind]) -> Iterator[tuple[EntryPoint, Kind]]:
    """Yield the entry points of a group and the objects that they name, sorted by name.

    Raises FeedsvcError if one cannot be loaded or is of another kind, or if there are none, not
    even the built-in ones, as the installation is broken then.
    """
    found = _sorted(group)
    if not found:
        raise FeedsvcError(f"no entry point of {group} is installed; install feedsvc again")
    for each in found:
        yield each, _load(each, kind)


def objects(group: str, kind: type[Kind]) -> list[tuple[EntryPoint, Kind]]:
    """Return the entry points of a group, if any, and the objects that they name, sorted by name.

    Raises FeedsvcError if one cannot be loaded or is of another kind.
    """
    return [(each, _load(each, kind)) for each in _sorted(group)]


def results(group: str, kind: type[Kind], *arguments: object) -> dict[str, Kind]:
    """Call the functions that the entry points of a group name, if any, sorted by name.

    Return their results other than None. Raises FeedsvcError if one cannot be loaded, fails, or
    returns a value of another kind.
    """
    found = {each: _call(each, *arguments) for each in _sorted(group)}
    for each, value in found.items():
        if value is not None and not isinstance(value, kind):
            raise _unusable(each, f"returned {type(value).__name__}, not {kind.__name__}")
    return {each.name: value for each, value in found.items() if value is not None}


def load_one(group: str, name: str, kind: type[Kind]) -> Kind | None:
    """Return the object that an entry point of a group names; None if there is none of this name.

    Raises FeedsvcError if it cannot be loaded or is of another kind.
    """
    found = find(group, name)
    return None if found is None else _load(found, kind)


def find(group: str, name: str) -> EntryPoint | None:
    """Return the entry point of a name in a group; None if there is none.

    Raises FeedsvcError if two packages declare one.
    """
    found = installed(group).select(name=name)
    if len(found) > 1:
        both = " and ".join(sorted(map(described, found)))
        raise FeedsvcError(f"{both} have the same name; uninstall one of these packages")
    return next(iter(found), None)


def names(group: str) -> list[str]:
    """Return the names of the entry points of a group, sorted."""
    return sorted(set(installed(group).names))


def _sorted(group: str) -> list[EntryPoint]:
    return [found for name in names(group) if (found := find(group, name))]


@contextmanager
def naming(plugin: EntryPoint, failure: str = "failed with") -> Iterator[None]:
    """Raise whatever the code of a plugin raises as a FeedsvcError that names the plugin.

    Even SystemExit, with which it would end the program. A FeedsvcError is raised unchanged.
    """
    try:
        yield
    except (FeedsvcError, KeyboardInterrupt):
        raise
    except BaseException as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise _unusable(plugin, f"{failure} {reason}") from error


def _call(plugin: EntryPoint, *arguments: object) -> Any:
    function = _load(plugin, object)
    with naming(plugin):
        return function(*arguments)  # type: ignore[operator] # otherwise this is the failure


def _load(plugin: EntryPoint, kind: type[Kind]) -> Kind:
    with naming(plugin, "cannot be loaded:"):  # importing runs the code of another package
        found = plugin.load()
    if isinstance(found, kind) and (kind is object or not isinstance(found, type)):
        return found
    raise _unusable(plugin, f"is not a {kind.__name__}")


def _unusable(plugin: EntryPoint, reason: str) -> FeedsvcError:
    return FeedsvcError(f"{described(plugin)} {reason}; update or uninstall that package")


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
