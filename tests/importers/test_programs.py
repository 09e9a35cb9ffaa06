"""Templates for generators, run by the real programs and compared with their own feeds."""

import os
import shutil
import subprocess
import sys
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import NamedTuple

import feedparser
import pytest
from click.testing import CliRunner

from feedsvc import sources
from feedsvc.cli import main
from feedsvc.importers.programs import ASTRO, ELEVENTY, HUGO, JEKYLL, PELICAN, Program
from feedsvc.importers.source.feed import FeedSource
from feedsvc.model import Article, Kind
from tests.importers.source.test_feed_source import document, item
from tests.soak import SOAK

BASE = "https://news.example.org/blog"


class Entry(NamedTuple):
    id: str
    link: str
    title: str
    published: datetime


class Tree(NamedTuple):
    """A small site of a program.

    feed: the one that the program itself writes. change: a line of the template and its
    replacement.
    """

    program: Program
    command: tuple[str, ...]
    feed: str
    files: Mapping[str, str]
    articles: int
    change: tuple[str, str] = ("", "")


MARKDOWN = "Text with [a link](../other/).\n"
HUGO_TREE = Tree(
    HUGO,
    ("hugo",),
    "public/index.xml",
    {
        "hugo.toml": (
            f'baseURL = "{BASE}/"\ntitle = "News"\n[permalinks]\nposts = "/:year/:slug/"\n'
        ),
        "layouts/_default/single.html": "{{ .Content }}",
        "layouts/_default/list.html": "{{ .Title }}",
        "content/posts/a.md": (
            '---\ntitle: A & "it\'s"\ndate: 2022-02-01T09:30:00+01:00\nlastmod: 2022-03-01\n'
            f"tags: [C++, été]\ncategories: World\nauthors: [Ada, Bo]\n---\n{MARKDOWN}"
        ),
        "content/posts/bundle/index.md": (
            "---\ntitle: B\ndate: 2022-02-02\nslug: bee\nauthor: {name: Cy}\nimage: x.png\n---\n"
            "![x](x.png)\n"
        ),
        "content/posts/bundle/x.png": "x",
        "content/posts/draft.md": "---\ntitle: Draft\ndate: 2022-02-02\ndraft: true\n---\n",
    },
    2,
)
JEKYLL_TREE = Tree(
    JEKYLL,
    ("jekyll", "build"),
    "_site/feed.xml",
    {
        "_config.yml": (
            "title: News\nurl: https://news.example.org\nbaseurl: /blog\nplugins: [jekyll-feed]\n"
            "permalink: /:year/:title/\nlang: fr\n"
        ),
        "_data/authors.yml": "cy: {name: Cy, uri: 'https://cy.example/'}\n",
        "_posts/2022-02-01-a.md": (
            '---\ntitle: A & "it\'s"\ntags: [C++, été]\ncategories: World\nauthors: [Ada, Bo]\n'
            f"---\n{MARKDOWN}"
        ),
        "_posts/2022-02-02-b.md": (
            "---\ntitle: B\ndate: 2022-02-02 09:30 +0100\nauthor: cy\nimage: /x.png\n---\n"
            "![x](x.png)\n"
        ),
        "_posts/2022-02-03-c.md": "---\ntitle: C\npublished: false\n---\nText\n",
    },
    2,
)
PELICAN_TREE = Tree(
    PELICAN,
    ("pelican", "-q"),
    "output/feeds/all.xml",
    {
        "pelicanconf.py": (
            f'SITENAME = "News"\nSITEURL = "{BASE}"\nPATH = "content"\nTIMEZONE = "Europe/Paris"\n'
            'DEFAULT_LANG = "en"\nFEED_ALL_ATOM = "feeds/all.xml"\n'
            'TEMPLATE_PAGES = {"articles.json.jinja": "articles.json"}\n'
        ),
        "content/a.md": (
            'Title: A & "it\'s"\nDate: 2022-02-01 09:30\nModified: 2022-03-01\nTags: C++, été\n'
            f"Category: World\nAuthors: Ada, Bo\nSlug: a\n\n{MARKDOWN}"
        ),
        "content/a-fr.md": "Title: A fr\nDate: 2022-02-01 09:30\nLang: fr\nSlug: a\n\nTexte\n",
        "content/b.md": "Title: B\nDate: 2022-02-02\nAuthor: Cy\nImage: /x.png\n\n![x](x.png)\n",
        "content/c.md": "Title: C\nDate: 2022-02-02\nStatus: draft\n\nText\n",
    },
    3,
)
ELEVENTY_TREE = Tree(
    ELEVENTY,
    ("eleventy", "--quiet"),
    "_site/feed.xml",
    {
        "package.json": '{"name": "news"}',
        "eleventy.config.mjs": (
            'import rss from "@11ty/eleventy-plugin-rss";\n'
            "export default (config) => { config.addPlugin(rss); };\n"
        ),
        "feed.njk": (
            "---\npermalink: /feed.xml\neleventyExcludeFromCollections: true\n---\n"
            '<feed xmlns="http://www.w3.org/2005/Atom">{% for post in collections.posts %}<entry>'
            f'{{% set url %}}{{{{ ("/blog" + post.url) | htmlBaseUrl("{BASE}") }}}}{{% endset %}}'
            '<id>{{ url }}</id><link href="{{ url }}"/><title>{{ post.data.title }}</title>'
            "<published>{{ post.date | dateToRfc3339 }}</published></entry>{% endfor %}</feed>"
        ),
        "posts/a.md": (
            '---\ntitle: A & "it\'s"\ndate: 2022-02-01\ntags: [posts, C++, été]\n'
            f"categories: World\nauthors: [Ada, Bo]\n---\n{MARKDOWN}"
        ),
        "posts/b.md": (
            "---\ntitle: B\ndate: 2022-02-02T09:30:00+01:00\ntags: posts\nauthor: Cy\n"
            "image: posts/b/x.png\n---\n![x](x.png)\n"
        ),
    },
    2,
)
ASTRO_TREE = Tree(
    ASTRO,
    ("astro", "build"),
    "dist/feed.xml",
    {
        "package.json": '{"name": "news", "type": "module"}',
        "astro.config.mjs": (
            'import mdx from "@astrojs/mdx";\n'
            'export default { site: "https://news.example.org", base: "/blog", '
            "integrations: [mdx()] };\n"
        ),
        "src/content.config.ts": (
            'import { defineCollection } from "astro:content";\n'
            'import { glob } from "astro/loaders";\n'
            'const loader = glob({ base: "./src/posts", pattern: "*.{md,mdx}" });\n'
            "export const collections = { blog: defineCollection({ loader }) };\n"
        ),
        "src/pages/feed.xml.js": (
            'import rss from "@astrojs/rss";\nimport { getCollection } from "astro:content";\n'
            "export async function GET({ site }) {\n"
            '  const posts = await getCollection("blog");\n'
            "  const items = posts.map(({ id, data }) => ({\n"
            "    title: data.title, pubDate: new Date(data.pubDate), link: `/blog/blog/${id}/`,\n"
            '  }));\n  return rss({ title: "x", description: "x", site, items });\n}\n'
        ),
        "src/posts/a.md": (
            '---\ntitle: A & "it\'s"\npubDate: 2022-02-01\ntags: [C++, été]\n'
            f"categories: World\nauthors: [Ada, Bo]\n---\n{MARKDOWN}"
        ),
        "src/posts/b.mdx": (
            "---\ntitle: B\npubDate: 2022-02-02T09:30:00+01:00\nauthor: Cy\n---\n"
            "import Note from '../Note.astro';\n\n<Note>Text</Note>\n"
        ),
        "src/Note.astro": "<b><slot /></b>",
    },
    2,
    (
        "const RENDERERS = [];",
        'import { getContainerRenderer as mdx } from "@astrojs/mdx";\nconst RENDERERS = [mdx()];',
    ),
)
TREES = {tree.program.name: tree for tree in (HUGO_TREE, JEKYLL_TREE, PELICAN_TREE)}
TREES |= {tree.program.name: tree for tree in (ELEVENTY_TREE, ASTRO_TREE)}


