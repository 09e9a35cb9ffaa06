"""Lists of feeds, articles and files, and the state of a publication."""

import pytest

from feedsvc.errors import CatalogError
from tests.desk import START, Desk, ref
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")


def test_feeds_are_listed_by_kind_and_label(desk: Desk) -> None:
    desk.configure('title = "Zebra"')
    desk.write("a.md", article("A", tags=["b", "A", "ä"], categories=["Z"], authors=["Y"]))
    desk.sync()
    assert [(feed.label, feed.entries) for feed in desk.publication.feeds()] == [
        ("Zebra", 1), ("Z", 1), ("A", 1), ("ä", 1), ("b", 1), ("Y", 1), ("en", 1)
    ]  # fmt: skip
    assert desk.publication.feeds()[2].title == "Zebra: A"
    assert {feed.changed for feed in desk.publication.feeds()} == {desk.now}


def test_custom_feeds_are_listed_before_feeds_of_terms(desk: Desk) -> None:
    desk.configure(
        '[feeds.zoo]\nany = { tags = ["x"] }\n[feeds.news]\ntitle = "A"\nnone = { tags = ["x"] }'
    )
    desk.write("a.md", article("A", tags=["x"], categories=["c"], slug="a"))
    desk.sync()
    publication = desk.publication
    listed = [(feed.ref.key, feed.label, feed.title, feed.entries) for feed in publication.feeds()]
    assert listed[:4] == [
        ("all", "Site", "Site", 1),
        ("news", "A", "A", 0),
        ("zoo", "zoo", "Site: zoo", 1),
        ("category/c", "c", "Site: c", 1),
    ]
    page = publication.article("a")
    assert page
    assert [feed.ref.key for feed in page.feeds] == [
        "all", "zoo", "category/c", "tag/x", "language/en"
    ]  # fmt: skip
    [entry] = publication.entries(ref("zoo"))
    assert [category.label for category in entry.categories] == ["c", "x"]


@pytest.mark.parametrize(
    ("authority", "year"), [("a.example,2022-05-17", 2022), ("a.example,1901", 1970)]
)
def test_a_feed_without_entries_is_dated_by_the_id_authority(
    desk: Desk, authority: str, year: int
) -> None:
    """Conformance 14, 24: a plausible date, not that of the clock."""
    desk.configure(f'id_authority = "{authority}"\n[feeds.news]\nany = {{ tags = ["x"] }}')
    desk.sync()
    assert f"<updated>{year}-01-01T00:00:00Z</updated>" in desk.body("news").decode()
    desk.write("a.md", article("A", "2023-01-01T00:00:00Z", tags=["x"]))
    desk.sync()
    assert "<updated>2023-01-01T00:00:00Z</updated>" in desk.body("news").decode()


def test_moved_and_retired_feeds_are_not_listed(desk: Desk) -> None:
    """Conformance 43: but articles keep their terms."""
    desk.write("a.md", article("A", tags=["x", "y"], slug="a"))
    desk.sync()
    before = desk.body()
    desk.configure('retired = ["tag/x"]\n[moved]\n"tag/y" = "tag/z"')
    desk.sync()
    listed = [feed.ref.key for feed in desk.publication.feeds()]
    assert listed == ["all", "tag/z", "language/en"]
    page = desk.publication.article("a")
    assert page
    assert [feed.ref.key for feed in page.feeds] == ["all", "language/en"]
    assert [category.label for category in page.entry.categories] == ["x", "y"]
    assert desk.body() == before


def test_newest_has_the_number_and_the_time_of_the_last_revision(desk: Desk) -> None:
    desk.sync()
    desk.write("a.md", article("A"))
    desk.sync()
    assert desk.publication.newest() == (2, desk.now)
    desk.sync()
    number, instant = desk.publication.newest()
    assert number == 2
    assert instant != desk.now


def test_a_feed_summary_has_the_configured_subtitle(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    assert {feed.subtitle for feed in desk.publication.feeds()} == {""}
    desk.configure('subtitle = "Site"\n[feeds."tag/x"]\nsubtitle = "Of x"')
    subtitles = {feed.ref.key: feed.subtitle for feed in desk.publication.feeds()}
    assert subtitles == {"all": "Site", "tag/x": "Of x", "language/en": "Site"}


def test_the_state_has_the_newest_revision_and_the_next_due_date(desk: Desk) -> None:
    """Conformance 41, 55."""
    with pytest.raises(CatalogError, match="the first sync fills it"):
        desk.publication.state()  # what an empty catalog lacks is not gone
    desk.write("a.md", article("A", "2026-07-01T00:00:00Z"))
    desk.write("b.md", article("B", expires="2026-06-01T00:00:00Z"))
    desk.sync()
    names = []
    for due in (START.replace(month=6), START.replace(month=7), None):
        name, found = desk.publication.state()
        assert found == due
        names.append(name)
        desk.release(due or desk.now)
    assert [name.partition(".")[0] for name in names] == ["1", "2", "3"]
    assert len({name.partition(".")[2] for name in names}) == 3


def test_articles_are_listed_as_visible_or_withdrawn(desk: Desk) -> None:
    """Conformance 55: articles that were never due are neither."""
    desk.write("a.md", article("A"))
    desk.write("b.md", article("B"))
    desk.write("later.md", article("Later", published="2999-01-01"))
    desk.write("draft.md", article("Draft", draft=True))
    desk.sync()
    desk.remove("b.md")
    desk.sync()
    base = f"{desk.settings.base_url}/articles"
    assert desk.publication.article_urls() == ([f"{base}/a"], [f"{base}/b"])
    desk.write("c.md", article("C", slug="b"))
    desk.sync()
    visible, withdrawn = desk.publication.article_urls()
    assert (sorted(visible), withdrawn) == ([f"{base}/a", f"{base}/b"], [])


def test_files_are_listed_if_something_visible_uses_them(desk: Desk) -> None:
    for name in ("a b.png", "secret.png", "logo.png", "unused.png"):
        desk.write(name, b"image")
    desk.write("a.md", article("A", body="![](<a b.png>)"))
    desk.write("later.md", article("Later", published="2999-01-01", body="![](secret.png)"))
    desk.configure('image = "/files/logo.png"')
    desk.sync()
    base = f"{desk.settings.base_url}/files"
    assert desk.publication.files.urls() == [f"{base}/a%20b.png", f"{base}/logo.png"]
