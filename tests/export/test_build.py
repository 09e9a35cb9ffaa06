"""A build equals the responses of `feedsvc serve`, and writes only changes."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
import zstandard

from feedsvc.export import names
from feedsvc.export.plan import BuildOptions
from feedsvc.http.representation import CODINGS
from feedsvc.model import Format
from tests.export.places import (
    LONG,
    PNG,
    Place,
    Serve,
    crossed,
    files_below,
    lived_in,
)
from tests.sites import article

DECODE: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "gzip": gzip.decompress,
}
HEADERS = ("Access-Control-Allow-Origin", "Cache-Control", "X-Content-Type-Options")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A built site, which no test changes."""
    place = lived_in(tmp_path_factory.mktemp("built"))
    place.build(BuildOptions())
    return place


def test_every_file_equals_the_response_of_serve(built: Place) -> None:
    """Conformance 24, 35, 37, 47."""
    serve = Serve(built)
    assert len(built.manifest.paths) > 80
    for path, resource in built.manifest.paths.items():
        answer = serve.ask(path)
        assert (answer.status, answer.body) == (200, built.file(path)), path
        assert answer.headers["Content-Type"] == resource.type, path
        assert answer.headers.get("ETag") == resource.etags.get("identity"), path
        assert answer.headers.get("Last-Modified") == resource.last_modified, path
        assert answer.headers["Cache-Control"] == resource.cache_control, path
        for name, value in resource.headers.items():
            # Static files have no deltas, on which a response may depend.
            assert answer.headers[name].removeprefix("A-IM, ") == value, path


def test_every_coded_file_equals_the_response_of_serve(built: Place) -> None:
    """Conformance 35."""
    serve = Serve(built)
    documents = 0
    for path, resource in built.manifest.paths.items():
        codings = set(resource.sizes) - {"identity"}
        assert codings in (set(), set(CODINGS)), path
        for coding in codings:
            body = built.file(path, coding)
            assert DECODE[coding](body) == built.file(path), path
            if len(resource.etags) > 1:
                documents += 1
                answer = serve.ask(path, coding)
                assert answer.body == body, path
                assert answer.headers["Content-Encoding"] == coding, path
                assert answer.headers["ETag"] == resource.etags[coding], path
    assert documents > 80


def test_texts_are_compressed_but_images_are_not(built: Place) -> None:
    paths = built.manifest.paths
    assert set(paths["/static/style.css"].sizes) == {"identity", *CODINGS}
    assert set(paths["/articles/one"].sizes) == {"identity", *CODINGS}
    assert set(paths["/files/a.png"].sizes) == {"identity"}


def test_redirects_gone_and_errors_equal_the_responses_of_serve(built: Place) -> None:
    """Conformance 43."""
    serve = Serve(built)
    made = built.manifest
    assert "/feeds/tag" in made.redirects
    assert "/feeds/tag/c%2B%2B" in made.redirects
    for path, redirect in made.redirects.items():
        answer = serve.ask(path)
        assert (answer.status, answer.headers["Location"]) == (redirect.status, redirect.to), path
        for name in HEADERS:
            assert answer.headers.get(name) == redirect.headers.get(name), (path, name)
    page = made.errors[410]
    for path in made.gone:
        answer = serve.ask(path)
        assert (answer.status, answer.body) == (410, (built.out / "410.html").read_bytes()), path
        assert answer.headers["Cache-Control"] == page.cache_control, path
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert serve.ask("/nowhere").body == (built.out / "404.html").read_bytes()


def test_moved_and_withdrawn_paths_are_planned(built: Place) -> None:
    """Conformance 43: including pages without their trailing slash."""
    made = built.manifest
    older = "/feeds/tag/old%2Cer"
    moved = {path: (each.status, each.to) for path, each in made.redirects.items()}
    assert moved[f"{older}.rss"] == (308, "https://news.example.org/feeds/tag/x.rss")
    assert moved[f"{older}/archive/1.atom"] == (
        308,
        "https://news.example.org/feeds/tag/x/archive/1.atom",
    )
    assert moved[f"{older}/"] == moved[older] == (308, "https://news.example.org/feeds/tag/x/")
    assert moved["/feeds/picks.json"] == (308, "https://news.example.org/feeds/picked.json")
    assert moved["/rss.xml"] == (301, "https://news.example.org/feeds/all.rss")
    assert moved["/p%2Cq/feed"] == (301, "https://news.example.org/feeds/picked.json")
    assert moved["/articles/f%2Cour"] == (301, "https://news.example.org/feeds/tag/c%2B%2B.rss")
    assert moved["/articles/old%2Cer"] == (308, "https://news.example.org/articles/newer")
    assert "/feeds/picked/" in made.paths
    assert list(made.gone) == sorted(made.gone)
    lost = ("/feeds/tag/lost", "/feeds/author/nobody%2Cat-all")
    for path in lost:
        assert {path, f"{path}/", f"{path}.rss", f"{path}.json"} <= {*made.gone}
    assert {"/articles/gone", "/articles/lost%2Ctoo", f"{lost[0]}/archive/1.rss"} <= {*made.gone}


