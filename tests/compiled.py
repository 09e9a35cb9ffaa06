"""Keeps what is compiled from the same source again and again, for all apps of a process."""

from typing import Any

import jinja2
import pytest
from werkzeug.routing import Rule


def templates_once(patch: pytest.MonkeyPatch) -> None:
    """Compile the same source of a template file once, not for each app."""
    compile_ = jinja2.Environment.compile
    known: dict[tuple[str, ...], object] = {}

    def compile_once(self: jinja2.Environment, *given: str, **options: str) -> object:
        if not (len(given) == 3 and all(given)) or options:  # source, name, path
            return compile_(self, *given, **options)  # type: ignore[call-overload]
        if given not in known:
            known[given] = compile_(self, *given)
        return known[given]

    patch.setattr(jinja2.Environment, "compile", compile_once)


def builders_once(patch: pytest.MonkeyPatch) -> None:
    """Compile what builds the paths of a route once, not for each app."""
    compile_ = Rule._compile_builder
    known: dict[tuple[object, ...], Any] = {}

    def compile_once(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:  # their converters' results are part of the code
            return compile_(self, append_unknown)
        key = (self.rule, append_unknown, *self._trace)
        if key not in known:
            known[key] = compile_(self, append_unknown)
        return known[key]

    patch.setattr(Rule, "_compile_builder", compile_once)
