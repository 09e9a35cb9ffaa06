"""Finding article files: all within the content folder, none outside it, without blocking."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.sources import ContentFolder, Listing, scan
from tests.sites import make_site


def scanned(settings: Settings) -> Listing:
    return scan(settings.content, settings.site)


def codes(found: Listing) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in found.problems]


def test_articles_are_found_at_any_depth_and_sorted_by_path(tmp_path: Path) -> None:
    names = ["b.md", "a.markdown", "2022/02/c.html", "2022/d.md", "été/日本.md"]
    found = scanned(make_site(tmp_path, dict.fromkeys(names, "x")))
    assert list(found.fingerprints) == sorted(names)
    assert not found.problems
    assert not found.unseen


def test_other_files_and_hidden_names_are_ignored(tmp_path: Path) -> None:
    names = ["a.txt", "a.png", "md", ".a.md", "_a.md", ".git/a.md", "_drafts/a.md", "a.md~", "a.MD"]
    assert not scanned(make_site(tmp_path, dict.fromkeys(names, "x"))).fingerprints


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        ('include = ["posts/"]', ["posts/a.md", "posts/b.tmp.md", "posts/old/c.md"]),
        (
            'exclude = ["*.tmp.md", "/README.md"]',
            ["README/README.md", "posts/a.md", "posts/old/c.md"],
        ),
        ('include = ["posts/**"]\nexclude = ["old/"]', ["posts/a.md", "posts/b.tmp.md"]),
        ('exclude = ["*", "!/README.md"]', ["README.md"]),
        ('include = []\nexclude = ["README*"]', ["posts/a.md", "posts/b.tmp.md", "posts/old/c.md"]),
    ],
)
def test_patterns_include_and_exclude_files(tmp_path: Path, toml: str, found: list[str]) -> None:
    names = ["README.md", "README/README.md", "posts/a.md", "posts/b.tmp.md", "posts/old/c.md"]
    settings = make_site(tmp_path, dict.fromkeys(names, "x"), toml)
    assert list(ContentFolder(settings).listing().fingerprints) == found


def test_an_excluded_folder_is_not_listed(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": "x"}, 'exclude = ["closed"]')
    (settings.content / "closed").symlink_to("/")
    listing = ContentFolder(settings).listing()
    assert (list(listing.fingerprints), listing.problems) == (["a.md"], ())


def test_a_missing_content_folder_is_an_error(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    settings.content.rmdir()
    with pytest.raises(FeedsvcError, match="no such folder; create it"):
        scanned(settings)


def test_a_file_in_place_of_the_content_folder_is_an_error(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": "x"}, 'content = "content/a.md"')
    with pytest.raises(FeedsvcError, match="no such folder"):
        scanned(settings)


def test_a_changed_file_has_another_fingerprint(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": "one"})
    seen = set()
    for second in (1, 2):
        os.utime(settings.content / "a.md", (second, second))
        seen.add(_settled(settings))
    (settings.content / "a.md").write_text("two")
    seen.add(_settled(settings))
    assert len(seen) == 3
    assert "" not in seen
    assert _settled(settings) in seen


def _settled(settings: Settings) -> str:
    with pytest.MonkeyPatch.context() as patch:
        later = time.time() + 10
        patch.setattr("time.time", lambda: later)
        return scanned(settings).fingerprints["a.md"]


def test_a_file_that_just_changed_has_a_provisional_fingerprint(tmp_path: Path) -> None:
    """It may change again within the tick of the file system's clock."""
    settings = make_site(tmp_path, {"a.md": "x"})
    assert scanned(settings).fingerprints["a.md"] != _settled(settings)


def test_symlinks_within_the_content_folder_are_followed(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"2022/a.md": "x"})
    (settings.content / "b.md").symlink_to(settings.content / "2022/a.md")
    (settings.content / "latest").symlink_to("2022")
    found = scanned(settings)
    assert list(found.fingerprints) == ["2022/a.md", "b.md", "latest/a.md"]
    assert found.problems == ()


