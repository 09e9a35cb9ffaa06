"""Renders reStructuredText with docutils; a text cannot read files or the clock, or emit raw HTML.

docutils is an optional dependency, imported for the first such text.
"""

import re
from functools import cache
from typing import Any

from feedsvc.errors import ArticleError
from feedsvc.extras import how_to_install
from feedsvc.sources.frontmatter import FrontMatter

# Disables directives that read files or the configuration, and raw output.
_SETTINGS: dict[str, Any] = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
    "initial_header_level": 2,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "math_output": "LaTeX",
    "smart_quotes": False,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "line_length_limit": 100_000,
}
_FIELD = re.compile(r":([^:\n]+):(?= |$)[ ]*(.*)")
_ADORNED = re.compile(r"([!-/:-@\[-`{-~])\1*")


def split(text: str) -> tuple[FrontMatter, str]:
    """Split off the title and the field list below it."""
    lines = text.split("\n")
    at = _first(lines, 0)
    values: dict[str, Any] = {}
    title, at = _title(lines, at)
    if title:
        values["title"] = title
    at = _first(lines, at)
    key = ""
    while at < len(lines):
        line = lines[at]
        if match := _FIELD.fullmatch(line.rstrip()):
            key = match[1]
            values.setdefault(key, match[2])
        elif key and line[:1].isspace() and line.strip():
            values[key] = f"{values[key]} {line.strip()}".strip()
        else:
            break
        at += 1
    head, body = lines[:at], lines[at:]
    return FrontMatter(values, "\n".join([*head, ""]), first=1), "\n".join(body)


def _first(lines: list[str], at: int) -> int:
    """Return the index of the next line that is neither blank nor a comment."""
    while at < len(lines):
        line = lines[at]
        if line.startswith(".. ") and "::" not in line and not line.startswith((".. _", ".. |")):
            at += 1
            while at < len(lines) and (not lines[at].strip() or lines[at][:1].isspace()):
                at += 1
        elif line.strip():
            return at
        else:
            at += 1
    return at


def _title(lines: list[str], at: int) -> tuple[str, int]:
    """Return the title at an index, adorned below or above and below, and the index after it."""
    rest = [line.rstrip() for line in lines[at : at + 3]] + ["", "", ""]
    if _ADORNED.fullmatch(rest[0]) and rest[1] and rest[2] == rest[0]:
        return rest[1].strip(), at + 3
    if rest[0] and _ADORNED.fullmatch(rest[1]) and len(rest[1]) >= min(4, len(rest[0])):
        return rest[0].strip(), at + 2
    return "", at


def render(text: str) -> str:
    """Return raw HTML. Raises ArticleError (unreadable, bad-value)."""
    core, writer_class, translator = _docutils()
    try:
        writer = writer_class()
        writer.translator_class = translator
        core.publish_string(text, writer=writer, settings_overrides=_SETTINGS)
    except RecursionError:
        raise ArticleError("bad-markup", "nests too deeply; make it flatter") from None
    except Exception as error:  # noqa: BLE001 - docutils fails on some texts with any error
        message = f"is not valid reStructuredText: docutils raised {type(error).__name__}"
        raise ArticleError("bad-markup", message) from None
    return str(writer.parts["fragment"])


@cache
def _docutils() -> tuple[Any, Any, Any]:
    try:
        from docutils import core, nodes
        from docutils.parsers.rst import Directive, directives
        from docutils.writers import html5_polyglot
    except ImportError as error:
        command = how_to_install("rst", error)
        message = f"is reStructuredText; install docutils with {command}, or write it in Markdown"
        raise ArticleError("unreadable", message) from None

    class Nothing(Directive):
        """Replaces the directive `date`, whose output would change every day."""

        has_content = True

        def run(self) -> list[nodes.Node]:
            return []

    class Translator(html5_polyglot.HTMLTranslator):
        """Writes code as code."""

        def visit_literal(self, node: nodes.literal) -> None:
            self.body.append(f"<code>{self.encode(node.astext())}</code>")
            raise nodes.SkipNode

    directives.register_directive("date", Nothing)
    return core, html5_polyglot.Writer, Translator
