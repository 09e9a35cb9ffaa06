"""Prints problems: grouped by cause, with a summary after them, and coloured on a terminal."""

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import click

from feedsvc.errors import Problem, Severity, on_one_line

_PLACES = 3  # of each group
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
# The parts in which messages with the same cause may differ: quoted values and numbers. A name in
# backticks, such as that of a key, is part of the cause.
_VALUE = re.compile(r"(?<!\w)'[^']*'(?!\w)|(?<!\w)\"[^\"]*\"(?!\w)|\d+")

verbose_option = click.option(
    "--verbose", is_flag=True, help="List every problem, instead of three of each kind."
)


def show_problems(problems: Sequence[Problem], verbose: bool) -> None:
    """Print problems and their number to standard error, if there are any."""
    if problems:
        list_problems(problems, verbose, err=True)
        click.echo(summary(problems), err=True)


def list_problems(problems: Iterable[Problem], verbose: bool, *, err: bool) -> None:
    """Print problems, grouped by cause, or with `verbose` all of them, one per line.

    Uses colours on a terminal, unless NO_COLOR is set (no-color.org). err: to standard error.
    """
    color = False if os.environ.get("NO_COLOR") else None
    for line in _all(problems) if verbose else _grouped(problems):
        click.echo(line, err=err, color=color)


def exit_on_errors(problems: Iterable[Problem]) -> None:
    """Exit with code 1 if there is an error; warnings and notes do not count."""
    if any(problem.severity is Severity.ERROR for problem in problems):
        sys.exit(1)


def summary(problems: Iterable[Problem]) -> str:
    """Return the number of problems of each severity: `1 error, 2 warnings.`"""
    counts = Counter(problem.severity for problem in problems)
    if not counts:
        return "No problems found."
    return f"{', '.join(count(counts[each], each) for each in Severity if counts[each])}."


def count(number: int, word: str) -> str:
    """Return a number with its noun: `1 feed`, `4,000 feeds`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _all(problems: Iterable[Problem]) -> Iterator[str]:
    return (f"{problem.place}: {_text(problem)}" for problem in problems)


def _grouped(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield the lines of each group of problems with the same cause, most serious first."""
    groups: dict[tuple[Severity, str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        cause = _VALUE.sub("", problem.message)
        groups[problem.severity, problem.code, cause].append(problem)
    order = list(Severity)
    for _, group in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        if len(group) == 1:
            yield from _all(group)
            continue
        yield f"{_text(group[0])} ({count(len(group), 'time')})"
        yield from (f"  {problem.place}" for problem in _examples(group))
        if len(group) > _PLACES:
            yield f"  and {len(group) - _PLACES:,} more"


def _examples(group: Iterable[Problem]) -> list[Problem]:
    """Return the first problems, of different files if possible."""
    first: dict[str, Problem] = {}
    for problem in group:
        first.setdefault(problem.path, problem)
    return list(dict.fromkeys([*first.values(), *group]))[:_PLACES]


def _text(problem: Problem) -> str:
    severity = click.style(problem.severity, fg=_COLOURS[problem.severity], bold=True)
    return (
        f"{severity}: {on_one_line(problem.message)} {click.style(f'[{problem.code}]', dim=True)}"
    )
