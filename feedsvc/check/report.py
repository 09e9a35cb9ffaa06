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
    """Return a workflow command for each, which GitHub shows beside the line.

    The address of a feed is no file of the repository, so it is in the message.
    """
    lines = []
    for problem in problems:
        is_file = not problem.path.startswith(("http:", "https:"))
        place = {"file": problem.path} if is_file else {}
        if is_file and problem.line:
            place["line"] = str(problem.line)
        place["title"] = problem.code
        where = ",".join(f"{key}={_property(value)}" for key, value in place.items())
        at = f"{problem.path}:{problem.line}: " if problem.line else f"{problem.path}: "
        said = problem.message if is_file else f"{at}{problem.message}"
        lines.append(f"::{_COMMANDS[problem.severity]} {where}::{_data(said)}\n")
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
