"""Every path has exactly one file, below the folder."""

import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import routes
from feedsvc.export import names
from feedsvc.export.names import FileNames
from feedsvc.model import MAX_TERM, FeedRef, Format, Kind

TERMS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
PARTS = st.sampled_from(
    ["..", ".", "", "x", "X", "x.rss", "x.gz", "index.html", "_paths", "_headers"]
)
PATHS = st.lists(
    st.tuples(st.lists(TERMS | PARTS, min_size=1, max_size=4).map("/".join), st.booleans()),
    max_size=12,
    unique_by=lambda pair: pair[0],
)


@pytest.mark.parametrize(
    ("path", "is_page", "file"),
    [
        ("/", True, "index.html"),
        ("/feeds/tag/c%2B%2B.rss", False, "feeds/tag/c++.rss"),
        ("/feeds/tag/c%2B%2B/", True, "feeds/tag/c++/index.html"),
        ("/articles/caf%C3%A9", True, "articles/café.html"),
        ("/a.html", True, "a.html"),
        ("/files/x%2520y.png", False, "files/x%20y.png"),
    ],
)
def test_files_are_named_after_their_paths(path: str, is_page: bool, file: str) -> None:
    assert FileNames().assign(path, is_page) == file


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/../../etc/passwd",
        "/a/%2e%2e/b",
        "/a//b",
        "/a%00b",
        "/a%5Cb",
        "/a%0Ab",
        "/%FF",
        "/.htaccess",
        "/.HTpasswd.rss",
        "/" + "a" * 300,
        "/" + "%C3%A9" * 150,
        "/" + "a/" * 600 + "b",
        "/_headers",
        "/manifest.json",
        "/nginx.conf",
        "/404.html",
        "/_paths/x",
        "/.feedsvc-build/x",
        "/_HEADERS",
        "/files/index.html",  # hosts serve it for the folder
    ],
)
def test_paths_that_are_not_valid_names_are_hashed(path: str) -> None:
    file = FileNames().assign(path, is_page=False)
    assert file.startswith("_paths/")
    assert len(file) < 60


@given(PATHS)
def test_files_are_distinct_and_within_the_folder(paths: list[tuple[str, bool]]) -> None:
    file_names = FileNames()
    files = [file_names.assign(quote(f"/{path}"), is_page) for path, is_page in paths]
    assigned: list[str] = []
    for file in files:
        assert names.is_safe(file)
        parts = PurePosixPath(file).parts
        assert all(len(part.encode()) <= 240 for part in parts)
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", file).casefold())
        assigned += [folded + suffix for suffix in ("", ".gz", ".br", ".zst")]
    assert len(set(assigned)) == len(assigned)
    folders = {
        "/".join(name.split("/")[:count])
        for name in assigned
        for count in range(1, len(name.split("/")))
    }
    assert folders.isdisjoint(assigned)


@given(TERMS)
def test_hashes_depend_on_the_whole_path(term: str) -> None:
    path = f"/{quote(term, safe='')}/" + "x" * 300
    assert FileNames().assign(path, False) == FileNames().assign(path, False)
    assert FileNames().assign(path, False) != FileNames().assign(f"{path}y", False)


@pytest.mark.parametrize(
    "pair",
    [
        ("/files/A.png", "/files/a.png"),
        ("/files/caf%C3%A9", "/files/cafe%CC%81"),
        ("/files/a.csv", "/files/a.csv.gz"),
        ("/files/a.csv.gz", "/files/a.csv"),
        ("/feeds/tag/x.rss", "/feeds/tag/x.rss/archive/1.rss"),
        ("/feeds/tag/x.rss/archive/1.rss", "/feeds/tag/x.rss"),
    ],
)
def test_the_second_of_two_conflicting_paths_is_hashed(pair: tuple[str, str]) -> None:
    file_names = FileNames()
    first, second = (file_names.assign(path, False) for path in pair)
    assert not first.startswith("_paths/")
    assert second.startswith("_paths/")


def test_the_suffix_is_kept() -> None:
    assert FileNames().assign("/" + "a" * 300 + ".rss", False).endswith(".rss")
    assert FileNames().assign("/" + "a" * 300, True).endswith(".html")


@pytest.mark.parametrize("term", ["x" * MAX_TERM, "\U0001f418" * (MAX_TERM // 4)])
def test_the_feeds_of_the_longest_term_have_plain_names(term: str) -> None:
    ref, given = FeedRef(Kind.CATEGORY, term), FileNames()
    for format in Format:
        assert (
            given.assign(routes.feed_path(ref, format), False) == f"feeds/category/{term}.{format}"
        )
    assert given.assign(routes.page_path(ref), True) == f"feeds/category/{term}/index.html"