def test_symlinks_out_of_the_content_folder_are_problems(tmp_path: Path) -> None:
    settings = make_site(tmp_path / "site")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a.md").write_text("secret")
    (tmp_path / "site/content-of-another").mkdir()
    for name, target in {
        "file.md": tmp_path / "secret/a.md",
        "folder": tmp_path / "secret",
        "root.md": Path("/etc/passwd"),
        "sibling": tmp_path / "site/content-of-another",
        "gone.md": tmp_path / "nothing",
        "picture.png": tmp_path / "secret/a.md",
    }.items():
        (settings.content / name).symlink_to(target)
    found = scanned(settings)
    assert not found.fingerprints
    names = ["file.md", "folder", "gone.md", "root.md", "sibling"]
    assert codes(found) == [(f"content/{name}", "outside-content") for name in names]
    assert "copy the file instead" in found.problems[0].message


def test_symlink_loops_terminate(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a/one.md": "x", "b/two.md": "x"})
    (settings.content / "a/up").symlink_to("..")
    (settings.content / "a/self").symlink_to(".")
    (settings.content / "a/other").symlink_to("../b")
    (settings.content / "b/other").symlink_to("../a")
    (settings.content / "loop.md").symlink_to("loop.md")
    (settings.content / "loop").symlink_to("loop")
    found = scanned(settings)
    assert {"a/one.md", "b/two.md"} <= set(found.fingerprints)
    assert len(found.fingerprints) < 10
    assert ("content/loop.md", "unreadable") in codes(found)


def test_a_broken_symlink_is_a_problem(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    (settings.content / "a.md").symlink_to("nothing.md")
    assert codes(scanned(settings)) == [("content/a.md", "unreadable")]


def test_a_folder_named_like_an_article_is_a_folder(tmp_path: Path) -> None:
    found = scanned(make_site(tmp_path, {"a.md/b.md": "x"}))
    assert list(found.fingerprints) == ["a.md/b.md"]


def test_a_named_pipe_is_a_problem_and_is_not_opened(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    os.mkfifo(settings.content / "a.md")
    found = scanned(settings)
    assert not found.fingerprints
    assert codes(found) == [("content/a.md", "unreadable")]


def test_names_that_are_not_utf8_are_problems(tmp_path: Path) -> None:
    """No database, path or feed can represent them; the rest of the site is not affected."""
    settings = make_site(tmp_path, {"a.md": "x", "folder/b.md": "x"})
    try:
        (settings.content / "folder").rename(settings.content / "caf\udce9")
        (settings.content / "a.md").rename(settings.content / "\udce9.md")
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    found = scanned(settings)
    assert not found.fingerprints
    assert [problem.code for problem in found.problems] == ["not-utf8", "not-utf8"]
    assert str(found.problems[0]).startswith("content/caf\\udce9: error: has a name that is not")


@pytest.mark.parametrize("include", [(), ("*.md",)])
def test_files_of_an_unreadable_folder_are_not_reported_as_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, include: tuple[str, ...]
) -> None:
    settings = make_site(tmp_path, {"a/b.md": "x", "c.md": "x"})
    plain = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr("os.scandir", scandir)
    found = scan(settings.content, settings.site, include=include)
    assert list(found.fingerprints) == ["c.md"]
    assert str(found.problems[0]) == (
        "content/a: error: cannot be read: Permission denied; check its permissions [unreadable]"
    )
    assert found.holds("a/b.md")
    assert not found.holds("a2/b.md")
    assert not found.holds("d.md")


def test_deeply_nested_folders_are_scanned(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    folder = os.open(settings.content, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a", dir_fd=folder)
        inner = os.open("a", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("b.md", os.O_CREAT, dir_fd=folder))
    os.close(folder)
    try:
        found = scanned(settings)
        assert found.fingerprints == {}
        assert [problem.code for problem in found.problems] == ["too-long"]  # it was found
    finally:  # Python 3.11 cannot remove so many, and pytest would try
        subprocess.run(["rm", "-r", settings.content], check=True)


def test_problems_of_content_outside_the_site_have_absolute_paths(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    settings = make_site(tmp_path / "site", toml='content = "../articles"')
    (tmp_path / "articles/a.md").symlink_to("nothing")
    assert codes(scanned(settings)) == [(f"{tmp_path}/articles/a.md", "unreadable")]
