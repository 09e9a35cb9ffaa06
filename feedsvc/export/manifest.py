"""The manifest of a build, as values and as `manifest.json`.

Host configuration is derived from it, the next build is compared with it, and only files listed in
it are ever removed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field, structs

from feedsvc.errors import FeedsvcError
from feedsvc.export import names
from feedsvc.http.fields import IDENTITY


class Resource(Struct, frozen=True, forbid_unknown_fields=True):
    """The response for a URL path.

    file: relative to the folder of the build; coded files have a suffix. type: the Content-Type.
    last_modified: an HTTP-date, or None. headers: all others. etags: by coding, may be empty.
    digest: of the body. modified: the timestamp of the files, in seconds since the epoch. sizes:
    of the files in bytes, by coding. version: see `plan.Job`.
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
    version: str = ""

    @property
    def files(self) -> list[str]:
        """The names of the files."""
        return [names.coded(self.file, coding) for coding in self.sizes]


class Redirect(Struct, frozen=True, forbid_unknown_fields=True):
    """A redirect. to: the Location. headers: all others."""

    status: int
    to: str
    headers: Mapping[str, str] = {}


class Manifest(Struct, frozen=True):
    """Everything that a build wrote.

    fingerprint: feedsvc's version and a hash of the settings, `made_by` in the file. revision: of
    the catalog. paths, redirects, gone: percent-encoded, from the root of the host. errors: pages
    by status. files: all files that the build may have written.
    """

    version: Literal[1] = 1
    base_url: str = ""
    fingerprint: str = field(default="", name="made_by")
    revision: int = 0
    paths: Mapping[str, Resource] = {}
    redirects: Mapping[str, Redirect] = {}
    gone: tuple[str, ...] = ()
    errors: Mapping[int, Resource] = {}
    files: frozenset[str] = frozenset()

    def dump(self) -> bytes:
        """Return the manifest as JSON, reproducibly, with one line for each path.

        Indented JSON would take ten times as long.
        """
        values = msgspec.to_builtins(self, str_keys=True)
        values |= {"gone": sorted(self.gone), "files": sorted(self.files)}
        lines = {
            name: _object({key: _json(value[key]) for key in sorted(value)})
            if isinstance(value, dict)
            else _json(value)
            for name, value in values.items()
        }
        return f"{_object(lines)}\n".encode()


_KEYS = {each.encode_name for each in structs.fields(Manifest)}


def load(folder: Path) -> Manifest | None:
    """Read the manifest of the previous build; None if there is none. Raises FeedsvcError."""
    path = folder / names.MANIFEST
    try:
        return _parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise FeedsvcError(
            f"{path}: is not a manifest that this version of feedsvc wrote; empty the folder, or "
            "name another"
        ) from None


def _parse(body: bytes) -> Manifest:
    """Parse a manifest. Raises ValueError or MsgspecError if a build did not write it."""
    if not msgspec.json.decode(body, type=dict[str, msgspec.Raw]).keys() >= _KEYS:
        raise ValueError("keys of another program")
    manifest = msgspec.json.decode(body, type=Manifest)
    resources = [*manifest.paths.values(), *manifest.errors.values()]
    if not all(map(names.is_safe, (*manifest.files, *(each.file for each in resources)))):
        raise ValueError("a file outside of the folder")
    if not all(IDENTITY in each.sizes for each in resources):
        raise ValueError("a path without a file")
    return manifest


def _object(values: Mapping[str, str]) -> str:
    """Return a JSON object with one encoded value on each line."""
    lines = (f"{_json(key)}: {value}" for key, value in values.items())
    return "{{\n{}\n}}".format(",\n".join(lines)) if values else "{}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
