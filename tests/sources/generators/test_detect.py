"""The generator of a tree is detected by the files beside it; a doubtful tree is plain."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import sources
from feedsvc.errors import SettingsError
from feedsvc.model import Tree
from feedsvc.sources.trees import detect, generator
from tests.sites import make_site
from tests.sources.generators import trees


def make(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files and return their folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    ("files", "content", "name", "sign", "below"),
    [
        (trees.HUGO, "content", "hugo", "hugo.toml", ""),
        (trees.HUGO, "content/posts", "hugo", "hugo.toml", "posts"),
        (trees.JEKYLL, ".", "jekyll", "_config.yml", ""),
        (trees.JEKYLL, "_posts", "jekyll", "_config.yml", "_posts"),
        (trees.PELICAN, "content", "pelican", "pelicanconf.py", ""),
        (trees.ELEVENTY, "content", "eleventy", "eleventy.config.js", ""),
        (trees.ELEVENTY, "content/blog", "eleventy", "eleventy.config.js", "blog"),
        (trees.ASTRO, "src/content", "astro", "astro.config.mjs", ""),
        (trees.ASTRO, "src/content/blog", "astro", "astro.config.mjs", "blog"),
        ({"c/_posts/2022-02-17-a.md": ""}, "c", "jekyll", "_posts", ""),
        ({"_posts/2022-02-17-a.md": ""}, "_posts", "jekyll", "_posts", "_posts"),
        (
            {"archetypes/default.md": "", "content/a.md": ""},
            "content",
            "hugo",
            "archetypes/default.md",
            "",
        ),
        (
            {"package.json": '{"devDependencies": {"@11ty/eleventy": "3"}}', "a.md": ""},
            ".",
            "eleventy",
            "package.json",
            "",
        ),
        (
            {"config/_default/hugo.yaml": "contentDir: text\n", "text/a.md": ""},
            "text",
            "hugo",
            "config/_default/hugo.yaml",
            "",
        ),
    ],
)
def test_a_generator_is_detected_by_files_beside_the_content(
    tmp_path: Path, files: Mapping[str, str], content: str, name: str, sign: str, below: str
) -> None:
    found = detect((make(tmp_path, files) / content).resolve(), tmp_path)
    assert (found.name, found.sign, found.below) == (name, sign, below)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"content/a.md": "", "package.json": '{"dependencies": {"left-pad": "1"}}'},
        {"_config.yml": "theme: minima\n", "content/a.md": ""},  # a README's theme
        {"config.toml": 'title = "Another program"\n', "content/a.md": ""},
        {"hugo.toml": "[[[\n", "content/a.md": ""},
        {"hugo.toml": "", "pelicanconf.py": "", "content/a.md": ""},  # two of them
        {"astro.config.mjs": "", "content/a.md": ""},  # its articles are below src
        {"content/_posts/notes.md": ""},
        {"pelicanconf.py": "PATH = 'articles'\n", "content/a.md": ""},
        {"pelicanconf.py": "this is no Python", "content/a.md": ""},
    ],
)
def test_an_ambiguous_tree_is_plain(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "content").mkdir()
    assert detect(make(tmp_path, files) / "content", tmp_path) == Tree()


def test_files_above_the_site_are_ignored(tmp_path: Path) -> None:
    make(tmp_path, {"hugo.toml": "contentDir = 'site'\n", "site/content/a.md": ""})
    assert detect(tmp_path / "site/content", tmp_path / "site") == Tree()


def test_content_outside_the_site_is_detected_by_the_files_beside_it(tmp_path: Path) -> None:
    make(tmp_path, {"old/hugo.toml": "", "old/content/a.md": ""})
    assert detect(tmp_path / "old/content", tmp_path / "site").name == "hugo"


def test_python_configuration_is_parsed_and_not_run(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "pelicanconf.py": (
                "import os\nos.abort()\nPATH = 'content'\nARTICLE_URL = '{slug}/'\n"
                "ARTICLE_LANG_URL = os.name\nSITEURL = 'x'\n"
            ),
            "content/a.md": "",
        },
    )
    found = detect(tmp_path / "content", tmp_path)
    assert found.options == {
        "path": "content",
        "article_url": "{slug}/",
        "computed": ["ARTICLE_LANG_URL"],
    }


@given(text=st.text() | st.binary(), name=st.sampled_from(["hugo.toml", "hugo.json", "hugo.yaml"]))
@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_detection_accepts_any_configuration(tmp_path: Path, text: str | bytes, name: str) -> None:
    for each in ("hugo.toml", "hugo.json", "hugo.yaml"):
        (tmp_path / each).unlink(missing_ok=True)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    make(tmp_path, {name: data, "_config.yml": data, "pelicanconf.py": data, "content/a.md": ""})
    detect(tmp_path / "content", tmp_path)
    generator("hugo").assumed([tmp_path], tmp_path / "content")


def test_detection_accepts_deeply_nested_configuration(tmp_path: Path) -> None:
    for name, text in {
        "hugo.json": "[" * 100_000,
        "hugo.yaml": "- " * 90_000,
        "_config.yml": "[" * 100_000,
        "pelicanconf.py": f"A = {'(' * 5_000}",
    }.items():
        make(tmp_path, {name: text, "content/a.md": ""})
    assert detect(tmp_path / "content", tmp_path).name in {"hugo", "feedsvc"}


def test_the_settings_override_the_detected_generator(tmp_path: Path) -> None:
    make(tmp_path, trees.HUGO)
    assert make_site(tmp_path).tree.name == "hugo"
    assert make_site(tmp_path).article_link == "/{path}"
    plain = make_site(tmp_path, {}, 'generator = "feedsvc"\n')
    assert plain.tree == Tree()
    assert plain.article_link == "/articles/{slug}"
    configured = make_site(tmp_path, {}, 'generator = "hugo"\n')
    assert (configured.tree.name, configured.tree.sign) == ("hugo", "")
    assert sources.load(tmp_path, {"FEEDSVC_GENERATOR": "feedsvc"}).tree == Tree()


def test_an_unknown_generator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match="generator 'gatsby' is not known; write one of feedsvc, astro"
    ):
        make_site(tmp_path, {}, 'generator = "gatsby"\n')


def test_changed_configuration_changes_the_fingerprint(tmp_path: Path) -> None:
    make(tmp_path, trees.HUGO)
    before = make_site(tmp_path).fingerprint()
    assert make_site(tmp_path).fingerprint() == before
    config = f"{trees.HUGO['hugo.toml']!s}[permalinks]\nposts = '/:year/:slug/'\n"
    make(tmp_path, {"hugo.toml": config})
    assert make_site(tmp_path).fingerprint() != before
