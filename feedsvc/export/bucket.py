"""Access to an object store: S3, Google Cloud Storage, Azure, and compatible ones.

The library obstore takes credentials and endpoints from the environment, in the variables that
other tools of the store use, such as AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from feedsvc.errors import FeedsvcError
from feedsvc.extras import how_to_install

SCHEMES = ("s3", "gs", "az")


class TakenError(FeedsvcError):
    """An object has an unexpected version, because another process wrote it."""


class Version(NamedTuple):
    """The version of an object, as stores name it: by entity tag, number, or both."""

    e_tag: str | None
    number: str | None

    @property
    def condition(self) -> dict[str, str]:
        """The precondition of a write. Stores refuse kinds of versions that they do not support."""
        named = {"e_tag": self.e_tag, "version": self.number}
        return {name: value for name, value in named.items() if value is not None}


def is_url(target: str) -> bool:
    """Return whether the target of a build is an object store, not a folder."""
    scheme, mark, _ = target.partition("://")
    return bool(mark) and scheme.lower() in SCHEMES


class Bucket:
    """The objects below a prefix of an object store. Thread-safe.

    All failures are raised as FeedsvcError with the URL and the reason that the store gave.
    """

    def __init__(self, url: str) -> None:
        """Open a store, such as `s3://bucket/prefix`, without connecting to it."""
        self.url = url
        try:
            import obstore
            from obstore import store
        except ImportError as error:
            command = how_to_install("store", error)
            raise FeedsvcError(f"{url} needs a library; install it with {command}") from None
        self._obstore = obstore
        try:
            self._store: Any = store.from_url(url)
        except Exception as error:  # noqa: BLE001 - depends on the kind of store
            raise FeedsvcError(f"{url}: is not the URL of a store: {_reason(error)}") from None

    def read(self, key: str) -> tuple[bytes, Version] | None:
        """Return the content of an object and its version; None if there is none."""
        with self._errors(key):
            try:
                found = self._obstore.get(self._store, key)
            except FileNotFoundError:  # the base class of NotFoundError
                return None
            version = Version(found.meta["e_tag"], found.meta["version"])
            return bytes(found.bytes()), version

    def replace(self, key: str, content: bytes, known: Version | None) -> Version:
        """Write an object if it still has the known version. known: None if it must not exist.

        Returns the new version. Raises TakenError if the versions differ.
        """
        mode: Any = known.condition if known else "create"
        attributes: Any = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        known_errors = self._obstore.exceptions
        with self._errors(key):
            try:
                put = self._obstore.put(self._store, key, content, attributes=attributes, mode=mode)
            except (known_errors.PreconditionError, known_errors.AlreadyExistsError):
                raise TakenError(
                    f"{self.url}: another `feedsvc build` has written there meanwhile; "
                    "run this one again"
                ) from None
        return Version(put["e_tag"], put["version"])

    def put(self, key: str, file: Path, attributes: Mapping[str, str]) -> str:
        """Write an object from a file, with its header fields; return its entity tag."""
        with self._errors(key):
            put = self._obstore.put(self._store, key, file, attributes=dict(attributes))
        return put["e_tag"] or ""

    def tags(self) -> dict[str, str]:
        """Return the entity tags of all objects, by key."""
        with self._errors(""):
            return {
                each["path"]: each["e_tag"] or ""
                for some in self._obstore.list(self._store, chunk_size=1000)
                for each in some
            }

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects."""
        with self._errors(""):
            if keys:
                self._obstore.delete(self._store, list(keys))

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        errors = self._obstore.exceptions
        try:
            yield
        except (errors.BaseError, OSError, ValueError) as error:
            where = f"{self.url.rstrip('/')}/{key}" if key else self.url
            raise FeedsvcError(f"{where}: cannot be used: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return the first line of a store's answer, without the name of the Python exception."""
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return first[:300]
