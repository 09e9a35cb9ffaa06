"""Which files are served."""

from urllib.parse import quote

import pytest

from feedsvc.model import FeedRef, Kind
from tests.desk import START, Desk
from tests.sites import article

ALL = FeedRef(Kind.ALL)

pytestmark = pytest.mark.databases("sqlite")


def test_a_file_is_served_while_an_article_uses_it(desk: Desk) -> None:
    desk.write("2022/a.md", article("A", body="![](über&co.png)"))
    desk.write("2022/über&co.png", b"PNG")
    desk.write("2022/not-shown.png", b"PNG")
    desk.sync()
    name = "2022/über&co.png"
    assert desk.publication.files.find(name) == desk.content / name
    (entry,) = desk.publication.entries(ALL)
    assert quote(f"/files/{name}") in str(entry.content)
    for other in ("2022/not-shown.png", "2022/a.md", "2022", "", ".", "/"):
        assert desk.publication.files.find(other) is None
    desk.write("2022/a.md", article("A"))
    desk.sync()
    assert desk.publication.files.find(name) is None
    desk.write("2022/a.md", article("A", body="![](über&co.png)"))
    desk.sync()
    assert desk.publication.files.find(name) is not None
    desk.remove(name)
    assert desk.publication.files.find(name) is None


def test_files_are_withdrawn_with_their_article(desk: Desk) -> None:
    """Conformance 55."""
    desk.write("a.md", article("A", image="a.png", expires="2026-06-01"))
    desk.write("a.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("a.png") is not None
    desk.release(START.replace(month=7))
    assert desk.publication.files.find("a.png") is None


def test_files_of_an_article_in_no_feed_are_served(desk: Desk) -> None:
    desk.write("a.md", article("A", body="![](a.png)", feeds=False))
    desk.write("a.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("a.png") is not None


@pytest.mark.parametrize(
    "toml",
    [
        'image = "/files/logo é.png"',
        '[feeds."tag/x"]\nimage = "/files/logo é.png"',
        'image = "https://news.example.org/files/logo é.png"',
        'base_url = "https://a.example/b/"\nimage = "https://a.example/b/files/logo é.png"',
    ],
)
def test_the_picture_of_a_feed_is_served(desk: Desk, toml: str) -> None:
    desk.configure(toml.replace(" é", "%20%C3%A9"))
    desk.write("logo é.png", b"PNG")
    desk.sync()
    assert desk.publication.files.find("logo é.png") == desk.content / "logo é.png"
    desk.configure("")
    assert desk.publication.files.find("logo é.png") is None


@pytest.mark.parametrize(
    "path",
    ["../feedsvc.toml", "x/../../feedsvc.toml", "/etc/passwd", "link.png", "folder/secret.png"],
)
def test_files_outside_the_content_folder_are_never_served(desk: Desk, path: str) -> None:
    """Even if a row or a setting says so."""
    desk.write("a.md", article("A", body="![](link.png) ![](folder/secret.png)"))
    (desk.folder / "secret.png").write_bytes(b"PNG")
    (desk.content / "link.png").symlink_to(desk.folder / "secret.png")
    (desk.content / "folder").symlink_to(desk.folder)
    desk.configure(f'image = "/files/{path}"')
    desk.sync()
    assert desk.publication.files.find(path) is None


def test_a_file_replaced_by_a_link_to_the_outside_is_not_served(desk: Desk) -> None:
    desk.write("a.md", article("A", body="![](a.png)"))
    desk.write("a.png", b"PNG")
    desk.sync()
    desk.remove("a.png")
    (desk.content / "a.png").symlink_to("/etc/passwd")
    assert desk.publication.files.find("a.png") is None
