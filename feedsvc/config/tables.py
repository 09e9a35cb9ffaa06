"""Reads values out of the tables of a TOML file, and says where a bad one stands.

Knows no key by name. Whatever is wrong raises SettingsError with the file, the line and the remedy.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from feedsvc.errors import SettingsError
from feedsvc.model import excess

# What not all of a header, a path, a line of text and XML can carry.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST_SHOWN = 60  # characters


def load(
    path: Path,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    lists: Collection[str] = (),
) -> "Table":
    """Read a TOML file, in which the environment replaces top-level values.

    variables: the keys that may be replaced, and by which variable. Its value is text, or an inline
    table if it begins with `{`. lists: those of them whose value is a list if it begins with `[`,
    as a text may. Raises FileNotFoundError, SettingsError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    values = _parse(text, str(path))
    found = {key: name for key, name in variables.items() if name in environment}
    for key, name in found.items():
        written = environment[name]
        if written.startswith("{") or (key in lists and written.startswith("[")):
            values[key] = _parse(f"value = {written}", f"{name} in the environment")["value"]
        else:
            values[key] = written
    return Table(values, (), _Places(path, text, found))


class Table:
    """One table, and the keys that lead to it."""

    def __init__(self, values: Mapping[str, Any], keys: tuple[str, ...], places: "_Places") -> None:
        self.values = values
        self._keys = keys
        self._places = places

    def text(self, key: str, default: str | None = None, longest: int | None = None) -> str:
        """Return a text; where there is no default, it must be there and hold something.

        longest: how many bytes it has at most.
        """
        value = self.values.get(key, default)
        if value is None:
            self.fail(key, f'{key} is missing; add the line {key} = "..."')
        if not isinstance(value, str):
            self.fail(key, f"{key} is a text in quotes, not {shown(value)}")
        if default is None and not value.strip():
            self.fail(key, f"{key} is empty; write something")
        if not is_fit(value.strip()):
            self.fail(
                key,
                f"{key} has a line break, a tab or another control character; "
                "write it in one line without",
            )
        if longest and (over := excess(value.strip(), longest)):
            self.fail(key, f"{key} {over}; shorten it")
        return value.strip()

    def number(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"{key} is a whole number from {low} to {high}, not {shown(value)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return a yes or no; the environment has it as a text."""
        value = self.values.get(key, default)
        if self._places.is_replaced((*self._keys, key)) and value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            self.fail(key, f"{key} is true or false, not {shown(value)}")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fail(key, f'{key} is a list of texts, like ["a", "b"], not {shown(value)}')
        if unfit := [each for each in value if not is_fit(each)]:
            self.fail(key, f"{key} has {shown(unfit[0])} with a control character; remove it")
        return tuple(value)

    def table(self, key: str, lone: str | None = None) -> "Table":
        """Return the table under a key, an empty one if there is none.

        lone: the key of a text that stands where the table could.
        """
        value = self.values.get(key, {})
        if lone and isinstance(value, str):
            value = {lone: value}
        if not isinstance(value, dict):
            self.fail(key, f"{key} is a table, not {shown(value)}")
        return Table(value, (*self._keys, key), self._places)

    def without(self, keys: Iterable[str]) -> "Table":
        """Return the table without some keys."""
        values = {key: self.values[key] for key in self.values.keys() - set(keys)}
        return Table(values, self._keys, self._places)

    def refuse_unknown(self, known: set[str]) -> None:
        """Fail if there is any other key."""
        for key in self.values:
            if key not in known:
                close = difflib.get_close_matches(key.lower(), known, 1, 0.6)
                names = close[0] if close else ", ".join(sorted(known))
                hint = f"did you mean {names}?" if close else f"known are {names}"
                self.fail(key, f"{shown(key)} is not a setting here; {hint}")

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise SettingsError for a value of this table."""
        raise SettingsError(f"{self._places.find((*self._keys, key))}: {message}")


def is_fit(text: str) -> bool:
    """Tell whether a text can stand in a header, a path, a line and XML."""
    return not _UNFIT.search(text)


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, not too long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list in lists
        return "something very long"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


class _Places:
    """Knows where the value stands to which some keys lead."""

    def __init__(self, path: Path, text: str, replaced: Mapping[str, str]) -> None:
        self._path = path
        self._text = text
        self._replaced = replaced

    def is_replaced(self, keys: tuple[str, ...]) -> bool:
        """Tell whether the value is of the environment."""
        return keys[0] in self._replaced

    def find(self, keys: tuple[str, ...]) -> str:
        """Return the place as a message begins with it: of the value, or of the table around it."""
        if self.is_replaced(keys):
            return f"{self._replaced[keys[0]]} in the environment"
        header: tuple[str, ...] = ()
        place, depth = str(self._path), 0
        for number, line in enumerate(self._text.split("\n"), 1):
            if line.lstrip().startswith("["):
                here = header = _keys(line) or header
            else:
                here = header + (_keys(f"{line.partition('=')[0]}= 0") if "=" in line else ())
            if depth < len(here) and here == keys[: len(here)]:
                place, depth = f"{self._path}:{number}", len(here)
        return place


def _keys(toml: str) -> tuple[str, ...]:
    """Return the keys that lead to the only value of a TOML text; none if it is not such a text."""
    try:
        value: Any = tomllib.loads(toml)
    except (ValueError, RecursionError):
        return ()
    keys = []
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
    return tuple(keys)


def _parse(toml: str, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(toml)
    # Also for a number of thousands of digits, and for brackets in brackets.
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{place}:{line[1]}" if line and not place.endswith("environment") else place
        raise SettingsError(f"{where}: is not TOML: {error}") from None
