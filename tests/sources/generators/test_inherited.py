"""Front matter, URLs and dates that other generators derive from configuration and data."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.model import Kind, Tree
from feedsvc.sources import scan
from feedsvc.sources.generators.patterns import glob
from tests.sources.generators.reading import SITE, codes, labels, places, read

POST = "---\ntitle: A\ndate: 2022-02-17\n---\nText.\n"
ELEVENTY: dict[str, str] = {"eleventy.config.js": "export default { dir: { input: 'src' } }"}


def eleventy(folder: Path, files: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the URL paths of Eleventy's articles by file path, and the codes of problems."""
    articles, problems = read(folder, ELEVENTY | files, 'content = "src"\n')
    return places(articles), [each.code for each in problems]


def test_eleventy_data_of_folders_and_files_cascades(tmp_path: Path) -> None:
    files = {
        "src/src.json": '{"permalink": "/top/{{ page.fileSlug }}/", "lang": "fr"}',
        "src/blog/blog.json": '{"permalink": "/b/{{ page.fileSlug }}/"}',
        "src/blog/deep/deep.11tydata.json": '{"permalink": "/d/{{ page.fileSlug }}/index.html"}',
        "src/blog/own.11tydata.json": '{"permalink": "/own/"}',
        "src/news/a.md": POST,
        "src/blog/a.md": POST,
        "src/blog/deep/2022-02-17-a.md": POST,
        "src/blog/own.md": POST,
        "src/blog/set.md": POST.replace("title", "permalink: /set/\ntitle"),
    }
    found, problems = eleventy(tmp_path, files)
    assert found == {
        "news/a.md": "/top/a/",
        "blog/a.md": "/b/a/",
        "blog/deep/2022-02-17-a.md": "/d/a/",
        "blog/own.md": "/own/",
        "blog/set.md": "/set/",
    }
    assert problems == []


def test_eleventy_tags_of_all_data_files_are_merged(tmp_path: Path) -> None:
    files = {
        "src/posts/posts.json": '{"tags": ["posts", "news"], "author": "Ada"}',
        "src/posts/a.md": "---\ntitle: A\ndate: 2022-02-17\ntags: x\n---\nText.\n",
    }
    articles, _ = read(tmp_path, ELEVENTY | files, 'content = "src"\n')
    (article,) = articles.values()
    assert labels(article, Kind.TAG) == ["news", "x"]
    assert [each.name for each in article.authors] == ["Ada"]


@pytest.mark.parametrize(
    ("permalink", "place"),
    [
        ("/{{ page.date | date: '%Y/%m/%d' }}/{{ page.fileSlug }}/", "/2022/02/17/a/"),
        ("/{{ page.date | date: '%Y/%e' }}/{{ page.fileSlug }}/", "/2022/17/a/"),
        ("/{{ title | slugify }}/", "/one-and-two/"),
        ("/{{ lang }}/{{ title | slug }}/", "/fr/one-and-two/"),
        ("{{ page.filePathStem }}.html", "/_posts/a.html"),
    ],
)
def test_common_filters_in_eleventy_permalinks_are_applied(
    tmp_path: Path, permalink: str, place: str
) -> None:
    files = {
        "src/_posts/_posts.json": json.dumps({"permalink": permalink, "lang": "fr"}),
        "src/_posts/2022-02-17-a.md": "---\ntitle: One & Two!\n---\nText.\n",
    }
    found, problems = eleventy(tmp_path, files)
    assert (list(found.values()), problems) == ([place], [])


def test_eleventy_javascript_is_reported_in_folders_with_articles(tmp_path: Path) -> None:
    files = {
        "src/blog/a.md": POST,
        "src/blog/blog.11tydata.js": "export default {}",
        "src/other/other.11tydata.js": "export default {}",
    }
    _, problems = read(tmp_path, ELEVENTY | files, 'content = "src"\n')
    assert codes(problems) == [("src/blog/blog.11tydata.js", "not-evaluated")]
    assert "is JavaScript" in problems[0].message
    assert 'type = "jsonfeed"' in problems[0].message


