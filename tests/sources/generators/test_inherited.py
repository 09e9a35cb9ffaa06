"""Front matter, URLs and dates that generators derive from configuration and data."""

import json
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.model import Kind, Tree
from feedsvc.sources import scan
from feedsvc.sources.generators.patterns import glob
from tests.sources.generators.test_conventions import SITE, codes, labels, places, read

POST = "---\ntitle: A\ndate: 2022-02-17\n---\nText.\n"
PLAIN_POST = "---\ntitle: A\n---\nText.\n"


def jekyll(folder: Path, config: str, *paths: str, text: str = PLAIN_POST) -> dict[str, str]:
    """Return the URL paths of Jekyll's articles by file path."""
    files = {"_config.yml": config} | dict.fromkeys(paths, text)
    return places(read(folder, files, 'content = "."\n')[0])


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        ("{path: '', type: posts}", "/2022/2/a"),
        ("{type: posts}", "/2022/2/a"),
        ("{path: _posts/sub}", "/2022/2/a"),
        ("{path: '_posts/*'}", "/2022/2/a"),
        ("{path: '_posts/**/2022*'}", "/2022/2/a"),
        ("{path: _posts/other}", "/2022/02/17/a.html"),
        ("{path: '_posts/o*'}", "/2022/02/17/a.html"),
        ("{path: '', type: pages}", "/2022/02/17/a.html"),
    ],
)
def test_jekyll_defaults_apply_within_their_scope(tmp_path: Path, scope: str, place: str) -> None:
    config = f"defaults: [{{scope: {scope}, values: {{permalink: '/:year/:i_month/:title'}}}}]\n"
    path = "_posts/sub/2022-02-17-a.md"
    assert jekyll(tmp_path, config, path)[path] == place


def test_the_more_specific_jekyll_default_wins(tmp_path: Path) -> None:
    config = (
        "defaults:\n"
        "- {scope: {path: _posts/sub}, values: {permalink: /sub/:title, lang: fr}}\n"
        "- {scope: {path: '', type: posts}, values: {permalink: /typed/:title}}\n"
        "- {scope: {path: ''}, values: {permalink: /all/:title, lang: de}}\n"
    )
    paths = ("_posts/sub/2022-02-17-a.md", "_posts/2022-02-17-b.md")
    assert jekyll(tmp_path, config, *paths) == {paths[0]: "/sub/a", paths[1]: "/typed/b"}


def test_front_matter_wins_over_jekyll_defaults(tmp_path: Path) -> None:
    config = "defaults: [{scope: {path: ''}, values: {permalink: '/:title', published: false}}]\n"
    text = "---\npublished: true\npermalink: /here/\n---\nText.\n"
    files = {"_config.yml": config, "_posts/2022-02-17-a.md": text, "_posts/2022-02-17-b.md": "B"}
    articles, _ = read(tmp_path, files, 'content = "."\n')
    assert places(articles)["_posts/2022-02-17-a.md"] == "/here/"
    assert [each.draft for each in articles.values()] == [False, True]


def test_jekyll_collections_may_be_in_a_folder(tmp_path: Path) -> None:
    path = "all/news/_posts/2022-02-17-a.md"
    config = "collections_dir: all\npermalink: /:categories/:title/\n"
    assert jekyll(tmp_path, config, path) == {path: "/news/a/"}


