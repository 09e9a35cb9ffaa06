"""The place of a file in a Hugo site: its language, section and name."""

from collections.abc import Mapping
from posixpath import basename, dirname, normpath, splitext
from typing import Any, NamedTuple

from feedsvc.model import Tree
from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import File
from feedsvc.sources.generators.patterns import words


class Place(NamedTuple):
    """The place of a file. language: '' if unspecified. root: the language's folder, or ''."""

    language: str
    root: str
    folder: str
    stem: str

    @property
    def name(self) -> str:
        """The name of the page; for a bundle, the name of its folder."""
        return basename(self.folder) if self.stem == "index" else self.stem

    @property
    def above(self) -> str:
        """The folder that the page is in."""
        return dirname(self.folder) if self.stem == "index" else self.folder

    @property
    def section(self) -> str:
        """The top folder."""
        return self.above.split("/")[0]


def languages(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the languages of a configuration."""
    return configs.table(options, "languages")


def default_language(options: Mapping[str, Any]) -> str:
    """Return the default language: the configured one, English, or the first by weight."""
    known = languages(options)
    usual = "en" if "en" in known or not known else min(known, key=lambda key: _weight(known[key]))
    return configs.text(options, "defaultcontentlanguage", usual).lower()


def _weight(language: Any) -> tuple[int, int]:
    weight = configs.text(language, "weight")
    return (0, int(weight)) if weight.isdecimal() and weight != "0" else (1, 0)


def _language_folder(tree: str, options: Mapping[str, Any], path: str) -> tuple[str, str] | None:
    """Return the language whose folder a path is in, with that folder in the tree."""
    for language, values in languages(options).items():
        own = configs.text(values, "contentdir")
        if not own:
            continue
        inside = normpath(own).removeprefix(normpath(tree)).strip("/") if tree else own
        if path.startswith(f"{inside}/") or normpath(own) == normpath(tree):
            return language, "" if normpath(own) == normpath(tree) else inside
    return None


def is_content(tree: Tree, path: str) -> bool:
    """Return whether a file is in a language that Hugo publishes."""
    known = languages(tree.options)
    found = _language_folder(tree.tree, tree.options, path)
    language = found[0] if found else ""
    if not found:
        suffix = splitext(splitext(basename(path))[0])[1][1:].lower()
        language = suffix if suffix in known else default_language(tree.options)
        if configs.text(known.get(default_language(tree.options)), "contentdir"):
            return False  # outside the folders of languages
    disabled = [str(each).lower() for each in words(tree.options.get("disablelanguages"))]
    is_off = configs.text(known.get(language), "disabled") == "true"
    return not is_off and language not in disabled


def place_of(file: File) -> Place:
    """Return the place of a file."""
    if "place" not in file.cache:
        file.cache["place"] = _place_of(file)
    found: Place = file.cache["place"]
    return found


def _place_of(file: File) -> Place:
    found = _language_folder(file.tree, file.options, file.path)
    language, root = found or ("", "")
    folder = file.folder.removeprefix(root).strip("/")
    stem, ending = splitext(file.stem)
    if ending[1:].lower() in languages(file.options):
        return Place(language or ending[1:].lower(), root, folder, stem)
    return Place(language, root, folder, file.stem)


def options_of(file: File) -> Mapping[str, Any]:
    """Return the configuration for the language of a file."""
    if "options" not in file.cache:
        language = place_of(file).language or default_language(file.options)
        own = configs.table(languages(file.options), language)
        file.cache["options"] = configs.merge(file.options, own)
    found: Mapping[str, Any] = file.cache["options"]
    return found
