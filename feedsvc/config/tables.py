"""Converts TOML tables to msgspec structs and reports the line of a wrong value.

Knows no setting by name. Every mistake raises SettingsError with the file and line, or the
environment variable, and the remedy.
"""

import difflib
import hashlib
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import force_setattr

from feedsvc.errors import SettingsError
from feedsvc.model import excess
from feedsvc.syntax import is_line

T = TypeVar("T", bound=msgspec.Struct)
Text = Annotated[str, msgspec.Meta(min_length=1)]
_MAX_QUOTED = 60  # characters


class Rule(NamedTuple):
    """Constraints on a field that msgspec cannot express, as in `Annotated[str, Rule(...)]`.

    expected: completes "key is ..., not 1". parse: returns the value to store, or raises
    ValueError, whose message if any completes a sentence that starts with the key. max_bytes: the
    size limit of a text. secret: it may contain a password; messages show it up to the first colon.
    """

    expected: str
    parse: Callable[[Any], Any] = lambda value: value
    max_bytes: int | None = None
    secret: bool = False

    @classmethod
    def matching(cls, expected: str, matches: Callable[[str], bool], **more: Any) -> "Rule":
        """Return a rule that accepts the values for which a predicate is true, unchanged."""

        def parse(value: str) -> str:
            if not matches(value):
                raise ValueError
            return value

        return cls(expected, parse, **more)


# For fields without a rule.
_RULES = {
    str: Rule("a text in quotes"),
    bool: Rule("true or false"),
    tuple: Rule('a list of texts, like ["a", "b"]'),
}
# Prefixes of environment variables that are parsed as TOML, by field type.
_TOML_PREFIXES: dict[Any, tuple[str, ...]] = {tuple: ("{", "["), bool: ("{", "true", "false")}


@dataclass(frozen=True, slots=True)
class Places:
    """The settings file, and the variables that override its top-level keys."""

    path: str = ""
    text: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def find(self, keys: tuple[str | int, ...]) -> str:
        """Return the location of a value, or of the innermost enclosing table that has one.

        keys: the path of table keys and array indexes to the value.
        """
        if keys[0] in self.variables:
            return f"{self.variables[str(keys[0])]} in the environment"
        lines = self.text.split("\n")

        def parsed(count: int) -> tuple[int, int]:
            """Return the depth of the path in the first lines, cut to the last valid TOML."""
            while True:
                try:
                    return _depth(tomllib.loads("\n".join(lines[:count])), keys), count
                except ValueError:
                    count -= 1

        depth, _ = parsed(len(lines))
        last = bisect_left(range(len(lines)), depth, key=lambda count: parsed(count)[0])
        return f"{self.path}:{parsed(last - 1)[1] + 1}" if depth else self.path


