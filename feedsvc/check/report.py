"""Problems as text: lines as compilers write them, JSON, workflow commands of GitHub."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from feedsvc.errors import Problem, Severity

Report = Callable[[Sequence[Problem]], str]


def as_text(problems: Sequence[Problem]) -> str:
    """Return a line for each: `path:line: severity: message [code]`."""
    return "".join(f"{problem}\n" for problem in problems)


def as_json(problems: Sequence[Problem]) -> str:
    """Return a list of objects with path, line, severity, code and message; line 0 is null."""
    found = [
        {
            "path": problem.path,
            "line": problem.line or None,
            "severity": problem.severity,
            "code": problem.code,
            "message": problem.message,
        }
        for problem in problems
    ]
    return f"{json.dumps(found, indent=2)}\n"


_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_github(problems: Sequence[Problem]) -> str:
    """Return a workflow command for each, which GitHub displays next to the line.

    The URL of a feed is not a file of the repository, so it is part of the message.
    """
    lines = []
    for problem in problems:
        is_file = not problem.path.startswith(("http:", "https:"))
        line = str(problem.line) if problem.line else ""
        fields = {"file": problem.path, "line": line} if is_file else {}
        fields["title"] = problem.code
        place = ",".join(f"{key}={_property(value)}" for key, value in fields.items() if value)
        where = "" if is_file else f"{problem.path}:{line}: " if line else f"{problem.path}: "
        command = _COMMANDS[problem.severity]
        lines.append(f"::{command} {place}::{_data(where + problem.message)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Report] = {"text": as_text, "json": as_json, "github": as_github}


def summary(problems: Sequence[Problem]) -> str:
    """Say in one line how many there are of each severity."""
    counts = Counter(problem.severity for problem in problems)
    if not counts:
        return "No problems found."
    said = [
        f"{counts[each]} {each}{'s' * (counts[each] != 1)}" for each in Severity if counts[each]
    ]
    return f"{', '.join(said)}."