def test_changed_inherited_data_changes_only_fingerprints_of_its_articles(
    tmp_path: Path, settled: None
) -> None:
    for path in ("blog/blog.json", "blog/a.md", "news/a.md"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("{}")
    before = scan(tmp_path, tmp_path, Tree("eleventy")).fingerprints
    (tmp_path / "blog/blog.json").write_text('{"permalink": "/x/"}')
    after = scan(tmp_path, tmp_path, Tree("eleventy")).fingerprints
    assert list(before) == ["blog/a.md", "news/a.md"]
    assert before["blog/a.md"] != after["blog/a.md"]
    assert before["news/a.md"] == after["news/a.md"]
    below = Tree("eleventy", below="news")
    before = scan(tmp_path / "news", tmp_path, below).fingerprints
    (tmp_path / "projects.11tydata.js").write_text("export default {}")  # of another page
    (tmp_path / f"{tmp_path.name}.11tydata.js").write_text("export default {}")
    listing = scan(tmp_path / "news", tmp_path, below)
    assert before["a.md"] != listing.fingerprints["a.md"]
    assert [each.path for each in listing.problems] == [f"{tmp_path.name}.11tydata.js"]


def hugo(folder: Path, files: Mapping[str, str], content: str = "content") -> dict[str, str]:
    """Return the URL paths of Hugo's articles by file path."""
    return places(read(folder, files, f'content = "{content}"\n')[0])


LANGUAGES = {
    "config/_default/hugo.toml": "defaultContentLanguage = 'en'\n",
    "config/_default/languages.en.toml": "contentDir = 'content/en'\nweight = 1\n",
    "config/_default/languages.toml": "[fr]\ncontentDir = 'content/fr'\n",
    "config/_default/permalinks.toml": "posts = '/:year/:slug/'\n",
    "config/production/hugo.toml": "uglyURLs = false\n",
    "content/en/posts/a.md": POST,
    "content/fr/posts/a.md": POST + '[x]({{< ref "/posts/b" >}})',
    "content/fr/posts/b.md": POST.replace("title", "slug: be\ntitle"),
    "content/shared/x.md": POST,
}


def test_hugo_configuration_may_be_split_and_languages_have_folders(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, LANGUAGES, "")
    assert places(articles) == {
        "en/posts/a.md": "/2022/a/",
        "fr/posts/a.md": "/fr/2022/a/",
        "fr/posts/b.md": "/fr/2022/be/",
    }
    assert [each.language for each in articles.values()] == ["en", "fr", "fr"]
    assert f'href="{SITE}/fr/2022/be/"' in articles["fr/posts/a.md"].html
    assert problems == []


def test_hugo_urls_are_the_same_if_content_is_one_language(tmp_path: Path) -> None:
    assert hugo(tmp_path, LANGUAGES, "content/fr") == {
        "posts/a.md": "/fr/2022/a/",
        "posts/b.md": "/fr/2022/be/",
    }


def test_hugo_production_configuration_overrides_the_default(tmp_path: Path) -> None:
    files = LANGUAGES | {"config/production/hugo.toml": "[permalinks]\nposts = '/p/:slug/'\n"}
    assert hugo(tmp_path, files)["en/posts/a.md"] == "/p/a/"


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ("uglyURLs = true", "/posts/a.html"),
        ("[uglyURLs]\nposts = true", "/posts/a.html"),
        ("[uglyURLs]\nnews = true", "/posts/a/"),
        ("[permalinks.page]\nposts = '/:year/:slug/'", "/2022/a/"),
        ("[permalinks.section]\nposts = '/:year/:slug/'", "/posts/a/"),
        ("defaultContentLanguageInSubdir = true\n[languages]\nen = {}\nfr = {}", "/en/posts/a/"),
        ("[[cascade]]\nslug = 'x'\n[cascade._target]\npath = '/posts/**'", "/posts/x/"),
        ("[[cascade]]\nslug = 'x'\n[cascade.target]\npath = '{/news/**,/n}'", "/posts/a/"),
        ("[cascade]\nslug = 'x'\n", "/posts/x/"),
        ("removePathAccents = true\n[permalinks]\nposts = '/é/:slug/'", "/e/a/"),
    ],
)
def test_hugo_urls_follow_the_settings(tmp_path: Path, config: str, place: str) -> None:
    files = {"hugo.toml": f"{config}\n", "content/posts/a.md": POST}
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"posts/a.md": place}
    assert problems == []


def test_hugo_ignored_files_and_theme_specific_languages_are_ignored(tmp_path: Path) -> None:
    files = {
        "hugo.toml": (
            "ignoreFiles = ['\\.knit\\.md$', 'drafts/']\n[permalinks]\nposts = '/:slug/'\n"
        ),
        "content/posts/a.md": POST.replace("title: A", "language: [English]\ntitle: Build - Us"),
        "content/posts/b.knit.md": POST,
        "content/posts/drafts/c.md": POST,
    }
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"posts/a.md": "/build-us/"}
    assert problems == []


def test_hugo_sections_cascade_to_pages_below(tmp_path: Path) -> None:
    files = {
        "hugo.toml": "",
        "content/posts/_index.md": "---\ncascade:\n  author: Ada\n  draft: true\n---\n",
        "content/posts/in/_index.md": "---\ncascade: [{draft: false, _target: {kind: page}}]\n---",
        "content/posts/in/a.md": POST,
        "content/posts/b.md": POST,
        "content/news/c.md": POST,
    }
    articles, _ = read(tmp_path, files, "")
    assert {path: (each.draft, len(each.authors)) for path, each in articles.items()} == {
        "posts/in/a.md": (False, 1),
        "posts/b.md": (True, 1),
        "news/c.md": (False, 0),
    }