def test_a_path_in_two_encodings_is_one_job(tmp_path: Path) -> None:
    """Hosts reject rules that contain a path twice."""
    place = crossed(tmp_path)
    place.build()
    everything = [*place.manifest.paths, *place.manifest.redirects, *place.manifest.gone]
    assert len({names.decoded(path) for path in everything}) == len(everything)
    assert place.manifest.redirects["/p,q/one"].to == "https://news.example.org/feeds/all.rss"


def test_every_feed_and_page_has_a_file(built: Place) -> None:
    made = built.manifest
    for key in ("all", "tag/x", "tag/x.rss", "tag/c%2B%2B", "author/ada", "category/news"):
        assert f"/feeds/{key}/" in made.paths
        assert {f"/feeds/{key}.{format}" for format in Format} <= made.paths.keys()
    assert {f"/feeds/all/archive/1.{format}" for format in Format} <= made.paths.keys()
    assert {"/", "/feeds.opml", "/feeds/tag/", "/static/icon.svg"} <= made.paths.keys()


def test_scheduled_articles_are_not_written(built: Place) -> None:
    """Conformance 55."""
    secret = [name for name in files_below(built.out) if "secret" in name or "later" in name]
    assert not secret
    for name in files_below(built.out):
        assert b"Scheduled" not in (built.out / name).read_bytes(), name
    assert built.publication.state()[1] == datetime(2998, 12, 31, 23, tzinfo=UTC)


def test_the_manifest_lists_exactly_the_files(built: Place) -> None:
    made = built.manifest
    assert files_below(built.out) == made.files | {names.MANIFEST}
    named = {file for each in made.paths.values() for file in each.files}
    assert named <= made.files


def test_difficult_names_have_distinct_files(built: Place) -> None:
    paths = built.manifest.paths
    files = [each.file for each in paths.values()]
    assert len(set(files)) == len(files)
    assert paths["/feeds/tag/c%2B%2B.rss"].file == "feeds/tag/c++.rss"
    assert paths["/feeds/tag/100%25.atom"].file == "feeds/tag/100%.atom"
    assert paths["/feeds/tag/x.rss"].file == "feeds/tag/x.rss"
    hashed = {path for path, each in paths.items() if each.file.startswith("_paths/")}
    assert (
        "/feeds/tag/x.rss/" in hashed
    )  # its folder would have the name of a feed file of the tag x
    assert paths[f"/feeds/tag/{LONG}.rss"].file == f"feeds/tag/{LONG}.rss"
    assert "/feeds/tag/.htaccess.rss" in hashed
    assert len({"/files/a.png", "/files/A.png"} & hashed) == 1
    assert len({"/files/data.csv", "/files/data.csv.gz"} & hashed) == 1


def test_a_build_of_some_formats_has_only_feeds_and_files_of_articles(place: Place) -> None:
    """Entries only refer to files that were written."""
    built = place.build(BuildOptions((Format.RSS, Format.JSON), codings=()))
    paths = set(place.manifest.paths)
    assert "/files/a.png" in paths
    assert b"https://news.example.org/files/a.png" in place.file("/feeds/all.rss")
    endings = {name.rpartition(".")[2] for name in paths - {"/files/a.png"}}
    assert endings == {"rss", "json"}
    assert files_below(place.out) == {
        names.MANIFEST,
        *names.RULES,
        *(each.file for each in place.manifest.paths.values()),
    }
    assert built.paths == len(paths) == 2 * len(place.publication.feeds()) + 1


