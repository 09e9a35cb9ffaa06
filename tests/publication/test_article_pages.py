"""Pages of articles, and withdrawn articles."""

import pytest

from tests.desk import Desk
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

ELSEWHERE, OWN = "https://elsewhere.example/a", "https://news.example.org/articles/a"


def test_an_article_page_lists_its_feeds_with_the_site_feed_first(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["t"], categories=["c"], authors=["Ada"]))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert [feed.ref.key for feed in page.feeds] == [
        "all", "category/c", "tag/t", "author/ada", "language/en"
    ]  # fmt: skip
    assert page.link == page.entry.link == "https://news.example.org/articles/a"


@pytest.mark.parametrize(
    ("toml", "link", "related"),
    [
        ("", ELSEWHERE, OWN),
        ("link_to_page = true", OWN, ELSEWHERE),
    ],
)
def test_link_to_page_swaps_the_link_and_the_related_url(
    desk: Desk, toml: str, link: str, related: str
) -> None:
    desk.configure(toml)
    desk.write("a.md", article("A", link=ELSEWHERE))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert (page.entry.link, page.entry.related, page.link) == (link, related, OWN)


def test_an_article_that_links_elsewhere_has_a_page_if_articles_have_paths(desk: Desk) -> None:
    desk.configure('article_link = "/{path}/"')
    desk.write("2022/a.md", article("A", link=ELSEWHERE))
    desk.sync()
    (url,), _ = desk.publication.article_urls()
    assert url == "https://news.example.org/2022/a/"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2022-01-01 00:30", "2022/01/01"),  # 23:30 of the day before in UTC
        ("2022-01-01T00:30:00Z", "2022/01/01"),
        ("2021-12-31T23:30:00-11:00", "2021/12/31"),
    ],
)
def test_a_page_has_the_url_that_the_entry_links_to(desk: Desk, written: str, day: str) -> None:
    """Conformance 43: with the day that the author wrote, whatever the day in UTC."""
    desk.configure('article_link = "/{year}/{month}/{day}/{slug}"')
    desk.write("a.md", article("A", written))
    desk.sync()
    page = desk.publication.article("a")
    assert page is not None
    assert page.link == page.entry.link == f"https://news.example.org/{day}/a"


def test_withdrawn_and_unknown_slugs_are_distinguished(desk: Desk) -> None:
    """Conformance 43."""
    desk.write("a.md", article("A"))
    desk.write("draft.md", article("D", draft=True))
    desk.sync()
    assert not desk.publication.withdrawn("a")
    desk.remove("a.md")
    desk.remove("draft.md")
    desk.sync()
    assert desk.publication.withdrawn("a")
    assert desk.publication.article("a") is None
    assert not desk.publication.withdrawn("draft")
    assert not desk.publication.withdrawn("never")


def test_a_withdrawn_slug_can_be_used_again(desk: Desk) -> None:
    desk.write("a.md", article("A", slug="s"))
    desk.write("b.md", article("B", slug="other"))
    desk.sync()
    desk.remove("a.md")
    desk.write("b.md", article("B", slug="s"))
    desk.sync()
    page = desk.publication.article("s")
    assert page is not None
    assert page.entry.title == "B"
    assert not desk.publication.withdrawn("s")