def test_hugo_dates_follow_the_configuration(tmp_path: Path) -> None:
    """The date determines the URL; feeds of Hugo use the date of publication."""
    files = {
        "hugo.toml": (
            "[frontmatter]\ndate = [':filename', 'born', ':default']\n"
            "[permalinks]\nposts = '/:year/:slug/'\n"
        ),
        "content/posts/2021-01-02-a.md": POST,
        "content/posts/b.md": POST.replace("title: A", "title: B\nborn: 2020-03-04"),
        "content/posts/c.md": POST,
    }
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {
        "posts/2021-01-02-a.md": "/2021/a/",
        "posts/b.md": "/2020/b/",
        "posts/c.md": "/2022/a/",
    }
    assert str(articles["posts/b.md"].published.date()) == "2022-02-17"
    assert problems == []


def test_pelican_paths_and_metadata_follow_the_configuration(tmp_path: Path) -> None:
    files = {
        "pelicanconf.py": (
            "PATH = 'content'\nARTICLE_PATHS = ['blog']\nARTICLE_EXCLUDES = ['blog/old']\n"
            "DEFAULT_METADATA = {'Category': 'News'}\n"
            "EXTRA_PATH_METADATA = {'blog/en/a.md': {'tags': 'x, y'}, 'blog': {'author': 'Ada'}}\n"
            "PATH_METADATA = r'blog/(?P<lang>\\w\\w)/.*'\n"
        ),
        "publishconf.py": "ARTICLE_URL = 'p/{slug}/'\n",
    }
    files |= dict.fromkeys(
        ("content/blog/en/a.md", "content/blog/old/b.md", "content/c.md"),
        "Title: A\nDate: 2022-02-17\n\nText\n",
    )
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"blog/en/a.md": "/p/a/"}
    assert labels(articles["blog/en/a.md"], Kind.CATEGORY) == ["News"]
    assert labels(articles["blog/en/a.md"], Kind.TAG) == ["x", "y"]
    assert labels(articles["blog/en/a.md"], Kind.AUTHOR) == ["Ada"]
    assert problems == []


def test_liquid_tags_of_pelican_plugins_are_replaced_or_reported(tmp_path: Path) -> None:
    text = (
        "Title: A\nDate: 2022-02-17\n\n{% youtube abc 640 %} {% img left /i/a.png 200 %} "
        "{% notebook a.ipynb %} {% for x in y %}\n"
    )
    plugins = "PLUGINS = ['liquid_tags.img', 'liquid_tags.youtube', 'ipynb.liquid']\n"
    articles, problems = read(tmp_path, {"pelicanconf.py": plugins, "content/a.md": text}, "")
    html = articles["a.md"].html
    assert 'href="https://www.youtube.com/watch?v=abc"' in html
    assert f'src="{SITE}/i/a.png"' in html
    assert "notebook" not in html
    assert "{% for x in y %}" in html
    assert [(each.code, each.line) for each in problems] == [("left-out", 4)]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"hugo.toml": "[frontmatter]\ndate = [':git']\n"}, "frontmatter.date: :git"),
        ({"hugo.toml": "defaultContentLanguageInSubdir = true\n"}, "LanguageInSubdir"),
        ({"hugo.toml": "ignoreFiles = ['(a+)+']\n"}, "ignoreFiles: (a+)+"),
        ({"hugo.toml": "timeZone = 'America/Lima'\n"}, "America/Lima"),
        ({"hugo.toml": "[[module.mounts]]\nsource='x'\ntarget='content/y'\n"}, "module.mounts"),
        ({"hugo.toml": "[languages.fr]\nbaseURL = 'https://fr.example'\n"}, "languages.fr.baseURL"),
        ({"pelicanconf.py": "ARTICLE_URL = f'{1}/'\n"}, "ARTICLE_URL (not a literal)"),
        ({"pelicanconf.py": "DEFAULT_DATE = 'fs'\n"}, "DEFAULT_DATE"),
        ({"pelicanconf.py": "PLUGINS = ['i18n_subsites']\n"}, "i18n_subsites"),
        (
            {"eleventy.config.js": "input: 'content', c.addGlobalData('permalink', () => 1)"},
            "addGlobalData permalink",
        ),
    ],
)
def test_configuration_that_is_not_evaluated_is_reported(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    _, problems = read(tmp_path, files | {"content/posts/a.md": POST}, "")
    found = [each for each in problems if each.code == "not-evaluated"]
    assert [(each.path, each.severity) for each in found] == [(next(iter(files)), "warning")]
    assert words in found[0].message


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from("ab/*?{},[]!-^.\\"), max_size=30), st.text("ab/.-", max_size=200))
def test_any_glob_compiles_and_matches_quickly(pattern: str, text: str) -> None:
    found = glob(pattern)
    assert found is None or found.fullmatch(text) is None or found.fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("posts/**", "posts/a/b", True),
        ("posts/*", "posts/a/b", False),
        ("**/b", "a/x/b", True),
        ("{a,b}/?", "b/x", True),
        ("[!a]x", "bx", True),
        ("[a-c]x", "bx", True),
        ("a.c", "abc", False),
    ],
)
def test_globs_match_paths(pattern: str, text: str, matches: bool) -> None:
    found = glob(pattern)
    assert found
    assert bool(found.fullmatch(text)) == matches
