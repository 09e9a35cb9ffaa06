"""The conventions of other generators, a module for each: data and pure functions."""

from importlib import import_module

from feedsvc.generators import PLAIN
from feedsvc.sources.generators.convention import Convention, File, Links, Own


def of(generator: str) -> Convention | None:
    """Return the convention of a generator, loaded when it is needed; None for our own."""
    if generator == PLAIN:
        return None
    found: Convention = import_module(f"{__name__}.{generator}").CONVENTION
    return found


__all__ = ["Convention", "File", "Links", "Own", "of"]
