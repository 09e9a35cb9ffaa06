"""Local files and links are found, stay within the content folder and are published absolute."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc import syntax, urls
from feedsvc.model import Article, Enclosure
from feedsvc.sources.attachments import Attachments, Folder
from tests.sites import article, make_site
from tests.sources.reading import many_per_folder, read

BOOK = b"epub"
FILES: dict[str, str | bytes] = {
    "2022/a/photo.png": b"png",
    "2022/a/my book.epub": BOOK,
    "2022/a/été #1.png": b"png",
    "2022/a/paper.pdf": b"pdf",
    "2022/b.md": article(),
    "site.png": b"png",
}
SITE = "https://news.example.org"


def shown(folder: Path, body: str = "", toml: str = "", **front_matter: object) -> Article:
    """Return the article `2022/a/index.md` of a site with files."""
    text = article("T", "2022-02-17 09:30", body, **front_matter)
    settings = make_site(folder, {**FILES, "2022/a/index.md": text}, toml)
    reading = read(settings, "2022/a/index.md")
    assert reading.problems == ()
    assert reading.article
    return reading.article


@pytest.mark.parametrize(
    ("reference", "url", "file"),
    [
        ("photo.png", "/files/2022/a/photo.png", "2022/a/photo.png"),
        ("./photo.png", "/files/2022/a/photo.png", "2022/a/photo.png"),
        ("../a/photo.png", "/files/2022/a/photo.png", "2022/a/photo.png"),
        ("/site.png", "/files/site.png", "site.png"),
        ("../../site.png", "/files/site.png", "site.png"),
        ("my%20book.epub", "/files/2022/a/my%20book.epub", "2022/a/my book.epub"),
        ("<my book.epub>", "/files/2022/a/my%20book.epub", "2022/a/my book.epub"),
        ("été%20%231.png", "/files/2022/a/%C3%A9t%C3%A9%20%231.png", "2022/a/été #1.png"),
        ("photo.png?x=1", "/files/2022/a/photo.png", "2022/a/photo.png"),
        ("paper.pdf#page=3", "/files/2022/a/paper.pdf#page=3", "2022/a/paper.pdf"),
        ("missing.png", "/articles/missing.png", None),
        ("another-article", "/articles/another-article", None),
        ("/site", "/site", None),
        ("../b.md", "/b.md", None),
        ("#notes", "/articles/a#notes", None),
        ("?page=2", "/articles/a?page=2", None),
        ("../../../feedsvc.toml", "/feedsvc.toml", None),
        ("..%2f..%2f..%2ffeedsvc.toml", "/articles/..%2f..%2f..%2ffeedsvc.toml", None),
        ("photo.png%00", "/articles/photo.png%00", None),
    ],
)
def test_references_in_text_become_file_urls_or_are_resolved(
    tmp_path: Path, reference: str, url: str, file: str | None
) -> None:
    """Conformance 13."""
    found = shown(tmp_path, f"[x]({reference})")
    assert f'href="{SITE}{url}"' in found.html
    assert found.files == ((file,) if file else ())


@pytest.mark.parametrize(
    "url",
    ["https://b.example/photo.png", "HTTP://b.example/photo.png", "//b.example/photo.png"],
)
def test_an_absolute_url_is_not_a_file(tmp_path: Path, url: str) -> None:
    found = shown(tmp_path, f"[x]({url})")
    assert found.files == ()
    assert "b.example/photo.png" in found.html


def test_images_and_media_elements_refer_to_files(tmp_path: Path) -> None:
    """Conformance 13."""
    body = (
        '![p](photo.png)\n\n<audio src="my book.epub"></audio>\n'
        '<video poster="/site.png"></video><img srcset="photo.png 1x, /site.png 2x">\n'
    )
    found = shown(tmp_path, body)
    assert found.files == ("2022/a/photo.png", "2022/a/my book.epub", "site.png")
    assert found.html.count(f"{SITE}/files/") == 5


def test_file_urls_include_the_path_of_the_base_url(tmp_path: Path) -> None:
    """Conformance 48."""
    found = shown(tmp_path, "![p](photo.png)", f'base_url = "{SITE}/sub"')
    assert f'src="{SITE}/sub/files/2022/a/photo.png"' in found.html


def test_an_image_may_be_a_file_or_a_url(tmp_path: Path) -> None:
    assert shown(tmp_path, image="photo.png").image == f"{SITE}/files/2022/a/photo.png"
    assert shown(tmp_path, image="/site.png").image == f"{SITE}/files/site.png"
    assert shown(tmp_path, image="https://b.example/a.png").image == "https://b.example/a.png"
    assert shown(tmp_path, image="photo.png").files == ("2022/a/photo.png",)


@pytest.mark.parametrize(
    ("written", "enclosure"),
    [
        (
            "my book.epub",
            Enclosure(f"{SITE}/files/2022/a/my%20book.epub", "application/epub+zip", 4),
        ),
        ({"url": "photo.png"}, Enclosure(f"{SITE}/files/2022/a/photo.png", "image/png", 3)),
        (
            {"url": "my book.epub", "type": "audio/x-mine", "length": 7},
            Enclosure(f"{SITE}/files/2022/a/my%20book.epub", "audio/x-mine", 7),
        ),
        ("https://b.example/A.OPUS?x", Enclosure("https://b.example/A.OPUS?x", "audio/ogg", 0)),
        ("https://b.example/a", Enclosure("https://b.example/a", "application/octet-stream", 0)),
        (
            {"url": "https://b.example/a.mp4", "length": "4821733"},
            Enclosure("https://b.example/a.mp4", "video/mp4", 4_821_733),
        ),
    ],
)
def test_an_enclosure_has_a_url_type_and_length(
    tmp_path: Path, written: object, enclosure: Enclosure
) -> None:
    """Conformance 12."""
    assert shown(tmp_path, enclosures=written).enclosures == (enclosure,)


def test_enclosures_keep_their_order(tmp_path: Path) -> None:
    """Conformance 12, 19."""
    found = shown(tmp_path, enclosures=["photo.png", "my book.epub"])
    assert [each.type for each in found.enclosures] == ["image/png", "application/epub+zip"]
    assert found.files == ("2022/a/photo.png", "2022/a/my book.epub")


@pytest.mark.parametrize(
    "ending",
    ["m4a", "mp3", "ogg", "opus", "flac", "wav", "webm", "webp", "avif", "epub", "pdf", "jpg"],
)
def test_media_types_do_not_depend_on_the_machine(tmp_path: Path, ending: str) -> None:
    """Conformance 24: the MIME table of the system is not used."""
    (enclosure,) = shown(tmp_path, enclosures=f"https://b.example/a.{ending}").enclosures
    assert enclosure.type != "application/octet-stream"


def test_media_url_is_the_prefix_of_all_file_urls(tmp_path: Path) -> None:
    found = shown(
        tmp_path,
        "![p](photo.png) ![s](/site.png) [p](paper.pdf#page=3) [x](other)",
        'media_url = "https://cdn.example/x/"',
        enclosures="my book.epub",
        image="../../site.png",
    )
    assert re.findall('(?:src|href)="([^"]*)"', found.html) == [
        "https://cdn.example/x/2022/a/photo.png",
        "https://cdn.example/x/site.png",
        "https://cdn.example/x/2022/a/paper.pdf#page=3",
        f"{SITE}/articles/other",
    ]
    assert found.image == "https://cdn.example/x/site.png"
    assert found.enclosures[0].url == "https://cdn.example/x/2022/a/my%20book.epub"
    assert set(found.files) == {
        *("2022/a/photo.png", "site.png", "2022/a/paper.pdf", "2022/a/my book.epub")
    }


def test_a_symlink_out_of_the_content_folder_is_not_a_file(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": article(body="![p](p.png) ![q](out/q.png)")})
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/q.png").write_bytes(b"secret")
    (settings.content / "p.png").symlink_to(tmp_path / "secret/q.png")
    (settings.content / "out").symlink_to(tmp_path / "secret")
    found = read(settings).article
    assert found
    assert found.files == ()


def test_an_enclosure_linked_out_of_the_content_folder_is_missing(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": article(enclosures="p.mp3")})
    (settings.content / "p.mp3").symlink_to("/etc/passwd")
    assert [problem.code for problem in read(settings).problems] == ["missing-file"]


@many_per_folder
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_reference_is_resolved_to_an_absolute_url_or_nothing(
    tmp_path: Path, reference: str
) -> None:
    """Conformance 13."""
    root = os.path.realpath(make_site(tmp_path).content)
    attachments = Attachments(Folder(root), "2022/a.md", SITE, f"{SITE}/articles/a")
    for odd in (reference, f"/{reference}", f"%{reference}", f"http://[{reference}"):
        url = attachments.resolve(odd)
        assert url == "" or ":" in url
        assert not syntax.is_url(url) or attachments.resolve(url) == urls.resolve(SITE, url)


NAMED = ("a", "b.png", "c/a", "c/d/b.png", "c/..a", "c/~a_-.1", "c/a%61", "c/a:1", "c/a#b", "c/a?b")
PIECES = (*NAMED, *"/#?:é\n", "c/a.md", "d/", "../", "./", "%61", "%2F", "mailto:")


@many_per_folder
@given(st.lists(st.sampled_from(PIECES), max_size=4).map("".join))
@example("d/b.png")
@example("/c/d/b.png")
@example("d/../a")
@example("..a")
@example("~a_-.1")
@example("a.md")
@example("a%61")
@example("a:1")
@example("a#b")
@example("a?b")
@example("/")
def test_simple_references_resolve_as_if_they_were_parsed(tmp_path: Path, reference: str) -> None:
    """The short cut without parsing has the same result as parsing."""
    root = os.path.realpath(make_site(tmp_path, dict.fromkeys((*NAMED, "c/a.md"), "x")).content)

    def found() -> tuple[str, tuple[str, ...]]:
        attachments = Attachments(Folder(root), "c/e.md", SITE, f"{SITE}/articles/e")
        return attachments.resolve(reference), attachments.files

    short = found()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feedsvc.sources.attachments._SIMPLE", re.compile("(?!)"))
        assert found() == short
