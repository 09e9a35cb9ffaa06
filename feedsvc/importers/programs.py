"""Templates for site generators, whose builds then write a JSON Feed of all articles.

Each is a folder of `templates/`; its files have the same paths as in the generator's tree. The core
finds the programs through the entry points `feedsvc.programs`.
"""

from dataclasses import dataclass
from pathlib import Path

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
        folder = Path(__file__).with_name("templates") / self.name
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        texts = [path.read_text("utf-8").replace(_BASE_URL, base_url) for path in paths]
        names = (path.relative_to(folder).as_posix() for path in paths)
        return dict(zip(names, texts, strict=True))


HUGO = Program(
    "hugo",
    "public/articles.json",
    (
        "The files belong in the content folder of the default language and into layouts/.",
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
        "Set COLLECTION, the paths and, for MDX, the renderer in src/pages/articles.json.js.",
        "Build with `npx astro build`.",
    ),
)
