"""The texts of the pages in the languages of the interface: one TOML file each, in `languages`.

Features may have such a folder with further texts. A site whose language has no such file has pages
in English.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from feedsvc import features
from feedsvc.model import Kind

DEFAULT = "en"


class Interface(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts in one language.

    texts: by name, with placeholders for `str.format`. singular: the numbers that take `article`.
    headings: of lists of feeds. titles, errors: by status code.
    """

    texts: dict[str, str]
    singular: frozenset[int]
    headings: dict[Kind, str]
    titles: dict[int, str]
    errors: dict[int, str]
    language: str = DEFAULT

    def text(self, name: str, **values: object) -> str:
        """Return a text with its placeholders filled."""
        return self.texts[name].format(**values)

    def articles(self, count: int) -> str:
        """Return a number of articles in words: `1 article`."""
        name = "article" if count in self.singular else "articles"
        return self.text(name, count=count)


@cache
def interface(language: str) -> Interface:
    """Return the texts in a language, or else in English. language: RFC 5646."""
    primary = language.partition("-")[0].lower()
    if primary not in languages():
        primary = DEFAULT
    values = _texts(files(__package__).joinpath("languages"), primary)
    for folder in features.folders("languages"):
        values["texts"] |= _texts(folder, primary)["texts"]
    return msgspec.convert({**values, "language": primary}, Interface, strict=False)


def _texts(folder: Traversable, language: str) -> dict[str, Any]:
    """Return the texts of a folder in a language, or else in English."""
    file = folder.joinpath(f"{language}.toml")
    if not file.is_file():
        file = folder.joinpath(f"{DEFAULT}.toml")
    values: dict[str, Any] = msgspec.toml.decode(file.read_bytes())
    return values


@cache
def languages() -> frozenset[str]:
    """Return the languages that have texts."""
    folder = files(__package__).joinpath("languages")
    return frozenset(each.name.removesuffix(".toml") for each in folder.iterdir())
