"""Reads TOML tables into msgspec structs, and says where a wrong value stands.

Knows no setting by name. Every mistake raises SettingsError with the file and line, or the
environment variable, and what to write.
"""

import difflib
import hashlib
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import force_setattr

from feedsvc.errors import SettingsError
from feedsvc.model import excess
from feedsvc.syntax import is_line

T = TypeVar("T", bound=msgspec.Struct)
_LONGEST_SHOWN = 60  # characters


class Rule(NamedTuple):
    """What a value has to be, in the annotation of a field: `Annotated[str, Rule(...)]`.

    wanted: words for "key is ..., not 1". read: returns the value to keep, or raises ValueError,
    perhaps with the end of a sentence that begins with the key. longest: bytes of a text. secret:
    the value may hold a password, so messages show it only up to the first colon.
    """

    wanted: str
    read: Callable[[Any], Any] = lambda value: value
    longest: int | None = None
    secret: bool = False

    @classmethod
    def of(cls, wanted: str, fits: Callable[[str], bool], **more: Any) -> "Rule":
        """Return a rule that keeps values as they are, if they fit."""

        def read(value: str) -> str:
            if not fits(value):
                raise ValueError
            return value

        return cls(wanted, read, **more)


_RULES = {  # of fields whose annotation has none
    str: Rule("a text in quotes"),
    bool: Rule("true or false"),
    tuple: Rule('a list of texts, like ["a", "b"]'),
}
# How the values of environment variables begin that are TOML, by the type of the field.
_TOML: dict[Any, tuple[str, ...]] = {tuple: ("{", "["), bool: ("{", "true", "false")}
Text = Annotated[str, msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Places:
    """The file that settings are read from, and the variables that replace its top-level keys."""

    path: str = ""
    text: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def find(self, keys: tuple[str | int, ...]) -> str:
        """Return the place of a value, or of the innermost table around it that has one.

        keys: those of tables and the indexes of arrays that lead to the value.
        """
        if keys[0] in self.variables:
            return f"{self.variables[str(keys[0])]} in the environment"
        lines = self.text.split("\n")

        def reached(number: int) -> tuple[int, int]:
            """Return how many keys the first lines have, cut to where they are whole TOML."""
            while True:
                try:
                    return _depth(tomllib.loads("\n".join(lines[:number])), keys), number
                except ValueError:
                    number -= 1

        depth, _ = reached(len(lines))
        last = bisect_left(range(len(lines)), depth, key=lambda number: reached(number)[0])
        return f"{self.path}:{reached(last - 1)[1] + 1}" if depth else self.path


@dataclass(frozen=True, slots=True)
class Table:
    """The values of a table, and the keys that lead to it."""

    values: Mapping[str, Any]
    keys: tuple[str | int, ...] = ()
    places: Places = Places()

    def to(self, kind: type[T], **made: Any) -> T:
        """Return the table as a struct. made: fields that were read before."""
        self.refuse_unknown(kind.__struct_fields__)
        rules = {key: _rule(hint) for key, hint in kind.__annotations__.items()}
        try:
            found = msgspec.convert({**self.values, **made}, kind)
        except msgspec.ValidationError as error:
            said = str(error)
            if missing := re.search(r"missing required field `(\w+)`$", said):
                self.fail(missing[1], f'{missing[1]} is missing; add the line {missing[1]} = "..."')
            key, item = re.findall(r" - at `\$\.(\w+)(.*)`$", said)[-1]
            no_text = said.startswith("Expected `str") and not item and self.values[key] != ""
            self._refuse(key, _RULES[str] if no_text else rules[key])
        for key in [key for key in self.values if key not in made]:
            force_setattr(found, key, self._read(key, getattr(found, key), rules[key]))
        return found

    def texts(self, rule: Rule = _RULES[str]) -> dict[str, str]:
        """Return a table of names and texts, none of which is empty. rule: of every text."""
        for key, value in self.values.items():
            if not isinstance(value, str) or not value:
                self._refuse(key, _RULES[str])
            self._read(key, value, rule)
        return dict(self.values)

    def table(self, key: str, lone: str | None = None) -> "Table":
        """Return the table of a key, an empty one if it is missing.

        lone: the key that a text has which stands in place of the table.
        """
        value = self.values.get(key, {})
        if lone and isinstance(value, str):
            value = {lone: value}
        if not isinstance(value, dict):
            self.fail(key, f"{key} is a table, not {shown(value)}")
        return replace(self, values=value, keys=(*self.keys, key))

    def tables(self, key: str) -> list["Table"]:
        """Return the tables of an array of tables."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fail(key, f"{key} is a list of tables, each below a line [[{key}]]")
        keys = (*self.keys, key)
        return [replace(self, values=each, keys=(*keys, n)) for n, each in enumerate(value)]

    def only(self, *keys: str) -> "Table":
        """Return the table with no other keys than these."""
        return self.without(self.values.keys() - set(keys))

    def without(self, keys: Collection[str]) -> "Table":
        """Return the table without some keys."""
        values = {key: value for key, value in self.values.items() if key not in keys}
        return replace(self, values=values)

    def digest(self) -> str:
        """Return a hash that changes with the values."""
        encoded = msgspec.json.encode(self.values, order="deterministic")
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Fail if there is any other key."""
        known = sorted(known)
        for key in self.values:
            if key not in known:
                close = difflib.get_close_matches(key.lower(), known, 1, 0.6)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
                self.fail(key, f"{shown(key)} is not a setting here; {hint}")

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise SettingsError for a value of this table."""
        raise SettingsError(f"{self.places.find((*self.keys, key))}: {message}")

    def _read(self, key: str, value: Any, rule: Rule) -> Any:
        if rule.longest and (over := excess(value, rule.longest)):
            self._refuse(key, rule, f"{over}; shorten it")
        try:
            return rule.read(value)
        except ValueError as error:
            self._refuse(key, rule, str(error))

    def _refuse(self, key: str, rule: Rule, why: str = "") -> NoReturn:
        value = self.values[key]
        if value == "" and rule.wanted == _RULES[str].wanted:
            self.fail(key, f"{key} is empty; write something")
        seen = shown(str(value).partition(":")[0] if rule.secret else value)
        self.fail(key, f"{key} {why}" if why else f"{key} is {rule.wanted}, not {seen}")


def load(
    path: Path,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    kind: type[msgspec.Struct],
) -> Table:
    """Read a TOML file, in which the environment replaces top-level values.

    variables: all known keys, and the variable that may replace each. Its value is text, unless it
    begins with `{`, or the field of kind is a list or a yes or no and the value looks like one.
    Raises FileNotFoundError, SettingsError.
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
        written: Any = environment[name]
        hint = kind.__annotations__[key]
        if written.startswith(_TOML.get(hint, _TOML.get(get_origin(hint), ("{",)))):
            written = _parse(f"value = {written}", f"{name} in the environment")["value"]
        values[key] = written
    table = Table(values, (), Places(str(path), text, found))
    table.refuse_unknown(variables)
    return replace(table, values={key: _stripped(table, key, each) for key, each in values.items()})


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, not too long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list in lists
        return "something very long"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _rule(hint: Any) -> Rule:
    """Return the rule of a field: of its annotation, a range, or what its type says alone."""
    for each in (hint, *get_args(hint)):
        for found in getattr(each, "__metadata__", ()):
            if isinstance(found, Rule):
                return found
            if found.ge is not None:
                return Rule(f"a whole number from {found.ge} to {found.le}")
    kinds = {each for each in (hint, get_origin(hint), *get_args(hint)) if each in _RULES}
    return _RULES[tuple if tuple in kinds else kinds.pop()] if kinds else Rule("a table")


def _stripped(table: Table, key: str, value: Any) -> Any:
    """Return a value with its texts stripped; fail for one that does not fit on one line.

    Tables in arrays are left as they are.
    """
    if isinstance(value, dict):
        inner = table.table(key)
        return {name: _stripped(inner, name, each) for name, each in value.items()}
    in_list = isinstance(value, list)
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not is_line(text.strip()):
            name = f"{shown(text)} in {key}" if in_list else key  # a lone text may be secret
            table.fail(
                key,
                f"{name} has a line break, a tab or another control character; "
                "write it in one line without",
            )
    return value.strip() if isinstance(value, str) else value


def _depth(values: Any, keys: Iterable[str | int]) -> int:
    """Return how many of the keys lead to something in the values of a TOML text."""
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
    # Also for a number of thousands of digits, and for brackets in brackets.
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{place}:{line[1]}" if line and not place.endswith("environment") else place
        raise SettingsError(f"{where}: is not TOML: {error}") from None