def test_jekyll_posts_are_the_same_if_content_is_their_folder(tmp_path: Path) -> None:
    files = {
        "_config.yml": "permalink: /:categories/:title/\n",
        "_posts/2022-02-17-a.md": "[b]({% post_url 2022-02-18-b %}) [p]({% link about.md %})",
        "_posts/2022-02-18-b.md": PLAIN_POST,
        "about.md": "---\npermalink: /me/\n---\n",
    }
    whole, _ = read(tmp_path, files, 'content = "."\n')
    posts, problems = read(tmp_path, files, 'content = "_posts"\n')
    assert problems == []
    assert [each.link for each in posts.values()] == [each.link for each in whole.values()]
    assert [each.html for each in posts.values()] == [each.html for each in whole.values()]
    assert f'href="{SITE}/b/"' in posts["2022-02-17-a.md"].html
    assert f'href="{SITE}/me/"' in posts["2022-02-17-a.md"].html


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("_pages/team.md", "/about/team/"),
        ("_tips/one.md", "/tips/one.html"),
        ("_pages/set.md", "/set/"),
        ("docs/a.md", "/docs/a.html"),
        ("docs/index.md", "/docs/"),
        ("assets/x.pdf", "/assets/x.pdf"),
    ],
)
def test_jekyll_links_resolve_to_other_collections(tmp_path: Path, target: str, url: str) -> None:
    files = {
        "_config.yml": (
            "collections:\n  pages: {output: true, permalink: '/about/:path/'}\n"
            "  tips: {output: true}\n  hidden: {output: false}\n"
        ),
        "_posts/2022-02-17-a.md": f"[x]({{% link {target} %}})",
        "_pages/set.md": "---\npermalink: /set/\n---\n",
    }
    files |= dict.fromkeys(
        ("_pages/team.md", "_tips/one.md", "docs/a.md", "docs/index.md", "_hidden/x.md"), PLAIN_POST
    )
    articles, problems = read(tmp_path, files, 'content = "."\n')
    assert f'<a href="{SITE}{url}">x</a>' in articles["_posts/2022-02-17-a.md"].html
    assert problems == []


@pytest.mark.parametrize("target", ["_hidden/x.md", "../../../etc/passwd.md", "gone.md"])
def test_a_jekyll_link_to_an_unpublished_page_is_reported(tmp_path: Path, target: str) -> None:
    files = {
        "_config.yml": "collections: {hidden: {output: false}}\n",
        "_posts/2022-02-17-a.md": f"[x]({{% link {target} %}})",
        "_hidden/x.md": PLAIN_POST,
    }
    _, problems = read(tmp_path, files, 'content = "."\n')
    assert codes(problems) == [("_posts/2022-02-17-a.md", "unresolved-link")]


def test_jekyll_titles_excerpts_and_site_variables_are_translated(tmp_path: Path) -> None:
    files = {
        "_config.yml": "excerpt_separator: '<!--cut-->'\nrepo: https://example.org/r\n",
        "_posts/2022-02-17-a-first-POST.md": "One.\n\n<!--cut-->\n\nTwo [r]({{ site.repo }}).",
    }
    articles, problems = read(tmp_path, files, 'content = "."\n')
    (article,) = articles.values()
    assert (article.title, article.summary) == ("A First Post", "One.")
    assert 'href="https://example.org/r"' in article.html
    assert problems == []


def test_a_jekyll_time_without_a_zone_is_utc_if_it_has_seconds(tmp_path: Path) -> None:
    """As in YAML; Jekyll reads other times as strings in the zone of the site."""
    files = {
        "_posts/2022-02-17-a.md": "---\ndate: 2022-02-17 12:00:00\n---\nA",
        "_posts/2022-02-17-b.md": "---\ndate: 2022-02-17 12:00\n---\nB",
    }
    articles, _ = read(tmp_path, files, 'content = "."\n')
    hours = [each.published.astimezone(UTC).hour for each in articles.values()]
    assert hours == [12, 11]


def test_a_bad_date_is_a_warning_if_the_file_name_has_a_date(tmp_path: Path) -> None:
    files = {"_posts/2022-02-17-a.md": "---\ndate: 2017-02-10 00:10::00\n---\nA"}
    articles, (problem,) = read(tmp_path, files, 'content = "."\n')
    assert [each.published.date().isoformat() for each in articles.values()] == ["2022-02-17"]
    assert (problem.code, problem.severity, problem.line) == ("unread-date", "warning", 2)


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


def test_jekyll_configuration_that_is_not_evaluated_is_reported(tmp_path: Path) -> None:
    config = (
        "timezone: America/Lima\npermalink: /:nosuch/\nplugins: [jekyll-polyglot]\n"
        "defaults: [{scope: {path: '**/*/*/*/*/*'}, values: {}}]\n"
    )
    files = {"_config.yml": config, "_posts/2022-02-17-a.md": "A"}
    _, problems = read(tmp_path, files, 'content = "."\n')
    assert [each.path for each in problems] == ["_config.yml"] * 4


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
