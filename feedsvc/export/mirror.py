"""Copies a build to an object store, and removes objects that are no longer needed.

A store has no redirects, content negotiation or rules, only header fields for each object. An
object is the uncompressed response of a path, which is its key. One object, the index, lists the
objects that builds wrote. It is written before them, to claim the store and to record their keys,
and again after them; each write expects the version of the previous one, so that one of two
simultaneous builds fails.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from feedsvc import dates
from feedsvc.errors import FeedsvcError
from feedsvc.export import names, rules
from feedsvc.export.bucket import Bucket, Version
from feedsvc.export.manifest import Manifest, Resource
from feedsvc.http.fields import IDENTITY

INDEX = "feedsvc-build.json"
GRACE = 3600  # seconds for which an object that is no longer needed is kept
_CLAIM = 300  # seconds after which the claim of a killed build expires
_RENEWAL = 60  # seconds between renewals of a claim
_THREADS = 16
_PART = 1_000_000  # bytes
# The order in which groups of paths are written: those that others refer to come first.
_ORDER = ("file", "asset", "icon", "archive", "page", "feed", "opml", "sitemap", "folder")


class Stored(Struct, frozen=True):
    """An object. version: see Upload; '' if its state is unknown. content: see `_hash`."""

    version: str = ""
    e_tag: str = ""
    content: str = ""


class Index(Struct, frozen=True):
    """The objects that builds wrote below a prefix.

    objects: by key. obsolete: when objects were last needed, in seconds since the epoch, by key.
    builder, until: the current build, and when its claim expires. redirects, gone: as in a
    manifest, for the configuration of a CDN.
    """

    version: Literal[1] = 1
    base_url: str = ""
    revision: int = 0
    objects: Mapping[str, Stored] = {}
    obsolete: Mapping[str, int] = {}
    builder: str = ""
    until: int = 0
    redirects: Mapping[str, str] = {}
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """The wanted state of an object.

    file: relative to the folder of the build. group: of its path, see rules.groups. version: equal
    only if content and attributes are equal.
    """

    key: str
    file: str
    group: str
    version: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """The result of a copy. objects: their number. written, removed: how many changed."""

    objects: int
    written: int
    removed: int


def mirror(folder: Path, built: Manifest, bucket: Bucket, grace: int = GRACE) -> MirrorReport:
    """Bring a store into the state of a build. grace: see GRACE. Raises FeedsvcError."""
    with _Claim(bucket) as claim:
        return _mirror(folder, built, bucket, claim, grace)


def _mirror(
    folder: Path, built: Manifest, bucket: Bucket, claim: "_Claim", grace: int
) -> MirrorReport:
    uploads = {each.key: each for each in _uploads(built)}
    claim.take(uploads)
    present = bucket.tags()  # only now: another build may have written before the claim
    objects, written = dict(claim.index.objects), 0

    def update(each: Upload) -> tuple[Upload, Stored, bool]:
        """Write an object if its content differs."""
        file, known = folder / each.file, objects[each.key]
        content = _hash(file, each.attributes)
        is_same = content == known.content and known.e_tag == present.get(each.key)
        e_tag = known.e_tag if is_same else bucket.put(each.key, file, each.attributes)
        return each, Stored(each.version, e_tag, content), not is_same

    with ThreadPoolExecutor(_THREADS) as pool:
        for group in _ORDER:
            pending = [
                each
                for key, each in sorted(uploads.items())
                if each.group == group
                and (objects[key].version, objects[key].e_tag) != (each.version, present.get(key))
            ]
            for each, stored, is_new in pool.map(update, pending):
                objects[each.key] = stored
                written += is_new
                claim.renew()
    kept, removed = _obsolete(claim.index, uploads, {_key(path) for path in built.gone}, grace)
    bucket.remove([key for key in removed if key in present])
    claim.finish(
        structs.replace(
            claim.index,
            base_url=built.base_url,
            revision=built.revision,
            objects={key: each for key, each in objects.items() if key in uploads or key in kept},
            obsolete=kept,
            redirects={path: each.to for path, each in built.redirects.items()},
            gone=built.gone,
        )
    )
    return MirrorReport(len(uploads), written, len(removed))


class _Claim:
    """The right to write below a prefix, recorded in the index of the store.

    A context manager that gives it up if the build fails.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._id = secrets.token_hex(8)
        self._version: Version | None = None
        self._renewed = 0.0
        self.index = Index()

    def __enter__(self) -> "_Claim":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind and self.index.builder == self._id:
            with suppress(FeedsvcError):  # then the claim expires, or another build has it
                self.finish(self.index)

    def take(self, uploads: Mapping[str, Upload]) -> None:
        """Claim the store for a build of these objects. Raises FeedsvcError."""
        found = self._bucket.read(INDEX)
        if found:
            self.index, self._version = _parse(self._bucket.url, found[0]), found[1]
        elif self._bucket.tags():
            raise FeedsvcError(
                f"{self._bucket.url}: is not empty and was not written by `feedsvc build`; empty "
                "it, or name another prefix"
            )
        if self.index.builder and self.index.until > time.time():
            until = dates.rfc3339(dates.from_epoch(self.index.until))
            raise FeedsvcError(
                f"{self._bucket.url}: another `feedsvc build` is writing there; wait until it has "
                f"finished, or, if it was killed, until {until}"
            )
        unknown = dict.fromkeys(uploads, Stored())
        self._write(structs.replace(self.index, objects={**unknown, **self.index.objects}))

    def renew(self) -> None:
        """Extend the claim from time to time. Raises TakenError if another build has it now."""
        if time.monotonic() > self._renewed + _RENEWAL:
            self._write(self.index)

    def finish(self, index: Index) -> None:
        """Write an index without the claim. Raises TakenError."""
        self._put(structs.replace(index, builder="", until=0))

    def _write(self, index: Index) -> None:
        until = int(time.time()) + _CLAIM
        self._put(structs.replace(index, builder=self._id, until=until))

    def _put(self, index: Index) -> None:
        content = msgspec.json.encode(index, order="deterministic")
        self._version = self._bucket.replace(INDEX, content, self._version)
        self._renewed, self.index = time.monotonic(), index


