"""What a build wrote, as values and as `manifest.json`; renders nothing and decides nothing.

The manifest is what hosts are told, what the next build compares with, and the only list of files
that a build may ever remove.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from feedsvc.errors import FeedsvcError
from feedsvc.export import names
from feedsvc.http.fields import IDENTITY

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Resource:
    """What one URL path answers with.

    file: relative to the folder of the build; a coding's file has its suffix behind. type: the
    Content-Type. last_modified: the HTTP-date that is served, None where none is. headers: all
    others. etags: by coding, as served; none for what is served without. digest: of the body.
    modified: the time stamp of its files, in seconds since the epoch. sizes: of its files in bytes,
    by coding, so one of each that there is.
    """

    file: str
    type: str
    last_modified: str | None
    cache_control: str
    headers: Mapping[str, str]
    etags: Mapping[str, str]
    digest: str
    modified: int
    sizes: Mapping[str, int]

    @property
    def files(self) -> list[str]:
        """The names of its files."""
        return [names.coded(self.file, coding) for coding in self.sizes]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a path has moved to. to: as the Location says. headers: all others."""

    status: int
    to: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a build left behind.

    base_url: which the paths are below, `/` of its host included. made_by: feedsvc's version and a
    hash of the settings; revision: of the catalog. paths, redirects, gone: by percent-encoded path.
    errors: pages by status. files: all that the build may have written.
    """

    base_url: str = ""
    made_by: str = ""
    revision: int = 0
    paths: Mapping[str, Resource] = field(default_factory=dict)
    redirects: Mapping[str, Redirect] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    errors: Mapping[int, Resource] = field(default_factory=dict)
    files: frozenset[str] = frozenset()

    def dump(self) -> bytes:
        """Write it as JSON; the same bytes for the same build."""
        values = {
            "version": _json(_VERSION),
            "base_url": _json(self.base_url),
            "made_by": _json(self.made_by),
            "revision": _json(self.revision),
            "paths": _table(self.paths),
            "redirects": _table(self.redirects),
            "gone": _json(sorted(self.gone)),
            "errors": _table({str(code): each for code, each in self.errors.items()}),
            "files": _json(sorted(self.files)),
        }
        lines = (f"{_json(name)}: {value}" for name, value in values.items())
        return "{{\n{}\n}}\n".format(",\n".join(lines)).encode()


def load(folder: Path) -> Manifest | None:
    """Read the manifest of an earlier build; None if there is none. Raises FeedsvcError."""
    path = folder / names.MANIFEST
    try:
        return _parse(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise FeedsvcError(
            f"{path}: is not a manifest that this version of feedsvc wrote; empty the folder, or "
            "name another"
        ) from None


def _table(values: Mapping[str, Resource | Redirect]) -> str:
    """Write a line for each, which is read by people and written in a tenth of the time."""
    lines = (f"{_json(key)}: {_json(_fields(each))}" for key, each in sorted(values.items()))
    return "{{\n{}\n}}".format(",\n".join(lines)) if values else "{}"


def _fields(value: Resource | Redirect) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parse(values: Any) -> Manifest:
    """Make a Manifest of JSON. Raises what anything raises that is not as it should be."""
    if values["version"] != _VERSION:
        raise ValueError(values["version"])
    made = Manifest(
        base_url=values["base_url"],
        made_by=values["made_by"],
        revision=values["revision"],
        paths={path: _resource(each) for path, each in values["paths"].items()},
        redirects={path: Redirect(**each) for path, each in values["redirects"].items()},
        gone=tuple(values["gone"]),
        errors={int(code): _resource(each) for code, each in values["errors"].items()},
        files=frozenset(values["files"]),
    )
    if not all(map(names.is_safe, made.files)):
        raise ValueError("a file outside of the folder")
    return made


def _resource(values: Any) -> Resource:
    found = Resource(**values)
    if not (IDENTITY in found.sizes and names.is_safe(found.file)):
        raise ValueError(found.file)
    return found
