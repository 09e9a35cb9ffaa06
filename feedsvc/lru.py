"""A thread-safe LRU cache."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

import cachetools

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LRUCache(Generic[Key, Value]):
    """`cachetools.LRUCache` with a lock around each access.

    maxsize: the maximum sum of the sizes of all values. getsizeof: called once for each `put`.
    """

    def __init__(self, maxsize: int, getsizeof: Callable[[Value], int]) -> None:
        self._cache = cachetools.LRUCache[Key, Value](maxsize, getsizeof)
        self._lock = threading.Lock()

    @property
    def currsize(self) -> int:
        """The sum of the sizes of all values."""
        return int(self._cache.currsize)

    def get(self, key: Key) -> Value | None:
        """Return a value and mark it as used; None if it is not in the cache."""
        with self._lock:
            return self._cache.get(key)

    def keys(self) -> list[Key]:
        """Return a snapshot of the keys, without marking them as used."""
        with self._lock:
            return list(self._cache)

    def put(self, key: Key, value: Value) -> None:
        """Replace the value of a key. One larger than the whole cache is dropped at once."""
        with self._lock:
            self._cache.pop(key, None)
            with suppress(ValueError):
                self._cache[key] = value

    def drop(self, key: Key) -> None:
        """Remove a key if it is in the cache."""
        with self._lock:
            self._cache.pop(key, None)
