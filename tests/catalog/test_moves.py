"""Files that are moved, renamed or get other slugs keep their article and old URLs."""

import pytest
from flask.testing import FlaskClient

from feedsvc.catalog import schema
from feedsvc.model import Format
from feedsvc.web.app import create_app
from tests.desk import Desk
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")


def client(desk: Desk) -> FlaskClient:
    return create_app(desk.publication).test_client()


def ids(desk: Desk) -> dict[str, str]:
    """Return the ids in the site feed by title."""
    return {entry.title: entry.id for entry in desk.publication.entries(desk.feed("all").ref)}


def test_a_renamed_file_is_the_same_article(desk: Desk) -> None:
    """Conformance 15: recognised by its text, as its slug is derived from its name."""
    desk.write("mali.md", article("Mali", tags=["x"]))
    desk.sync()
    known = ids(desk)
    desk.rename("mali.md", "2022/withdrawal.md")
    report = desk.sync(force=False)
    assert (report.published.new, report.published.edited, report.published.withdrawn) == (0, 1, 0)
    assert ids(desk) == known
    assert desk.articles()["2022/withdrawal.md"].slug == "withdrawal"


def test_an_old_url_redirects_to_the_new_one(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    desk.rename("a.md", "b.md")
    desk.sync()
    desk.rename("b.md", "c.md")
    desk.sync()
    for old in ("a", "b"):
        response = client(desk).get(f"/articles/{old}?utm_source=x")
        assert (response.status_code, response.headers["Location"]) == (
            308,
            "https://news.example.org/articles/c",
        )
    assert client(desk).get("/articles/c").status_code == 200


def test_an_old_url_of_a_withdrawn_article_is_gone(desk: Desk) -> None:
    """Conformance 43."""
    desk.write("a.md", article("A"))
    desk.sync()
    desk.rename("a.md", "b.md")
    desk.sync()
    desk.remove("b.md")
    desk.sync()
    assert [client(desk).get(f"/articles/{slug}").status_code for slug in "abc"] == [410, 410, 404]


def test_a_new_article_takes_over_a_url_that_another_left(desk: Desk) -> None:
    desk.write("a.md", article("Old"))
    desk.sync()
    desk.rename("a.md", "b.md")
    desk.sync()
    desk.write("a.md", article("New", "2023-01-01"))
    desk.sync()
    response = client(desk).get("/articles/a")
    assert (response.status_code, "New" in response.text) == (200, True)
    desk.rename("a.md", "c.md")
    desk.sync()
    response = client(desk).get("/articles/a")  # that of the last article with this URL
    assert (response.status_code, response.headers["Location"]) == (
        308,
        "https://news.example.org/articles/c",
    )


def test_the_last_article_with_a_url_determines_its_response(desk: Desk) -> None:
    """Conformance 43: 410 for a withdrawn article, although another one had the URL before."""
    desk.write("a.md", article("First"))
    desk.sync()
    desk.rename("a.md", "b.md")
    desk.sync()
    desk.write("a.md", article("Second", "2023-01-01"))
    desk.sync()
    desk.remove("a.md")
    desk.sync()
    assert client(desk).get("/articles/a").status_code == 410
    desk.write("c.md", article("Draft", "2024-01-01", slug="x", draft=True))
    desk.write("b.md", article("First", slug="d"))
    desk.sync()
    desk.write("c.md", article("Draft", "2024-01-01", slug="b", draft=True))
    desk.sync()
    assert (
        client(desk).get("/articles/b").headers["Location"] == "https://news.example.org/articles/d"
    )


def test_a_slug_can_be_changed_back_and_forth(desk: Desk) -> None:
    desk.write("x.md", article("A", slug="a"))
    desk.sync()
    for slug in "babab":
        desk.write("x.md", article("A", slug=slug))
        desk.sync()
    assert client(desk).get("/articles/b").status_code == 200
    assert (
        client(desk).get("/articles/a").headers["Location"] == "https://news.example.org/articles/b"
    )


def test_the_former_slug_of_a_draft_is_404(desk: Desk) -> None:
    """Conformance 55: guessing an old name reveals nothing."""
    desk.write("secret.md", article("A", draft=True))
    desk.sync()
    desk.rename("secret.md", "plain.md")
    desk.sync()
    desk.write("plain.md", article("A"))
    desk.sync()
    assert client(desk).get("/articles/secret").status_code == 404


def test_a_file_moved_and_edited_is_recognised_by_its_slug_or_id(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article("A", slug="one"))
    desk.write("b.md", article("B", id="urn:b"))
    desk.sync()
    known = {desk.articles()["a.md"].number, desk.articles()["b.md"].number}
    desk.remove("a.md")
    desk.remove("b.md")
    desk.write("new/a.md", article("A, edited", slug="one"))
    desk.write("new/c.md", article("B, edited", id="urn:b"))
    assert desk.sync().published.new == 0
    assert {row.number for row in desk.articles().values()} == known


def test_a_deleted_article_can_be_restored_under_any_name(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article("A"))
    desk.sync()
    known = ids(desk)
    desk.remove("a.md")
    desk.sync()
    desk.write("restored.md", article("A"))
    desk.sync()
    assert ids(desk) == known


def test_a_copy_is_a_separate_article(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    desk.write("copy.md", article("A"))
    assert desk.sync().published.new == 1
    assert len({row.id for row in desk.articles().values()}) == 2


def test_copies_that_move_together_keep_their_ids(desk: Desk) -> None:
    """Conformance 15."""
    for name in ("a", "copy", "third"):
        desk.write(f"{name}.md", article("Same"))
    desk.sync()
    known = {row.slug: row.id for row in desk.articles().values()}
    for name in ("a", "copy", "third"):
        desk.rename(f"{name}.md", f"new/{name}.md")
    report = desk.sync()
    assert report.problems == ()
    assert {row.slug: row.id for row in desk.articles().values()} == known
    desk.rename("new/a.md", "one.md")
    desk.rename("new/copy.md", "two.md")
    assert desk.sync().published.new == 0


def test_settings_do_not_change_ids(desk: Desk) -> None:
    """Conformance 15: a site that moves to https, another host, another pattern or another zone."""
    desk.write("a.md", article("A"))
    desk.write("b.md", article("B", "2022-02-17 00:10"))
    desk.sync()
    known = ids(desk)
    for toml in (
        'base_url = "http://old.example"',
        'article_link = "/{year}/{slug}.html"',
        'timezone = "Asia/Tokyo"',
        'id_authority = "other.example,2024"',
    ):
        desk.configure(toml)
        desk.sync()
        assert ids(desk) == known


def test_a_rebuilt_database_gives_the_same_ids_and_bytes(desk: Desk) -> None:
    """Conformance 15, 24."""
    for number in range(7):
        desk.write(f"{number}.md", article(f"T{number}", f"2022-02-1{number}", tags=["x"]))
    desk.configure("[feeds]\nlimit = 2")
    for number in range(3):
        desk.write(f"later-{number}.md", article(f"L{number}", f"2023-02-1{number}", tags=["y"]))
        desk.sync()
    before = {(key, format): desk.body(key, format) for key in desk.feeds() for format in Format}
    with desk.catalog.writing() as connection:
        schema.metadata.drop_all(connection)
    desk.catalog.create()
    desk.sync()
    assert before == {
        (key, format): desk.body(key, format) for key in desk.feeds() for format in Format
    }


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(desk: Desk, ends: str) -> None:
    """Conformance 16, 37: as in a checkout on another system."""
    text = article("A", body="One.\n\nTwo.")
    desk.write("a.md", text)
    desk.sync()
    desk.write("a.md", "\ufeff" + text.replace("\n", ends))
    assert desk.sync().published.revision is None
    desk.rename("a.md", "b.md")
    assert desk.sync().published.new == 0
