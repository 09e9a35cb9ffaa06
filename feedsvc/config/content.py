"""Settings of the content folder: its generator, the files to read, and sections with feeds."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated

from feedsvc import plugins, urls
from feedsvc.config.tables import Rule, quoted
from feedsvc.model import PLAIN

GENERATORS = "feedsvc.generators"  # the group of their entry points


def generator_names() -> tuple[str, ...]:
    """Return the names of the installed generators, and that of the plain tree."""
    return (PLAIN, *plugins.names(GENERATORS))


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a predicate of paths for patterns as in .gitignore. Raises ValueError, re.error."""
    from pathspec import GitIgnoreSpec  # few sites need it, and importing it takes time

    return GitIgnoreSpec.from_lines(patterns).match_file


def _generator(name: str) -> str:
    if name and name not in (known := generator_names()):
        raise ValueError(f"{quoted(name)} is not known; write one of {', '.join(known)}")
    return name


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            matcher([pattern])
        except (ValueError, re.error):
            raise ValueError(
                f'has {quoted(pattern)}, which is not a pattern; write one like "drafts/"'
            ) from None
    return patterns


def _sections(folders: tuple[str, ...]) -> tuple[str, ...]:
    folders = tuple(folder.strip("/") for folder in folders)
    for folder in folders:
        if not urls.is_addressable(urls.term(folder)) or urls.term_excess(folder):
            raise ValueError(f'has {quoted(folder)}; write the path of a folder, like "notes"')
    return folders


Generator = Annotated[str, Rule("the name of a generator", _generator)]
Patterns = Annotated[
    tuple[str, ...],
    Rule('a list of patterns as in .gitignore, like ["drafts/", "*.tmp.md"]', _patterns),
]
Sections = Annotated[
    tuple[str, ...], Rule('a list of folders in the content folder, like ["notes"]', _sections)
]
