"""Formats problems for programs: as JSON, and as workflow commands of GitHub."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from feedsvc.errors import Problem, Severity

Report = Callable[[Sequence[Problem]], str]


def as_json(problems: Sequence[Problem]) -> str:
    """Return a list of objects with path, line, severity, code and message; line 0 is null."""
    found = [asdict(problem) | {"line": problem.line or None} for problem in problems]
    return f"{json.dumps(found, indent=2)}\n"


_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_github(problems: Sequence[Problem]) -> str:
    """Return one workflow command per problem, which GitHub displays next to the line.

    The URL of a feed is not a file of the repository, so it is part of the message.
    """
    lines = []
    for problem in problems:
        is_file = not problem.path.startswith(("http:", "https:"))
        fields = {"file": problem.path, "line": str(problem.line or "")} if is_file else {}
        fields["title"] = problem.code
        place = ",".join(f"{key}={_property(value)}" for key, value in fields.items() if value)
        message = problem.message if is_file else f"{problem.place}: {problem.message}"
        lines.append(f"::{_COMMANDS[problem.severity]} {place}::{_data(message)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Report] = {"json": as_json, "github": as_github}
