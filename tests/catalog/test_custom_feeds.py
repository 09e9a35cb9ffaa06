"""Custom feeds, and feeds that other settings refer to: their articles, changes and removal."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from tests.config.test_feeds import naive
from tests.config.test_settings import dump
from tests.desk import Desk, ref
from tests.readers import Reader, archives, items, subscription
from tests.sites import article
from tests.soak import examples

pytestmark = pytest.mark.databases("sqlite")

NEWS = """
[feeds.news]
title = "News!"
any = { tags = ["x", "É t"], categories = ["News"] }
all = { languages = ["en"] }
none = { tags = ["hidden"] }
"""


def write(desk: Desk, name: str, day: int = 1, **front_matter: object) -> None:
    text = article(name, f"2022-01-{day:02}", "Text.", **front_matter)
    desk.write(f"{name}.md", text)


def test_a_custom_feed_exists_before_it_has_articles(desk: Desk) -> None:
    desk.configure(NEWS)
    published = desk.sync().published
    assert (published.revision, published.feeds) == (1, ("all", "news"))
    assert desk.titles("news") == []
    summary = desk.publication.feed(ref("news"))
    assert summary
    assert (summary.label, summary.title, summary.entries) == ("News!", "News!", 0)
    assert desk.sync().published.revision is None


def test_articles_enter_and_leave_a_custom_feed_with_their_terms(desk: Desk) -> None:
    desk.configure(NEWS)
    write(desk, "A", 1, tags=["É T"])
    write(desk, "B", 2, categories=["news"])
    write(desk, "C", 3, tags=["x"], language="fr")
    write(desk, "D", 4, tags=["x", "Hidden"])
    write(desk, "E", 5, tags=["y"])
    write(desk, "F", 6, tags=["x"], feeds=False)
    write(desk, "G", 7, tags=["x"], draft=True)
    desk.sync()
    assert desk.titles("news") == ["B", "A"]
    write(desk, "B", 2, categories=["other"])  # retagged out
    write(desk, "E", 5, tags=["y", "X"])  # and in
    write(desk, "D", 4, tags=["x"])
    desk.sync()
    assert desk.titles("news") == ["E", "D", "A"]
    desk.remove("A.md")
    write(desk, "E", 5, tags=["x", "hidden"])
    desk.sync()
    assert desk.titles("news") == ["D"]
    write(desk, "H", 1, tags=["x"])  # older than all
    desk.sync()
    assert desk.titles("news") == ["D", "H"]


def test_a_custom_feed_changes_with_its_definition(desk: Desk) -> None:
    write(desk, "A", 1, tags=["x"])
    write(desk, "B", 2, tags=["y"])
    desk.sync()
    before = desk.feed("all")
    desk.configure('[feeds.news]\nany = { tags = ["x"] }')
    assert len(desk.sync().published.feeds) == 1
    assert desk.titles("news") == ["A"]
    desk.configure('[feeds.news]\nnone = { tags = ["x"] }')
    assert len(desk.sync().published.feeds) == 1
    assert desk.titles("news") == ["B"]
    assert desk.feed("all") == before  # conformance 37


def test_a_removed_custom_feed_is_emptied_but_still_exists(desk: Desk) -> None:
    desk.configure(f"{NEWS}limit = 1")
    for day in (1, 2, 3):
        write(desk, f"T{day}", day, tags=["x"])
    desk.sync()
    assert len(list(archives(desk.publication, ref("news")))) == 2
    desk.configure("")
    assert len(desk.sync().published.feeds) == 1
    assert items(subscription(desk.publication, ref("news"))) == {}
    for number in (1, 2):
        document = desk.publication.archive(ref("news"), Format.JSON, number)
        assert document
        assert items(document) == {}
    assert "news" in {feed.ref.key for feed in desk.publication.feeds()}
    write(desk, "T4", 4, tags=["x"])
    desk.sync()
    assert desk.titles("news") == []
    desk.configure(NEWS)
    desk.sync()
    assert desk.titles("news") == ["T4", "T3", "T2", "T1"]


@pytest.mark.parametrize("after", ["", NEWS.replace('["x"', '["z"')])
def test_an_article_with_an_invalid_file_changes_feeds_with_the_definition(
    desk: Desk, after: str
) -> None:
    write(desk, "A", 1, tags=["x"])
    write(desk, "B", 2, tags=["x"])
    desk.sync()
    desk.write("A.md", "---\ntitle: A\npublished: 03/04/2022\n---\n")
    desk.configure(NEWS)
    assert desk.sync().problems
    assert desk.titles("news") == ["B", "A"]
    desk.configure(after)
    assert desk.sync().problems
    assert desk.titles("news") == []
    assert desk.titles() == ["B", "A"]


def test_the_limit_of_a_custom_feed_is_the_size_of_its_archives(desk: Desk) -> None:
    """Conformance 27."""
    desk.configure(f"{NEWS}limit = 2")
    for day in range(1, 6):
        write(desk, f"T{day}", day, tags=["x"])
    desk.sync()
    found = {
        number: [item["title"] for item in items(document).values()]
        for number, document in archives(desk.publication, ref("news"))
    }
    assert found == {2: ["T4", "T3"], 1: ["T2", "T1"]}
    assert desk.titles("news") == ["T5", "T4"]
    assert list(archives(desk.publication, ref("all"))) == []


def test_deltas_of_a_custom_feed_add_up_to_the_whole_feed(desk: Desk) -> None:
    """Conformance 38, 40."""
    desk.configure(NEWS)
    write(desk, "A", 1, tags=["x"])
    write(desk, "B", 2)
    desk.sync()
    publication = desk.publication
    reader = Reader(publication, ref("news"), takes_deltas=True)
    reader.poll()
    write(desk, "C", 3, tags=["x"])
    desk.sync()
    reader.poll()
    write(desk, "B", 2, tags=["x"])  # an old article enters the feed
    desk.sync()
    reader.poll()
    assert reader.deltas == 2
    assert reader.kept == items(subscription(publication, ref("news")))
    write(desk, "C", 3)
    desk.sync()
    reader.poll()
    assert reader.deltas == 2  # no delta spans a removal


def test_a_release_adds_articles_to_custom_feeds_without_reading_them(desk: Desk) -> None:
    """Conformance 55."""
    desk.configure(NEWS)
    desk.write("A.md", article("A", "2026-01-02", tags=["x"], expires="2026-01-04"))
    desk.sync()
    assert desk.titles("news") == []
    desk.release(desk.now.replace(day=3))
    assert desk.titles("news") == ["A"]
    desk.release(desk.now.replace(day=5))
    assert desk.titles("news") == []


@pytest.mark.parametrize(
    "toml", ['[moved]\n"tag/old" = "tag/mali"', '[aliases]\n"/rss.xml" = "tag/mali.rss"']
)
def test_targets_of_redirects_exist_and_get_the_label_of_the_first_article(
    desk: Desk, toml: str
) -> None:
    desk.configure(toml)
    desk.sync()
    summary = desk.publication.feed(ref("tag/mali"))
    assert summary
    assert (summary.label, summary.entries) == ("mali", 0)
    desk.write("draft.md", article("D", tags=["MALI"], draft=True))
    write(desk, "A", 2, tags=["MaLi"])
    write(desk, "B", 1, tags=["Mali"])
    desk.sync()
    entries = desk.publication.entries(ref("tag/mali"))
    assert {each.label for entry in entries for each in entry.categories} == {"Mali"}
    summary = desk.publication.feed(ref("tag/mali"))
    assert summary
    assert (summary.label, summary.title, summary.entries) == ("Mali", "Site: Mali", 2)
    assert b"Site: Mali" in desk.body("tag/mali")


def test_moved_and_retired_feeds_keep_their_rows(desk: Desk) -> None:
    write(desk, "A", 1, tags=["x", "y"])
    desk.sync()
    before = (desk.rows(schema.feed_row), desk.body("tag/x"), desk.body("all"))
    desk.configure('retired = ["tag/y"]\n[moved]\n"tag/x" = "all"')
    desk.sync()
    assert (desk.rows(schema.feed_row), desk.body("tag/x"), desk.body("all")) == before
    assert {"tag/x", "tag/y"} <= set(desk.feeds())


def test_a_change_of_the_listed_feeds_creates_a_revision(desk: Desk) -> None:
    """Conformance 37: the list of feeds is dated by the newest revision."""
    write(desk, "A", 1, tags=["x", "y"])
    desk.sync()
    number = desk.revision()
    for toml in ('retired = ["tag/y"]', '[moved]\n"tag/x" = "all"', ""):
        desk.configure(toml)
        published = desk.sync().published
        number += 1
        assert (published.revision, published.feeds) == (number, ())
        assert desk.sync().published.revision is None
    # No list contains redirects.
    for toml in ('[aliases]\n"/a" = "all.rss"', '[aliases]\n"/b" = "all.rss"'):
        desk.configure(toml)
        assert desk.sync().published.revision is None
    desk.configure('[moved]\n"tag/x" = "all"\n"tag/y" = "all"')
    assert desk.sync().published.revision == number + 1
    for toml in ('[moved]\n"tag/y" = "all"\n"tag/x" = "all"', 'retired = ["tag/y", "tag/x"]'):
        desk.configure(toml)
        assert desk.sync().published.revision is None


WORDS = st.lists(st.sampled_from(["x", "X ", "y", "É t"]), max_size=2)
LISTS = st.fixed_dictionaries({"tags": WORDS, "categories": WORDS})
CHOICES = st.sampled_from(["any", "all", "none"])
SELECTIONS = st.dictionaries(
    CHOICES, LISTS.filter(lambda lists: any(lists.values())), min_size=1, max_size=2
)


@settings(max_examples=examples(10))
@given(
    st.lists(st.tuples(SELECTIONS, st.lists(LISTS, min_size=1, max_size=4)), min_size=1, max_size=3)
)
def test_any_history_of_definitions_and_terms(
    history: list[tuple[dict[str, Any], list[dict[str, list[str]]]]],
) -> None:
    """After every change, a custom feed has exactly the articles that match its definition."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/catalog.db"
        catalog = Catalog(database)
        catalog.create()
        desk = Desk(Path(folder, "site"), catalog, database)
        for selection, articles in history:
            desk.configure(f"[feeds]\nnews = {dump(selection)}")
            for number, lists in enumerate(articles):
                write(desk, f"T{number}", number + 1, **lists)
            desk.sync()
            stems = [file.stem for file in desk.content.glob("*.md")]
            terms = {name: items for name, items in terms_of(desk).items() if name in stems}
            expected = [name for name, lists in terms.items() if naive(selection, lists)]
            assert desk.titles("news") == sorted(expected, reverse=True)
        catalog.close()


def terms_of(desk: Desk) -> dict[str, dict[str, list[str]]]:
    """Return the labels of each article by title."""
    found = {}
    for entry in desk.publication.entries(ref("all")):
        lists: dict[str, list[str]] = {"tags": [], "categories": []}
        for category in entry.categories:
            kind = "tags" if category.scheme.endswith("/tag/") else "categories"
            lists[kind].append(category.label)
        found[entry.title] = lists
    return found