@dataclass(frozen=True, slots=True)
class Table:
    """The values of a table, and the path of keys to it."""

    values: Mapping[str, Any]
    keys: tuple[str | int, ...] = ()
    places: Places = Places()

    def to(self, kind: type[T], **parsed: Any) -> T:
        """Convert the table to a struct. parsed: fields that were converted before."""
        self.refuse_unknown(kind.__struct_fields__)
        rules = {key: _rule(hint) for key, hint in kind.__annotations__.items()}
        try:
            struct = msgspec.convert({**self.values, **parsed}, kind)
        except msgspec.ValidationError as error:
            reason = str(error)
            if missing := re.search(r"missing required field `(\w+)`$", reason):
                self.fail(missing[1], f'{missing[1]} is missing; add the line {missing[1]} = "..."')
            key, item = re.findall(r" - at `\$\.(\w+)(.*)`$", reason)[-1]
            no_text = reason.startswith("Expected `str") and not item and self.values[key] != ""
            self._refuse(key, _RULES[str] if no_text else rules[key])
        for key in [key for key in self.values if key not in parsed]:
            force_setattr(struct, key, self._apply(key, getattr(struct, key), rules[key]))
        return struct

    def texts(self, rule: Rule = _RULES[str]) -> dict[str, str]:
        """Return a table of names and non-empty texts. rule: applies to every text."""
        for key, value in self.values.items():
            if not isinstance(value, str) or not value:
                self._refuse(key, _RULES[str])
            self._apply(key, value, rule)
        return dict(self.values)

    def table(self, key: str, shorthand: str | None = None) -> "Table":
        """Return a subtable, empty if it is missing.

        shorthand: the key of the subtable that a plain text in its place stands for.
        """
        value = self.values.get(key, {})
        if shorthand and isinstance(value, str):
            value = {shorthand: value}
        if not isinstance(value, dict):
            self.fail(key, f"{key} is a table, not {quoted(value)}")
        return replace(self, values=value, keys=(*self.keys, key))

    def items(self, key: str, shorthand: str) -> "list[Table]":
        """Return a list of tables, or a single one; a plain text is the value of shorthand."""
        value = self.values.get(key, [])
        items = value if isinstance(value, list) else [value]
        keys = ((n,) for n in range(len(items))) if isinstance(value, list) else ((),)
        found = []
        for each, place in zip(items, keys, strict=True):
            own = {shorthand: each} if isinstance(each, str) else each
            if not isinstance(own, dict):
                self.fail(key, f"{key} is a list of texts or tables, not {quoted(value)}")
            found.append(Table(own, (*self.keys, key, *place), self.places))
        return found

    def tables(self, key: str) -> list["Table"]:
        """Return the tables of an array of tables."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fail(key, f"{key} is a list of tables, each below a line [[{key}]]")
        return [Table(each, (*self.keys, key, n), self.places) for n, each in enumerate(value)]

    def only(self, *keys: str) -> "Table":
        """Return the table with only these keys."""
        return self.without(self.values.keys() - set(keys))

    def with_values(self, **values: Any) -> "Table":
        """Return the table with these values in place of its own."""
        return replace(self, values={**self.values, **values})

    def without(self, keys: Collection[str]) -> "Table":
        """Return the table without these keys."""
        return replace(self, values={k: v for k, v in self.values.items() if k not in keys})

    def digest(self) -> str:
        """Return a hash of the values."""
        encoded = msgspec.json.encode(self.values, order="deterministic")
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Fail if the table has any other key."""
        known = sorted(known)
        for key in self.values:
            if key not in known:
                close = difflib.get_close_matches(key.lower(), known, 1, 0.6)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
                self.fail(key, f"{quoted(key)} is not a setting here; {hint}")

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise SettingsError for a value of this table."""
        raise SettingsError(f"{self.places.find((*self.keys, key))}: {message}")

    def _apply(self, key: str, value: Any, rule: Rule) -> Any:
        if rule.max_bytes and (over := excess(value, rule.max_bytes)):
            self._refuse(key, rule, f"{over}; shorten it")
        try:
            return rule.parse(value)
        except ValueError as error:
            self._refuse(key, rule, str(error))

    def _refuse(self, key: str, rule: Rule, reason: str = "") -> NoReturn:
        value = self.values[key]
        if value == "" and rule.expected == _RULES[str].expected:
            self.fail(key, f"{key} is empty; write something")
        actual = quoted(str(value).partition(":")[0] if rule.secret else value)
        self.fail(key, f"{key} {reason or f'is {rule.expected}, not {actual}'}")


def load(
    path: Path,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    kind: type[msgspec.Struct],
) -> Table:
    """Read a TOML file whose top-level values environment variables override.

    variables: the name of the variable for each known key. A value is plain text, unless it starts
    with `{`, or like a TOML list or boolean if the field of kind has that type.
    Raises FileNotFoundError, SettingsError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    values = _parse(text, str(path))
    overrides = {key: name for key, name in variables.items() if name in environment}
    for key, name in overrides.items():
        values[key] = environment[name]
        hint = kind.__annotations__[key]
        hint = hint.__origin__ if hasattr(hint, "__metadata__") else hint  # of Annotated
        prefixes = _TOML_PREFIXES.get(hint) or _TOML_PREFIXES.get(get_origin(hint), ("{",))
        if environment[name].startswith(prefixes):
            toml = f"value = {environment[name]}"
            values[key] = _parse(toml, f"{name} in the environment")["value"]
    table = Table(values, (), Places(str(path), text, overrides))
    table.refuse_unknown(variables)
    return replace(table, values={key: _stripped(table, key, each) for key, each in values.items()})


def quoted(value: object) -> str:
    """Return the repr of a value for a message, truncated."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; deep nesting
        return "something very long"
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}..."


@cache
def _rule(hint: Any) -> Rule:
    """Return the rule of a field: its annotation's, its range's, or its type's."""
    for each in (hint, *get_args(hint)):
        for metadata in getattr(each, "__metadata__", ()):
            if isinstance(metadata, Rule):
                return metadata
            if metadata.ge is not None:
                return Rule(f"a whole number from {metadata.ge} to {metadata.le}")
    kinds = {each for each in (hint, get_origin(hint), *get_args(hint)) if each in _RULES}
    return _RULES[tuple if tuple in kinds else kinds.pop()] if kinds else Rule("a table")


def _stripped(table: Table, key: str, value: Any) -> Any:
    """Return a value with its texts stripped; fail if one does not fit on one line.

    Tables in arrays are left alone.
    """
    if isinstance(value, dict):
        inner = table.table(key)
        return {name: _stripped(inner, name, each) for name, each in value.items()}
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not is_line(text.strip()):
            # A text outside a list may be a secret.
            name = f"{quoted(text)} in {key}" if isinstance(value, list) else key
            table.fail(
                key,
                f"{name} has a line break, a tab or another control character; "
                "write it on one line without",
            )
    return value.strip() if isinstance(value, str) else value


def _depth(values: Any, keys: Iterable[str | int]) -> int:
    """Return how many keys of a path exist in parsed TOML."""
    depth = 0
    for key in keys:
        try:
            values = values[key]
        except (LookupError, TypeError):
            break
        depth += 1
    return depth


def _parse(toml: str, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(toml)
    # ValueError also for an integer of thousands of digits, RecursionError for nested brackets.
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{place}:{line[1]}" if line and not place.endswith("environment") else place
        raise SettingsError(f"{where}: is not TOML: {error}") from None
