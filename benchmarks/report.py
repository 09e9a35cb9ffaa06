"""Print the results of a benchmark as a table or as Markdown, and write them as JSON."""

import json
import os
import platform
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from rich.console import Console
from rich.table import Table


class Row(Protocol):
    """One result: a dataclass that formats itself as table cells."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def missed(self) -> bool:
        """Whether the figure is worse than the target."""
        ...

    @property
    def shown(self) -> tuple[str, ...]:
        """The cells of a table row, one for each heading."""
        ...


def add_options(parser: ArgumentParser) -> None:
    """Add the output options to a command-line parser."""
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the results to FILE")


def show(
    asked: Namespace, headings: Sequence[str], numbers: Sequence[str], rows: Sequence[Row], on: str
) -> None:
    """Print the results as requested. numbers: the headings of right-aligned columns.

    on: the machine, see `machine`.
    """
    if asked.json:
        figures = {"machine": on, "rows": [asdict(row) for row in rows]}
        asked.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    if asked.markdown:
        print(_as_markdown(headings, numbers, rows, on))
    else:
        Console().print(_as_table(headings, numbers, rows, on))


def figure(value: float, unit: str) -> str:
    """Format a figure with three significant digits, or as an integer from 100 on."""
    return f"{value:.3g} {unit}" if abs(value) < 100 else f"{value:,.0f} {unit}"


def machine(*programs: str) -> str:
    """Return a description of this machine and the programs, with today's date."""
    named = ", ".join((f"Python {platform.python_version()}", *programs))
    return f"{_processor()}, {os.cpu_count()} cores; {named}; {datetime.now(UTC):%F}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _as_table(
    headings: Sequence[str], numbers: Sequence[str], rows: Sequence[Row], caption: str
) -> Table:
    table = Table(caption=caption)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left")
    for row in rows:
        table.add_row(*row.shown, style="red" if row.missed else None)
    return table


def _as_markdown(
    headings: Sequence[str], numbers: Sequence[str], rows: Sequence[Row], caption: str
) -> str:
    rule = ["---:" if heading in numbers else "---" for heading in headings]
    lines = (headings, rule, *(row.shown for row in rows))
    return "\n".join((*(f"| {' | '.join(cells)} |" for cells in lines), "", caption))
