"""Keeps what was used most recently, up to a number of bytes; knows nothing of what it keeps."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Recent(Generic[Key, Item]):
    """Items by key; those not used for longest make room. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[Key, tuple[Item, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Item | None:
        """Return an item, which is the most recently used from now on; None if it is not kept."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keys(self) -> list[Key]:
        """Return the keys of all that is kept, the most recently used first."""
        with self._lock:
            return list(reversed(self._kept))

    def put(self, key: Key, item: Item, size: int) -> None:
        """Keep an item in place of the key's last. One larger than the whole room is not kept."""
        with self._lock:
            self._drop(key)
            if size > self._limit:
                return
            self._kept[key] = (item, size)
            self._size += size
            while self._size > self._limit:
                _, (_, freed) = self._kept.popitem(last=False)
                self._size -= freed

    def drop(self, key: Key) -> None:
        """Forget an item, if it is kept."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self._size -= size
