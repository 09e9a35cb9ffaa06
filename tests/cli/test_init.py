"""`feedsvc init` in empty folders, folders of notes and sites of other programs."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc import sources
from feedsvc.cli import main
from tests.sites import article

POST = "---\ntitle: A\ndate: 2022-01-01\n---\nText."


def init(site: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["init", "--site", str(site), *options])


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


SITES = {
    "hugo": (
        {
            "hugo.toml": 'title = "Notes"\nbaseURL = "https://a.example/"\nlanguageCode = "fr-FR"\n'
            'timeZone = "Europe/Paris"\ncontentDir = "texts"\n',
            "texts/posts/a.md": POST,
        },
        ("Notes", "https://a.example", "fr-fr", "Europe/Paris", "texts"),
    ),
    "jekyll": (
        {
            "_config.yml": "title: Notes\nurl: https://a.example\nbaseurl: /blog\nlang: pt_BR\n",
            "_posts/2022-01-01-a.md": POST,
        },
        ("Notes", "https://a.example/blog", "pt-br", "UTC", "."),
    ),
    "pelican": (
        {
            "pelicanconf.py": "SITENAME = 'Notes'\nSITEURL = ''\nTIMEZONE = 'Asia/Tokyo'\n"
            "DEFAULT_LANG = 'ja'\nPATH = 'content'\n",
            "content/a.md": "Title: A\nDate: 2022-01-01\n\nText.",
        },
        ("Notes", "http://127.0.0.1:8000", "ja", "Asia/Tokyo", "content"),
    ),
    "astro": (
        {
            "astro.config.mjs": "export default defineConfig({ site: 'https://a.example' });",
            "src/content/blog/a.md": POST,
        },
        ("My site", "https://a.example", "en", "UTC", "src/content"),
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_settings_are_taken_from_the_configuration_of_a_generator(
    tmp_path: Path, name: str
) -> None:
    files, expected = SITES[name]
    fill(tmp_path, files)
    result = init(tmp_path)
    assert result.exit_code == 0, result.output
    assert f"This is a site of {name}" in result.stdout
    loaded = sources.load(tmp_path, {})
    content = loaded.content.relative_to(tmp_path).as_posix()
    assert (loaded.title, loaded.base_url, loaded.language, loaded.timezone, content) == expected
    assert loaded.tree.name == name
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert written == {*files, "feedsvc.toml"}


def test_options_take_precedence_over_a_configuration(tmp_path: Path) -> None:
    fill(tmp_path, SITES["hugo"][0])
    init(tmp_path, "--title", "T", "--base-url", "https://b.example/x/")
    loaded = sources.load(tmp_path, {})
    assert (loaded.title, loaded.base_url) == ("T", "https://b.example/x")
    assert re.fullmatch(r"b\.example,\d{4}", loaded.id_authority)


@pytest.mark.parametrize("value", ["", "{{ x }}", "a\nb", "[1]", "ftp://x", "not a zone"])
def test_unusable_values_of_a_configuration_are_ignored(tmp_path: Path, value: str) -> None:
    quoted = json.dumps(value)
    config = f"baseURL: {quoted}\nlanguageCode: {quoted}\ntimeZone: {quoted}\n"
    fill(tmp_path, {"hugo.yaml": config, "content/a.md": POST})
    assert init(tmp_path).exit_code == 0
    loaded = sources.load(tmp_path, {})
    assert (loaded.base_url, loaded.language, loaded.timezone) == (
        "http://127.0.0.1:8000",
        "en",
        "UTC",
    )


@pytest.mark.parametrize("note", ["note.md", "2022/note.md"])
def test_the_content_of_a_folder_of_notes_is_the_folder_itself(tmp_path: Path, note: str) -> None:
    fill(tmp_path, {note: article(), "README.md": "# Notes"})
    assert init(tmp_path).exit_code == 0
    assert sources.load(tmp_path, {}).content == tmp_path
    assert not (tmp_path / "content").exists()


def test_no_article_is_written_into_an_existing_content_folder(tmp_path: Path) -> None:
    fill(tmp_path, {"content/a.md": article()})
    assert init(tmp_path).exit_code == 0
    assert [path.name for path in (tmp_path / "content").iterdir()] == ["a.md"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ".feedsvc/\n"),
        ("_site", "_site\n.feedsvc/\n"),
        ("a\n", "a\n.feedsvc/\n"),
        (".feedsvc\n", ".feedsvc\n"),
    ],
)
def test_the_catalog_is_added_to_gitignore(tmp_path: Path, before: str | None, after: str) -> None:
    (tmp_path / ".git").mkdir()
    site = tmp_path / "sub"
    fill(site, {".gitignore": before} if before else {})
    site.mkdir(exist_ok=True)
    assert init(site).exit_code == 0
    assert (site / ".gitignore").read_text(encoding="utf-8") == after


def test_no_gitignore_is_created_without_git(tmp_path: Path) -> None:
    init(tmp_path)
    assert not (tmp_path / ".gitignore").exists()