def test_archives_can_be_omitted(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with_them = place.build(BuildOptions((Format.RSS,), codings=())).paths
    without = place.build(BuildOptions((Format.RSS,), archives=False, codings=())).paths
    assert without == len(place.publication.feeds()) + len(set(place.publication.files.urls()))
    assert with_them > without
    assert not any("archive" in name for name in files_below(place.out))


def test_a_site_below_a_path_has_its_files_below_it(tmp_path: Path) -> None:
    toml = 'base_url = "https://example.org/my%20blog"\n'
    place = Place(tmp_path, toml, {"one.md": article(tags=["x"])})
    place.build()
    assert place.manifest.paths["/my%20blog/feeds/all.rss"].file == "my blog/feeds/all.rss"
    assert place.manifest.paths["/my%20blog/"].file == "my blog/index.html"
    serve = Serve(place)
    for path in place.manifest.paths:
        assert serve.ask(path).body == place.file(path), path


@pytest.mark.parametrize(
    ("pattern", "path", "file"),
    [
        ("/{slug}", "/one", "one.html"),
        ("/{slug}.html", "/one.html", "one.html"),
        ("/{year}/{slug}/", "/2022/one/", "2022/one/index.html"),
        ("/static/{slug}", "/static/one", "static/one.html"),
    ],
)
def test_articles_have_the_paths_of_their_pattern(
    tmp_path: Path, pattern: str, path: str, file: str
) -> None:
    files = {"one.md": article(), "index.md": article("I"), "manifest.json.md": article("M")}
    place = Place(tmp_path, f'article_link = "{pattern}"\n', files)
    place.build(BuildOptions(codings=()))
    assert place.manifest.paths[path].file == file
    serve = Serve(place)
    assert len(place.manifest.paths) > 10
    for each in place.manifest.paths:
        assert serve.ask(each).body == place.file(each), each


def test_articles_with_links_to_another_site_have_no_page(tmp_path: Path) -> None:
    toml = 'article_link = "https://elsewhere.example/{slug}"\n'
    place = Place(tmp_path, toml, {"one.md": article()})
    place.build(BuildOptions(codings=()))
    assert not [path for path in place.manifest.paths if "one" in path]


def test_a_build_has_older_pages_the_sitemap_and_icons(tmp_path: Path) -> None:
    """Conformance 55: without the scheduled article."""
    files: dict[str, str | bytes] = {
        f"a{number:02}.md": article(f"A{number:02}", f"2022-01-01 10:{number:02}", tags=["x"])
        for number in range(60)
    }
    files["later.md"] = article("Scheduled", "2999-01-01", tags=["x"])
    place = Place(tmp_path, '[moved]\n"tag/x" = "all"\n', files)
    place.build(BuildOptions(codings=()))
    page = place.file("/feeds/all/page/1/").decode()
    assert "A29" in page
    assert "A30" not in page
    assert "A59" in place.file("/feeds/all/").decode()
    assert place.manifest.redirects["/feeds/tag/x/page/1/"].status == 308
    sitemap = place.file("/sitemap.xml").decode()
    assert sitemap.count("<url>") == 61
    assert "later" not in sitemap
    assert "Scheduled" not in place.file("/articles/a59").decode()
    assert 'rel="prev"' in place.file("/articles/a59").decode()
    assert place.file("/favicon.ico").startswith(b"\0\0\1\0")


def test_a_build_redirects_to_the_configured_icon(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"one.md": article(), "icon.png": PNG}
    place = Place(tmp_path, 'icon = "/files/icon.png"\n', files)
    place.build(BuildOptions(codings=()))
    assert place.file("/files/icon.png") == PNG
    for name in ("/favicon.ico", "/apple-touch-icon.png"):
        assert place.manifest.redirects[name].to == "https://news.example.org/files/icon.png"


def test_files_are_written_even_if_a_cdn_serves_them(tmp_path: Path) -> None:
    """The publisher uploads the folder `files`; documents contain URLs of the CDN."""
    files: dict[str, str | bytes] = {"one.md": article("One", body="![](a.png)"), "a.png": PNG}
    place = Place(tmp_path, 'media_url = "https://cdn.example/x"', files)
    place.build()
    assert (place.out / "files/a.png").read_bytes() == PNG
    for path in ("/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/articles/one"):
        assert b"https://cdn.example/x/a.png" in place.file(path)
        assert b"/files/a.png" not in place.file(path)
