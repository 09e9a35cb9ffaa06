"""Pages of feeds, neighbours and the sitemap have every published article exactly once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.publication import summaries
from tests.desk import START, Desk, ref
from tests.sites import article


@pytest.fixture
def many(desk: Desk) -> Desk:
    """A site with 70 articles, of which one is embargoed, one a draft, and one in no feed."""
    for number in range(70):
        day = START - timedelta(days=number)
        desk.write(f"a{number:02}.md", article(f"A{number:02}", f"{day:%Y-%m-%d}", tags=["x"]))
    desk.write("secret.md", article("Secret", f"{START + timedelta(days=9):%Y-%m-%d}", tags=["x"]))
    desk.write("draft.md", article("Draft", "2025-12-01", draft=True, tags=["x"]))
    desk.write("aside.md", article("Aside", "2025-12-01 12:00", feeds=False))
    desk.sync()
    return desk


EXPECTED = [f"A{number:02}" for number in range(70)]


@pytest.mark.parametrize("key", ["all", "tag/x"])
def test_the_pages_of_a_feed_have_every_article_once(many: Desk, key: str) -> None:
    """Conformance 55."""
    publication = many.publication
    feed = publication.feed(ref(key))
    assert feed
    assert feed.pages == 1
    pages = [publication.entries(ref(key), page) for page in (None, 1)]
    assert [entry.title for page in pages for entry in page] == EXPECTED
    assert len(pages[1]) == summaries.PAGE_SIZE
    assert publication.entries(ref(key), 2) == []


def test_a_new_article_does_not_change_older_pages(many: Desk) -> None:
    before = many.publication.entries(ref("all"), 1)
    many.write("new.md", article("New", "2026-01-01 00:00:30"))
    many.sync()
    assert many.publication.entries(ref("all"), 1) == before
    assert many.publication.entries(ref("all"))[0].title == "New"


def test_articles_link_to_their_neighbours_in_the_site_feed(many: Desk) -> None:
    """Conformance 55."""
    slug, found = "a00", []
    while slug:
        page = many.publication.article(slug)
        assert page
        found.append(page.entry.title)
        if page.older:
            before = many.publication.article(page.older.url.rpartition("/")[2])
            assert before
            assert before.newer
            assert (before.newer.title, before.newer.url) == (page.entry.title, page.link)
        slug = page.older.url.rpartition("/")[2] if page.older else ""
    assert found == EXPECTED
    newest = many.publication.article("a00")
    assert newest
    assert newest.newer is None  # the scheduled article is not due


def test_an_article_in_no_feed_has_no_neighbours(many: Desk) -> None:
    page = many.publication.article("aside")
    assert page
    assert (page.older, page.newer) == (None, None)


def test_the_sitemap_has_the_articles_of_the_site_feed(many: Desk) -> None:
    """Conformance 55."""
    many.write("a05.md", article("A05", "2025-12-27", updated="2025-12-30", tags=["x"]))
    many.sync()
    found = many.publication.sitemap(0, 100)
    base = many.settings.base_url
    assert [url for url, _ in found] == [f"{base}/articles/a{n:02}" for n in reversed(range(70))]
    assert many.publication.sitemap(10, 5) == found[10:15]
    updated = {url.rpartition("/")[2]: f"{when:%Y-%m-%d}" for url, when in found}
    assert updated["a05"] == "2025-12-29"  # midnight in Paris, in UTC
    assert updated["a06"] == "2025-12-25"


def test_a_scheduled_article_appears_when_it_is_due(many: Desk) -> None:
    """Conformance 55."""
    many.release(START + timedelta(days=10))
    newest = many.publication.article("a00")
    assert newest
    assert newest.newer
    assert newest.newer.title == "Secret"
    assert many.publication.sitemap(0, 100)[-1][0].endswith("/articles/secret")
    assert many.publication.entries(ref("all"))[0].title == "Secret"


@given(st.integers(0, 400))
def test_pages_divide_a_feed_without_gaps(entries: int) -> None:
    pages = [*range(1, summaries.numbered_pages(entries) + 1), None]
    listed: list[int] = []
    for page in pages:
        newer, count = summaries.page_range(entries, page)
        positions = [entries - newer - each - 1 for each in range(count)]
        listed += reversed(positions)
        assert count == summaries.PAGE_SIZE or page is None
        assert count < 2 * summaries.PAGE_SIZE
    assert listed == list(range(entries))
