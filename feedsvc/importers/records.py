"""Values of a JSON object or of a row of a table, none of which has a reliable type."""

import json
from collections.abc import Iterator
from typing import Any

from feedsvc.errors import Problem

_TRUE = {"1", "true", "yes", "y", "x"}


def load_json(source: str, content: bytes) -> "Record | Problem":
    """Parse a JSON document; return a Problem if it is invalid."""
    try:
        return Record(json.loads(content.decode("utf-8-sig")))
    except RecursionError:
        return Problem(source, 0, "broken-json", "is nested too deeply")
    except ValueError as error:  # includes UnicodeDecodeError
        line = getattr(error, "lineno", 0)
        return Problem(source, line, "broken-json", f"is not valid JSON: {error}; fix it")


class Record:
    """A JSON object with unchecked values; empty if the value is not an object."""

    def __init__(self, value: object) -> None:
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}
        self._list: list[Any] = value if isinstance(value, list) else []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def items(self) -> list["Record"]:
        """Return the objects in a document that is an array."""
        return [Record(value) for value in self._list]

    def names(self) -> Iterator[str]:
        """Iterate over the names of all values."""
        return iter(self._values)

    def text(self, *names: str) -> str:
        """Return the first non-empty text with one of these names. Ids may be numbers."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return json.dumps(value)
        return ""

    def flag(self, *names: str) -> bool:
        """Return whether one of these values is true, or a text such as `yes`."""
        values = [self._values.get(name) for name in names]
        return any(value is True or self._word(value) in _TRUE for value in values)

    def is_array(self, name: str) -> bool:
        """Return whether there is an array with this name."""
        return isinstance(self._values.get(name), list)

    def array(self, name: str) -> list[Any]:
        """Return an array; empty if it is missing."""
        return self._values[name] if self.is_array(name) else []

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in an array."""
        return tuple(value for value in self.array(name) if isinstance(value, str))

    def record(self, name: str) -> "Record":
        """Return an object; empty if it is missing."""
        return Record(self._values.get(name))

    def records(self, name: str) -> list["Record"]:
        """Return the objects in an array."""
        return [Record(value) for value in self.array(name)]

    @staticmethod
    def _word(value: object) -> str:
        return str(value).strip().lower() if isinstance(value, str | int) else ""