def _uploads(built: Manifest) -> Iterator[Upload]:
    """Yield the objects of a build, with unique keys."""
    groups = {path: each.name for each in rules.groups(built) for path in each.members}
    resources = [(path, each, groups[path]) for path, each in built.paths.items()]
    resources += [(f"/{each.file}", each, "folder") for each in built.errors.values()]
    taken = {INDEX}
    for path, resource, group in resources:
        key = _key(path)
        if key in taken:
            key = resource.file
        taken.add(key)
        attributes = _attributes(resource)
        version = f"{resource.digest} {msgspec.json.encode(attributes).decode()}"
        yield Upload(key, names.coded(resource.file, IDENTITY), group, version, attributes)


def _hash(file: Path, attributes: Mapping[str, str]) -> str:
    """Return a hash of an object's content and attributes. Raises FeedsvcError."""
    digest = blake2b(msgspec.json.encode(attributes), digest_size=16)
    try:
        with file.open("rb") as content:
            while part := content.read(_PART):
                digest.update(part)
    except OSError as error:
        raise FeedsvcError(f"{file}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def _attributes(resource: Resource) -> dict[str, str]:
    """Return the header fields that stores keep with an object."""
    fields = {
        "Content-Type": resource.type,
        "Cache-Control": resource.cache_control,
        "Content-Disposition": resource.headers.get("Content-Disposition", ""),
    }
    return {name: value for name, value in fields.items() if value}


def _key(path: str) -> str:
    """Return the key of a percent-encoded path; for a folder, the key of its `index.html`.

    Stores reject empty segments, which our paths never have.
    """
    name = names.decoded(path).lstrip("/")
    return f"{name}index.html" if not name or name.endswith("/") else name


def _obsolete(
    index: Index, needed: Mapping[str, Upload], gone: set[str], grace: int
) -> tuple[dict[str, int], list[str]]:
    """Return when each unneeded object to keep for now was last needed, and the keys to remove.

    Pages of withdrawn articles are removed at once.
    """
    now = int(time.time())
    since = {key: index.obsolete.get(key, now) for key in index.objects if key not in needed}
    kept = {key: when for key, when in since.items() if key not in gone and when > now - grace}
    return kept, [key for key in since if key not in kept]


def _parse(url: str, content: bytes) -> Index:
    try:
        return msgspec.json.decode(content, type=Index)
    except msgspec.MsgspecError:
        raise FeedsvcError(
            f"{url}: has an {INDEX} that this version of feedsvc did not write; remove it to "
            "start over, or name another prefix"
        ) from None