def build(tree: Tree, folder: Path) -> None:
    """Write a tree, install the template in it, and run the program."""
    for name, text in tree.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    arguments = ["init", "--site", str(folder), "--from", tree.program.name, "--base-url", BASE]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    for template in map(folder.joinpath, tree.program.files(BASE) if tree.change[0] else ()):
        text = template.read_text(encoding="utf-8").replace(*tree.change)
        template.write_text(text, encoding="utf-8")
    places = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
    executable = shutil.which(tree.command[0], path=places)
    if not executable:
        pytest.skip(f"{tree.command[0]} is not installed")
    modules = Path(executable).parent.parent
    if modules.name == "node_modules":
        (folder / "node_modules").symlink_to(modules)
    subprocess.run(
        [executable, *tree.command[1:]],
        cwd=folder,
        env={**os.environ, "ASTRO_TELEMETRY_DISABLED": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )


def articles(folder: Path) -> list[Article]:
    """Return the articles of the site, which must have no problems."""
    settings = sources.load(folder, {})
    (table,) = (each.table for each in settings.sources)
    source = FeedSource("posts", table.values, settings)
    listing = source.listing()
    assert listing.problems == ()
    readings = list(source.read(listing.fingerprints))
    assert [problem for reading in readings for problem in reading.problems] == []
    return [reading.article for reading in readings if reading.article]


def own_entries(feed: Path) -> set[Entry]:
    """Return the entries of the feed that a program writes."""
    entries = feedparser.parse(str(feed)).entries
    return {
        Entry(
            each.id,
            each.link,
            unescape(each.title),
            datetime.fromtimestamp(timegm(each.published_parsed), UTC),
        )
        for each in entries
    }


@pytest.mark.parametrize("name", TREES)
def test_entries_equal_those_of_the_programs_own_feed(name: str, tmp_path: Path) -> None:
    """By id, link, title and date."""
    if name == "astro" and not SOAK:
        pytest.skip("takes 15 seconds; runs under make soak")
    tree = TREES[name]
    build(tree, tmp_path)
    found = articles(tmp_path)
    entries = {
        Entry(each.id or "", each.link, each.title, each.published.astimezone(UTC))
        for each in found
    }
    assert entries == own_entries(tmp_path / tree.feed)
    assert len(entries) == tree.articles
    (first,) = (each for each in found if each.title.startswith("A &"))
    labels = {(ref.kind, label) for ref, label in first.terms if ref.kind is not Kind.LANGUAGE}
    assert labels == {
        (Kind.CATEGORY, "World"),
        (Kind.TAG, "C++"),
        (Kind.TAG, "été"),
        (Kind.AUTHOR, "Ada"),
        (Kind.AUTHOR, "Bo"),
    }
    assert '<a href="https://news.example.org/' in first.html
    (second,) = (each for each in found if each.title == "B")
    assert [author.name for author in second.authors] == ["Cy"]
    if name == "astro":
        assert second.html == "<b>Text</b>"
    else:
        assert second.image
        assert second.image.endswith("/x.png")
        assert 'src="https://news.example.org/blog/' in second.html


def init(site: Path, *more: str) -> tuple[int, str]:
    arguments = ["init", "--site", str(site), "--from", "hugo", "--base-url", BASE, *more]
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_a_changed_template_is_only_overwritten_with_force(tmp_path: Path) -> None:
    assert init(tmp_path)[0] == 0
    template = tmp_path / "layouts/_default/feedsvc.json"
    original = template.read_text(encoding="utf-8")
    assert init(tmp_path)[0] == 0
    template.write_text("mine", encoding="utf-8")
    code, output = init(tmp_path)
    assert (code, template.read_text(encoding="utf-8")) == (1, "mine")
    assert f"{template}: already exists; nothing was written; use --force" in output
    assert init(tmp_path, "--force")[0] == 0
    assert template.read_text(encoding="utf-8") == original


def test_existing_settings_are_not_changed(tmp_path: Path) -> None:
    (tmp_path / "feedsvc.toml").write_text("title = 'Mine'\n", encoding="utf-8")
    code, output = init(tmp_path)
    assert code == 0
    assert 'type = "jsonfeed"\npath = "public/articles.json"' in output
    assert (tmp_path / "feedsvc.toml").read_text(encoding="utf-8") == "title = 'Mine'\n"


def test_an_unknown_program_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", "--site", str(tmp_path), "--from", "zola"])
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "known are astro, eleventy, hugo, jekyll, pelican" in result.output


def test_the_written_settings_publish_the_feed(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "public").mkdir()
    (tmp_path / HUGO.feed).write_bytes(document(item("a")))
    result = CliRunner().invoke(main, ["sync", "--site", str(tmp_path)])
    assert "1 article, 1 read: 1 new" in result.output
