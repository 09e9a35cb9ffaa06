"""Splits a file's text into front matter and body; knows no key by name.

In YAML, between `---` lines, every scalar is the text as written, so that `12:30`, `no` and `1.10`
are not numbers or booleans; the reader of a key interprets it. TOML, between `+++` lines, and JSON,
which some generators read, keep their types. JavaScript, below a line `---js`, is not executed: an
object of plain values is YAML, too.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from feedsvc.errors import ArticleError, Severity

_DEEPEST = 50
_TOO_DEEP = "has front matter that is nested too deeply; make it flatter"
_HARMLESS = 2000  # characters, which cannot nest deeply enough to overflow the stack


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The front matter of one file.

    text: its source. names: maps keys that have another name in the source to that name. first: the
    line of the file on which the text starts. warnings: about parts that were not read as written.
    """

    values: Mapping[str, Any]
    text: str
    names: Mapping[str, str] = field(default_factory=dict)
    first: int = 2
    warnings: tuple[ArticleError, ...] = ()

    def name(self, key: str) -> str:
        """Return the name of a key in the source."""
        return self.names.get(key, key)

    def line(self, key: str) -> int:
        """Return the line of the file that a key is on; 1 if there is none."""
        name = self.name(key)
        if name not in self.text:
            return 1
        key_at = rf"""^[ \t]*["':]?{re.escape(name)}["']?\s*[:=]"""
        match = re.search(key_at, self.text, re.MULTILINE)
        return self.text.count("\n", 0, match.start()) + self.first if match else 1


def split(text: str) -> tuple[FrontMatter, str]:
    """Split a text with LF line endings into its front matter, which may be empty, and its body.

    Raises ArticleError (bad-front-matter).
    """
    fence, language = text[:3], text[3:].partition("\n")[0].strip().lower()
    parse = _PARSERS.get((fence, language))
    if not parse:
        return FrontMatter({}, ""), text
    end = re.compile(rf"^{re.escape(fence)}[ \t]*$", re.MULTILINE).search(text, 4)
    if not end:
        raise _invalid(f"has front matter that does not end; close it with a line {fence}", -1)
    source = text[text.index("\n") + 1 : end.start()]
    warnings: list[ArticleError] = []
    values = parse(source, warnings)
    return FrontMatter(values, source, warnings=tuple(warnings)), text[end.end() :]


def split_json(text: str) -> tuple[FrontMatter, str]:
    """Split a text that starts with a JSON object, like `split`.

    Raises ArticleError (bad-front-matter).
    """
    try:
        values, end = json.JSONDecoder().raw_decode(text)
    except RecursionError:
        raise _invalid(_TOO_DEEP, -1) from None
    except ValueError as error:  # also for a number of thousands of digits
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise _invalid(f"is not JSON: {error}; correct it", line - 2) from None
    return FrontMatter(values, text[:end], first=1), text[end:]


class _Untyped:
    """Replaces the resolver of YAML types, as every scalar is a text; this halves the time."""

    def descend_resolver(self, *_: object) -> None:
        """Do nothing."""

    def ascend_resolver(self) -> None:
        """Do nothing."""

    def resolve(self, *_: object) -> str:
        """Return no tag."""
        return ""


class _Loader(_Untyped, getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Composes nodes, using libyaml if it is available."""


class _Constructor:
    """Converts YAML nodes to texts, lists and mappings; a node with aliases only once."""

    def __init__(self, warnings: list[ArticleError]) -> None:
        self._warnings = warnings
        self._values: dict[yaml.Node, Any] = {}

    def value(self, node: yaml.Node) -> Any:
        """Return the value of a node. Raises ArticleError."""
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if node not in self._values:
            if isinstance(node, yaml.MappingNode):
                self._values[node] = self._mapping(node)
            else:
                self._values[node] = list(map(self.value, node.value))
        return self._values[node]

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _invalid(
                    "has a key that is not a text; write `key: value`", key.start_mark.line
                )
            if key.value in mapping:
                message = f"the key `{key.value}` occurs twice, and the last is used; remove one"
                self._warnings.append(_invalid(message, key.start_mark.line).as_warning())
            mapping[key.value] = self.value(value)
        return mapping


def _refuse_depth(source: str) -> None:
    """Raise ArticleError for nesting that would overflow the stack of libyaml's composer."""
    depth = 0
    for event in yaml.parse(source, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise _invalid(_TOO_DEEP, event.start_mark.line if event.start_mark else 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _invalid(message: str, index: int) -> ArticleError:
    """Return an error in front matter. index: of the line within it, from 0."""
    return ArticleError("bad-front-matter", message, line=index + 2)


def _yaml(source: str, warnings: list[ArticleError]) -> Mapping[str, Any]:
    try:
        if len(source) > _HARMLESS:
            _refuse_depth(source)
        node = yaml.compose(source, _Loader)
        values = _Constructor(warnings).value(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not YAML: {error.problem}; put quotes around texts with `: ` or `#` in them"
        if "nesting depth" in (error.problem or ""):  # a limit of newer versions of libyaml
            message = _TOO_DEEP
        raise _invalid(message, mark.line if mark else 0) from None
    except yaml.reader.ReaderError as error:
        at = source.find(chr(error.character))
        message = f"contains the control character U+{error.character:04X}; delete it"
        raise _invalid(message, source.count("\n", 0, at)) from None
    except RecursionError:
        raise _invalid(_TOO_DEEP, 0) from None
    if values is None or values == "":
        return {}
    if not isinstance(values, dict):
        raise _invalid("has front matter without `key: value` lines; write it as such lines", 0)
    return values


def _toml(source: str, _warnings: list[ArticleError]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(source)
    except RecursionError:
        raise _invalid(_TOO_DEEP, 0) from None
    except ValueError as error:  # also for a number of thousands of digits
        place = re.search(r"line (\d+)", str(error))
        message = f"is not TOML: {error}; put texts in quotes"
        raise _invalid(message, int(place[1]) - 1 if place else 0) from None


def _javascript(source: str, warnings: list[ArticleError]) -> Mapping[str, Any]:
    try:
        return _yaml(source, warnings)
    except ArticleError:
        message = (
            "has front matter in JavaScript, which only its generator can run; write it as YAML"
        )
        warnings.append(ArticleError("left-out", message, line=1, severity=Severity.WARNING))
        return {}


_PARSERS = {
    ("---", ""): _yaml,
    ("---", "yaml"): _yaml,
    ("---", "json"): _yaml,  # of which JSON is a subset
    ("---", "js"): _javascript,
    ("---", "javascript"): _javascript,
    ("+++", ""): _toml,
    ("---", "toml"): _toml,
}
