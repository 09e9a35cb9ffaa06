"""A mapping of texts that is kept on disk when it is large."""

from collections.abc import Iterator, MutableMapping
from contextlib import suppress

from feedsvc.temporary import TemporaryDatabase

_IN_MEMORY = 100_000  # items


class SpillingDict(MutableMapping[str, str]):
    """A mapping of texts, iterated in key order. Items beyond a limit are moved to disk.

    It must not change during an iteration. Texts on disk have no lone surrogates. Every method
    raises FeedsvcError if the disk is full.
    """

    def __init__(self) -> None:
        self._memory: dict[str, str] = {}
        self._disk: TemporaryDatabase | None = None

    def __getitem__(self, key: str) -> str:
        if self._disk and key not in self._memory:
            with suppress(UnicodeEncodeError):  # of a lone surrogate, which no key on disk has
                for (value,) in self._disk.execute("SELECT value FROM item WHERE key = ?", key):
                    return str(value)
        return self._memory[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._memory[key] = value
        if len(self._memory) > _IN_MEMORY:
            self._spill()

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._memory.pop(key, None)
        if self._disk:
            self._disk.execute("DELETE FROM item WHERE key = ?", key)

    def __iter__(self) -> Iterator[str]:
        if not self._disk:
            return iter(sorted(self._memory))
        self._spill()
        return (key for (key,) in self._disk.execute("SELECT key FROM item ORDER BY key"))

    def __len__(self) -> int:
        if not self._disk:
            return len(self._memory)
        self._spill()
        (count,) = self._disk.execute("SELECT count(*) FROM item").fetchone()
        return int(count)

    def _spill(self) -> None:
        """Move the items in memory to disk."""
        self._disk = self._disk or TemporaryDatabase(
            "item (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"
        )
        self._disk.execute_many("REPLACE INTO item VALUES (?, ?)", self._memory.items())
        self._memory = {}
