"""Templates with which site generators write a JSON Feed of all articles in their own builds.

Each is a folder of `templates/` whose files have the paths that they get in the generator's tree.
The core finds the programs through the entry points `feedsvc.programs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

_BASE_URL = "@BASE_URL@"


@dataclass(frozen=True, slots=True)
class Program:
    """A site generator.

    feed: the file that its build writes, relative to the site. advice: what to do before the next
    build, one sentence each.
    """

    name: str
    feed: str
    advice: tuple[str, ...]

    def files(self, base_url: str) -> dict[str, str]:
        """Return the files of the template by path. base_url: of the site, without a final `/`."""
        top = files("feedsvc.importers") / "templates" / self.name
        return {
            str(path): file.read_text(encoding="utf-8").replace(_BASE_URL, base_url)
            for path, file in _walk(top, PurePosixPath())
        }


def _walk(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _walk(each, path / each.name)
        else:
            yield path / each.name, each


HUGO = Program(
    "hugo",
    "public/articles.json",
    (
        "The files belong into the content folder of the default language and into layouts/.",
        "Build with `hugo`.",
    ),
)
JEKYLL = Program("jekyll", "_site/articles.json", ("Build with `jekyll build`.",))
ELEVENTY = Program(
    "eleventy",
    "_site/articles.json",
    (
        "Move articles.json.njk into the input folder, if that is not the site's folder.",
        "Build with `npx @11ty/eleventy`.",
    ),
)
PELICAN = Program(
    "pelican",
    "output/articles.json",
    (
        'Add the line TEMPLATE_PAGES = {"articles.json.jinja": "articles.json"} to pelicanconf.py.',
        "Build with the settings that have SITEURL: `pelican -s publishconf.py`.",
    ),
)
ASTRO = Program(
    "astro",
    "dist/articles.json",
    (
        "Set COLLECTION, the paths of articles, and for MDX its renderer, in "
        "src/pages/articles.json.js.",
        "Build with `npx astro build`.",
    ),
)
