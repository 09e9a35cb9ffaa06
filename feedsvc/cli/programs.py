"""Sets up a site whose articles are in a feed that another program writes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import click

from feedsvc import plugins
from feedsvc.errors import FeedsvcError

GROUP = "feedsvc.programs"  # of entry points


@runtime_checkable
class Program(Protocol):
    """The object that an entry point names: a program with a template for its articles."""

    @property
    def feed(self) -> str:
        """The file that the program writes, relative to the site."""

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do before the next build, one sentence each."""

    def files(self, base_url: str) -> Mapping[str, str]:
        """Return the files of the template by path, relative to the site."""


def names() -> list[str]:
    """Return the names of the installed programs."""
    return plugins.names(GROUP)


def load(name: str) -> Program:
    """Return a program. Raises FeedsvcError if it is unknown."""
    program = plugins.load_one(GROUP, name, Program)  # type: ignore[type-abstract]
    if program is None:
        raise FeedsvcError(f"--from {name!r} is not known; known are {', '.join(names())}")
    return program


def settings(program: Program) -> str:
    """Return the lines of feedsvc.toml that make the program's feed a source."""
    return f'[[sources]]\ntype = "jsonfeed"\npath = {json.dumps(program.feed)}\n'


def install(program: Program, site: Path, base_url: str, *, overwrite: bool) -> None:
    """Write and print the files of the template. Raises FeedsvcError if one cannot be written."""
    written = {site / path: text for path, text in program.files(base_url).items()}
    existing = [path for path, text in written.items() if _differs(path, text)]
    if existing and not overwrite:
        names = ", ".join(map(str, existing))
        raise FeedsvcError(f"{names}: already exists; nothing was written; use --force")
    for path, text in written.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise FeedsvcError(f"{path}: cannot be written: {error.strerror}") from None
        click.echo(f"Wrote {path}:\n\n{text}")


def _differs(path: Path, text: str) -> bool:
    """Return whether a file exists and has another text."""
    try:
        return path.read_text(encoding="utf-8") != text
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
